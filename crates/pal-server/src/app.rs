//! What the server is made of: everything that it is given, and nothing that it looks up itself.

use std::collections::BTreeMap;

use pal_store::registry::Registry;
use uuid::Uuid;

use crate::arm::Quota;
use crate::clock::Clock;
use crate::identity::Authenticator;
use crate::ids::Ids;

/// A registration service.
#[derive(Debug)]
pub struct App {
    /// The links.
    pub registry: Registry,
    /// Who signs tokens that are believed.
    pub authenticator: Authenticator,
    /// The time.
    pub clock: Clock,
    /// Fresh ids, for requests.
    pub ids: Ids,
    /// How much of it one tenant may use.
    pub limits: Limits,
    /// The origin that clients use, `https://host[:port]`, without a slash at its end.
    pub public_origin: String,
    /// Where clients sign in.
    pub sign_in: SignIn,
    /// What tenants are called, where that is known.
    pub tenants: BTreeMap<Uuid, TenantNames>,
    /// The tenant whose tokens may make an operator or an auditor.
    pub operator_tenant: Option<Uuid>,
    /// For how many seconds browsers shall refuse plain HTTP on this host; they are not told, if empty.
    pub hsts_seconds: Option<u32>,
}

/// Bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests of a tenant; off, if empty.
    pub quota: Option<Quota>,
    /// The longest body that is accepted, and ignored.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { quota: Some(Quota::default()), body_bytes: 4 << 20 }
    }
}

/// Where clients sign in, as metadata and 401 answers tell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Its origin, without a slash at its end.
    pub origin: String,
    /// The tenant, if there is only one.
    pub tenant: Option<Uuid>,
    /// What tokens have to be for; clients ask for the first.
    pub audiences: Vec<String>,
}

impl SignIn {
    /// The tenant to sign in to.
    pub(crate) fn tenant_or_common(&self) -> String {
        self.tenant.map_or_else(|| "common".to_owned(), |tenant| tenant.to_string())
    }

    /// The address to sign in at.
    pub(crate) fn uri(&self) -> String {
        format!("{}/{}", self.origin, self.tenant_or_common())
    }
}

/// What a tenant is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantNames {
    /// For people.
    pub display_name: String,
    /// Its first domain.
    pub domain: String,
}
