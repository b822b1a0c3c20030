//! Law 5: more activity never moves credit to a principal that does not count.

use std::collections::BTreeMap;

use pal_rules::attribute::Attribution;
use pal_rules::claim::{Claim, FactRef};
use pal_rules::id::ResourceId;
use pal_rules::statement::Outcome;
use pal_rules::word::{ActivityKind, Product};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use super::{ASKED, INSTANTS, add, hold, pick, picked, worlds};
use crate::naive::Tables;
use crate::rules::{Asked, Rules};

/// An activity row in the making: on which resource, by whom, when, and whether something was made.
pub(super) type Told = (usize, usize, usize, bool);

pub(super) fn activities() -> impl Strategy<Value = Vec<Told>> {
    vec((pick(), pick(), pick(), any::<bool>()), 1..40)
}

#[test]
fn more_activity_never_moves_credit_to_who_does_not_count() {
    hold(120, &(worlds(), activities()), |(world, activities)| {
        let tables = world.tables();
        let before = Rules::new(&tables);
        let after = Rules::new(&with_activity(tables, &activities));
        for asked in &ASKED[1..3] {
            let was: BTreeMap<ResourceId, Attribution> = lines(&before, asked).collect();
            for (resource, is) in lines(&after, asked) {
                winner_counts(&before, &is);
                if is.line.product != Product::CustomerInsights {
                    only_a_maker_takes_over(&was[&resource], &is);
                }
            }
        }
    });
}

/// A world with more activity in it.
pub(super) fn with_activity(mut tables: Tables, activities: &[Told]) -> Tables {
    let rules = Rules::new(&tables);
    for told in activities {
        tell(&mut tables, &rules, *told);
    }
    tables
}

fn lines(rules: &Rules, asked: &Asked) -> impl Iterator<Item = (ResourceId, Attribution)> {
    rules.attributions(asked).into_iter().map(|made| (made.line.resource.clone(), made))
}

/// Adds activity of anybody known on anything known; most often of somebody who claims it.
fn tell(tables: &mut Tables, rules: &Rules, (on, by, at, made): Told) {
    let facts = rules.facts();
    let Some(resource) = facts.resources.get(on % facts.resources.len().max(1)) else { return };
    let tenant = resource.tenant.to_string();
    let people: Vec<String> = match resource.events.get(by % (resource.events.len() + 1)) {
        Some(event) => vec![event.object.to_string()],
        None => facts.principals.keys().map(|(_, object)| object.to_string()).collect(),
    };
    let (id, who) = (resource.id.to_string(), picked(&people, by).clone());
    let row = [("tenant_id", tenant.as_str()), ("resource_id", &id), ("object_id", &who)];
    let how = [("occurred_at", *picked(&INSTANTS, at)), ("kind", if made { "make" } else { "use" })];
    add(tables, "activity", &[&row[..], &how].concat());
}

fn winner(made: &Attribution) -> Option<&Claim> {
    let credit = made.line.credit()?;
    let claims = made.evidence.claims.iter();
    let mut theirs = claims.filter(|claim| claim.claimed.object == credit.object);
    let winner = theirs.next();
    assert!(winner.is_some() && theirs.next().is_none(), "credited without a claim: {:?}", made.line);
    winner
}

/// Who is credited counts by the facts from before: activity makes nobody linked, enabled or active.
fn winner_counts(before: &Rules, made: &Attribution) {
    let Some(winner) = winner(made) else { return };
    let (tenant, object) = (&made.line.tenant, &winner.claimed.object);
    let standing = before.facts().standing(tenant, object, made.evidence.instant);
    assert!(standing.counts(), "{object} is credited and does not count: {:?}", made.line);
}

/// Outside Customer Insights activity makes and ends no claim, so only who made something later takes a line over.
fn only_a_maker_takes_over(was: &Attribution, is: &Attribution) {
    match (&was.line.outcome, &is.line.outcome) {
        (Outcome::Uncredited(was), Outcome::Uncredited(is)) => assert_eq!(was, is),
        (Outcome::Credited(was), Outcome::Credited(now)) if was.object == now.object => {}
        (Outcome::Credited(_), Outcome::Credited(_)) => {
            let fact = winner(is).map(|winner| &winner.last_active_fact);
            assert_eq!(fact, Some(&FactRef::Activity(ActivityKind::Make)), "{:?}", is.line);
        }
        (was, now) => panic!("{:?}: activity turned {was:?} into {now:?}", is.line.resource),
    }
}
