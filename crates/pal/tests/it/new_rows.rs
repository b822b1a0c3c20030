//! Rows that came since, held against every line with and without their index.

use std::collections::BTreeMap;

use pal_rules::attribute::Attribution;
use pal_rules::facts::{NewRowIndex, NewRowScope, RefusalReason, Row, Table};
use pal_rules::id::ResourceId;

use crate::naive::Tables;
use crate::rules::{Rules, gathered};
use crate::shared_worlds::MONTHS;
use crate::workspace::random;

/// Of each table every second row, with all that others refer to.
fn half(tables: &Tables, odd: bool) -> Tables {
    let mut half = tables.clone();
    for rows in half.0.values_mut() {
        let mut number = 0_usize;
        rows.rows.retain(|_| {
            number += 1;
            number.is_multiple_of(2) == odd
        });
    }
    half
}

type Lines = BTreeMap<ResourceId, Attribution>;

fn lines(rules: &Rules, month: &str) -> Lines {
    let lines = rules.attributions(&(month, None));
    lines.into_iter().map(|line| (line.line.resource.clone(), line)).collect()
}

/// Whatever can have changed a line is found by what it is about.
#[test]
fn every_row_that_concerns_a_line_is_about_it() {
    let mut concerning = BTreeMap::<Table, usize>::new();
    for (seed, odd) in (0..12).flat_map(|seed| [(seed, false), (seed, true)]) {
        let tables = random(seed, seed % 2 == 1);
        let (old, new) = (Rules::new(&half(&tables, odd)), Rules::new(&tables));
        let rows = gathered(&tables);
        let refused = new.refused();
        let rows: Vec<(Table, Row, Option<RefusalReason>)> = Table::ALL
            .into_iter()
            .flat_map(|table| rows.rows(table).map(move |entry| (table, entry)))
            .map(|(table, entry)| (table, entry.row.clone(), refused.get(&entry.address).copied()))
            .collect();
        let about = rows.iter().map(|(table, row, refused)| (*table, row, *refused));
        let index = NewRowIndex::new((old.facts(), new.facts()), about);
        for month in MONTHS {
            let (before, after) = (lines(&old, month), lines(&new, month));
            for id in before.keys().chain(after.keys()) {
                let side = |side: &Lines| side.get(id).map(|line| line.evidence.clone());
                let (before, after) = (side(&before), side(&after));
                let facts = (old.facts(), new.facts());
                let mut scope = NewRowScope::new(facts, id, before.as_ref(), after.as_ref()).unwrap();
                scope.add_users(
                    new.activity().filter(|one| one.resource == *id).map(|one| one.object.clone()),
                );
                let about = index.about(&scope);
                for (place, (table, row, refused)) in rows.iter().enumerate() {
                    if scope.concerns(*table, row, *refused) {
                        *concerning.entry(*table).or_default() += 1;
                        assert!(
                            about.binary_search(&place).is_ok(),
                            "{seed} {month} {id}: {table:?} {row:?}"
                        );
                    }
                }
            }
        }
    }
    let missing: Vec<Table> = Table::ALL
        .into_iter()
        .filter(|table| !matches!(table, Table::Activity | Table::Coverage | Table::Runs))
        .filter(|table| !concerning.contains_key(table))
        .collect();
    assert!(missing.is_empty(), "no row of {missing:?} concerns any line: {concerning:?}");
}
