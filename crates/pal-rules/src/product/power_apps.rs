//! Power Apps: "The user must be an owner/co-owner of the application. … In cases of multiple partners being mapped to
//! a single application, the user's activity is reviewed to select the *latest* partner."

use std::collections::BTreeMap;

use crate::claim::{Claimed, FactRef};
use crate::facts::{Event, Facts, Resource};
use crate::fold::Holder;
use crate::id::ObjectId;
use crate::time::{Timestamp, is_on};
use crate::word::{Basis, OwnershipKind, PrincipalKind};

/// A canvas app: the holder and every co-owner that is on; a group stands for its members, one level deep.
pub fn canvas(facts: &Facts, resource: &Resource, holder: Option<Holder>, at: Timestamp) -> Vec<Claimed> {
    let mut claims: Vec<Claimed> =
        holder.map(|holder| Claimed::holder(holder, Basis::Owner)).into_iter().collect();
    for added in co_owners(&resource.events, at) {
        let principal = (resource.tenant.clone(), added.object.clone());
        let is_group =
            facts.principals.get(&principal).is_some_and(|principal| principal.kind == PrincipalKind::Group);
        if !is_group {
            claims.push(co_owner(added.object.clone(), added.at, FactRef::Event(added.id.0.clone()), None));
            continue;
        }
        let members = facts.members.get(&principal).map_or(&[][..], Vec::as_slice);
        for member in members.iter().filter(|member| is_on(member.from, member.until, at)) {
            let (since, fact) = if member.from > added.at {
                (member.from, FactRef::Membership(added.object.clone()))
            } else {
                (added.at, FactRef::Event(added.id.0.clone()))
            };
            claims.push(co_owner(member.object.clone(), since, fact, Some(added.object.clone())));
        }
    }
    claims
}

/// A model-driven app: the holder alone. "There's *no* co-owner option."
pub fn model_driven(holder: Option<Holder>) -> Vec<Claimed> {
    holder.map(|holder| Claimed::holder(holder, Basis::Creator)).into_iter().collect()
}

fn co_owner(object: ObjectId, since: Timestamp, since_fact: FactRef, group: Option<ObjectId>) -> Claimed {
    Claimed { object, basis: Basis::CoOwner, since, since_fact, group }
}

/// For each co-owner on at `at`, the event since which it is: the first add after the last removal.
fn co_owners(events: &[Event], at: Timestamp) -> impl Iterator<Item = &Event> {
    let mut on: BTreeMap<&ObjectId, &Event> = BTreeMap::new();
    for event in events.iter().filter(|event| event.at < at) {
        match event.kind {
            OwnershipKind::CoOwnerAdded => {
                on.entry(&event.object).or_insert(event);
            }
            OwnershipKind::CoOwnerRemoved => {
                on.remove(&event.object);
            }
            _ => {}
        }
    }
    on.into_values()
}
