//! What inventories let us derive (`facts.md`, *Listings*).

use std::collections::BTreeSet;

use super::gather::sort;
use super::marks::Marks;
use super::value::format;
use super::world::{Event, Listing, Resource};

/// Adds the derived events of a resource to its dated ones.
pub(crate) fn derive(resource: &mut Resource, marks: &mut Marks) {
    let dated = std::mem::take(&mut resource.events);
    let mut derived: Vec<Event> = Vec::new();
    let mut listings = std::mem::take(&mut resource.listings);
    listings.sort_by(|a, b| (a.at, &a.role, &a.object).cmp(&(b.at, &b.role, &b.object)));
    for together in listings.chunk_by(|a, b| a.at == b.at && a.role == b.role) {
        for listing in together {
            if let Some(object) = &listing.object {
                let so_far = so_far(&dated, &derived, listing.at);
                let new = match (listing.role.as_str(), resource.product.as_str()) {
                    ("owner", "power_apps_canvas" | "power_automate" | "power_apps_model_driven") => {
                        owner(resource, &so_far, listing, object, marks)
                    }
                    ("co_owner", "power_apps_canvas") if !co_owners(&so_far).contains(object) => {
                        Some(event(listing, "co_owner_added", object, listing.at))
                    }
                    ("publisher", "power_bi") if !so_far.iter().any(|event| event.kind == "published") => {
                        marks.hit("listing: published inferred");
                        Some(event(listing, "published", object, resource.created.unwrap_or(listing.at)))
                    }
                    _ => None,
                };
                derived.extend(new);
            }
        }
        let co_owned = together[0].role == "co_owner" && resource.product == "power_apps_canvas";
        if co_owned && together.iter().all(|listing| listing.complete) {
            for object in co_owners(&so_far(&dated, &derived, together[0].at)) {
                if !together.iter().any(|listing| listing.object.as_ref() == Some(&object)) {
                    marks.hit("listing: co-owner removed");
                    derived.push(event(&together[0], "co_owner_removed", &object, together[0].at));
                }
            }
        }
    }
    resource.listings = listings;
    resource.events = dated;
    resource.events.extend(derived);
    sort(&mut resource.events);
}

/// The dated facts up to a time and what was derived before, in walking order.
fn so_far(dated: &[Event], derived: &[Event], at: i64) -> Vec<Event> {
    let mut events: Vec<Event> = dated.iter().filter(|event| event.at <= at).cloned().collect();
    events.extend_from_slice(derived);
    sort(&mut events);
    events
}

fn event(listing: &Listing, kind: &str, object: &str, at: i64) -> Event {
    let id = format!("listing:{}:{}:{object}", format(listing.at), listing.role);
    Event { at, derived: true, id, kind: kind.to_owned(), actor: object.to_owned() }
}

/// The co-owners after all of these events.
fn co_owners(events: &[Event]) -> BTreeSet<String> {
    let mut owners = BTreeSet::new();
    for event in events {
        match event.kind.as_str() {
            "co_owner_added" => drop(owners.insert(event.actor.clone())),
            "co_owner_removed" => drop(owners.remove(&event.actor)),
            _ => {}
        }
    }
    owners
}

fn owner(
    resource: &Resource,
    so_far: &[Event],
    listing: &Listing,
    object: &str,
    marks: &mut Marks,
) -> Option<Event> {
    let declared = |event: &&Event| matches!(event.kind.as_str(), "created" | "owner_set");
    let recorded = so_far.iter().rev().find(|event| declared(event) || event.kind == "imported");
    let Some(recorded) = recorded else {
        marks.hit(match resource.created {
            Some(_) => "listing: created inferred",
            None => "listing: created inferred, not known since when",
        });
        return Some(event(listing, "created", object, resource.created.unwrap_or(listing.at)));
    };
    if recorded.actor == object {
        marks.hit("listing: owner as recorded");
        return None;
    }
    let last = so_far.iter().rev().find(declared);
    if recorded.kind == "imported" && last.is_some_and(|last| last.actor == object) {
        marks.hit("listing: owner_kept_by_platform");
        return None;
    }
    if resource.product == "power_apps_model_driven" {
        marks.hit("listing: model-driven owner not set");
        return None;
    }
    marks.hit("listing: owner_set derived");
    Some(event(listing, "owner_set", object, listing.at))
}
