//! A registry in the data folder of a place, changed at times of the test's own choosing.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests stand in for authentication, and have no other scopes"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_rules::word::PartnerKind;
use pal_store::PrincipalScope;
use pal_store::registry::{DirectoryPartner, PartnerPolicy, Registry, Request};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::command::Place;

/// An open registry; closed when dropped.
pub(crate) struct RegistryWorld {
    runtime: Runtime,
    registry: Registry,
    clock: Arc<AtomicI64>,
}

impl RegistryWorld {
    /// Opens the registry of a place's `pal-data`, or makes it.
    pub(crate) fn open(place: &Place) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let clock = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&clock);
        let now = move || Timestamp::from_micros(told.load(Ordering::SeqCst));
        let path = place.path("pal-data/registry.sqlite");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let registry = runtime.block_on(Registry::open(&path, now, PartnerPolicy::AnyPartnerId)).unwrap();
        Self { runtime, registry, clock }
    }

    fn at(&self, at: &str) -> Request {
        self.clock.store(Timestamp::parse(at).unwrap().micros(), Ordering::SeqCst);
        Request {
            client_request_id: None,
            request_id: Uuid::nil(),
            caller_name: Some("Ada".to_owned()),
            client_id: None,
            via: "provider",
        }
    }

    pub(crate) fn put(&self, at: &str, id: &str, name: &str, active_until: Option<&str>) {
        let partner = DirectoryPartner {
            partner_id: PartnerId::new(id).unwrap(),
            name: name.to_owned(),
            kind: PartnerKind::Location,
            global_partner_id: None,
            active_from: None,
            active_until: active_until.map(|at| Timestamp::parse(at).unwrap()),
        };
        let put = self.registry.put_partners(vec![partner], None, self.at(at));
        assert_eq!(self.runtime.block_on(put).unwrap().changed, 1);
    }

    pub(crate) fn link(&self, at: &str, account: (&str, &str), partner: &str) {
        let partner = PartnerId::new(partner).unwrap();
        let made = self.registry.create_link(scope(account), partner, self.at(at));
        self.runtime.block_on(made).unwrap();
    }

    pub(crate) fn relink(&self, at: &str, account: (&str, &str), partner: &str) {
        let partner = PartnerId::new(partner).unwrap();
        let made = self.registry.update_link(scope(account), partner, self.at(at));
        self.runtime.block_on(made).unwrap();
    }

    pub(crate) fn unlink(&self, at: &str, account: (&str, &str)) {
        self.runtime.block_on(self.registry.delete_link(scope(account), None, self.at(at))).unwrap();
    }
}

fn scope((tenant, object_id): (&str, &str)) -> PrincipalScope {
    PrincipalScope::granted(Uuid::try_parse(tenant).unwrap(), Uuid::try_parse(object_id).unwrap())
}
