//! Laws 1 and 2: whatever the order, repetition and split of rows, the same bytes; one line per resource and month.

use std::collections::BTreeSet;

use pal_rules::time::{Month, Timestamp};
use proptest::prelude::{Strategy, any};

use super::activity::{activities, with_activity};
use super::{ASKED, hold, told, worlds};
use crate::naive::Tables;
use crate::rules::Rules;
use crate::same::same;
use crate::worldgen::Rng;

/// The five products of Microsoft's page.
const PRODUCTS: [&str; 5] =
    ["power_apps_canvas", "power_apps_model_driven", "power_automate", "power_bi", "customer_insights"];

#[test]
fn order_repetition_and_split_of_rows_do_not_matter() {
    let dealt = any::<u64>().no_shrink();
    hold(120, &(worlds(), activities(), dealt, 1..=6_usize), |(world, activities, dealt, imports)| {
        let tables = with_activity(world.tables(), &activities);
        let once = Rules::new(&tables);
        let other = Rules::of_imports(&deal(&tables, imports, &mut Rng::new(dealt)));
        let (files, refused) = once.files(&ASKED[..2]);
        let (other_files, other_refused) = other.files(&ASKED[..2]);
        assert_eq!(files, other_files);
        same("refused.csv", &each_once(&refused), &each_once(&other_refused));
        let all = |rules: &Rules| -> Vec<String> {
            rules.attributions(&ASKED[2]).iter().map(|made| told(rules, made)).collect()
        };
        assert_eq!(all(&once), all(&other), "{:?}", ASKED[2]);
    });
}

/// Deals the rows out to some imports, a third of them twice, each import in an order of its own.
fn deal(tables: &Tables, imports: usize, rng: &mut Rng) -> Vec<Tables> {
    let mut dealt = vec![Tables::default(); imports];
    for (name, table) in &tables.0 {
        for row in &table.rows {
            for _ in 0..=usize::from(rng.chance(33)) {
                let part = dealt[rng.below(imports)].0.entry(name.clone()).or_default();
                part.header.clone_from(&table.header);
                part.rows.push(row.clone());
            }
        }
    }
    for table in dealt.iter_mut().flat_map(|tables| tables.0.values_mut()) {
        rng.shuffle(&mut table.rows);
    }
    dealt
}

/// A row that was given twice keeps its line, so that it stands there once.
fn each_once(refused: &str) -> String {
    refused.split_inclusive('\n').collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn every_listed_resource_has_exactly_one_line() {
    hold(120, &worlds(), |world| {
        let rules = Rules::new(&world.tables());
        let (files, _) = rules.files(&ASKED[..2]);
        for ((month, _), files) in ASKED.iter().zip(files) {
            let lines: Vec<&str> = files.statement.lines().skip(1).collect();
            assert_eq!(lines.len(), listed(&rules, month).len(), "{month}");
            let distinct: BTreeSet<&&str> = lines.iter().collect();
            assert_eq!(distinct.len(), lines.len(), "{month}");
        }
        for asked in &ASKED[..2] {
            let made = rules.attributions(asked);
            let lined: Vec<String> = made.iter().map(|made| made.line.resource.to_string()).collect();
            let once: BTreeSet<String> = lined.iter().cloned().collect();
            assert_eq!((once, lined.len()), (listed(&rules, asked.0), made.len()), "{asked:?}");
        }
    });
}

/// What stands in the statement of a month, by the words of `attribution.md` §1.
fn listed(rules: &Rules, month: &str) -> BTreeSet<String> {
    let month = Month::parse(month).unwrap();
    let (start, end) = (month.start(), month.end());
    let made = |at: Option<Timestamp>| at.is_none_or(|at| at < end);
    let there = |at: Option<Timestamp>| at.is_none_or(|at| at > start);
    let resources = rules.facts().resources.iter();
    let ours = resources.filter(|one| PRODUCTS.contains(&one.product.as_str()));
    ours.filter(|one| made(one.created_at) && there(one.deleted_at)).map(|one| one.id.to_string()).collect()
}
