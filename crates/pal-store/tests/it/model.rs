//! Random operations against a model that shares no code with the registry: equal answers, at every step.

use std::collections::BTreeMap;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_store::registry::{Created, Deleted, DirectoryPartner, Link, Page, Request, Updated};
use uuid::Uuid;

use crate::world::{World, everything, location, object, partner, principal, request, sent, tenant};

/// The same numbers for the same seed (xorshift64*).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }
}

/// What is remembered of a principal.
#[derive(Clone)]
struct Remembered {
    partner: PartnerId,
    linked: bool,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    put: Option<String>,
}

#[derive(Default)]
struct Model {
    principals: BTreeMap<(u64, u64), Remembered>,
    /// The last time of each tenant's chain.
    times: BTreeMap<u64, Timestamp>,
    partners: BTreeMap<PartnerId, DirectoryPartner>,
    changes: BTreeMap<(u64, u64), Vec<(i64, &'static str)>>,
}

impl Model {
    fn time(&self, tenant: u64, now: Timestamp) -> Timestamp {
        let after = |last: &Timestamp| Timestamp::from_micros(last.micros() + 1);
        self.times.get(&tenant).map_or(now, |last| now.max(after(last)))
    }

    fn linkable(&self, partner: PartnerId, at: Timestamp) -> bool {
        self.partners.get(&partner).is_some_and(|known| {
            known.kind.as_str() == "location"
                && known.active_from.is_none_or(|from| from <= at)
                && known.active_until.is_none_or(|until| at < until)
        })
    }

    fn link(&self, key: (u64, u64)) -> Option<Link> {
        self.principals.get(&key).filter(|found| found.linked).map(|found| self.told(key, found))
    }

    fn told(&self, (tenant_number, object_number): (u64, u64), found: &Remembered) -> Link {
        Link {
            tenant: tenant(tenant_number.into()),
            object_id: object(object_number.into()),
            partner_id: found.partner,
            partner_name: self.partners.get(&found.partner).map(|known| known.name.clone()),
            version: found.version,
            created_at: found.created_at,
            updated_at: found.updated_at,
        }
    }

    fn write(&mut self, key: (u64, u64), next: Remembered, kind: &'static str) -> Link {
        self.times.insert(key.0, next.updated_at);
        self.changes.entry(key).or_default().push((next.version, kind));
        let link = self.told(key, &next);
        self.principals.insert(key, next);
        link
    }

    fn create(&mut self, key: (u64, u64), to: PartnerId, put: Option<String>, now: Timestamp) -> Created {
        let at = self.time(key.0, now);
        let stored = self.principals.get(&key).cloned();
        if let Some(found) = stored.as_ref().filter(|found| found.linked) {
            let link = self.told(key, found);
            let repeated = put.is_some() && found.put == put && found.partner == to;
            return if repeated { Created::Repeated(link) } else { Created::AlreadyLinked(link) };
        }
        if !self.linkable(to, at) {
            return Created::UnknownPartner;
        }
        let (version, created_at) = stored.map_or((1, at), |found| (found.version + 1, found.created_at));
        let next = Remembered { partner: to, linked: true, version, created_at, updated_at: at, put };
        Created::Made(self.write(key, next, "created"))
    }

    fn update(&mut self, key: (u64, u64), to: PartnerId, now: Timestamp) -> Updated {
        let at = self.time(key.0, now);
        let Some(found) = self.principals.get(&key).filter(|found| found.linked).cloned() else {
            return Updated::NotLinked;
        };
        if found.partner == to {
            return Updated::Unchanged(self.told(key, &found));
        }
        if !self.linkable(to, at) {
            return Updated::UnknownPartner;
        }
        let version = found.version + 1;
        let next = Remembered { partner: to, version, updated_at: at, put: None, ..found };
        Updated::Changed(self.write(key, next, "updated"))
    }

    fn delete(&mut self, key: (u64, u64), only: Option<PartnerId>, now: Timestamp) -> Deleted {
        let at = self.time(key.0, now);
        let Some(found) = self.principals.get(&key).filter(|found| found.linked).cloned() else {
            return Deleted::NotLinked;
        };
        if only.is_some_and(|only| only != found.partner) {
            return Deleted::OtherPartner(self.told(key, &found));
        }
        let version = found.version + 1;
        let next = Remembered { linked: false, version, updated_at: at, put: None, ..found };
        Deleted::Deleted(self.write(key, next, "deleted"))
    }
}

/// Runs many operations of one seed, and at the end compares everything that can be asked.
pub(crate) async fn agrees_with_the_model(world: &World, seed: u64, operations: u32) {
    let mut rng = Rng::new(seed);
    let mut model = Model::default();
    for step in 0..operations {
        operation(world, &mut model, &mut rng, &format!("seed {seed}, step {step}")).await;
    }
    compare_all(world, &model, &format!("seed {seed}")).await;
}

async fn operation(world: &World, model: &mut Model, rng: &mut Rng, place: &str) {
    let registry = &world.registry;
    let key = (rng.below(3) + 1, rng.below(4) + 1);
    let me = principal(key.0.into(), key.1.into());
    let to = partner(["11", "22", "33", "44"][usize::try_from(rng.below(4)).unwrap()]);
    let asked = if rng.below(3) == 0 { request() } else { sent(&rng.below(3).to_string()) };
    let now = Timestamp::from_micros(1_770_000_000_000_000 + i64::try_from(rng.below(200)).unwrap());
    world.clock.set_to(now);
    match rng.below(12) {
        0 => put_partner(world, model, rng, to).await,
        1..=3 => {
            let expected = model.create(key, to, asked.client_request_id.clone(), now);
            assert_eq!(registry.create_link(me, to, asked).await.unwrap(), expected, "{place}");
        }
        4..=6 => {
            let expected = model.update(key, to, now);
            assert_eq!(registry.update_link(me, to, asked).await.unwrap(), expected, "{place}");
        }
        7..=8 => {
            let only = (rng.below(2) == 0).then_some(to);
            let expected = model.delete(key, only, now);
            assert_eq!(registry.delete_link(me, only, asked).await.unwrap(), expected, "{place}");
        }
        _ => assert_eq!(registry.link(me).await.unwrap(), model.link(key), "{place}"),
    }
}

async fn put_partner(world: &World, model: &mut Model, rng: &mut Rng, id: PartnerId) {
    let edge = |number: u64| Timestamp::from_micros(1_770_000_000_000_000 + i64::try_from(number).unwrap());
    let mut known = location(&id.to_string(), &format!("Partner {}", rng.below(3)));
    match rng.below(6) {
        0 => known.kind = pal_rules::word::PartnerKind::Global,
        1 => known.active_from = Some(edge(rng.below(200))),
        2 => known.active_until = Some(edge(rng.below(200))),
        _ => {}
    }
    let asked: Request = request();
    world.registry.put_partners(vec![known.clone()], None, asked).await.unwrap();
    model.partners.insert(id, known);
}

async fn compare_all(world: &World, model: &Model, place: &str) {
    let page = Page { limit: 1000, ..Page::default() };
    let links = world.registry.links(everything(), page).await.unwrap().links;
    let expected: Vec<Link> = model.principals.keys().filter_map(|key| model.link(*key)).collect();
    assert_eq!(links, expected, "{place}");
    for ((tenant_number, object_number), changes) in &model.changes {
        let ids: (Uuid, Uuid) = (tenant((*tenant_number).into()), object((*object_number).into()));
        let history = world.registry.history(everything(), ids.0, ids.1).await.unwrap();
        let told: Vec<_> = history.iter().map(|change| (change.version, change.kind.as_str())).collect();
        assert_eq!(&told, changes, "{place}");
    }
    let report = world.registry.verify(Vec::new()).await.unwrap();
    assert!(report.sound(), "{place}: {:?}", report.findings);
}
