//! Holds the demo world to its generator, and its stories to what they promise.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::naive::{Tables, evaluate};

/// Columns of a statement that a story speaks of, in the order of `expected.csv`.
const TOLD: [&str; 7] =
    ["quantity", "outcome", "partner_id", "object_id", "basis", "reason", "ineligible_reason"];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

#[test]
fn generator_writes_the_committed_bytes() {
    let made = std::env::temp_dir().join(format!("pal-demo-world-{}", std::process::id()));
    let script = examples().join("make_demo_world.py");
    let run = Command::new("python3").arg("-B").arg(script).arg(&made).output();
    let Ok(run) = run else {
        println!("skipped: there is no python3");
        return;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut compared = 0;
    for entry in std::fs::read_dir(examples().join("demo-world")).unwrap() {
        let committed = entry.unwrap().path();
        let again = made.join(committed.file_name().unwrap());
        let same = std::fs::read(&committed).unwrap() == std::fs::read(again).unwrap();
        assert!(same, "{} differs from what the generator writes", committed.display());
        compared += 1;
    }
    assert_eq!(compared, 16, "a table is missing");
    std::fs::remove_dir_all(made).unwrap();
}

#[test]
fn stories_come_out_as_told() {
    let tables = Tables::load(&examples().join("demo-world"));
    let expected = std::fs::read_to_string(examples().join("expected.csv")).unwrap();
    let mut statement = (String::new(), String::new());
    for line in expected.lines().skip(1) {
        let (month, rest) = line.split_once(',').unwrap();
        let (resource, told) = rest.split_once(',').unwrap();
        if statement.0 != month {
            let output = evaluate(&tables, month, None);
            assert_eq!(output.refused_rows, 0, "{}", output.refused_csv);
            statement = (month.to_owned(), output.statement_csv);
        }
        assert_eq!(answer(&statement.1, resource), told, "{month} {resource}");
    }
}

/// What a statement says of a resource, in the columns of `expected.csv`.
fn answer(statement: &str, resource: &str) -> String {
    let mut lines = statement.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |name: &str| header.iter().position(|&cell| cell == name).unwrap();
    match lines.find(|cells| cells[column("resource_id")] == resource) {
        Some(cells) => TOLD.map(|name| cells[column(name)]).join(","),
        None => ",absent,,,,,".to_owned(),
    }
}
