//! What an explanation advises is done to the facts, and the line is then credited as it says.
//!
//! `PAL_SEED` gives another first seed; the seed, month and resource of advice that does not help are printed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pal_rules::advice::{Advice, Ground, Relink, Step};
use pal_rules::attribute::{Attribution, attribute};
use pal_rules::evidence::{CreditedBefore, Evidence};
use pal_rules::explain::explain;
use pal_rules::facts::{Event, Facts, Import, Link, LinksFrom, Origin, Partner, Principal, Resource};
use pal_rules::id::{EnvironmentId, EventId, Id, ImportId, ObjectId, PartnerId};
use pal_rules::names::Names;
use pal_rules::standing::{LinkStanding, Obstacle};
use pal_rules::time::Timestamp;
use pal_rules::usage::{Active, Last, Usage};
use pal_rules::word::{ImportResult, KnownFrom, OwnershipKind, PartnerKind, PrincipalKind, Product};

use crate::naive::Tables;
use crate::rules::{Asked, Rules};
use crate::worldgen::{Knobs, generate};

const WORLDS: u64 = 24;
const RESOURCES: usize = 60;
const MONTHS: [Asked; 4] =
    [("2026-02", None), ("2026-03", None), ("2026-04", None), ("2026-03", Some("2026-03-17T12:00:00Z"))];

/// The facts and the usage of one resource, with advice done to them.
struct Done {
    facts: Facts,
    resource: Resource,
    usage: Usage,
    at: Timestamp,
    start: Timestamp,
}

impl Done {
    fn new(facts: &Facts, position: usize, usage: &Usage, evidence: &Evidence) -> Self {
        Self {
            facts: facts.clone(),
            resource: facts.resources[position].clone(),
            usage: usage.clone(),
            at: evidence.instant,
            start: evidence.window.start(),
        }
    }

    /// The last microsecond that the instant sees.
    fn just_before(&self) -> Timestamp {
        Timestamp::from_micros(self.at.micros() - 1)
    }

    /// Does what the advice says; the account that it was done with.
    fn follow(&mut self, advice: &Advice) -> ObjectId {
        let anybody = advice.account.is_none();
        let object = advice.account.clone().unwrap_or_else(|| ObjectId::new("anybody"));
        if anybody {
            self.link(&object, advice.partner, Relink::First);
        }
        for step in &advice.steps {
            match step {
                Step::Link(how) => self.link(&object, advice.partner, *how),
                Step::Enable => {
                    let (principals, tenant) = (&mut self.facts.principals, self.resource.tenant.clone());
                    let known = principals.get(&tenant, &object).unwrap().clone();
                    principals.insert(tenant, object.clone(), Principal { disabled_at: None, ..known });
                }
                Step::Claim => self.claim(&object),
                Step::CoOwn => self.event(&object, OwnershipKind::CoOwnerAdded),
                Step::Work => self.work(&object),
            }
        }
        object
    }

    /// Links an account from before the instant: to the partner, to the one that it had, or to any that is active.
    fn link(&mut self, object: &ObjectId, partner: Option<PartnerId>, how: Relink) {
        let key = (self.resource.tenant.clone(), object.clone());
        let had = self.facts.standing(&key.0, object, self.at);
        let partner = partner.unwrap_or_else(|| match (how, had.left_out) {
            (Relink::WhereItCounts, Some(link)) => link.partner,
            (Relink::Again | Relink::InTime, _) => had.link.partner().unwrap(),
            _ => self.active_location(),
        });
        let linked_at = self.just_before();
        let link = Link { partner, linked_at, unlinked_at: None, known_from: KnownFrom::Declared };
        let links = self.facts.links.or_default(key.0, key.1);
        links.retain(|link| link.linked_at < self.at);
        for link in &mut *links {
            link.unlinked_at = Some(link.unlinked_at.map_or(linked_at, |until| until.min(linked_at)));
        }
        links.push(link);
    }

    /// A location id of its own, that is active.
    fn active_location(&mut self) -> PartnerId {
        let id = PartnerId::new("999999999").unwrap();
        let (kind, company) = (PartnerKind::Location, None);
        let row = Partner { name: Arc::from("Active"), kind, company, active_from: None, active_until: None };
        if !self.facts.partners.is_empty() {
            self.facts.partners.insert(id, row);
        }
        id
    }

    fn claim(&mut self, object: &ObjectId) {
        match self.resource.product {
            Product::PowerAppsCanvas | Product::PowerAutomate => self.event(object, OwnershipKind::OwnerSet),
            Product::PowerAppsModelDriven => self.import(object),
            Product::PowerBi => self.event(object, OwnershipKind::Published),
            _ => self.work(object),
        }
    }

    fn event(&mut self, object: &ObjectId, kind: OwnershipKind) {
        let (at, origin) = (self.just_before(), Origin::Dated);
        let event = Event { at, origin, id: EventId(Id::new("~~")), kind, object: object.clone() };
        self.resource.events.push(event);
        self.resource.events.sort_by(|a, b| a.place().cmp(&b.place()));
    }

    fn import(&mut self, object: &ObjectId) {
        let import = Arc::new(Import {
            id: ImportId(Id::new("~~")),
            environment: self.resource.environment.clone().unwrap_or(EnvironmentId::new("e")),
            solution: Arc::from("Sol"),
            version: Arc::from("1.0"),
            managed: true,
            object: object.clone(),
            completed_at: self.just_before(),
            result: ImportResult::Succeeded,
        });
        let imports = &mut self.resource.rest_mut().imports;
        imports.push(import);
        imports.sort_by(|a, b| (a.completed_at, &a.id).cmp(&(b.completed_at, &b.id)));
    }

    fn work(&mut self, object: &ObjectId) {
        let last = self.just_before();
        if self.resource.product == Product::CustomerInsights {
            let first = self.usage.active.iter().find(|active| active.object == *object);
            let first = first.map_or(last, |active| active.first.max(self.start));
            self.usage.active.retain(|active| active.object != *object);
            self.usage.active.push(Active { object: object.clone(), first, last });
            self.usage.active.sort_by(|a, b| a.object.cmp(&b.object));
            return;
        }
        self.usage.makes.retain(|make| make.object != *object);
        self.usage.makes.push(Last { object: object.clone(), last });
        self.usage.makes.sort_by(|a, b| a.object.cmp(&b.object));
    }

    /// Whether something else happened in the very last microsecond: what is done then need not be last.
    fn is_crowded(&self, evidence: &Evidence) -> bool {
        let last = self.just_before();
        self.resource.events.iter().any(|event| event.at == last)
            || self.resource.imports().iter().any(|import| import.completed_at == last)
            || evidence.claims.iter().any(|claim| claim.last_active_at == last)
    }
}

/// What was advised, by ground and steps.
type Followed = BTreeMap<String, usize>;

/// Holds every piece of advice about a line to what it says.
fn hold(
    about: &str,
    facts: &Facts,
    (position, usage, made): &(usize, Usage, Attribution),
    followed: &mut Followed,
) {
    let evidence = &made.evidence;
    let window = evidence.window;
    // A partner of every company was credited before, so that each has something to win back.
    let version = 1;
    let before: Vec<CreditedBefore> = facts
        .partners
        .keys()
        .map(|partner| CreditedBefore { partner: *partner, month: window.month.previous(), version })
        .collect();
    let all = evidence.advice(facts, &before);
    let told = told(evidence, facts, &before);
    told_as_advised(about, &told, &all);
    if made.line.credit().is_none() && !evidence.is_deleted() {
        every_account_that_can_is_advised(about, evidence, &all);
    }
    for advice in all {
        let mut done = Done::new(facts, *position, usage, evidence);
        if done.is_crowded(evidence) {
            *followed.entry("crowded".to_owned()).or_default() += 1;
            continue;
        }
        let object = done.follow(&advice);
        let again = attribute(&done.facts, &done.resource, window, &done.usage);
        let credit = again.line.credit();
        let about = || format!("{about} {} {advice:?}\n{:#?}", made.line.resource, again.line);
        assert_eq!(credit.map(|credit| &credit.object), Some(&object), "{}", about());
        if let Some(partner) = advice.partner {
            assert_eq!(credit.map(|credit| credit.partner), Some(partner), "{}", about());
        }
        let won = if advice.partner.is_some() { "win" } else { "get" };
        *followed.entry(format!("{won} {:?} {:?}", advice.ground, advice.steps)).or_default() += 1;
    }
}

/// The section of an explanation that advises.
fn told(evidence: &Evidence, facts: &Facts, before: &[CreditedBefore]) -> String {
    let sections = explain(evidence, Names(facts), before).into_iter();
    let change = sections.filter(|section| section.title == "What would have to change");
    change.flat_map(|section| section.sentences).collect::<Vec<_>>().join("\n")
}

/// The sentences ask for what the advice holds, and for nothing else.
fn told_as_advised(about: &str, told: &str, all: &[Advice]) {
    for (step, words) in [
        (Step::Enable, "enable "),
        (Step::Link(Relink::Again), "link this account again"),
        (Step::Link(Relink::InTime), "linked when a month ends"),
        (Step::Link(Relink::Active), "to an active location id"),
        (Step::Link(Relink::WhereItCounts), "where it counts"),
    ] {
        let advised = all.iter().any(|one| one.steps.contains(&step));
        assert_eq!(told.contains(words), advised, "{about}: {step:?} of {all:#?}\n{told}");
    }
}

/// Every claim of an uncredited line is advised about, with a step for each obstacle, unless nothing helps.
fn every_account_that_can_is_advised(about: &str, evidence: &Evidence, all: &[Advice]) {
    for claim in &evidence.claims {
        let obstacles = claim.standing.obstacles();
        let object = &claim.claimed.object;
        let own = all.iter().find(|one| one.ground == Ground::Claims && one.account.as_ref() == Some(object));
        let hopeless = matches!(claim.standing.kind, Some(PrincipalKind::System | PrincipalKind::Group));
        assert_eq!(own.is_none(), hopeless, "{about} {object}");
        if let Some(own) = own {
            assert_eq!(own.steps.len(), obstacles.len(), "{about} {object}");
            let disabled = obstacles.iter().any(|obstacle| matches!(obstacle, Obstacle::Disabled(_)));
            assert_eq!(own.steps.contains(&Step::Enable), disabled, "{about} {object}");
            let linked = matches!(claim.standing.link, LinkStanding::On { partner_active: true, .. });
            assert_eq!(own.steps.iter().any(|step| matches!(step, Step::Link(_))), !linked, "{about}");
        }
    }
}

fn hold_world(about: &str, rules: &Rules, months: &[Asked], followed: &mut Followed) {
    for asked in months {
        for judged in rules.judged(asked) {
            hold(&format!("{about} {asked:?}"), rules.facts(), &judged, followed);
        }
    }
}

#[test]
fn helps_in_random_worlds() {
    let first = std::env::var("PAL_SEED").map_or(20_260_312, |seed| seed.parse().unwrap());
    let mut followed = Followed::new();
    for seed in first..first + WORLDS {
        let tables = generate(seed, Knobs { resources: RESOURCES, dirty: seed.is_multiple_of(4) });
        let links_from = [LinksFrom::Both, LinksFrom::Microsoft, LinksFrom::Registry];
        let rules = Rules::with_links_from(&tables, links_from[usize::try_from(seed % 3).unwrap()]);
        hold_world(&format!("PAL_SEED={seed}"), &rules, &MONTHS, &mut followed);
    }
    println!("{followed:#?}");
    for one in [
        "get Claims [Link(Again), Enable]",
        "get Claims [Link(Active), Enable]",
        "get Claims [Link(First), Enable]",
        "get Claims [Link(InTime)]",
        "get Claims [Enable]",
        "get Claims [Link(WhereItCounts)]",
        "get Worked [Enable, Claim]",
        "get CoOwned [CoOwn]",
        "get Used [Claim]",
        "win Claims [Work]",
        "win Claims [Link(Again), Work]",
        "win Claims [Enable, Work]",
        "win Anybody [Claim]",
    ] {
        assert!(followed.contains_key(one), "never advised: {one} in {followed:#?}");
    }
}

#[test]
fn helps_in_the_demo_world() {
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/demo-world");
    let mut followed = Followed::new();
    hold_world("demo", &Rules::new(&Tables::load(&facts)), &[("2026-03", None)], &mut followed);
    assert!(followed.values().sum::<usize>() > 20, "{followed:#?}");
}
