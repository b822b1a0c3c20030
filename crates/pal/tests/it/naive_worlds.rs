//! Holds the naive evaluator against the shared worlds, byte for byte.

use std::path::Path;

use crate::naive::{Tables, evaluate};
use crate::same::same;

#[test]
fn reproduces_every_world() {
    let worlds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/worlds");
    if !worlds.is_dir() {
        println!("skipped: {} is not there", worlds.display());
        return;
    }
    let mut compared = 0;
    for entry in std::fs::read_dir(&worlds).unwrap() {
        let world = entry.unwrap().path();
        if world.is_dir() {
            compared += compare(&world);
        }
    }
    assert!(compared > 0, "no expected file in {}", worlds.display());
}

/// Compares each expected file of a world; their number.
fn compare(directory: &Path) -> usize {
    let tables = Tables::load(&directory.join("facts"));
    let mut compared = 0;
    for entry in std::fs::read_dir(directory.join("expected")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let parts: Vec<&str> = name.split('.').collect();
        let month = if parts[0] == "refused" { "2026-03" } else { parts[0] };
        let as_of =
            parts.iter().find_map(|part| part.strip_prefix("as-of-")).map(|hour| format!("{hour}:00:00Z"));
        let output = evaluate(&tables, month, as_of.as_deref());
        println!("{name}: {:?}", output.marks);
        let got = match parts[parts.len() - 2] {
            "statement" => output.statement_csv,
            "rollup" => output.rollup_csv,
            "company" => output.company_csv,
            "refused" => {
                assert_eq!(output.refused_rows + 1, output.refused_csv.lines().count());
                output.refused_csv
            }
            other => panic!("`{other}` in {} is not known", path.display()),
        };
        same(&path.display().to_string(), &std::fs::read_to_string(&path).unwrap(), &got);
        compared += 1;
    }
    compared
}
