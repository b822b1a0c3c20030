//! Listings: what an inventory said on the day it was taken, turned into events (`facts.md`, Listings).
//!
//! An inventory says who holds what, not since when. So dated facts go first, and an event is derived only where
//! the inventory tells something that the facts so far do not.

use std::collections::BTreeSet;

use super::record::{Event, Origin, PlatformKept, Resource};
use crate::id::{EventId, ObjectId};
use crate::time::Timestamp;
use crate::word::{ListingRole, OwnershipKind, Product};

/// A `listings` row of one resource, resolved.
///
/// The order is the one in which listings are walked: role words sort as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listing {
    pub(super) observed_at: Timestamp,
    pub(super) role: ListingRole,
    pub(super) object: Option<ObjectId>,
    pub(super) complete: bool,
}

/// What is known of a resource so far on the walk.
#[derive(Default)]
struct Known {
    /// The actor of the last `created`, `owner_set` or succeeded import: the recorded holder.
    holder: Option<ObjectId>,
    /// The actor of the last `created` or `owner_set`.
    owner: Option<ObjectId>,
    /// Whether a succeeded import came after that.
    imported_since: bool,
    co_owners: BTreeSet<ObjectId>,
    published: bool,
}

impl Known {
    fn learn(&mut self, kind: OwnershipKind, object: &ObjectId) {
        match kind {
            OwnershipKind::Created | OwnershipKind::OwnerSet => {
                self.holder = Some(object.clone());
                self.owner = Some(object.clone());
                self.imported_since = false;
            }
            OwnershipKind::CoOwnerAdded => {
                self.co_owners.insert(object.clone());
            }
            OwnershipKind::CoOwnerRemoved => {
                self.co_owners.remove(object);
            }
            OwnershipKind::Published => self.published = true,
        }
    }

    fn learn_import(&mut self, importer: &ObjectId) {
        self.holder = Some(importer.clone());
        self.imported_since = true;
    }
}

/// A dated fact on the walk.
enum Dated<'a> {
    Event(&'a Event),
    Import(&'a ObjectId),
}

/// Derives the events that a resource's listings tell, and adds them to its own.
pub(super) fn derive(resource: &mut Resource, mut listings: Vec<Listing>) {
    listings.sort();
    listings.dedup();
    let dated = dated(resource);
    let mut walk = dated.iter().peekable();
    let mut known = Known::default();
    let mut derived = Vec::new();
    let mut kept = Vec::new();
    for inventory in listings.chunk_by(|a, b| a.observed_at == b.observed_at && a.role == b.role) {
        let Some(observed_at) = inventory.first().map(|listing| listing.observed_at) else { continue };
        while let Some((_, fact)) = walk.next_if(|((at, _), _)| *at <= observed_at) {
            match fact {
                Dated::Event(event) => known.learn(event.kind, &event.object),
                Dated::Import(importer) => known.learn_import(importer),
            }
        }
        let told = told(resource, inventory, &known, &mut kept);
        for event in &told {
            known.learn(event.kind, &event.object);
        }
        derived.extend(told);
    }
    resource.events.append(&mut derived);
    resource.events.sort_by(|a, b| a.place().cmp(&b.place()));
    resource.kept_by_platform = kept;
}

/// The dated facts of a resource in the order in which they are walked: (time, id as text).
fn dated(resource: &Resource) -> Vec<((Timestamp, String), Dated<'_>)> {
    let events = resource.events.iter().map(|event| ((event.at, event.id.to_string()), Dated::Event(event)));
    let imports = resource
        .imports
        .iter()
        .map(|import| ((import.completed_at, import.id.to_string()), Dated::Import(&import.object)));
    let mut dated: Vec<_> = events.chain(imports).collect();
    dated.sort_by(|(a, _), (b, _)| a.cmp(b));
    dated
}

/// What one inventory tells of one role beyond what is known.
fn told(
    resource: &Resource,
    inventory: &[Listing],
    known: &Known,
    kept: &mut Vec<PlatformKept>,
) -> Vec<Event> {
    match (inventory.first().map(|listing| listing.role), &resource.product) {
        (
            Some(ListingRole::Owner),
            Product::PowerAppsCanvas | Product::PowerAppsModelDriven | Product::PowerAutomate,
        ) => told_of_owner(resource, inventory, known, kept),
        (Some(ListingRole::CoOwner), Product::PowerAppsCanvas) => told_of_co_owners(inventory, known),
        (Some(ListingRole::Publisher), Product::PowerBi) => told_of_publisher(resource, inventory, known),
        _ => Vec::new(),
    }
}

fn told_of_owner(
    resource: &Resource,
    inventory: &[Listing],
    known: &Known,
    kept: &mut Vec<PlatformKept>,
) -> Vec<Event> {
    let mut events = Vec::new();
    let (mut holder, mut owner, mut imported_since) =
        (known.holder.clone(), known.owner.clone(), known.imported_since);
    for listing in inventory {
        let Some(object) = listing.object.clone() else { continue };
        if holder.as_ref() == Some(&object) {
            continue;
        }
        if holder.is_none() {
            events.push(inferred(resource, listing, OwnershipKind::Created, &object));
        } else if imported_since && owner.as_ref() == Some(&object) {
            kept.push(PlatformKept { observed_at: listing.observed_at, owner: object });
            continue;
        } else if resource.product == Product::PowerAppsModelDriven {
            // Its owner cannot be changed, so an inventory cannot have seen that.
            continue;
        } else {
            events.push(listed(listing, OwnershipKind::OwnerSet, &object));
        }
        (holder, owner, imported_since) = (Some(object.clone()), Some(object), false);
    }
    events
}

fn told_of_co_owners(inventory: &[Listing], known: &Known) -> Vec<Event> {
    let Some(first) = inventory.first() else { return Vec::new() };
    let listed_objects: BTreeSet<&ObjectId> =
        inventory.iter().filter_map(|listing| listing.object.as_ref()).collect();
    let mut events: Vec<Event> = listed_objects
        .iter()
        .filter(|object| !known.co_owners.contains(**object))
        .map(|object| listed(first, OwnershipKind::CoOwnerAdded, object))
        .collect();
    if inventory.iter().all(|listing| listing.complete) {
        let gone = known.co_owners.iter().filter(|object| !listed_objects.contains(object));
        events.extend(gone.map(|object| listed(first, OwnershipKind::CoOwnerRemoved, object)));
    }
    events
}

fn told_of_publisher(resource: &Resource, inventory: &[Listing], known: &Known) -> Vec<Event> {
    let first = inventory.iter().find_map(|listing| Some((listing, listing.object.as_ref()?)));
    first
        .filter(|_| !known.published)
        .map(|(listing, object)| inferred(resource, listing, OwnershipKind::Published, object))
        .into_iter()
        .collect()
}

/// An event at the time of the inventory.
fn listed(listing: &Listing, kind: OwnershipKind, object: &ObjectId) -> Event {
    Event {
        at: listing.observed_at,
        origin: Origin::Listed,
        id: EventId::new(&format!("listing:{}:{}:{object}", listing.observed_at, listing.role)),
        kind,
        object: object.clone(),
    }
}

/// An event whose time is inferred: the resource's `created_at`, or the inventory's where that is absent.
fn inferred(resource: &Resource, listing: &Listing, kind: OwnershipKind, object: &ObjectId) -> Event {
    let event = listed(listing, kind, object);
    Event { at: resource.created_at.unwrap_or(event.at), origin: Origin::Inferred, ..event }
}
