//! The rules against the naive evaluator, over at least [`RESOURCE_MONTHS`] random resource-months, byte for byte.
//!
//! `PAL_SEED` gives another first seed; the seed of a world that differs is printed with the first line that does.

use crate::naive::World;
use crate::rules::{Asked, Rules};
use crate::same::same;
use crate::worldgen::{Knobs, generate};

const RESOURCE_MONTHS: usize = 100_000;
const RESOURCES: usize = 60;

/// All months of the generator's world at once, as a range is read.
const RANGE: [Asked; 4] = [("2026-01", None), ("2026-02", None), ("2026-03", None), ("2026-04", None)];
const AS_OF: [Asked; 1] = [("2026-03", Some("2026-03-17T12:00:00Z"))];

#[test]
fn agree_on_every_line() {
    let first = std::env::var("PAL_SEED").map_or(20_260_301, |seed| seed.parse().unwrap());
    println!("PAL_SEED={first}");
    let (mut seed, mut compared) = (first, 0);
    while compared < RESOURCE_MONTHS {
        compared += compare(seed);
        seed += 1;
    }
    println!("{compared} resource-months in {} worlds", seed - first);
}

/// Compares one world; how many resource-months it had.
fn compare(seed: u64) -> usize {
    let tables = generate(seed, Knobs { resources: RESOURCES, dirty: seed.is_multiple_of(3) });
    let (naive, rules) = (World::new(&tables), Rules::new(&tables));
    for asked in [&RANGE[..], &AS_OF[..]] {
        let (files, refused) = rules.files(asked);
        for ((month, as_of), files) in asked.iter().zip(files) {
            let output = naive.output(month, *as_of);
            let about = |file: &str| format!("PAL_SEED={seed} {month} {as_of:?} {file}");
            same(&about("refused.csv"), &output.refused_csv, &refused);
            same(&about("statement.csv"), &output.statement_csv, &files.statement);
            same(&about("rollup.csv"), &output.rollup_csv, &files.rollup);
            same(&about("company.csv"), &output.company_csv, &files.company);
        }
    }
    rules.listed(&RANGE) + rules.listed(&AS_OF)
}
