//! The laws of attribution (`attribution.md` §9) over random worlds.
//!
//! The inputs of a law are a world's seed and size and what is done to it, so a failure prints all that is needed
//! to see it again, made as small as it still fails. `PAL_SEED` gives another row of worlds, `PROPTEST_CASES` more
//! of them. Laws 6 and 7 are held where there are two paths, and where months are closed.

mod activity;
mod evidence;
mod order;
mod strangers;
mod sums;

use std::fmt::Debug;

use pal_rules::attribute::Attribution;
use pal_rules::explain::explain;
use pal_rules::facts::Table;
use pal_rules::names::Names;
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::naive::{Row, Tables};
use crate::rules::{Asked, Rules};
use crate::worldgen::{Knobs, generate};

/// The months of a generated world, one of them looked at before its end.
const ASKED: [Asked; 4] =
    [("2026-01", None), ("2026-02", None), ("2026-03", Some("2026-03-17T12:00:00Z")), ("2026-04", None)];

/// Instants at which added rows lie: within months, at their boundaries, and beside `as_of`.
const INSTANTS: [&str; 8] = [
    "2025-11-15T08:00:00Z",
    "2026-01-20T10:00:00Z",
    "2026-02-28T23:59:59.999999Z",
    "2026-03-01T00:00:00Z",
    "2026-03-17T11:59:59.999999Z",
    "2026-03-17T12:00:00Z",
    "2026-04-12T06:30:00Z",
    "2026-04-30T23:59:59.999999Z",
];

/// Which world, and how large.
#[derive(Clone, Copy, Debug)]
struct Seeded {
    seed: u64,
    resources: usize,
    dirty: bool,
}

impl Seeded {
    fn tables(self) -> Tables {
        generate(self.seed, Knobs { resources: self.resources, dirty: self.dirty })
    }
}

/// Any world; a failing one becomes smaller, not another.
fn worlds() -> impl Strategy<Value = Seeded> {
    let seed = any::<u32>().prop_map(u64::from).no_shrink();
    (seed, 1..=16_usize, any::<bool>()).prop_map(|(seed, resources, dirty)| Seeded { seed, resources, dirty })
}

/// A number that picks something; where there are fewer it picks among those.
fn pick() -> impl Strategy<Value = usize> {
    0..1000_usize
}

fn picked<T>(from: &[T], pick: usize) -> &T {
    &from[pick % from.len()]
}

/// Holds a law against random inputs.
fn hold<S: Strategy<Value: Debug>>(cases: u32, inputs: &S, law: impl Fn(S::Value)) {
    let seed = std::env::var("PAL_SEED").map_or(20_260_309_u64, |seed| seed.parse().unwrap());
    println!("PAL_SEED={seed}");
    let default = Config::default();
    let more = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if more { default.cases } else { cases };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..default };
    let bytes: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let held = runner.run(inputs, |input| {
        law(input);
        Ok(())
    });
    assert!(held.is_ok(), "PAL_SEED={seed}: {}", held.unwrap_err());
}

/// Adds a row; cells that are not given are empty.
fn add(tables: &mut Tables, name: &str, cells: &[(&str, &str)]) {
    let table = tables.0.entry(name.to_owned()).or_default();
    if table.header.is_empty() {
        let columns = Table::parse(name).unwrap().columns();
        table.header = columns.iter().map(|column| column.name.to_owned()).collect();
    }
    for (column, _) in cells {
        if !table.header.iter().any(|known| known == column) {
            // Rows of another length keep every column in the header, so these all have the header's.
            table.header.push((*column).to_owned());
            table.rows.iter_mut().for_each(|row| row.cells.push(String::new()));
        }
    }
    let cell = |column: &String| {
        let given = cells.iter().find(|(name, _)| name == column);
        given.map(|(_, cell)| (*cell).to_owned()).unwrap_or_default()
    };
    let line = table.rows.iter().map(|row| row.line).max().unwrap_or(1) + 1;
    table.rows.push(Row { line, cells: table.header.iter().map(cell).collect() });
}

/// The cells of a column, of all rows that have it.
fn column<'a>(tables: &'a Tables, name: &str, column: &str) -> Vec<&'a str> {
    let Some(table) = tables.0.get(name) else { return Vec::new() };
    let Some(place) = table.header.iter().position(|known| known == column) else { return Vec::new() };
    let whole = table.rows.iter().filter(|row| row.cells.len() == table.header.len());
    whole.map(|row| row.cells[place].as_str()).filter(|cell| !cell.is_empty()).collect()
}

/// A line and its explanation, as text.
fn told(rules: &Rules, made: &Attribution) -> String {
    format!("{:?}\n{:?}", made.line.cells(), explain(&made.evidence, Names(rules.facts()), &[]))
}
