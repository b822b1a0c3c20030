//! The kept facts with every alias resolved, gathered by what they are about.

use std::collections::BTreeMap;

use super::alias::Aliases;
use super::gather;
use super::links::{Links, links};
use super::listings;
use super::marks::Marks;
use super::read::{Fact, Refused, deletion_only, facts};
use super::table::Tables;
use super::value::Cell;

#[derive(Debug)]
pub(crate) struct Partner {
    pub(crate) global: bool,
    pub(crate) company: Option<String>,
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct Principal {
    pub(crate) kind: String,
    pub(crate) disabled: Option<i64>,
    pub(crate) enabled: Option<i64>,
}

/// What an environment is from some time on.
#[derive(Debug)]
pub(crate) struct EnvironmentKind {
    pub(crate) from: Option<i64>,
    pub(crate) kind: String,
    pub(crate) tenant: String,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) object: String,
    pub(crate) from: i64,
    pub(crate) until: Option<i64>,
}

/// An ownership event or a succeeded import (kind `imported`); derived ones come from listings.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) derived: bool,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) actor: String,
}

#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) at: i64,
    pub(crate) role: String,
    pub(crate) object: Option<String>,
    pub(crate) complete: bool,
}

#[derive(Debug)]
pub(crate) struct Activity {
    pub(crate) at: i64,
    pub(crate) object: String,
    pub(crate) make: bool,
}

/// A resource and everything that is known about it.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) product: String,
    pub(crate) tenant: String,
    pub(crate) environment: Option<String>,
    pub(crate) created: Option<i64>,
    pub(crate) deleted: Option<i64>,
    /// In the order in which they are walked everywhere.
    pub(crate) events: Vec<Event>,
    pub(crate) listings: Vec<Listing>,
    pub(crate) activity: Vec<Activity>,
    pub(crate) profiles: Vec<(i64, u64)>,
}

/// Everything that a statement is made from.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) partners: BTreeMap<String, Partner>,
    /// The tenants that are a partner company's own, with that company.
    pub(crate) own: BTreeMap<String, String>,
    pub(crate) environments: BTreeMap<String, Vec<EnvironmentKind>>,
    /// By tenant and object id.
    pub(crate) principals: BTreeMap<String, BTreeMap<String, Principal>>,
    /// By tenant and group id.
    pub(crate) groups: BTreeMap<String, BTreeMap<String, Vec<Member>>>,
    pub(crate) links: Links,
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) refused: Refused,
    pub(crate) marks: Marks,
}

impl World {
    /// Reads, judges and resolves every row.
    pub(crate) fn new(tables: &Tables) -> World {
        let mut refused = Refused::default();
        let mut marks = Marks::default();
        let facts = facts(tables, &mut refused);
        let aliases = Aliases::new(&facts["aliases"]);
        let partners = partners(&facts["partners"]);
        let mut world = World {
            links: links(&facts["links"], &aliases, &partners, &mut refused, &mut marks),
            resources: resources(&facts["resources"], &aliases, &mut marks),
            own: own(&facts["tenants"]),
            environments: environments(&facts["environments"]),
            principals: principals(&facts["principals"]),
            groups: groups(&facts["group_members"], &aliases, &mut marks),
            partners,
            refused,
            marks,
        };
        gather::all(&mut world, &facts, &aliases);
        for resource in world.resources.values_mut() {
            listings::derive(resource, &mut world.marks);
        }
        world
    }
}

/// Of several rows of a key, the one with the greatest `observed_at`.
fn holding<'a>(facts: impl Iterator<Item = &'a Fact>, keys: &[&str]) -> Vec<&'a Fact> {
    let mut held: BTreeMap<Vec<&Cell>, &Fact> = BTreeMap::new();
    for fact in facts {
        let key = keys.iter().map(|key| fact.get(key)).collect();
        let before = held.entry(key).or_insert(fact);
        if before.get("observed_at") < fact.get("observed_at") {
            *before = fact;
        }
    }
    held.into_values().collect()
}

fn partners(facts: &[Fact]) -> BTreeMap<String, Partner> {
    let partner = |fact: &Fact| Partner {
        global: fact.text("kind") == "global",
        company: fact.maybe_text("global_partner_id").map(str::to_owned),
        from: fact.maybe_time("active_from"),
        until: fact.maybe_time("active_until"),
    };
    let held = holding(facts.iter(), &["partner_id"]);
    held.into_iter().map(|fact| (fact.text("partner_id").to_owned(), partner(fact))).collect()
}

fn own(facts: &[Fact]) -> BTreeMap<String, String> {
    let company = |fact: &Fact| {
        let company = fact.maybe_text("own_global_partner_id")?;
        Some((fact.text("tenant_id").to_owned(), company.to_owned()))
    };
    holding(facts.iter(), &["tenant_id"]).into_iter().filter_map(company).collect()
}

fn environments(facts: &[Fact]) -> BTreeMap<String, Vec<EnvironmentKind>> {
    let mut environments: BTreeMap<String, Vec<EnvironmentKind>> = BTreeMap::new();
    for fact in holding(facts.iter(), &["environment_id", "kind_from"]) {
        environments.entry(fact.text("environment_id").to_owned()).or_default().push(EnvironmentKind {
            from: fact.maybe_time("kind_from"),
            kind: fact.text("kind").to_owned(),
            tenant: fact.text("tenant_id").to_owned(),
        });
    }
    for kinds in environments.values_mut() {
        kinds.sort_by_key(|kind| kind.from);
    }
    environments
}

fn principals(facts: &[Fact]) -> BTreeMap<String, BTreeMap<String, Principal>> {
    let mut principals: BTreeMap<String, BTreeMap<String, Principal>> = BTreeMap::new();
    for fact in holding(facts.iter(), &["tenant_id", "object_id"]) {
        let principal = Principal {
            kind: fact.text("kind").to_owned(),
            disabled: fact.maybe_time("disabled_at"),
            enabled: fact.maybe_time("enabled_at"),
        };
        let tenant = principals.entry(fact.text("tenant_id").to_owned()).or_default();
        tenant.insert(fact.text("object_id").to_owned(), principal);
    }
    principals
}

fn groups(
    facts: &[Fact],
    aliases: &Aliases,
    marks: &mut Marks,
) -> BTreeMap<String, BTreeMap<String, Vec<Member>>> {
    let mut groups: BTreeMap<String, BTreeMap<String, Vec<Member>>> = BTreeMap::new();
    for fact in facts {
        let (tenant, from) = (fact.text("tenant_id"), fact.time("member_from"));
        let mut id = |name| aliases.principal(Some(tenant), fact.text(name), from, marks);
        let (group, object) = (id("group_id"), id("object_id"));
        let until = fact.maybe_time("member_until");
        let members = groups.entry(tenant.to_owned()).or_default().entry(group).or_default();
        members.push(Member { object, from, until });
    }
    groups
}

fn resources(facts: &[Fact], aliases: &Aliases, marks: &mut Marks) -> BTreeMap<String, Resource> {
    let mut observed: BTreeMap<String, Option<i64>> = BTreeMap::new();
    let mut resources = BTreeMap::new();
    let mut sorted: Vec<&Fact> = facts.iter().filter(|fact| !deletion_only(fact)).collect();
    sorted.sort_by_key(|fact| fact.text("resource_id"));
    for fact in sorted {
        let created = fact.maybe_time("created_at");
        // Without `created_at` it was always there: only an alias without a beginning is on then.
        let at = created.unwrap_or(i64::MIN);
        let id = aliases.thing("resource", fact.text("resource_id"), at, marks);
        let observed_at = fact.maybe_time("observed_at");
        if observed.get(&id).is_some_and(|before| *before >= observed_at) {
            continue;
        }
        observed.insert(id.clone(), observed_at);
        let environment = fact.maybe_text("environment_id");
        let resource = Resource {
            product: fact.text("product").to_owned(),
            tenant: fact.text("tenant_id").to_owned(),
            environment: environment.map(|text| aliases.thing("environment", text, at, marks)),
            created,
            deleted: fact.maybe_time("deleted_at"),
            events: Vec::new(),
            listings: Vec::new(),
            activity: Vec::new(),
            profiles: Vec::new(),
        };
        resources.insert(id, resource);
    }
    for fact in facts.iter().filter(|fact| deletion_only(fact)) {
        let deleted = fact.time("deleted_at");
        let id = aliases.thing("resource", fact.text("resource_id"), deleted, marks);
        if let Some(resource) = resources.get_mut(&id) {
            marks.hit("resource: deletion reported alone");
            resource.deleted = Some(resource.deleted.map_or(deleted, |known| known.min(deleted)));
        }
    }
    resources
}
