//! Law 8: an explanation re-derives its line on its own, and names only facts that are in the inputs.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::claim::FactRef;
use pal_rules::evidence::Evidence;
use pal_rules::explain::explain;
use pal_rules::facts::Origin;
use pal_rules::id::{Id, ObjectId};
use pal_rules::names::Names;
use pal_rules::time::Timestamp;

use super::{ASKED, hold, worlds};
use crate::naive::{Tables, csv_record};
use crate::rules::Rules;

#[test]
fn an_explanation_rederives_its_line_and_names_only_facts_that_are_there() {
    hold(120, &worlds(), |world| {
        let tables = world.tables();
        let rules = Rules::new(&tables);
        let inputs = Inputs::new(&tables);
        let (files, _) = rules.files(&ASKED[..2]);
        let mut lines = String::new();
        for asked in &ASKED[..2] {
            for made in rules.attributions(asked) {
                let words = format!("{:?}", explain(&made.evidence, Names(rules.facts()), &[]));
                inputs.have(&made.evidence, &words);
                lines.push_str(&record(&made.evidence));
            }
        }
        // From here on there are no facts left, only what the evidence kept.
        drop(rules);
        let expected: String =
            files.iter().flat_map(|files| files.statement.split_inclusive('\n').skip(1)).collect();
        assert_eq!(lines, expected);
    });
}

/// The line of the statement, from the evidence alone.
fn record(evidence: &Evidence) -> String {
    let (mut record, cells) = (String::new(), evidence.line().cells());
    csv_record(&mut record, &cells.each_ref().map(String::as_str));
    record
}

/// All that the rows say, as far as an explanation may name it.
struct Inputs {
    /// Ownership events and imports: when they happened.
    events: BTreeMap<Id, BTreeSet<Timestamp>>,
    imports: BTreeMap<Id, BTreeSet<Timestamp>>,
    /// Activity: tenant, time and kind.
    activity: BTreeSet<(Id, Timestamp, String)>,
    /// Listings: time and role.
    listings: BTreeSet<(Timestamp, String)>,
    times: BTreeSet<Timestamp>,
    texts: BTreeSet<Id>,
}

impl Inputs {
    fn new(tables: &Tables) -> Self {
        let mut inputs = Self {
            events: dated(tables, "ownership", "event_id", "occurred_at"),
            imports: dated(tables, "solution_imports", "import_id", "completed_at"),
            activity: BTreeSet::new(),
            listings: BTreeSet::new(),
            times: BTreeSet::new(),
            texts: BTreeSet::new(),
        };
        for table in tables.0.values() {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            inputs.times.extend(cells.clone().filter_map(|cell| Timestamp::parse(cell)));
            inputs.texts.extend(cells.map(|cell| Id::new(cell)));
        }
        for [tenant, at, kind] in rows(tables, "activity", ["tenant_id", "occurred_at", "kind"]) {
            inputs.activity.extend(Timestamp::parse(at).map(|at| (Id::new(tenant), at, kind.to_owned())));
        }
        for [at, role] in rows(tables, "listings", ["observed_at", "role"]) {
            inputs.listings.extend(Timestamp::parse(at).map(|at| (at, role.to_owned())));
        }
        inputs
    }

    /// Fails where the evidence, or its words, name something that no row says.
    fn have(&self, evidence: &Evidence, words: &str) {
        for step in &evidence.fold {
            match step.origin {
                Origin::Dated => self.has_dated(&step.id, step.at),
                Origin::Listed | Origin::Inferred => self.has_listing(&step.id, step.at),
            }
            self.has_account(&step.object);
        }
        for claim in &evidence.claims {
            self.has_fact(evidence, &claim.claimed.since_fact, claim.claimed.since);
            self.has_fact(evidence, &claim.last_active_fact, claim.last_active_at);
            self.has_account(&claim.claimed.object);
        }
        for involved in &evidence.involved {
            self.has_fact(evidence, &involved.fact, involved.at);
            self.has_account(&involved.object);
        }
        for kept in &evidence.kept_by_platform {
            assert!(self.listings.contains(&(kept.observed_at, "owner".to_owned())), "{kept:?}");
        }
        // Words tell times to the second.
        let second = |at: &Timestamp| at.micros().div_euclid(1_000_000);
        for at in times_in(words) {
            let told = |other: &Timestamp| second(other) == second(&at);
            assert!(told(&evidence.instant) || self.times.iter().any(told), "no row has {at}: {words}");
        }
    }

    fn has_fact(&self, evidence: &Evidence, fact: &FactRef, at: Timestamp) {
        let tenant = &evidence.subject.tenant.0;
        let active = |kind: &str| self.activity.contains(&(tenant.clone(), at, kind.to_owned()));
        match fact {
            FactRef::Event(id) if id.to_string().starts_with("listing:") => self.has_listing(id, at),
            FactRef::Event(id) => assert!(self.events[id].contains(&at), "event {id} at {at}"),
            FactRef::Import(id) => assert!(self.imports[id].contains(&at), "import {id} at {at}"),
            FactRef::Membership(group) => self.has_account(group),
            FactRef::Activity(kind) => assert!(active(kind.as_str()), "`{kind}` at {at}"),
            FactRef::AnyActivity => assert!(active("use") || active("make"), "activity at {at}"),
        }
        assert!(self.times.contains(&at), "no row has {at}");
    }

    fn has_dated(&self, id: &Id, at: Timestamp) {
        let times = self.events.get(id).into_iter().chain(self.imports.get(id));
        assert!(times.flatten().any(|time| *time == at), "no event and no import {id} at {at}");
    }

    /// A derived id holds the time and role of a listing; its own time is that, or a resource's.
    fn has_listing(&self, id: &Id, at: Timestamp) {
        let text = id.to_string();
        let listed =
            self.listings.iter().any(|(at, role)| text.starts_with(&format!("listing:{at}:{role}:")));
        assert!(listed && self.times.contains(&at), "no listing for {id} at {at}");
    }

    fn has_account(&self, object: &ObjectId) {
        assert!(self.texts.contains(&object.0), "no row names {object}");
    }
}

/// When each id happened; several times where rows contradict each other.
fn dated(tables: &Tables, name: &str, id: &str, at: &str) -> BTreeMap<Id, BTreeSet<Timestamp>> {
    let mut dated: BTreeMap<Id, BTreeSet<Timestamp>> = BTreeMap::new();
    for [id, at] in rows(tables, name, [id, at]) {
        dated.entry(Id::new(id)).or_default().extend(Timestamp::parse(at));
    }
    dated
}

/// These cells of every row that has as many as its header.
fn rows<'a, const N: usize>(tables: &'a Tables, name: &str, columns: [&str; N]) -> Vec<[&'a str; N]> {
    let Some(table) = tables.0.get(name) else { return Vec::new() };
    let place = |column: &str| table.header.iter().position(|known| known == column).unwrap();
    let places = columns.map(place);
    let whole = table.rows.iter().filter(|row| row.cells.len() == table.header.len());
    whole.map(|row| places.map(|place| row.cells[place].as_str())).collect()
}

/// Every instant that a text names.
fn times_in(text: &str) -> Vec<Timestamp> {
    let mut times = Vec::new();
    for (start, _) in text.match_indices("20") {
        let Some(end) = text[start..].find('Z') else { continue };
        times.extend(Timestamp::parse(&text[start..=start + end]));
    }
    times
}
