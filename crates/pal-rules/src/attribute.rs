//! One resource, one month: facts and usage in, a line and its evidence out.

use std::collections::BTreeMap;

use crate::claim::{Claim, FactRef, last_active};
use crate::evidence::{
    Coverage, Evidence, IdleImport, Involved, LinkedUser, PastCoOwner, Place, Quantity, Subject,
};
use crate::facts::{Event, Facts, Resource};
use crate::fold::fold;
use crate::id::{ObjectId, PartnerId, TenantId};
use crate::product;
use crate::standing::LinkStanding;
use crate::statement::Line;
use crate::time::{Day, Timestamp};
use crate::usage::{Usage, Window};
use crate::word::{ActivityKind, Metric, Product};

/// A line and all that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The line; [`Evidence::line`] derives it again.
    pub line: Line,
    /// What it rests on.
    pub evidence: Evidence,
}

/// Decides one resource and month.
///
/// - `resource`: one that the window lists.
/// - `usage`: what activity says of it in the window.
/// - Source: `attribution.md`; each part cites its section.
pub fn attribute(facts: &Facts, resource: &Resource, window: Window, usage: &Usage) -> Attribution {
    Attributing::new(facts, window).attribute(resource, usage)
}

/// Decides resources of one month, one after another.
#[derive(Debug)]
pub struct Attributing<'a> {
    facts: &'a Facts,
    window: Window,
    /// What the last resource shares with others. In a statement those that share it follow each other.
    shared: Option<Shared<'a>>,
}

/// What all resources of one tenant and product share that are judged at one instant.
#[derive(Debug)]
struct Shared<'a> {
    of: (&'a TenantId, &'a Product, Timestamp),
    own_company: Option<PartnerId>,
    coverage: Coverage,
}

impl<'a> Attributing<'a> {
    /// - `window`: the month.
    pub const fn new(facts: &'a Facts, window: Window) -> Self {
        Self { facts, window, shared: None }
    }

    /// Decides one resource, as [`attribute`].
    pub fn attribute(&mut self, resource: &'a Resource, usage: &Usage) -> Attribution {
        let Self { facts, window, .. } = *self;
        let at = window.instant(resource);
        let of = (&resource.tenant, &resource.product, at);
        let shared = self.shared.take().filter(|shared| shared.of == of).unwrap_or_else(|| Shared {
            of,
            own_company: facts.tenants.get(&resource.tenant).and_then(|tenant| tenant.own_company),
            coverage: facts.covered(&resource.tenant, &resource.product, window.start(), at),
        });
        let evidence = gather(facts, resource, window, usage, self.shared.insert(shared));
        Attribution { line: evidence.line(), evidence }
    }
}

fn gather(
    facts: &Facts,
    resource: &Resource,
    window: Window,
    usage: &Usage,
    shared: &Shared<'_>,
) -> Evidence {
    let (_, _, at) = shared.of;
    let fold = if resource.product.goes_into_solutions() { fold(facts, resource, at) } else { Vec::new() };
    let claims: Vec<Claim> = product::claims(facts, resource, &fold, usage, at)
        .into_iter()
        .map(|claimed| {
            let (last_active_at, last_active_fact) = last_active(resource, &claimed, usage, at);
            let standing = facts.standing(&resource.tenant, &claimed.object, at);
            Claim { claimed, last_active_at, last_active_fact, standing }
        })
        .collect();
    let environment = resource.environment.as_ref();
    Evidence {
        window,
        subject: Subject {
            tenant: resource.tenant.clone(),
            environment: resource.environment.clone(),
            product: resource.product.clone(),
            resource: resource.id.clone(),
            created_at: resource.created_at,
            deleted_at: resource.deleted_at,
        },
        instant: at,
        fold,
        quantity: quantity(resource, window, usage, at),
        place: Place {
            environment: environment.and_then(|environment| facts.environment_kind(environment, at)),
            own_company: shared.own_company,
        },
        coverage: shared.coverage,
        involved: involved(facts, resource, &claims, usage, at),
        past_co_owners: past_co_owners(facts, resource, &claims, at),
        linked_users: linked_users(facts, resource, &claims, usage, at),
        claims,
        idle_imports: idle_imports(resource, at),
        runs: runs(facts, resource, window, at),
        kept_by_platform: resource
            .kept_by_platform()
            .iter()
            .filter(|kept| kept.observed_at < at)
            .cloned()
            .collect(),
    }
}

/// What is counted (`attribution.md` §5).
fn quantity(resource: &Resource, window: Window, usage: &Usage, at: Timestamp) -> Quantity {
    match resource.product.metric() {
        Metric::MonthlyActiveUsers => Quantity::Users(usage.users),
        Metric::UnifiedProfiles => {
            let in_window = |measured: &&(Timestamp, u64)| measured.0 >= window.start() && measured.0 < at;
            Quantity::Profiles(resource.profiles().iter().rev().find(in_window).copied())
        }
    }
}

/// Imports before `at` that contain the resource and did nothing.
fn idle_imports(resource: &Resource, at: Timestamp) -> Vec<IdleImport> {
    let before = resource.idle_imports().iter().filter(|import| import.completed_at < at);
    before
        .map(|import| IdleImport {
            at: import.completed_at,
            id: import.id.0.clone(),
            solution: format!("{} {}", import.solution, import.version),
            managed: import.managed,
            object: import.object.clone(),
            result: import.result,
        })
        .collect()
}

/// The claim of a principal: claims stand by principal, one each, and a group may have tens of thousands.
fn claim_of<'a>(claims: &'a [Claim], object: &ObjectId) -> Option<&'a Claim> {
    let at = claims.binary_search_by(|claim| claim.claimed.object.cmp(object)).ok()?;
    claims.get(at)
}

/// Everyone ever linked who was a co-owner once and has no claim any more, with the last time as such.
fn past_co_owners(facts: &Facts, resource: &Resource, claims: &[Claim], at: Timestamp) -> Vec<PastCoOwner> {
    let mut past: BTreeMap<&ObjectId, PastCoOwner> = BTreeMap::new();
    for time in product::power_apps::ever_co_owned(facts, resource, at) {
        let linked = facts.links.has(&resource.tenant, time.object);
        if let (Some(until), true, None) = (time.until, linked, claim_of(claims, time.object)) {
            past.entry(time.object).or_insert_with(|| PastCoOwner {
                object: time.object.clone(),
                group: time.group.cloned(),
                since: time.since,
                until,
            });
        }
    }
    past.into_values().collect()
}

/// Everyone ever linked who used the resource and did nothing else with it.
fn linked_users(
    facts: &Facts,
    resource: &Resource,
    claims: &[Claim],
    usage: &Usage,
    at: Timestamp,
) -> Vec<LinkedUser> {
    let only_used =
        |object: &&ObjectId| claim_of(claims, object).is_none() && usage.last_make(object).is_none();
    let standing = |object: &ObjectId| facts.standing(&resource.tenant, object, at);
    let users = usage.linked_users.iter().filter(only_used);
    users.map(|object| LinkedUser { object: object.clone(), standing: standing(object) }).collect()
}

/// Runs of a flow in the window that are known; they have no person, and never count as users.
fn runs(facts: &Facts, resource: &Resource, window: Window, at: Timestamp) -> u64 {
    let all = facts.runs.get(&resource.id).map_or(&[][..], Vec::as_slice);
    let in_window = |day: Day| day.start() >= window.start() && day.start() < at;
    all.iter().filter(|runs| in_window(runs.day)).map(|runs| runs.runs).sum()
}

/// Everyone ever linked who ever had to do with the resource before `at`, each with the fact nearest to a claim.
fn involved(
    facts: &Facts,
    resource: &Resource,
    claims: &[Claim],
    usage: &Usage,
    at: Timestamp,
) -> Vec<Involved> {
    // Of the many who have to do with a resource, few were ever linked; most of them have a claim, too.
    let ever_linked = |object: &ObjectId| {
        let linked = claim_of(claims, object).map(|claim| claim.standing.link != LinkStanding::Never);
        linked.unwrap_or_else(|| facts.links.has(&resource.tenant, object))
            || facts.links_left_out.has(&resource.tenant, object)
    };
    let mut seen: BTreeMap<&ObjectId, (Timestamp, FactRef)> = BTreeMap::new();
    for Claim { claimed, .. } in claims.iter().filter(|claim| ever_linked(&claim.claimed.object)) {
        seen.insert(&claimed.object, (claimed.since, claimed.since_fact.clone()));
    }
    let gives_claim = |event: &&Event| event.at < at && product::gives_claim(&resource.product, event.kind);
    for event in resource.events.iter().rev().filter(gives_claim).filter(|event| ever_linked(&event.object)) {
        seen.entry(&event.object).or_insert((event.at, FactRef::Event(event.id.0.clone())));
    }
    for time in product::power_apps::ever_co_owned(facts, resource, at) {
        if let Some(group) = time.group.filter(|_| ever_linked(time.object)) {
            seen.entry(time.object).or_insert((time.since, FactRef::Membership(group.clone())));
        }
    }
    let imports = resource.imports().iter().rev().filter(|import| import.completed_at < at);
    for import in imports.filter(|import| ever_linked(&import.object)) {
        let fact = (import.completed_at, FactRef::Import(import.id.0.clone()));
        seen.entry(&import.object).or_insert(fact);
    }
    for make in usage.makes.iter().filter(|make| ever_linked(&make.object)) {
        seen.entry(&make.object).or_insert((make.last, FactRef::Activity(ActivityKind::Make)));
    }
    // Whoever was active on an instance in an earlier month claimed it then.
    for active in usage.active_before.iter().filter(|active| ever_linked(&active.object)) {
        seen.entry(&active.object).or_insert((active.last, FactRef::AnyActivity));
    }
    seen.into_iter()
        .filter_map(|(object, (fact_at, fact))| {
            let links = facts.links.get(&resource.tenant, object);
            let standing = claim_of(claims, object).map(|claim| claim.standing.clone());
            let standing = standing.unwrap_or_else(|| facts.standing(&resource.tenant, object, at));
            if links.is_none() && standing.left_out.is_none() {
                return None;
            }
            let mut partners = Vec::new();
            for link in links.into_iter().flatten() {
                if !partners.contains(&link.partner) {
                    partners.push(link.partner);
                }
            }
            Some(Involved {
                object: object.clone(),
                fact,
                at: fact_at,
                partners,
                standing,
                last_make: usage.last_make(object),
            })
        })
        .collect()
}
