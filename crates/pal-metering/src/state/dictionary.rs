//! Numbers and the ids that they stand for: of a tenant, of a resource, of a person in a tenant.
//!
//! Numbers only ever grow in number: what was written with them stays valid when new ids come.

use crate::kernel::guid::Guid;
use crate::kernel::narrow::{high, index, low, number};

/// A resource as rows name it: a row may name a tenant that is not its resource's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// The number of its tenant.
    pub tenant: u32,
    /// Its id.
    pub id: Guid,
}

/// All ids of a state, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    pub(crate) tenants: Vec<Guid>,
    pub(crate) resources: Vec<Resource>,
    /// By tenant.
    pub(crate) people: Vec<Vec<Guid>>,
}

impl Dictionary {
    /// The tenants, by number.
    pub fn tenants(&self) -> &[Guid] {
        &self.tenants
    }

    /// The resources, by number.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The people of a tenant, by number in it.
    pub fn people(&self, tenant: u32) -> &[Guid] {
        self.people.get(index(tenant)).map_or(&[], Vec::as_slice)
    }

    /// How many people there are in all.
    pub fn people_count(&self) -> u64 {
        self.people.iter().map(|people| people.len() as u64).sum()
    }

    /// The numbers of a tenant's people in the order of their ids: what a merge with other sorted ids walks.
    pub fn people_by_id(&self, tenant: u32) -> Vec<u32> {
        let people = self.people(tenant);
        // Half of what an id and a number take: few ids begin alike.
        let begins = people.iter().zip(0_u64..).map(|(id, number)| id.upper >> 32 << 32 | number);
        let mut order: Vec<u64> = begins.collect();
        order.sort_unstable();
        for alike in order.chunk_by_mut(|a, b| high(*a) == high(*b)).filter(|alike| alike.len() > 1) {
            alike.sort_unstable_by_key(|one| people.get(index(low(*one))));
        }
        order.into_iter().map(low).collect()
    }

    /// How many tenants, resources and people there are: where additions begin.
    pub(crate) fn sizes(&self) -> Sizes {
        let people = self.people.iter().map(|people| number(people.len())).collect();
        Sizes { tenants: number(self.tenants.len()), resources: number(self.resources.len()), people }
    }

    /// Adds what follows.
    pub(crate) fn add(&mut self, more: Additions) {
        self.tenants.extend(more.tenants);
        self.resources.extend(more.resources);
        if self.people.len() < self.tenants.len() {
            self.people.resize(self.tenants.len(), Vec::new());
        }
        for (tenant, people) in more.people {
            match self.people.get_mut(index(tenant)) {
                Some(known) if known.is_empty() => *known = people,
                Some(known) => known.extend(people),
                None => {}
            }
        }
    }
}

/// How many ids there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) tenants: u32,
    pub(crate) resources: u32,
    /// By tenant.
    pub(crate) people: Vec<u32>,
}

impl Sizes {
    /// How many there are with these.
    pub(crate) fn with(&self, more: &Additions) -> Self {
        let mut sizes = self.clone();
        sizes.tenants += number(more.tenants.len());
        sizes.resources += number(more.resources.len());
        sizes.people.resize(sizes.people.len().max(index(sizes.tenants)), 0);
        for (tenant, people) in &more.people {
            if let Some(known) = sizes.people.get_mut(index(*tenant)) {
                *known += number(people.len());
            }
        }
        sizes
    }
}

/// Ids that follow those of a dictionary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Additions {
    pub(crate) tenants: Vec<Guid>,
    pub(crate) resources: Vec<Resource>,
    /// Of some tenants the people who follow, by tenant.
    pub(crate) people: Vec<(u32, Vec<Guid>)>,
}
