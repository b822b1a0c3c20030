//! Listings: what an inventory said on the day it was taken, turned into events (`facts.md`, Listings).
//!
//! An inventory says who holds what, not since when. So dated facts go first, and an event is derived only where
//! the inventory tells something that the facts so far do not.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Event, Import, Origin, PlatformKept};
use super::resources::Resource;
use crate::id::{EventId, Id, ObjectId};
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

/// Where a fact stands among all others: (time, dated before derived, id as text).
type Place = (Timestamp, bool, Id);

/// What the dated facts up to a listing, and everything derived so far, say; the last by [`Place`] holds.
#[derive(Default)]
struct Known {
    /// The last `created` or `owner_set`, with its actor.
    owner: Option<(Place, ObjectId)>,
    /// The last succeeded import, with its actor.
    import: Option<(Place, ObjectId)>,
    /// For everyone ever added or removed as co-owner, the last of that, and whether it was an addition.
    co_owners: BTreeMap<ObjectId, (Place, bool)>,
    published: bool,
}

impl Known {
    fn learn(&mut self, event: &Event) {
        let (at, derived, id) = event.place();
        let place = (at, derived, id.0.clone());
        match event.kind {
            OwnershipKind::Created | OwnershipKind::OwnerSet => {
                self.owner = self.owner.take().max(Some((place, event.object.clone())));
            }
            OwnershipKind::CoOwnerAdded | OwnershipKind::CoOwnerRemoved => {
                let word = (place, event.kind == OwnershipKind::CoOwnerAdded);
                let last = self.co_owners.entry(event.object.clone()).or_insert_with(|| word.clone());
                *last = word.max(last.clone());
            }
            OwnershipKind::Published => self.published = true,
        }
    }

    fn learn_import(&mut self, import: &Import) {
        let place = (import.completed_at, false, import.id.0.clone());
        self.import = self.import.take().max(Some((place, import.object.clone())));
    }

    /// Whether the last that happened to the holder was an import.
    fn imported_last(&self) -> bool {
        self.import.as_ref().map(|import| &import.0) >= self.owner.as_ref().map(|owner| &owner.0)
    }

    /// The recorded holder: the actor of the last `created`, `owner_set` or succeeded import.
    fn holder(&self) -> Option<&ObjectId> {
        let last = if self.imported_last() { &self.import } else { &self.owner };
        last.as_ref().map(|last| &last.1)
    }

    fn owner(&self) -> Option<&ObjectId> {
        self.owner.as_ref().map(|owner| &owner.1)
    }

    fn co_owned_by(&self, object: &ObjectId) -> bool {
        self.co_owners.get(object).is_some_and(|last| last.1)
    }
}

/// A walk through the listings of one resource.
struct Walk<'a> {
    resource: &'a Resource,
    known: Known,
    derived: Vec<Event>,
    kept: Vec<PlatformKept>,
}

/// Derives the events that a resource's listings tell, and adds them to its own.
pub(super) fn derive(resource: &mut Resource, mut listings: Vec<Listing>) {
    listings.sort();
    listings.dedup();
    let mut events = resource.events.iter().peekable();
    let mut imports = resource.imports().iter().peekable();
    let mut walk = Walk { resource, known: Known::default(), derived: Vec::new(), kept: Vec::new() };
    for inventory in listings.chunk_by(|a, b| a.observed_at == b.observed_at && a.role == b.role) {
        let Some(first) = inventory.first() else { continue };
        while let Some(event) = events.next_if(|event| event.at <= first.observed_at) {
            walk.known.learn(event);
        }
        while let Some(import) = imports.next_if(|import| import.completed_at <= first.observed_at) {
            walk.known.learn_import(import);
        }
        walk.inventory(first.role, inventory);
    }
    let Walk { derived, kept, .. } = walk;
    resource.events.extend(derived);
    resource.events.sort_by(|a, b| a.place().cmp(&b.place()));
    if !kept.is_empty() {
        resource.rest_mut().kept_by_platform = kept;
    }
}

/// The id of an event that a listing tells.
fn event_id(observed_at: Timestamp, role: ListingRole, object: &ObjectId) -> EventId {
    EventId::new(&format!("listing:{observed_at}:{role}:{object}"))
}

/// The listing that told an event, by the event's id: when it was observed, whom it lists as what.
pub fn listed(event: &Id) -> Option<(Timestamp, ListingRole, ObjectId)> {
    let text = event.to_string();
    let rest = text.strip_prefix("listing:")?;
    let end = rest.find("Z:")? + 1;
    let (role, object) = rest.get(end + 1..)?.split_once(':')?;
    Some((Timestamp::parse(rest.get(..end)?)?, ListingRole::parse(role)?, ObjectId::new(object)))
}

impl Walk<'_> {
    /// Takes what one inventory says of one role.
    fn inventory(&mut self, role: ListingRole, inventory: &[Listing]) {
        match (role, &self.resource.product) {
            (
                ListingRole::Owner,
                Product::PowerAppsCanvas | Product::PowerAppsModelDriven | Product::PowerAutomate,
            ) => {
                for listing in inventory {
                    self.owner(listing);
                }
            }
            (ListingRole::CoOwner, Product::PowerAppsCanvas) => self.co_owners(inventory),
            (ListingRole::Publisher, Product::PowerBi) => {
                for listing in inventory {
                    self.publisher(listing);
                }
            }
            _ => {}
        }
    }

    fn owner(&mut self, listing: &Listing) {
        let Some(object) = &listing.object else { return };
        match self.known.holder() {
            None => self.tell(OwnershipKind::Created, Origin::Inferred, listing, object),
            Some(holder) if holder == object => {}
            Some(_) if self.known.imported_last() && self.known.owner() == Some(object) => {
                let kept = PlatformKept { observed_at: listing.observed_at, owner: object.clone() };
                self.kept.push(kept);
            }
            // Its owner cannot be changed, so an inventory cannot have seen that.
            Some(_) if self.resource.product == Product::PowerAppsModelDriven => {}
            Some(_) => self.tell(OwnershipKind::OwnerSet, Origin::Listed, listing, object),
        }
    }

    fn co_owners(&mut self, inventory: &[Listing]) {
        let listed: BTreeSet<&ObjectId> =
            inventory.iter().filter_map(|listing| listing.object.as_ref()).collect();
        let Some(first) = inventory.first() else { return };
        for object in &listed {
            if !self.known.co_owned_by(object) {
                self.tell(OwnershipKind::CoOwnerAdded, Origin::Listed, first, object);
            }
        }
        if !inventory.iter().all(|listing| listing.complete) {
            return;
        }
        let gone: Vec<ObjectId> = self
            .known
            .co_owners
            .iter()
            .filter(|(object, (_, added))| *added && !listed.contains(object))
            .map(|(object, _)| object.clone())
            .collect();
        for object in gone {
            self.tell(OwnershipKind::CoOwnerRemoved, Origin::Listed, first, &object);
        }
    }

    fn publisher(&mut self, listing: &Listing) {
        if let (Some(object), false) = (&listing.object, self.known.published) {
            self.tell(OwnershipKind::Published, Origin::Inferred, listing, object);
        }
    }

    /// Derives an event, at the time of the inventory or, inferred, at the resource's `created_at` if it has one.
    fn tell(&mut self, kind: OwnershipKind, origin: Origin, listing: &Listing, object: &ObjectId) {
        let observed_at = listing.observed_at;
        let at = match origin {
            Origin::Inferred => self.resource.created_at.unwrap_or(observed_at),
            Origin::Dated | Origin::Listed => observed_at,
        };
        let id = event_id(observed_at, listing.role, object);
        let event = Event { at, origin, id, kind, object: object.clone() };
        self.known.learn(&event);
        self.derived.push(event);
    }
}
