//! What activity says of one resource in one month: all that the rules ask of it.
//!
//! Gathered twice, row by row ([`crate::meter`]) and in columns (the metering crate), and the same from both.

use crate::facts::Resource;
use crate::id::ObjectId;
use crate::time::{Month, Timestamp};

/// A month, cut off at `as_of`: `[start, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The month.
    pub month: Month,
    /// Given for a month that is judged before its end.
    pub as_of: Option<Timestamp>,
}

impl Window {
    /// The window of a month; `None` if `as_of` is at or before its start.
    pub fn new(month: Month, as_of: Option<Timestamp>) -> Option<Self> {
        as_of.is_none_or(|as_of| as_of > month.start()).then_some(Self { month, as_of })
    }

    /// The first instant.
    pub fn start(&self) -> Timestamp {
        self.month.start()
    }

    /// The first instant after: the month's end or `as_of`, whichever is earlier.
    pub fn end(&self) -> Timestamp {
        self.as_of.map_or(self.month.end(), |as_of| as_of.min(self.month.end()))
    }

    /// The instant at which a resource is judged (`attribution.md` §1).
    pub fn instant(&self, resource: &Resource) -> Timestamp {
        resource.deleted_at.map_or(self.end(), |deleted_at| deleted_at.min(self.end()))
    }

    /// Whether a resource stands in the statement of this window.
    pub fn lists(&self, resource: &Resource) -> bool {
        resource.product.workload().is_some()
            && resource.created_at.is_none_or(|created_at| created_at < self.end())
            && resource.deleted_at.is_none_or(|deleted_at| deleted_at > self.start())
    }
}

/// What metering answers, however it was done. Resources and windows are named by position.
pub trait Metered {
    /// Looks at where the answers for a resource stand, no more: of many, looked at one after another, the memory fetches
    /// many at once.
    fn look_at(&self, _resource: usize, _window: usize) {}

    /// What the rules ask of a resource in a window.
    fn usage(&self, resource: usize, window: usize) -> Usage;

    /// The same, and all that was seen of the resource in the window, whether the rules ask for it or not.
    fn usage_and_seen(&self, resource: usize, window: usize) -> (Usage, Everyone);

    /// How many distinct people used any of these resources in a window; those that never count are left out.
    fn distinct_users(&self, resources: &[usize], window: usize) -> u64;
}

/// Everyone whom activity tells of on one resource in one window, before its instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Everyone {
    /// Who used it in the window, whether counted or not, by principal.
    pub users: Vec<ObjectId>,
    /// The last `make` of each principal, over this and all earlier months, by principal.
    pub makes: Vec<Last>,
    /// Of a Customer Insights instance: who was active in the window, by principal.
    pub active: Vec<Active>,
}

/// What activity says of one resource in one window, as far as the rules ask for it; all before its instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Who used it in the window.
    pub users: Users,
    /// The last `make` of each of the [`Claimants`](crate::facts::Claimants), over this and all earlier months, by
    /// principal.
    pub makes: Vec<Last>,
    /// Everyone ever linked who used it in the window, by principal.
    pub linked_users: Vec<ObjectId>,
    /// Of a Customer Insights instance: everyone active in the window, by principal.
    pub active: Vec<Active>,
    /// Of a Customer Insights instance: the last activity before the window of each of the claimants, by principal; it
    /// made claims on earlier months.
    pub active_before: Vec<Last>,
}

impl Usage {
    /// The last `make` of one of the claimants.
    pub fn last_make(&self, object: &ObjectId) -> Option<Timestamp> {
        let place = self.makes.binary_search_by(|make| make.object.cmp(object)).ok()?;
        self.makes.get(place).map(|make| make.last)
    }

    /// The activity of a principal on a Customer Insights instance.
    pub fn active(&self, object: &ObjectId) -> Option<&Active> {
        let place = self.active.binary_search_by(|active| active.object.cmp(object)).ok()?;
        self.active.get(place)
    }
}

/// Distinct principals that used a resource, and those left out of the count (decision D9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// Counted: everyone but the three below.
    pub counted: u64,
    /// Of those counted, principals that the directory does not know.
    pub unknown: u64,
    /// Of those counted, principals of whom some activity came under another id, such as a sign-in name.
    pub by_alias: u64,
    /// Left out: service principals.
    pub service_principals: u64,
    /// Left out: managed identities.
    pub managed_identities: u64,
    /// Left out: the platform itself.
    pub systems: u64,
}

/// The last of some activity of a principal on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// Who.
    pub object: ObjectId,
    /// When, last.
    pub last: Timestamp,
}

/// The activity of a principal on an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// Who.
    pub object: ObjectId,
    /// When, first in the window.
    pub first: Timestamp,
    /// When, last in the window.
    pub last: Timestamp,
}
