//! What is known of principals.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::id::{ObjectId, TenantId};

/// Something of each principal, by tenant and object id. Within a tenant one is found among its own, and not among those
/// of all others: each line asks for several.
#[derive(Clone, Debug)]
pub struct ByPrincipal<T>(BTreeMap<TenantId, BTreeMap<ObjectId, T>>);

impl<T> Default for ByPrincipal<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> ByPrincipal<T> {
    /// That of a principal.
    pub fn get(&self, tenant: &TenantId, object: &ObjectId) -> Option<&T> {
        self.0.get(tenant)?.get(object)
    }

    /// Whether there is that of a principal.
    pub fn has(&self, tenant: &TenantId, object: &ObjectId) -> bool {
        self.get(tenant, object).is_some()
    }

    /// Those of a tenant, by object id.
    pub fn within(&self, tenant: &TenantId) -> impl Iterator<Item = (&ObjectId, &T)> {
        self.0.get(tenant).into_iter().flatten()
    }

    /// All of them, by tenant and object id.
    pub fn iter(&self) -> impl Iterator<Item = ((&TenantId, &ObjectId), &T)> {
        self.0.iter().flat_map(|(tenant, all)| all.iter().map(move |(object, one)| ((tenant, object), one)))
    }

    /// The principals, in order.
    pub fn keys(&self) -> impl Iterator<Item = (&TenantId, &ObjectId)> {
        self.iter().map(|(principal, _)| principal)
    }

    /// All of them, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.values_mut().flat_map(BTreeMap::values_mut)
    }

    /// Sets that of a principal.
    pub fn insert(&mut self, tenant: TenantId, object: ObjectId, one: T) {
        self.0.entry(tenant).or_default().insert(object, one);
    }
}

impl<T: Default> ByPrincipal<T> {
    /// That of a principal, made if there is none.
    pub fn or_default(&mut self, tenant: TenantId, object: ObjectId) -> &mut T {
        self.0.entry(tenant).or_default().entry(object).or_default()
    }
}

/// Of those of one principal the last counts.
impl<T> FromIterator<((TenantId, ObjectId), T)> for ByPrincipal<T> {
    fn from_iter<I: IntoIterator<Item = ((TenantId, ObjectId), T)>>(all: I) -> Self {
        let (mut found, mut all) = (Self::default(), all.into_iter().peekable());
        // Rows come sorted: those of a tenant are made a map at once.
        while let Some(((tenant, object), one)) = all.next() {
            let next = || all.next_if(|((other, _), _)| *other == tenant);
            let others = std::iter::from_fn(next).map(|((_, object), one)| (object, one));
            let of_tenant = std::iter::once((object, one)).chain(others);
            match found.0.entry(tenant.clone()) {
                Entry::Vacant(place) => _ = place.insert(of_tenant.collect()),
                Entry::Occupied(mut known) => known.get_mut().extend(of_tenant),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::ByPrincipal;
    use crate::id::{ObjectId, TenantId};

    #[test]
    fn the_last_counts_wherever_its_tenant_stands() {
        let rows = [("t", "b", 1), ("t", "a", 2), ("u", "a", 3), ("t", "b", 4), ("t", "c", 5), ("t", "c", 6)];
        let rows = rows.map(|(tenant, object, one)| ((TenantId::new(tenant), ObjectId::new(object)), one));
        let mut found: ByPrincipal<i32> = rows.into_iter().collect();
        let told = |found: &ByPrincipal<i32>| {
            let told = found.iter().map(|((tenant, object), one)| format!("{tenant}{object}{one}"));
            told.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(&found), "ta2 tb4 tc6 ua3");
        let (tenant, object) = (TenantId::new("u"), ObjectId::new("a"));
        assert_eq!(found.get(&tenant, &object), Some(&3));
        assert!(!found.has(&tenant, &ObjectId::new("b")) && !found.has(&TenantId::new("v"), &object));
        assert_eq!(found.within(&tenant).count(), 1);
        *found.or_default(tenant.clone(), ObjectId::new("b")) += 7;
        found.insert(tenant, object, 8);
        assert_eq!(told(&found), "ta2 tb4 tc6 ua8 ub7");
    }
}
