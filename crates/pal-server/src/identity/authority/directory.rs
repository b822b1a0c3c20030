//! The tenants, users and apps of a sandbox.

use pal_rules::time::Timestamp;
use uuid::Uuid;

use super::super::key::{Jwk, PublicKey};
use super::super::secret::Secret;
use super::super::token;
use super::{Partner, Tenant};

/// Everything that the file says.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) operator_tenant: Option<Uuid>,
    pub(super) auto_approve: Option<String>,
    pub(super) interval: u32,
    pub(super) partners: Vec<Partner>,
    pub(super) realms: Vec<Realm>,
}

/// A tenant and who is in it.
#[derive(Debug)]
pub(super) struct Realm {
    pub(super) tenant: Tenant,
    pub(super) users: Vec<User>,
    pub(super) apps: Vec<App>,
}

/// A person.
#[derive(Debug)]
pub(super) struct User {
    pub(super) object_id: Uuid,
    pub(super) upn: String,
    pub(super) password: Secret,
    pub(super) roles: Vec<String>,
}

/// A service principal.
#[derive(Debug)]
pub(super) struct App {
    pub(super) client_id: Uuid,
    pub(super) object_id: Uuid,
    pub(super) secret: Option<Secret>,
    pub(super) certificate: Option<Certificate>,
    pub(super) federated: Option<Federated>,
    pub(super) roles: Vec<String>,
}

/// A certificate that an app signs in with.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) key: PublicKey,
    pub(super) x5t: String,
    pub(super) x5t_s256: String,
    pub(super) not_after: Timestamp,
}

/// An issuer elsewhere whose tokens an app signs in with.
#[derive(Debug)]
pub(super) struct Federated {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) keys: Vec<Jwk>,
}

impl Directory {
    /// The tenant of this GUID or domain.
    pub(super) fn realm(&self, name: &str) -> Option<&Realm> {
        let id = token::guid_of(name);
        let named = |tenant: &Tenant| {
            id.map_or_else(|| tenant.domain.eq_ignore_ascii_case(name), |id| tenant.id == id)
        };
        self.realms.iter().find(|realm| named(&realm.tenant))
    }

    /// The home of a user: the tenant of the name's domain, else the first that has the user.
    pub(super) fn home(&self, upn: &str) -> Option<&Realm> {
        let domain = upn.rsplit_once('@').map_or("", |(_, domain)| domain);
        let has = |realm: &&Realm| realm.user(upn).is_some();
        self.realms
            .iter()
            .filter(has)
            .find(|realm| realm.tenant.domain.eq_ignore_ascii_case(domain))
            .or_else(|| self.realms.iter().find(has))
    }
}

impl App {
    /// Whether the app has anything to prove itself with.
    pub(super) fn has_credential(&self) -> bool {
        self.secret.is_some() || self.certificate.is_some() || self.federated.is_some()
    }
}

impl Realm {
    /// The user of this name, in any case.
    pub(super) fn user(&self, upn: &str) -> Option<&User> {
        self.users.iter().find(|user| user.upn.eq_ignore_ascii_case(upn))
    }

    /// The app of this client id.
    pub(super) fn app(&self, client_id: Uuid) -> Option<&App> {
        self.apps.iter().find(|app| app.client_id == client_id)
    }
}
