//! Who holds a resource and who has a claim on it (sections 2 and 3).

use std::collections::BTreeMap;

use super::decide::{Moment, counts};
use super::marks::Marks;
use super::world::{Resource, World};

/// One principal's claim; `since` belongs to its basis.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) object: String,
    pub(crate) basis: &'static str,
    pub(crate) since: i64,
}

/// The claims on a resource, one per principal.
pub(crate) fn claims(world: &World, resource: &Resource, moment: Moment, marks: &mut Marks) -> Vec<Claim> {
    match resource.product.as_str() {
        "power_bi" => first_by(
            resource.events.iter().filter(|event| event.at < moment.judged && event.kind == "published"),
            |event| (&event.actor, event.at),
            "publisher",
        ),
        "customer_insights" => first_by(
            resource
                .activity
                .iter()
                .filter(|activity| moment.start <= activity.at && activity.at < moment.judged),
            |activity| (&activity.object, activity.at),
            "active_user",
        ),
        "power_apps_canvas" => {
            let mut claims: Vec<Claim> =
                holder(world, resource, moment, "owner", marks).into_iter().collect();
            for (object, since) in co_owners(world, resource, moment, marks) {
                if claims.iter().any(|claim| claim.object == object) {
                    marks.hit("claim: holder is co-owner too");
                } else {
                    claims.push(Claim { object, basis: "co_owner", since });
                }
            }
            claims
        }
        _ => holder(world, resource, moment, "creator", marks).into_iter().collect(),
    }
}

/// One claim per principal, since the earliest of its facts.
fn first_by<'a, T: 'a>(
    facts: impl Iterator<Item = &'a T>,
    read: impl Fn(&T) -> (&String, i64),
    basis: &'static str,
) -> Vec<Claim> {
    let mut first: BTreeMap<String, i64> = BTreeMap::new();
    for fact in facts {
        let (object, at) = read(fact);
        let since = first.entry(object.clone()).or_insert(at);
        *since = at.min(*since);
    }
    first.into_iter().map(|(object, since)| Claim { object, basis, since }).collect()
}

/// The fold: who holds the resource just before the moment.
fn holder(
    world: &World,
    resource: &Resource,
    moment: Moment,
    otherwise: &'static str,
    marks: &mut Marks,
) -> Option<Claim> {
    let mut holder: Option<Claim> = None;
    let mut remembered = false;
    for event in resource.events.iter().filter(|event| event.at < moment.judged) {
        let object = event.actor.clone();
        match event.kind.as_str() {
            "created" | "owner_set" => {
                if remembered {
                    marks.hit("fold: owner change displaces importer");
                }
                holder = Some(Claim { object, basis: otherwise, since: event.at });
                remembered = false;
            }
            "imported" if counts(world, resource, &object, moment.judged) => {
                marks.hit(if remembered {
                    "fold: counting import displaces counting importer"
                } else {
                    "fold: counting import"
                });
                holder = Some(Claim { object, basis: "importer", since: event.at });
                remembered = true;
            }
            "imported" if remembered => marks.hit("fold: import that does not count changes nothing"),
            "imported" => {
                marks.hit("fold: import that does not count displaces");
                holder = Some(Claim { object, basis: "importer", since: event.at });
            }
            _ => {}
        }
    }
    holder
}

/// The co-owners on, groups as their members, each since the earliest of its paths.
fn co_owners(world: &World, resource: &Resource, moment: Moment, marks: &mut Marks) -> BTreeMap<String, i64> {
    let mut direct: BTreeMap<&str, i64> = BTreeMap::new();
    for event in resource.events.iter().filter(|event| event.at < moment.judged) {
        match event.kind.as_str() {
            "co_owner_added" => drop(direct.entry(&event.actor).or_insert(event.at)),
            "co_owner_removed" => drop(direct.remove(event.actor.as_str())),
            _ => {}
        }
    }
    let mut paths: Vec<(String, i64)> = Vec::new();
    for (object, since) in direct {
        if world.kind(&resource.tenant, object) != Some("group") {
            paths.push((object.to_owned(), since));
            continue;
        }
        let members = world.groups.get(&resource.tenant).and_then(|groups| groups.get(object));
        let mut nobody = true;
        for member in members.into_iter().flatten() {
            if member.from == moment.judged {
                marks.hit("instant: member from it");
            }
            if member.until == Some(moment.judged) {
                marks.hit("instant: member until it");
            }
            if moment.on(member.from, member.until) {
                nobody = false;
                if world.kind(&resource.tenant, &member.object) == Some("group") {
                    marks.hit("claim: group inside a group");
                }
                paths.push((member.object.clone(), since.max(member.from)));
            }
        }
        marks.hit(if nobody { "claim: group without a member" } else { "claim: group expanded" });
    }
    let mut earliest: BTreeMap<String, i64> = BTreeMap::new();
    for (object, since) in paths {
        if earliest.get(&object).is_some_and(|before| *before != since) {
            marks.hit("claim: several paths");
        }
        let before = earliest.entry(object).or_insert(since);
        *before = since.min(*before);
    }
    earliest
}
