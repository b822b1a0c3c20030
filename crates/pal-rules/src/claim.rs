//! Claims: who may be credited for a resource, and through what (`attribution.md` §3).

use crate::facts::Resource;
use crate::fold::Holder;
use crate::id::{Id, ObjectId};
use crate::standing::Standing;
use crate::time::Timestamp;
use crate::usage::Usage;
use crate::word::{ActivityKind, Basis, OwnershipKind, Product};

/// A claim as a product's rule makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Who.
    pub object: ObjectId,
    /// Through what.
    pub basis: Basis,
    /// Since when, by that basis.
    pub since: Timestamp,
    /// The fact that made it so.
    pub since_fact: FactRef,
    /// The group through which it is a co-owner.
    pub group: Option<ObjectId>,
}

impl Claimed {
    /// The claim of a holder; `otherwise` is its basis when it does not hold by import.
    pub fn holder(holder: Holder, otherwise: Basis) -> Self {
        let (basis, since_fact) = if holder.by_import {
            (Basis::Importer, FactRef::Import(holder.id))
        } else {
            (otherwise, FactRef::Event(holder.id))
        };
        Self { object: holder.object, basis, since: holder.since, since_fact, group: None }
    }
}

/// A fact that a piece of evidence rests on, by id or time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactRef {
    /// An ownership event.
    Event(Id),
    /// A solution import.
    Import(Id),
    /// A membership of this group.
    Membership(ObjectId),
    /// An activity of the principal at that time.
    Activity(ActivityKind),
    /// Some activity at that time, of either kind (Customer Insights).
    AnyActivity,
}

/// A claim with all that decides about it: the rules see nothing else of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who, through what, since when.
    pub claimed: Claimed,
    /// When the principal last did something with the resource that counts here.
    pub last_active_at: Timestamp,
    /// What that was.
    pub last_active_fact: FactRef,
    /// How the principal stands.
    pub standing: Standing,
}

/// Leaves one claim per principal: the basis first in the order of [`Basis`], then the earliest `since`.
pub fn one_per_principal(mut claims: Vec<Claimed>) -> Vec<Claimed> {
    claims.sort_by(|a, b| (&a.object, a.basis, a.since).cmp(&(&b.object, b.basis, b.since)));
    claims.dedup_by(|later, first| later.object == first.object);
    claims
}

/// When the claim's principal was last active before `at`, and by which fact (`attribution.md` §4).
pub fn last_active(
    resource: &Resource,
    claimed: &Claimed,
    usage: &Usage,
    at: Timestamp,
) -> (Timestamp, FactRef) {
    let mut last = (claimed.since, claimed.since_fact.clone());
    let mut see = |seen_at: Timestamp, fact: FactRef| {
        if seen_at > last.0 {
            last = (seen_at, fact);
        }
    };
    if resource.product == Product::CustomerInsights {
        if let Some(active) = usage.active(&claimed.object) {
            see(active.last, FactRef::AnyActivity);
        }
        return last;
    }
    for event in resource.events.iter().filter(|event| event.at < at && event.object == claimed.object) {
        if event.kind != OwnershipKind::CoOwnerRemoved {
            see(event.at, FactRef::Event(event.id.0.clone()));
        }
    }
    for import in resource.imports() {
        if import.completed_at < at && import.object == claimed.object {
            see(import.completed_at, FactRef::Import(import.id.0.clone()));
        }
    }
    if let Some(made_at) = usage.last_make(&claimed.object) {
        see(made_at, FactRef::Activity(ActivityKind::Make));
    }
    last
}
