//! The rules on the shared worlds: the expected bytes, however the rows are ordered, repeated or split.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::naive::Tables;
use crate::rules::{Asked, Rules};
use crate::same::same;
use crate::worldgen::Rng;

/// The directories of the shared worlds; none, said aloud, where they are not there.
fn worlds() -> Vec<PathBuf> {
    let worlds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/worlds");
    let Ok(entries) = std::fs::read_dir(&worlds) else {
        println!("skipped: {} is not there", worlds.display());
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

/// One expected file: its text, and what is asked for it (nothing: the refused rows).
struct Expected {
    path: PathBuf,
    asked: Option<(String, Option<String>)>,
    file: String,
}

fn expected(world: &Path) -> Vec<Expected> {
    let entries = std::fs::read_dir(world.join("expected")).unwrap();
    let mut expected: Vec<Expected> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let parts: Vec<&str> = name.split('.').collect();
            let as_of = parts.iter().find_map(|part| part.strip_prefix("as-of-"));
            let as_of = as_of.map(|hour| format!("{hour}:00:00Z"));
            let asked = (parts[0] != "refused").then(|| (parts[0].to_owned(), as_of));
            Expected { path, asked, file: parts[parts.len() - 2].to_owned() }
        })
        .collect();
    expected.sort_by(|a, b| a.path.cmp(&b.path));
    expected
}

/// Compares every expected file of a world; their number.
fn compare(world: &Path, rules: &Rules) -> usize {
    let expected = expected(world);
    for one in &expected {
        let asked: Vec<Asked> =
            one.asked.iter().map(|(month, as_of)| (month.as_str(), as_of.as_deref())).collect();
        let (files, refused) = rules.files(&asked);
        let got = match (one.file.as_str(), files.into_iter().next()) {
            ("statement", Some(files)) => files.statement,
            ("rollup", Some(files)) => files.rollup,
            ("company", Some(files)) => files.company,
            ("refused", None) => once_each(&refused),
            (other, _) => panic!("`{other}` in {} is not known", one.path.display()),
        };
        let text = std::fs::read_to_string(&one.path).unwrap();
        same(&one.path.display().to_string(), &text, &got);
    }
    expected.len()
}

/// Rows that were repeated keep their line, so that each refused line stands there once.
fn once_each(refused: &str) -> String {
    let mut seen = BTreeSet::new();
    refused.split_inclusive('\n').filter(|line| seen.insert(*line)).collect()
}

#[test]
fn are_reproduced() {
    for world in worlds() {
        assert!(compare(&world, &Rules::new(&Tables::load(&world.join("facts")))) > 0);
    }
}

#[test]
fn are_the_same_shuffled_and_with_a_third_repeated() {
    let mut rng = Rng::new(20_260_302);
    for world in worlds() {
        let mut tables = Tables::load(&world.join("facts"));
        for table in tables.0.values_mut() {
            let repeats: Vec<_> = table.rows.iter().filter(|_| rng.chance(33)).cloned().collect();
            table.rows.extend(repeats);
            rng.shuffle(&mut table.rows);
        }
        compare(&world, &Rules::new(&tables));
    }
}

#[test]
fn are_the_same_in_six_imports_in_any_order() {
    let mut rng = Rng::new(20_260_303);
    for world in worlds() {
        let mut imports = split(&Tables::load(&world.join("facts")), 6, &mut rng);
        for _ in 0..10 {
            rng.shuffle(&mut imports);
            compare(&world, &Rules::of_imports(&imports));
        }
    }
}

/// Deals the rows of every table out to imports at random.
pub(crate) fn split(tables: &Tables, imports: usize, rng: &mut Rng) -> Vec<Tables> {
    let mut imports = vec![Tables::default(); imports];
    for (name, table) in &tables.0 {
        for row in &table.rows {
            let part = rng.below(imports.len());
            let part = imports[part].0.entry(name.clone()).or_default();
            part.header.clone_from(&table.header);
            part.rows.push(row.clone());
        }
    }
    // The required tables are in every import, even if only as a header row: nothing is judged without them.
    for part in &mut imports {
        for required in ["tenants", "principals", "resources"] {
            if let Some(table) = tables.0.get(required) {
                part.0.entry(required.to_owned()).or_default().header.clone_from(&table.header);
            }
        }
    }
    imports
}
