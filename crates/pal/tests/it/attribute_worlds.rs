//! `pal attribute` on worlds whose statements are known: the same bytes, however the rows are told.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::Place;
use crate::naive::{Row, Table, Tables};
use crate::physical::{self, Form};
use crate::same::same;
use crate::shared_worlds::{KnownWorld, MONTHS, RANGE, small_worlds, worlds, write_csv};
use crate::worldgen::Rng;

const SEED: u64 = 20_260_304;

#[test]
fn give_the_expected_files_month_by_month_and_all_at_once() {
    for world in worlds() {
        let place = Place::new();
        for month in MONTHS {
            world.attribute(&place, &world.facts(), &["--month", month, "--out", month]).exits(0);
            world.holds_in(&place, month, month, "alone");
            if world.dirty() {
                same(
                    "refused.csv",
                    &world.expected("refused.csv"),
                    &place.read(&format!("{month}/refused.csv")),
                );
            }
        }
        world.holds(&place, &world.facts(), "as they are");
        let refused = if world.dirty() { world.expected("refused.csv") } else { HEADER.to_owned() };
        same("refused.csv of a range", &refused, &place.read("range/refused.csv"));
    }
}

const HEADER: &str = "file,line,column,reason\n";

#[test]
fn write_nothing_but_what_was_refused_where_more_is_refused_than_allowed() {
    for world in worlds().iter().filter(|world| world.dirty()) {
        let place = Place::new();
        let refused = world.expected("refused.csv");
        let rows = refused.lines().count() - 1;
        let one_less = (rows - 1).to_string();
        for allowed in [&[][..], &["--allow-refused", &one_less]] {
            let ran = place.pal(
                &[&["attribute", &world.facts(), "--month", "2026-03", "--out", "out"], allowed].concat(),
            );
            ran.exits(6).tells(&format!("{rows} rows are refused"));
            assert_eq!(place.names("out"), ["refused.csv"]);
            same("refused.csv", &refused, &place.read("out/refused.csv"));
        }
        place
            .pal(&["attribute", &world.facts(), "--month", "2026-03", "--allow-refused", &rows.to_string()])
            .exits(0);
        world.attribute(&place, &world.facts(), &["--month", "2026-03", "--out", "all"]).exits(0);
        place
            .pal(&[
                "attribute",
                &world.facts(),
                "--month",
                "2026-03",
                "--out",
                "100",
                "--allow-refused",
                "100",
            ])
            .exits(0);
        assert_eq!(place.files("all"), place.files("100"));
    }
}

#[test]
fn are_the_same_shuffled_and_with_a_third_of_the_rows_repeated() {
    println!("seed {SEED}");
    let mut rng = Rng::new(SEED);
    for world in worlds() {
        let place = Place::new();
        let mut tables = world.tables();
        let originals: BTreeMap<String, BTreeMap<u64, u64>> = tables
            .0
            .iter_mut()
            .map(|(name, table)| (format!("{name}.csv"), shuffle(table, &mut rng)))
            .collect();
        write_csv(&place, "facts", &tables, "\n");
        world.holds(&place, "facts", "shuffled");
        if world.dirty() {
            same(
                "refused.csv",
                &refused_as(&world, &originals),
                &back(&place.read("range/refused.csv"), &originals),
            );
        }
    }
}

/// Shuffles a table and repeats a third of its rows; for each new line the line that the row had.
fn shuffle(table: &mut Table, rng: &mut Rng) -> BTreeMap<u64, u64> {
    let repeats: Vec<Row> = table.rows.iter().filter(|_| rng.chance(33)).cloned().collect();
    table.rows.extend(repeats);
    rng.shuffle(&mut table.rows);
    let mut line = 2;
    let mut originals = BTreeMap::new();
    for row in &table.rows {
        originals.insert(line, row.line);
        line += 1 + u64::try_from(row.cells.iter().map(|cell| cell.matches('\n').count()).sum::<usize>())
            .unwrap();
    }
    originals
}

/// The expected refused rows, each as often as its row now stands there, sorted.
fn refused_as(world: &KnownWorld, originals: &BTreeMap<String, BTreeMap<u64, u64>>) -> String {
    let mut lines = Vec::new();
    for expected in world.expected("refused.csv").lines().skip(1) {
        let (file, rest) = expected.split_once(',').unwrap();
        let line: u64 = rest.split(',').next().unwrap().parse().unwrap();
        let times = originals[file].values().filter(|original| **original == line).count();
        lines.extend(std::iter::repeat_n(expected.to_owned(), times));
    }
    lines.sort();
    lines.join("\n")
}

/// Refused rows at the lines that they had before, sorted.
fn back(refused: &str, originals: &BTreeMap<String, BTreeMap<u64, u64>>) -> String {
    let line = |text: &str| -> String {
        let cells: Vec<&str> = text.split(',').collect();
        let original = originals[cells[0]][&cells[1].parse().unwrap()];
        format!("{},{original},{},{}", cells[0], cells[2], cells[3])
    };
    let mut lines: Vec<String> = refused.lines().skip(1).map(line).collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn are_the_same_with_columns_in_another_order_and_with_either_line_end() {
    println!("seed {SEED}");
    let mut rng = Rng::new(SEED);
    for world in worlds() {
        let place = Place::new();
        for end in ["\n", "\r\n"] {
            write_csv(&place, "ends", &world.tables(), end);
            world.holds(&place, "ends", "line ends");
            if world.dirty() {
                same("refused.csv", &world.expected("refused.csv"), &place.read("range/refused.csv"));
            }
            let mut tables = world.tables();
            tables.0.values_mut().for_each(|table| reorder(table, &mut rng));
            write_csv(&place, "order", &tables, end);
            world.holds(&place, "order", "other columns first");
        }
    }
}

/// Puts the columns into another order; a row of another length stays as it is.
fn reorder(table: &mut Table, rng: &mut Rng) {
    let mut order: Vec<usize> = (0..table.header.len()).collect();
    rng.shuffle(&mut order);
    let length = table.header.len();
    let cells = std::iter::once(&mut table.header).chain(table.rows.iter_mut().map(|row| &mut row.cells));
    for cells in cells.filter(|cells| cells.len() == length) {
        *cells = order.iter().map(|place| cells[*place].clone()).collect();
    }
}

#[test]
fn are_the_same_with_any_one_table_as_parquet_in_any_form() {
    for world in small_worlds() {
        let tables = world.tables();
        for name in tables.0.keys() {
            for form in Form::ALL {
                let (place, ..) = written(&tables, &[(name, form)]);
                // All months on stdout: files would have to be synced, hundreds of times.
                let ran = world.attribute(&place, "facts", &["--month", RANGE, "-o", "csv"]).exits(0);
                same(&format!("{name} as {form:?}"), &world.expected_range(), &ran.stdout);
            }
        }
    }
}

#[test]
fn are_the_same_with_all_tables_as_parquet() {
    println!("seed {SEED}");
    let (mut rng, mut seen) = (Rng::new(SEED), BTreeSet::new());
    for world in worlds() {
        let tables = world.tables();
        let mut told: Vec<Vec<Form>> = Form::ALL.iter().map(|form| vec![*form; tables.0.len()]).collect();
        told.push(tables.0.keys().map(|_| *rng.pick(&Form::ALL)).collect());
        for forms in told {
            let forms: Vec<(&String, Form)> = tables.0.keys().zip(forms).collect();
            let (place, types, lost) = written(&tables, &forms);
            seen.extend(types);
            world.holds(&place, "facts", &format!("{forms:?}"));
            if world.dirty() {
                let (expected, got) = (world.expected("refused.csv"), place.read("range/refused.csv"));
                assert_eq!(expected.lines().count() - lost, got.lines().count(), "{forms:?}\n{got}");
            }
        }
    }
    for name in TYPES {
        assert!(seen.contains(name), "no column was of type {name}: {seen:?}");
    }
}

/// Types that columns must have had for the test to say anything.
const TYPES: [&str; 13] = [
    "Utf8",
    "LargeUtf8",
    "Utf8View",
    "Dictionary(Int32, Utf8)",
    "FixedSizeBinary(16)",
    "Binary",
    "Boolean",
    "UInt64",
    "Int64",
    "Timestamp(s, \"+00:00\")",
    "Timestamp(ms, \"UTC\")",
    "Timestamp(µs, \"UTC\")",
    "Timestamp(ns, \"UTC\")",
];

/// Writes the tables named as Parquet and the others as CSV; of which types, and how many rows have no place in them.
fn written(tables: &Tables, forms: &[(&String, Form)]) -> (Place, BTreeSet<String>, usize) {
    let place = Place::new();
    write_csv(&place, "facts", tables, "\n");
    let (mut types, mut lost) = (BTreeSet::new(), 0);
    for (name, form) in forms {
        std::fs::remove_file(place.path(&format!("facts/{name}.csv"))).unwrap();
        let table = &tables.0[*name];
        types.extend(physical::write(&place.path("facts"), name, table, *form));
        lost += table.rows.iter().filter(|row| row.cells.len() != table.header.len()).count();
    }
    (place, types, lost)
}
