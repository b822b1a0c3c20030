//! One resource, one month: facts and usage in, a line and its evidence out.

use std::collections::BTreeMap;

use crate::claim::{Claim, FactRef, last_active};
use crate::evidence::{Evidence, Involved, Place, Quantity, Subject};
use crate::facts::{Facts, Resource};
use crate::fold::fold;
use crate::id::ObjectId;
use crate::product;
use crate::statement::Line;
use crate::time::Timestamp;
use crate::usage::{Usage, Window};
use crate::word::{ActivityKind, Metric};

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
    let evidence = gather(facts, resource, window, usage);
    Attribution { line: evidence.line(), evidence }
}

fn gather(facts: &Facts, resource: &Resource, window: Window, usage: &Usage) -> Evidence {
    let at = window.instant(resource);
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
            own_company: facts.tenants.get(&resource.tenant).and_then(|tenant| tenant.own_company),
        },
        coverage: facts.covered(&resource.tenant, &resource.product, window.start(), at),
        involved: involved(facts, resource, &claims, usage, at),
        claims,
        kept_by_platform: resource
            .kept_by_platform
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
            Quantity::Profiles(resource.profiles.iter().rev().find(in_window).copied())
        }
    }
}

/// Everyone ever linked who ever had to do with the resource before `at`, each with the fact nearest to a claim.
fn involved(
    facts: &Facts,
    resource: &Resource,
    claims: &[Claim],
    usage: &Usage,
    at: Timestamp,
) -> Vec<Involved> {
    let mut seen: BTreeMap<&ObjectId, (Timestamp, FactRef)> = BTreeMap::new();
    for claim in claims {
        let claimed = &claim.claimed;
        seen.insert(&claimed.object, (claimed.since, claimed.since_fact.clone()));
    }
    for event in resource.events.iter().rev().filter(|event| event.at < at) {
        if product::gives_claim(&resource.product, event.kind) {
            seen.entry(&event.object).or_insert((event.at, FactRef::Event(event.id.0.clone())));
        }
    }
    for (member, group, since) in product::power_apps::ever_through_group(facts, resource, at) {
        seen.entry(member).or_insert((since, FactRef::Membership(group.clone())));
    }
    for import in resource.imports.iter().rev().filter(|import| import.completed_at < at) {
        let fact = (import.completed_at, FactRef::Import(import.id.0.clone()));
        seen.entry(&import.object).or_insert(fact);
    }
    for make in &usage.makes {
        seen.entry(&make.object).or_insert((make.last, FactRef::Activity(ActivityKind::Make)));
    }
    seen.into_iter()
        .filter_map(|(object, (fact_at, fact))| {
            let links = facts.links.get(&(resource.tenant.clone(), object.clone()))?;
            let mut partners = Vec::new();
            for link in links {
                if !partners.contains(&link.partner) {
                    partners.push(link.partner);
                }
            }
            Some(Involved {
                object: object.clone(),
                fact,
                at: fact_at,
                partners,
                link: facts.standing(&resource.tenant, object, at).link,
                last_make: usage.makes.iter().find(|make| make.object == *object).map(|make| make.last),
            })
        })
        .collect()
}
