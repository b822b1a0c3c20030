//! Everyone whose acts on a resource the rules ask for.

use std::collections::BTreeMap;

use super::Facts;
use crate::id::{ObjectId, TenantId};

/// Whoever was ever linked, and whoever an event of an owner, an import or a group names: nobody else can claim an app,
/// a flow or a dataset, or be told to be involved in one. Of the many who work on a resource, few are.
#[derive(Clone, Debug, Default)]
pub struct Claimants(BTreeMap<TenantId, Vec<ObjectId>>);

impl Claimants {
    /// Those of a set of facts.
    pub fn of(facts: &Facts) -> Self {
        let mut all: BTreeMap<&TenantId, Vec<&ObjectId>> = BTreeMap::new();
        for (tenant, object) in facts.links.keys().chain(facts.links_left_out.keys()) {
            all.entry(tenant).or_default().push(object);
        }
        for ((tenant, _), members) in facts.members.iter() {
            all.entry(tenant).or_default().extend(members.iter().map(|member| &member.object));
        }
        for resource in &facts.resources {
            let events = resource.events.iter().map(|event| &event.object);
            let imports = resource.imports().iter().map(|import| &import.object);
            let mut named = events.chain(imports).peekable();
            if named.peek().is_some() {
                all.entry(&resource.tenant).or_default().extend(named);
            }
        }
        let distinct = |mut objects: Vec<&ObjectId>| {
            objects.sort_unstable();
            objects.dedup();
            objects.into_iter().cloned().collect()
        };
        Self(all.into_iter().map(|(tenant, objects)| (tenant.clone(), distinct(objects))).collect())
    }

    /// Those in a tenant, by id.
    pub fn within(&self, tenant: &TenantId) -> &[ObjectId] {
        self.0.get(tenant).map_or(&[], Vec::as_slice)
    }

    /// Whether somebody in a tenant is one.
    pub fn has(&self, tenant: &TenantId, object: &ObjectId) -> bool {
        self.within(tenant).binary_search(object).is_ok()
    }
}
