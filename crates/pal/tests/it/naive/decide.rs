//! Which claim wins (section 4), and whether the line is eligible (section 6).

use std::cmp::Reverse;

use super::claims::{Claim, claims};
use super::links::Link;
use super::marks::Marks;
use super::world::{Partner, Resource, World};

/// The start of the month and the instant at which a resource is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) start: i64,
    pub(crate) judged: i64,
}

impl Moment {
    pub(crate) fn on(self, from: i64, until: Option<i64>) -> bool {
        on(from, until, self.judged)
    }
}

fn on(from: i64, until: Option<i64>, at: i64) -> bool {
    from < at && until.is_none_or(|until| until >= at)
}

/// The credit of a line.
#[derive(Clone, Debug)]
pub(crate) struct Credit {
    pub(crate) partner: String,
    pub(crate) claim: Claim,
    pub(crate) last_active: i64,
}

impl World {
    pub(crate) fn kind(&self, tenant: &str, object: &str) -> Option<&str> {
        Some(self.principals.get(tenant)?.get(object)?.kind.as_str())
    }

    fn links_of(&self, tenant: &str, object: &str) -> &[Link] {
        self.links.get(tenant).and_then(|people| people.get(object)).map_or(&[], Vec::as_slice)
    }

    fn link_on(&self, tenant: &str, object: &str, at: i64) -> Option<&Link> {
        self.links_of(tenant, object).iter().find(|link| on(link.from, link.until, at))
    }

    fn disabled(&self, tenant: &str, object: &str, at: i64) -> bool {
        let principal = self.principals.get(tenant).and_then(|people| people.get(object));
        let Some(principal) = principal else { return false };
        principal.disabled.is_some_and(|disabled| on(disabled, principal.enabled, at))
    }

    fn active(&self, partner: &str, at: i64) -> bool {
        let active = |partner: &Partner| {
            partner.from.is_none_or(|from| from < at) && partner.until.is_none_or(|until| until >= at)
        };
        self.partners.is_empty() || self.partners.get(partner).is_some_and(active)
    }

    /// The company of a partner id; one without a company stands for itself.
    pub(crate) fn company<'a>(&'a self, partner: &'a str) -> &'a str {
        self.partners.get(partner).and_then(|row| row.company.as_deref()).unwrap_or(partner)
    }
}

/// Whether a principal counts at a time.
pub(crate) fn counts(world: &World, resource: &Resource, object: &str, at: i64) -> bool {
    standing(world, resource, object, at).is_ok()
}

/// The link through which a principal counts, or why it does not.
fn standing<'a>(
    world: &'a World,
    resource: &Resource,
    object: &str,
    at: i64,
) -> Result<&'a Link, &'static str> {
    let tenant = resource.tenant.as_str();
    match world.kind(tenant, object) {
        Some("system") => return Err("system_owned"),
        Some("group") => return Err("not_linked"),
        _ => {}
    }
    let Some(link) = world.link_on(tenant, object, at) else {
        let before = world.links_of(tenant, object).iter().any(|link| link.from < at);
        return Err(if before { "link_removed" } else { "not_linked" });
    };
    if world.disabled(tenant, object, at) {
        return Err("identity_disabled");
    }
    if world.active(&link.partner, at) { Ok(link) } else { Err("partner_inactive") }
}

/// The outcome of a resource at a moment.
pub(crate) fn decide(
    world: &World,
    resource: &Resource,
    moment: Moment,
    marks: &mut Marks,
) -> Result<Credit, &'static str> {
    let claims = claims(world, resource, moment, marks);
    mark_instant(world, resource, &claims, moment, marks);
    let mut counting = Vec::new();
    let mut reasons = Vec::new();
    for claim in &claims {
        match standing(world, resource, &claim.object, moment.judged) {
            Ok(link) => counting.push((claim, link, last_active(resource, claim, moment))),
            Err(reason) => reasons.push(reason),
        }
    }
    if counting.is_empty() {
        let nearest = ["identity_disabled", "partner_inactive", "link_removed", "not_linked", "system_owned"];
        let reason = nearest.into_iter().find(|reason| reasons.contains(reason));
        return Err(reason.unwrap_or("no_attributed_user"));
    }
    counting.sort_by_cached_key(|(claim, link, last_active)| {
        let partner: u64 = link.partner.parse().unwrap();
        (Reverse(*last_active), Reverse(claim.since), Reverse(link.from), partner, claim.object.clone())
    });
    if let [first, second, ..] = counting.as_slice() {
        mark_tie(*first, *second, marks);
    }
    let (claim, link, last_active) = counting[0];
    Ok(Credit { partner: link.partner.clone(), claim: claim.clone(), last_active })
}

/// Marks what begins or ends at the very instant, and who stands out among the claims.
fn mark_instant(world: &World, resource: &Resource, claims: &[Claim], moment: Moment, marks: &mut Marks) {
    let tenant = resource.tenant.as_str();
    let mut at = |time: Option<i64>, mark| {
        if time == Some(moment.judged) {
            marks.hit(mark);
        }
    };
    at(resource.deleted, "instant: deletion within the month");
    for claim in claims {
        for link in world.links_of(tenant, &claim.object) {
            at(Some(link.from), "instant: linked at it");
            at(link.until, "instant: unlinked at it");
            let partner = world.partners.get(&link.partner);
            at(partner.and_then(|partner| partner.from), "instant: partner active from it");
            at(partner.and_then(|partner| partner.until), "instant: partner active until it");
        }
        let principal = world.principals.get(tenant).and_then(|people| people.get(&claim.object));
        at(principal.and_then(|principal| principal.disabled), "instant: disabled at it");
        at(principal.and_then(|principal| principal.enabled), "instant: enabled at it");
    }
    for claim in claims {
        let linked = world.link_on(tenant, &claim.object, moment.judged).is_some();
        match world.kind(tenant, &claim.object) {
            Some("group") if linked => marks.hit("standing: group with a link"),
            None if counts(world, resource, &claim.object, moment.judged) => {
                marks.hit("standing: not in the directory, counts");
            }
            _ => {}
        }
    }
}

fn mark_tie(first: (&Claim, &Link, i64), second: (&Claim, &Link, i64), marks: &mut Marks) {
    let same = first.1.partner == second.1.partner;
    marks.hit(if first.2 != second.2 {
        if same { "latest: activity, one partner" } else { "latest: activity" }
    } else if first.0.since != second.0.since {
        if same { "latest: since, one partner" } else { "latest: since" }
    } else if first.1.from != second.1.from {
        if same { "latest: linked_at, one partner" } else { "latest: linked_at" }
    } else if same {
        "latest: object id"
    } else {
        "latest: partner id"
    });
}

/// The latest time before the moment at which the claim's principal did, or was given, something here.
fn last_active(resource: &Resource, claim: &Claim, moment: Moment) -> i64 {
    let insights = resource.product == "customer_insights";
    let activity = resource.activity.iter().filter(|activity| activity.object == claim.object);
    let active =
        activity.filter(|activity| if insights { moment.start <= activity.at } else { activity.make });
    let times = active.map(|activity| activity.at);
    let named = resource
        .events
        .iter()
        .filter(|event| !insights && event.actor == claim.object && event.kind != "co_owner_removed");
    let all = times.chain(named.map(|event| event.at)).filter(|at| *at < moment.judged);
    all.chain([claim.since]).max().unwrap()
}

/// Why a credited line is not eligible, if so.
pub(crate) fn ineligible(world: &World, resource: &Resource, partner: &str, at: i64) -> Option<&'static str> {
    if world.own.get(&resource.tenant).is_some_and(|own| own == world.company(partner)) {
        return Some("own_tenant");
    }
    let kinds = resource.environment.as_ref().and_then(|id| world.environments.get(id));
    let Some(kinds) = kinds else { return Some("environment_unknown") };
    let before = kinds.iter().rev().find(|kind| kind.from.is_none_or(|from| from < at));
    match before.unwrap_or(&kinds[0]).kind.as_str() {
        "production" | "default" => None,
        _ => Some("not_production"),
    }
}
