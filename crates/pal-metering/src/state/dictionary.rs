//! Numbers and the ids that they stand for: of a tenant, of a resource, of a person in a tenant.
//!
//! Numbers only ever grow in number: what was written with them stays valid when new ids come.

use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, number};

/// A resource as rows name it: a row may name a tenant that is not its resource's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// The number of its tenant.
    pub tenant: u32,
    /// Its id.
    pub id: Guid,
}

/// The ids of a state, by number; of people only how many there are ([`State::people`](super::State::people)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    pub(crate) tenants: Vec<Guid>,
    pub(crate) resources: Vec<Resource>,
    /// By tenant.
    pub(crate) people: Vec<u32>,
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

    /// How many people there are in all.
    pub fn people_count(&self) -> u64 {
        self.people.iter().map(|people| u64::from(*people)).sum()
    }

    /// How many tenants, resources and people there are: where additions begin.
    pub(crate) fn sizes(&self) -> Sizes {
        let people = self.people.clone();
        Sizes { tenants: number(self.tenants.len()), resources: number(self.resources.len()), people }
    }

    /// Adds what follows.
    ///
    /// - `people`: how many more there are of some tenants.
    pub(crate) fn add(&mut self, tenants: Vec<Guid>, resources: Vec<Resource>, people: &[(u32, u32)]) {
        self.tenants.extend(tenants);
        self.resources.extend(resources);
        self.people.resize(self.tenants.len(), 0);
        for (tenant, more) in people {
            if let Some(known) = self.people.get_mut(index(*tenant)) {
                *known += more;
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
