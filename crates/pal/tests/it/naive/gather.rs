//! Gathers what is known about each resource, and refuses what only the whole set shows to be wrong.

use std::collections::BTreeMap;

use super::alias::Aliases;
use super::read::Fact;
use super::world::{Activity, Event, Listing, Resource, World};

type Facts = BTreeMap<&'static str, Vec<Fact>>;

pub(crate) fn all(world: &mut World, facts: &Facts, aliases: &Aliases) {
    for fact in &facts["ownership"] {
        let at = fact.time("occurred_at");
        if let Some((resource, actor)) = about(world, fact, aliases, at) {
            let (id, kind) = (fact.text("event_id").to_owned(), fact.text("kind").to_owned());
            resource.events.push(Event { at, derived: false, id, kind, actor: actor.unwrap() });
        }
    }
    for fact in &facts["listings"] {
        let at = fact.time("observed_at");
        if let Some((resource, object)) = about(world, fact, aliases, at) {
            let complete = *fact.get("complete") == super::value::Cell::Flag(true);
            resource.listings.push(Listing { at, role: fact.text("role").to_owned(), object, complete });
        }
    }
    for fact in &facts["profiles"] {
        let at = fact.time("measured_at");
        let id = aliases.thing("resource", fact.text("resource_id"), at, &mut world.marks);
        let super::value::Cell::Count(profiles) = fact.get("unified_profiles") else { unreachable!() };
        if let Some(resource) = world.resources.get_mut(&id) {
            resource.profiles.push((at, *profiles));
        }
    }
    for fact in &facts["activity"] {
        activity(world, fact, aliases);
    }
    components(world, facts, aliases);
    for resource in world.resources.values_mut() {
        sort(&mut resource.events);
    }
}

/// Everywhere events are walked by time, dated before derived, then id as text.
pub(crate) fn sort(events: &mut [Event]) {
    events.sort_by(|a, b| (a.at, a.derived, &a.id).cmp(&(b.at, b.derived, &b.id)));
}

/// The resource that a fact is about, and the principal it names in that resource's tenant.
fn about<'a>(
    world: &'a mut World,
    fact: &Fact,
    aliases: &Aliases,
    at: i64,
) -> Option<(&'a mut Resource, Option<String>)> {
    let marks = &mut world.marks;
    let id = aliases.thing("resource", fact.text("resource_id"), at, marks);
    let resource = world.resources.get_mut(&id)?;
    let object = fact.maybe_text("object_id");
    let object = object.map(|text| aliases.principal(Some(&resource.tenant), text, at, marks));
    Some((resource, object))
}

fn activity(world: &mut World, fact: &Fact, aliases: &Aliases) {
    let (at, tenant) = (fact.time("occurred_at"), fact.text("tenant_id"));
    let id = aliases.thing("resource", fact.text("resource_id"), at, &mut world.marks);
    let Some(resource) = world.resources.get_mut(&id) else { return };
    if resource.tenant != tenant {
        world.refused.add("activity", &fact.lines, "wrong_tenant");
        return;
    }
    let object = aliases.principal(Some(tenant), fact.text("object_id"), at, &mut world.marks);
    resource.activity.push(Activity { at, object, make: fact.text("kind") == "make" });
}

/// An import that is known, with its environment and actor resolved.
struct Import {
    at: i64,
    environment: String,
    actor: String,
    succeeded: bool,
}

fn components(world: &mut World, facts: &Facts, aliases: &Aliases) {
    let mut imports = BTreeMap::new();
    for fact in &facts["solution_imports"] {
        let at = fact.time("completed_at");
        let environment = aliases.thing("environment", fact.text("environment_id"), at, &mut world.marks);
        let kinds = world.environments.get(&environment);
        let tenant = kinds.and_then(|kinds| kinds.first()).map(|kind| kind.tenant.as_str());
        let actor = aliases.principal(tenant, fact.text("object_id"), at, &mut world.marks);
        let succeeded = fact.text("result") == "succeeded";
        imports.insert(fact.text("import_id"), Import { at, environment, actor, succeeded });
    }
    for fact in &facts["solution_components"] {
        let (import_id, text) = (fact.text("import_id"), fact.text("resource_id"));
        let import = imports.get(import_id);
        let id = match import {
            Some(import) => aliases.thing("resource", text, import.at, &mut world.marks),
            None => text.to_owned(),
        };
        let resource = world.resources.get_mut(&id);
        if let Some(reason) = wrong_component(import, resource.as_deref()) {
            world.refused.add("solution_components", &fact.lines, reason);
        } else if let (Some(import), Some(resource)) = (import, resource)
            && import.succeeded
            && !resource.events.iter().any(|event| event.kind == "imported" && event.id == import_id)
        {
            let (id, kind, actor) = (import_id.to_owned(), "imported".to_owned(), import.actor.clone());
            resource.events.push(Event { at: import.at, derived: false, id, kind, actor });
        }
    }
}

fn wrong_component(import: Option<&Import>, resource: Option<&Resource>) -> Option<&'static str> {
    if let Some(resource) = resource {
        if matches!(resource.product.as_str(), "power_bi" | "customer_insights") {
            return Some("component_product");
        }
        if let (Some(import), Some(environment)) = (import, &resource.environment)
            && import.environment != *environment
        {
            return Some("component_environment");
        }
    }
    import.is_none().then_some("unknown_import")
}
