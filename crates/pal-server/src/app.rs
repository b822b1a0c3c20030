//! What the server is made of: everything that it is given, and nothing that it looks up itself.

use std::collections::BTreeMap;

use axum::http::Method;
use pal_rules::time::Timestamp;
use pal_store::registry::Registry;
use uuid::Uuid;

use crate::arm::Quota;
use crate::arm::throttle::{Draw, Throttle, UsedUp};
use crate::caller::Caller;
use crate::clock::Clock;
use crate::identity::Authenticator;
use crate::ids::Ids;
use crate::metrics::Metrics;
use crate::observe::Observer;

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
    /// Whether everybody may read the metrics, not only this machine, operators and auditors.
    pub open_metrics: bool,
    /// Who is told of every exchange.
    pub observer: Option<Observer>,
    /// For how many seconds browsers shall refuse plain HTTP on this host; they are not told, if empty.
    pub hsts_seconds: Option<u32>,
}

impl App {
    /// What a tenant is called, where that is known.
    pub(crate) fn tenant_name(&self, tenant: Uuid) -> Option<String> {
        self.tenants.get(&tenant).map(|names| names.display_name.clone())
    }
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) metrics: Metrics,
    throttle: Option<Throttle>,
}

impl Shared {
    pub(crate) fn new(app: App) -> Shared {
        let throttle = app.limits.quota.map(Throttle::new);
        Shared { app, metrics: Metrics::new(), throttle }
    }

    /// Takes a request out of its tenant's allowance and tells how many are left, if there is a quota.
    pub(crate) fn draw(
        &self,
        method: &Method,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Option<u32>, UsedUp> {
        let Some(throttle) = &self.throttle else { return Ok(None) };
        throttle.take(caller.tenant(), Draw::of(method), now).map(Some)
    }
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
