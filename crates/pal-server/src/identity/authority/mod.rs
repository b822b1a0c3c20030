//! The built-in authority of a sandbox: it signs in the people and apps of one file, as Microsoft Entra would.
//!
//! Source: `clients.md` §4 (endpoints 4 to 9) and §5. **Absent:** consent, single sign-on, the password grant, and
//! anything that outlives the process but the signing key.

mod asked;
mod authorize;
mod client;
mod description;
mod device;
mod directory;
mod discovery;
mod failure;
mod grants;
mod mint;
mod page;
mod reading;
mod signing;
mod throttle;
mod token_endpoint;
mod vault;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use axum::Router;
use axum::routing::{get, post};
use pal_rules::time::Timestamp;
use uuid::Uuid;

use super::Origins;
use super::issuer::ARM_AUDIENCES;
use super::key_store::Found;
use super::secret::random;
use super::token::{Demands, Origin, Version};
use crate::caller::Kind;
use crate::{Caller, Clock};

pub use description::PartnerKind;
use directory::{Directory, Realm};
use failure::Failure;
use grants::{Code, Device, Grant};
pub use reading::AuthorityProblem;
use signing::SigningKey;
use throttle::{Attempt, Throttle};
use vault::Vault;

/// How many assertions are remembered, so that none is used twice.
const ASSERTIONS: usize = 50_000;
/// How many codes, device codes and refresh tokens are kept, each; the oldest go.
const CODES: usize = 10_000;

/// A tenant of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its GUID.
    pub id: Uuid,
    /// Its name for people.
    pub name: String,
    /// Its domain, which names it as well.
    pub domain: String,
}

/// A partner of the sandbox, for the directory of partner ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// 1 to 10 digits.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// An account of a place, or the one above.
    pub kind: PartnerKind,
    /// The account above.
    pub global_partner_id: Option<String>,
}

/// The authority; cheap to clone.
#[derive(Debug, Clone)]
pub struct Authority(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: Directory,
    origins: Origins,
    audiences: BTreeSet<String>,
    scopes: [String; 1],
    signing: SigningKey,
    clock: Clock,
    throttle: Mutex<Throttle>,
    page_key: hmac::Key,
    assertions: Mutex<Vault<()>>,
    codes: Mutex<Vault<Code>>,
    devices: Mutex<Vault<Device>>,
    user_codes: Mutex<Vault<String>>,
    refresh_tokens: Mutex<Vault<Grant>>,
}

/// Where in the authority a request is.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    /// In one tenant.
    Realm(&'a Realm),
    /// In none yet: `organizations` or `common`.
    Anywhere(&'a str),
}

impl Authority {
    /// Opens the sandbox that `file` describes. Its signing key is in `key_folder`, made if it is not there.
    /// Tokens are for this server's origins, for Azure Resource Manager, and for `audiences`.
    ///
    /// # Errors
    /// The file or the key cannot be used.
    pub fn open(
        file: &Path,
        key_folder: &Path,
        origins: Origins,
        audiences: impl IntoIterator<Item = String>,
        clock: Clock,
    ) -> Result<Authority, AuthorityProblem> {
        let directory = Directory::read(file)?;
        let own = origins.all().flat_map(|origin| [origin.to_owned(), format!("{origin}/")]);
        let page_key = random::<32>().map_err(|_| AuthorityProblem::NoKey)?;
        let arm = ARM_AUDIENCES.map(str::to_owned);
        Ok(Authority(Arc::new(Inner {
            audiences: audiences.into_iter().chain(own).chain(arm).collect(),
            scopes: ["user_impersonation".to_owned()],
            signing: SigningKey::open(key_folder)?,
            throttle: Mutex::default(),
            page_key: hmac::Key::new(hmac::HMAC_SHA256, &page_key),
            assertions: Mutex::new(Vault::new(ASSERTIONS)),
            codes: Mutex::new(Vault::new(CODES)),
            devices: Mutex::new(Vault::new(CODES)),
            user_codes: Mutex::new(Vault::new(CODES)),
            refresh_tokens: Mutex::new(Vault::new(CODES)),
            directory,
            origins,
            clock,
        })))
    }

    /// Its endpoints, at the root of the origin: clients take the first segment of the path as the tenant. A slash
    /// too many before it is overlooked: `az` 2.66 puts it there, since old cloud metadata ends in one.
    pub fn router(&self) -> Router {
        let mut router = Router::new().route("/devicelogin", get(device::show).post(device::answer));
        for root in ["/{tenant}", "//{tenant}"] {
            router = router
                .route(&format!("{root}/v2.0/.well-known/openid-configuration"), get(discovery::v2))
                .route(&format!("{root}/.well-known/openid-configuration"), get(discovery::v1))
                .route(&format!("{root}/discovery/v2.0/keys"), get(discovery::keys))
                .route(&format!("{root}/discovery/keys"), get(discovery::keys))
                .route(&format!("{root}/oauth2/v2.0/token"), post(token_endpoint::token))
                .route(&format!("{root}/oauth2/v2.0/devicecode"), post(device::start))
                .route(
                    &format!("{root}/oauth2/v2.0/authorize"),
                    get(authorize::show).post(authorize::answer),
                );
        }
        router.with_state(self.clone())
    }

    /// The tenants of the sandbox.
    pub fn tenants(&self) -> Vec<Tenant> {
        self.0.directory.realms.iter().map(|realm| realm.tenant.clone()).collect()
    }

    /// The partners of the sandbox.
    pub fn partners(&self) -> &[Partner] {
        &self.0.directory.partners
    }

    /// The tenant whose roles count everywhere.
    pub fn operator_tenant(&self) -> Option<Uuid> {
        self.0.directory.operator_tenant
    }

    /// The tenants that the caller can sign in to: those that have a user of the same name, or the same app.
    pub fn tenants_of(&self, caller: &Caller) -> Vec<Tenant> {
        let realms = &self.0.directory.realms;
        let own = realms.iter().find(|realm| realm.tenant.id == caller.tenant());
        let Some(own) = own else { return Vec::new() };
        let user = own.users.iter().find(|user| user.object_id == caller.object_id());
        let app = own.apps.iter().find(|app| app.object_id == caller.object_id());
        let member = |realm: &&Realm| match caller.kind() {
            Kind::User => user.is_some_and(|user| realm.user(&user.upn).is_some()),
            Kind::Application => app.is_some_and(|app| realm.app(app.client_id).is_some()),
        };
        realms.iter().filter(member).map(|realm| realm.tenant.clone()).collect()
    }

    /// Whether the tenant is one of the sandbox.
    pub(crate) fn serves(&self, tenant: Uuid) -> bool {
        self.0.directory.realms.iter().any(|realm| realm.tenant.id == tenant)
    }

    /// The key of this name. Access tokens of the authority are all of the first version.
    pub(crate) fn key(&self, origin: Origin, kid: &str) -> Found {
        match origin.version {
            Version::V1 => self.0.signing.named(kid).map_or(Found::Unknown, Found::Key),
            Version::V2 => Found::Unknown,
        }
    }

    /// The issuers that tokens of this origin may have: one per origin of the server.
    pub(crate) fn issuers(&self, origin: Origin) -> Vec<String> {
        self.0.origins.all().map(|host| format!("{host}/{}/", origin.tenant)).collect()
    }

    /// What is asked of its tokens.
    pub(crate) fn demands<'a>(&'a self, issuers: &'a [String]) -> Demands<'a> {
        Demands { issuers, audiences: &self.0.audiences, scopes: &self.0.scopes, app_role: None }
    }

    fn place<'a>(&'a self, name: &'a str) -> Result<Place<'a>, Failure> {
        if ["organizations", "common"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
            return Ok(Place::Anywhere(name));
        }
        let realm = self.0.directory.realm(name);
        realm.map(Place::Realm).ok_or_else(|| Failure::UnknownTenant(name.to_owned()))
    }

    /// The audience that a scope asks for: its first member that is no word of `OpenID` Connect, less one
    /// `/.default` or `/user_impersonation`.
    fn audience(&self, scope: &str, tenant: &str) -> Result<String, Failure> {
        let words = ["openid", "profile", "email", "offline_access"];
        let resource = scope.split(' ').find(|word| !word.is_empty() && !words.contains(word));
        let resource = resource.ok_or_else(|| Failure::Scope(scope.to_owned()))?;
        let audience = ["/.default", "/user_impersonation"].iter().find_map(|end| resource.strip_suffix(end));
        let audience = audience.ok_or_else(|| Failure::Scope(resource.to_owned()))?;
        if !self.0.audiences.contains(audience) {
            let (resource, tenant) = (audience.to_owned(), tenant.to_owned());
            return Err(Failure::Resource { resource, tenant });
        }
        Ok(audience.to_owned())
    }

    /// Runs one attempt to sign in, unless too many went wrong before.
    fn attempt<T>(
        &self,
        attempt: Attempt,
        now: Timestamp,
        check: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        locked(&self.0.throttle).admit(attempt, now).map_err(Failure::Throttled)?;
        let outcome = check();
        match &outcome {
            Ok(_) => locked(&self.0.throttle).succeeded(attempt),
            Err(_) => locked(&self.0.throttle).failed(attempt, now),
        }
        outcome
    }
}

/// So many seconds after.
fn after(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(seconds.saturating_mul(1_000_000)))
}

/// Locks what no one leaves half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
