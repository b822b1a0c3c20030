//! What the tests share: a clock that is set by hand, ids, scopes, a directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_rules::word::PartnerKind;
use pal_store::registry::{DirectoryPartner, PartnerPolicy, Registry, Request};
use pal_store::{PrincipalScope, ReadScope};
use uuid::Uuid;

/// A clock that stands still until it is set.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(Arc::new(AtomicI64::new(time(text).micros())))
    }

    pub(crate) fn set(&self, text: &str) {
        self.set_to(time(text));
    }

    pub(crate) fn set_to(&self, at: Timestamp) {
        self.0.store(at.micros(), Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A registry to be tested, on whatever engine, with its clock.
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) clock: TestClock,
}

pub(crate) async fn open(path: &Path, clock: &TestClock, policy: PartnerPolicy) -> Registry {
    let clock = clock.clone();
    Registry::open(path, move || clock.now(), policy).await.unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(crate) fn partner(text: &str) -> PartnerId {
    PartnerId::new(text).unwrap()
}

/// The n-th tenant; from 1, so that none is the operator's chain.
pub(crate) fn tenant(n: u128) -> Uuid {
    Uuid::from_u128(0x7000_0000_0000_4000_8000_0000_0000_0000 << 32 | n)
}

pub(crate) fn object(n: u128) -> Uuid {
    Uuid::from_u128(0x0b00_0000_0000_4000_8000_0000_0000_0000 << 32 | n)
}

pub(crate) fn principal(tenant_number: u128, object_number: u128) -> PrincipalScope {
    PrincipalScope::granted(tenant(tenant_number), object(object_number))
}

pub(crate) fn everything() -> ReadScope {
    ReadScope::everything_granted()
}

/// A request of its own, without a client request id.
pub(crate) fn request() -> Request {
    Request {
        client_request_id: None,
        request_id: Uuid::new_v4(),
        caller_name: Some("Ada Ünal".to_owned()),
        client_id: Some("04b07795-8ddb-461a-bbee-02f9e1bf7b46".to_owned()),
        via: "provider",
    }
}

/// A request with the client's id.
pub(crate) fn sent(client_request_id: &str) -> Request {
    Request { client_request_id: Some(client_request_id.to_owned()), ..request() }
}

pub(crate) fn location(id: &str, name: &str) -> DirectoryPartner {
    DirectoryPartner {
        partner_id: partner(id),
        name: name.to_owned(),
        kind: PartnerKind::Location,
        global_partner_id: None,
        active_from: None,
        active_until: None,
    }
}

/// Two locations of a company, one that begins and one that has ended.
pub(crate) fn directory() -> Vec<DirectoryPartner> {
    let company = Some(partner("9000"));
    vec![
        DirectoryPartner { kind: PartnerKind::Global, ..location("9000", "Contoso Group") },
        DirectoryPartner { global_partner_id: company, ..location("1001", "Contoso Köln") },
        DirectoryPartner { global_partner_id: company, ..location("1002", "Contoso 100%_Paris") },
        DirectoryPartner { active_from: Some(time("2026-06-01T00:00:00Z")), ..location("1003", "Begins") },
        DirectoryPartner {
            active_until: Some(time("2026-02-01T00:00:00Z")),
            global_partner_id: company,
            ..location("1004", "Ended")
        },
    ]
}
