//! Which rows that came since can have changed a line: those that say something of its resource, or of those who
//! claim or use it, from before its instant, and touch a column that changed.

mod about;
mod activity;
mod differs;
mod rows;

pub use about::NewRowIndex;
pub use activity::{ActivityScope, ActivitySieve};

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Facts, Resource, Row};
use crate::evidence::Evidence;
use crate::id::{EnvironmentId, Id, ObjectId, PartnerId, ResourceId, TenantId};
use crate::standing::LinkStanding;
use crate::time::Timestamp;
use crate::word::Product;

/// A line before and after, and all that it rests on, to sift the rows that came since.
#[derive(Debug)]
pub struct NewRowScope<'a> {
    /// The facts as they were.
    old: &'a Facts,
    /// The facts as they are.
    facts: &'a Facts,
    resource: ResourceId,
    before: Option<&'a Evidence>,
    after: Option<&'a Evidence>,
    changed: Changed,
    tenant: TenantId,
    product: Product,
    /// The instant of the line as it is, or of the one that is gone.
    at: Timestamp,
    start: Timestamp,
    /// The inventory after the instant from which something before it is no longer inferred.
    forestalled: Option<Timestamp>,
    environments: BTreeSet<EnvironmentId>,
    /// Everyone who had to do with the resource.
    principals: BTreeSet<ObjectId>,
    /// Those of them who have a claim.
    claimants: BTreeSet<ObjectId>,
    /// Those of them whose link stands otherwise than it did.
    relinked: BTreeSet<ObjectId>,
    users: BTreeSet<ObjectId>,
    /// Partners that any of them was ever linked to.
    linked: BTreeSet<PartnerId>,
}

/// Which columns of a line differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The number.
    pub quantity: bool,
    /// Outcome, partner, user, basis and the times, reason.
    pub credit: bool,
    /// Whether it counts, and why not.
    pub eligibility: bool,
}

impl Changed {
    /// - `before`, `after`: the cells of the line, in the order of [`crate::statement::STATEMENT_COLUMNS`].
    pub fn new<T: PartialEq>(before: Option<&[T; 16]>, after: Option<&[T; 16]>) -> Self {
        let (Some(before), Some(after)) = (before, after) else {
            // What makes a line is all that it says; what takes it away is never more than where it lies.
            let new = after.is_some();
            return Self { quantity: new, credit: new, eligibility: new };
        };
        // The cells of a credit: from the outcome to the reason, then whether it counts.
        let differ = |columns: Range<usize>| before.get(columns.clone()) != after.get(columns);
        Self { quantity: differ(6..7), credit: differ(7..14), eligibility: differ(14..16) }
    }
}

impl<'a> NewRowScope<'a> {
    /// The scope of a resource's line; `None` where there is none on either side.
    ///
    /// - `old`, `facts`: as they were for the line before, and as they are.
    pub fn new(
        (old, facts): (&'a Facts, &'a Facts),
        resource: &ResourceId,
        before: Option<&'a Evidence>,
        after: Option<&'a Evidence>,
    ) -> Option<Self> {
        let line = after.or(before)?;
        let cells = |side: Option<&Evidence>| side.map(|evidence| evidence.line().cells());
        let mut scope = Self {
            old,
            facts,
            resource: resource.clone(),
            before,
            after,
            changed: Changed::new(cells(before).as_ref(), cells(after).as_ref()),
            tenant: line.subject.tenant.clone(),
            product: line.subject.product.clone(),
            at: line.instant,
            start: line.window.start(),
            forestalled: None,
            environments: BTreeSet::new(),
            principals: BTreeSet::new(),
            claimants: BTreeSet::new(),
            relinked: BTreeSet::new(),
            users: BTreeSet::new(),
            linked: BTreeSet::new(),
        };
        for evidence in [before, after].into_iter().flatten() {
            scope.add(evidence);
        }
        scope.add_links();
        scope.forestalled = scope.forestalled();
        Some(scope)
    }

    fn add(&mut self, evidence: &Evidence) {
        self.environments.extend(evidence.subject.environment.clone());
        for claim in &evidence.claims {
            self.claimants.insert(claim.claimed.object.clone());
            self.principals.extend(claim.claimed.group.clone());
            if let LinkStanding::On { partner, .. } = claim.standing.link {
                self.linked.insert(partner);
            }
        }
        self.principals.extend(self.claimants.iter().cloned());
        self.principals.extend(evidence.fold.iter().map(|step| step.object.clone()));
        self.principals.extend(evidence.involved.iter().map(|involved| involved.object.clone()));
    }

    /// A partner that becomes known lets in links to it, and those keep out others that overlap them.
    fn add_links(&mut self) {
        for object in &self.principals {
            for facts in [self.old, self.facts] {
                let links = facts.links.get(&self.tenant, object).into_iter().flatten();
                self.linked.extend(links.map(|link| link.partner));
            }
            if self.link_differs(object) {
                self.relinked.insert(object.clone());
            }
        }
    }

    /// Takes in those who used the resource: what they are and what they are called decides how many they count for.
    pub fn add_users(&mut self, users: impl IntoIterator<Item = ObjectId>) {
        if self.changed.quantity {
            self.users.extend(users);
        }
    }

    /// Whether a row names anything of the line at all, whatever it says.
    pub fn mentions(&self, row: &Row) -> bool {
        row.values().iter().any(|value| match value {
            super::Value::Id(id) => self.is_named(id),
            super::Value::Partner(partner) => self.linked.contains(partner),
            _ => false,
        })
    }

    fn is_named(&self, id: &Id) -> bool {
        let object = ObjectId(id.clone());
        *id == self.resource.0
            || self.environments.contains(&EnvironmentId(id.clone()))
            || self.principals.contains(&object)
            || self.users.contains(&object)
    }

    fn was(&self) -> Option<&'a Resource> {
        self.old.resource(&self.resource).and_then(|position| self.old.resources.get(position))
    }

    fn is(&self) -> Option<&'a Resource> {
        self.facts.resource(&self.resource).and_then(|position| self.facts.resources.get(position))
    }
}
