//! Power Apps: "The user must be an owner/co-owner of the application. … In cases of multiple partners being mapped to
//! a single application, the user's activity is reviewed to select the *latest* partner."

use std::collections::BTreeMap;

use crate::claim::{Claimed, FactRef};
use crate::facts::{Event, Facts, Member, Resource};
use crate::fold::Holder;
use crate::id::ObjectId;
use crate::time::{Timestamp, is_on};
use crate::word::{Basis, OwnershipKind, PrincipalKind, Product};

/// A canvas app: the holder and every co-owner that is on; a group stands for its members, one level deep.
pub fn canvas(facts: &Facts, resource: &Resource, holder: Option<Holder>, at: Timestamp) -> Vec<Claimed> {
    let mut claims: Vec<Claimed> =
        holder.map(|holder| Claimed::holder(holder, Basis::Owner)).into_iter().collect();
    for added in co_owners(&resource.events, at) {
        if !is_group(facts, resource, &added.object) {
            claims.push(co_owner(added.object.clone(), added.at, FactRef::Event(added.id.0.clone()), None));
            continue;
        }
        let on = |member: &&Member| is_on(member.from, member.until, at);
        for member in members(facts, resource, &added.object).iter().filter(on) {
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

fn is_group(facts: &Facts, resource: &Resource, object: &ObjectId) -> bool {
    let principal = facts.principals.get(&resource.tenant, object);
    principal.is_some_and(|principal| principal.kind == PrincipalKind::Group)
}

fn members<'a>(facts: &'a Facts, resource: &Resource, group: &ObjectId) -> &'a [Member] {
    facts.members.get(&resource.tenant, group).map_or(&[], Vec::as_slice)
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

/// A time as co-owner of a canvas app.
#[derive(Clone, Copy, Debug)]
pub struct CoOwned<'a> {
    /// Who.
    pub object: &'a ObjectId,
    /// Through which group, if through one.
    pub group: Option<&'a ObjectId>,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it ended before the instant.
    pub until: Option<Timestamp>,
}

/// All times as co-owner that began before `at`, the latest first; a group stands for its members.
pub fn ever_co_owned<'a>(facts: &'a Facts, resource: &'a Resource, at: Timestamp) -> Vec<CoOwned<'a>> {
    let mut ever = Vec::new();
    if resource.product != Product::PowerAppsCanvas {
        return ever;
    }
    let before = |event: &&Event| event.at < at;
    for added in resource.events.iter().filter(before) {
        if added.kind != OwnershipKind::CoOwnerAdded {
            continue;
        }
        let removed = resource.events.iter().filter(before).find(|event| {
            event.kind == OwnershipKind::CoOwnerRemoved
                && event.object == added.object
                && event.place() > added.place()
        });
        let removed_at = removed.map(|event| event.at);
        if !is_group(facts, resource, &added.object) {
            ever.push(CoOwned { object: &added.object, group: None, since: added.at, until: removed_at });
            continue;
        }
        for member in members(facts, resource, &added.object) {
            let since = added.at.max(member.from);
            let until = [removed_at, member.until].into_iter().flatten().min();
            if since < at && until.is_none_or(|until| since < until) {
                let until = until.filter(|until| *until < at);
                ever.push(CoOwned { object: &member.object, group: Some(&added.object), since, until });
            }
        }
    }
    ever.sort_by_key(|time| std::cmp::Reverse(time.since));
    ever
}
