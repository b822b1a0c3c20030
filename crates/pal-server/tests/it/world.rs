//! A service in memory's reach: a real registry in a folder of its own, a clock that tests set, fixed tokens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, request};
use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_rules::word::PartnerKind;
use pal_server::identity::{Authenticator, FixedPrincipal};
use pal_server::{App, Clock, Door, Ids, Kind, Limits, SignIn, TenantNames};
use pal_store::registry::{self, DirectoryPartner, FILE_NAME, PartnerPolicy, Registry};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

/// When every world begins.
pub(crate) const START: &str = "2026-03-06T12:00:00.5Z";
pub(crate) const TENANT: Uuid = Uuid::from_u128(0x7e00_0001_0000_4000_8000_0000_0000_0001);
pub(crate) const OTHER_TENANT: Uuid = Uuid::from_u128(0x7e00_0002_0000_4000_8000_0000_0000_0002);
pub(crate) const ALICE: Uuid = Uuid::from_u128(0xa11c_e000_0000_4000_8000_0000_0000_0001);
pub(crate) const BOB: Uuid = Uuid::from_u128(0xb0b0_0000_0000_4000_8000_0000_0000_0002);

/// Two locations that the partner directory has; `UNKNOWN` it does not have.
pub(crate) const PARTNER: &str = "5127255";
pub(crate) const PARTNER_NAME: &str = "Example_Partner_Testing";
pub(crate) const OTHER_PARTNER: &str = "4242";
pub(crate) const UNKNOWN: &str = "123456";

/// Which partners a world has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Partners {
    /// The two of the directory.
    Directory,
    /// Every id, without a name.
    Any,
}

pub(crate) struct World {
    service: Door,
    now: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The nested code of an error.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn version(&self) -> i64 {
        self.json()["properties"]["version"].as_i64().unwrap()
    }
}

/// The address of a partner with the one api-version there is.
pub(crate) fn partner(id: &str) -> String {
    format!("/providers/Microsoft.ManagementPartner/partners/{id}?api-version=2018-02-01")
}

/// The address of the caller's own link.
pub(crate) fn own() -> String {
    "/providers/Microsoft.ManagementPartner/partners?api-version=2018-02-01".to_owned()
}

pub(crate) fn request(method: &str, address: &str) -> request::Builder {
    Request::builder().method(method).uri(address)
}

fn principal(token: &str, tenant: Uuid, object_id: Uuid, expires_at: &str) -> FixedPrincipal {
    let expires_at = Timestamp::parse(expires_at).unwrap();
    let kind = Kind::Application;
    FixedPrincipal { token: token.to_owned(), tenant, object_id, kind, roles: Vec::new(), expires_at }
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(Partners::Directory, &[], |_| {}).await
    }

    /// A world with other partners, more principals (token, tenant, object id), or another setting.
    pub(crate) async fn with(
        partners: Partners,
        principals: &[(&str, Uuid, Uuid)],
        set: impl FnOnce(&mut App),
    ) -> World {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(Timestamp::parse(START).unwrap().micros()));
        let told = now.clone();
        let clock = Clock::new(move || Timestamp::from_micros(told.load(Ordering::SeqCst)));
        let late = "2027-01-01T00:00:00Z";
        let known = [
            principal("alice", TENANT, ALICE, late),
            principal("bob", TENANT, BOB, late),
            principal("alice-elsewhere", OTHER_TENANT, ALICE, late),
            principal("stale", TENANT, ALICE, "2026-03-06T12:00:00Z"),
        ];
        let more = principals.iter().map(|(token, tenant, oid)| principal(token, *tenant, *oid, late));
        let count = AtomicU64::new(0);
        let mut app = App {
            registry: registry(folder.path(), &clock, partners).await,
            authenticator: Authenticator::fixed(known.into_iter().chain(more)),
            clock,
            ids: Ids::new(move || {
                let count = count.fetch_add(1, Ordering::SeqCst);
                Uuid::from_u128(0x1d00_0000_0000_4000_8000_0000_0000_0000 + u128::from(count))
            }),
            limits: Limits::default(),
            public_origin: "https://pal.example".to_owned(),
            sign_in: SignIn {
                origin: "https://login.example".to_owned(),
                tenant: None,
                audiences: vec![
                    "https://management.core.windows.net/".to_owned(),
                    "https://management.azure.com/".to_owned(),
                ],
            },
            tenants: BTreeMap::from([(
                TENANT,
                TenantNames { display_name: "Contoso".to_owned(), domain: "contoso.example".to_owned() },
            )]),
            operator_tenant: None,
            open_metrics: false,
            observer: None,
            hsts_seconds: None,
        };
        set(&mut app);
        World { service: Door::new(app, axum::Router::new()), now, _folder: folder }
    }

    /// Lets time go by.
    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) fn service(&self) -> Door {
        self.service.clone()
    }

    /// Asks without a body, as Alice.
    pub(crate) async fn ask(&self, method: &str, address: &str) -> Answer {
        self.ask_as("alice", method, address).await
    }

    /// Asks without a body, as whoever has this token.
    pub(crate) async fn ask_as(&self, token: &str, method: &str, address: &str) -> Answer {
        let request = request(method, address).header("Authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.service.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

async fn registry(folder: &Path, clock: &Clock, partners: Partners) -> Registry {
    let (policy, partners) = match partners {
        Partners::Directory => (
            PartnerPolicy::Directory,
            vec![location(PARTNER, PARTNER_NAME), location(OTHER_PARTNER, "Other")],
        ),
        Partners::Any => (PartnerPolicy::AnyPartnerId, Vec::new()),
    };
    let clock = clock.clone();
    let registry = Registry::open(&folder.join(FILE_NAME), move || clock.now(), policy).await.unwrap();
    let request = registry::Request {
        client_request_id: None,
        request_id: Uuid::from_u128(1),
        caller_name: None,
        client_id: None,
        via: "cli",
    };
    registry.put_partners(partners, None, request).await.unwrap();
    registry
}

fn location(id: &str, name: &str) -> DirectoryPartner {
    DirectoryPartner {
        partner_id: PartnerId::new(id).unwrap(),
        name: name.to_owned(),
        kind: PartnerKind::Location,
        global_partner_id: None,
        active_from: None,
        active_until: None,
    }
}
