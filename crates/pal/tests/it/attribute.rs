//! `pal attribute` on the demo world: every format, and the files of `--out`.

use serde_json::Value;

use crate::command::{Place, example};
use crate::snapshot::{holds, says};

#[test]
fn answers_in_every_format() {
    let place = Place::new();
    let world = example("demo-world");
    let asked = |name: &str, rest: &[&str]| {
        says(&place, name, &[&["attribute", &world, "--month", "2026-03"], rest].concat()).exits(0);
    };
    asked("attribute_table", &["-o", "table"]);
    asked("attribute_csv", &["-o", "csv"]);
    asked("attribute_json_first", &["--query", "{format_version: format_version, first: lines[0]}"]);
    asked(
        "attribute_json_uncredited",
        &["--query", "lines[?outcome=='uncredited'].[resource_name, reason, quantity]"],
    );
    asked(
        "attribute_query_table",
        &["-o", "table", "--query", "lines[:3].{id: resource_id, used: quantity}"],
    );
    asked("attribute_query_csv", &["-o", "csv", "--query", "lines[:3].{id: resource_id, used: quantity}"]);
    asked("attribute_query_tsv", &["-o", "tsv", "--query", "lines[:3].{id: resource_id, used: quantity}"]);
    asked("attribute_ndjson", &["-o", "ndjson", "--query", "lines[:2]"]);
    asked("attribute_yaml", &["-o", "yaml", "--query", "lines[:2]"]);
    asked("attribute_none", &["-o", "none"]);
    let tsv = place.pal(&["attribute", &world, "--month", "2026-03", "-o", "tsv"]).exits(0);
    assert_eq!(tsv.stdout.lines().count(), 43);
    let ndjson = place.pal(&["attribute", &world, "--month", "2026-03", "-o", "ndjson"]).exits(0);
    assert_eq!(ndjson.stdout.lines().count(), 43);
}

#[test]
fn writes_the_files_of_a_month() {
    let place = Place::new();
    let world = example("demo-world");
    says(&place, "attribute_out", &["attribute", &world, "--month", "2026-03", "--out", "march", "--names"])
        .exits(0);
    holds(&place, "attribute_out_files", &place.names("march").join("\n"));
    for (name, file) in [
        ("attribute_out_manifest", "manifest.json"),
        ("attribute_out_rollup", "rollup.csv"),
        ("attribute_out_company", "company.csv"),
        ("attribute_out_coverage", "coverage.csv"),
        ("attribute_out_refused", "refused.csv"),
        ("attribute_out_named", "statement.named.csv"),
    ] {
        holds(&place, name, &place.read(&format!("march/{file}")));
    }
    let stdout = place.pal(&["attribute", &world, "--month", "2026-03", "-o", "csv"]).exits(0).stdout;
    assert_eq!(stdout, place.read("march/statement.csv"));
}

#[test]
fn writes_a_folder_per_month_of_a_range() {
    let place = Place::new();
    let world = example("demo-world");
    says(&place, "attribute_range", &["attribute", &world, "--month", "2026-02..2026-03", "--out", "spring"])
        .exits(0);
    holds(&place, "attribute_range_files", &place.names("spring").join("\n"));
    place.pal(&["attribute", &world, "--month", "2026-03", "--out", "march"]).exits(0);
    for file in ["statement.csv", "rollup.csv", "company.csv", "coverage.csv"] {
        assert_eq!(place.read(&format!("spring/2026-03/{file}")), place.read(&format!("march/{file}")));
    }
    let manifest = |path: &str| -> Value { serde_json::from_str(&place.read(path)).unwrap() };
    let (month, mut alone) = (manifest("spring/2026-03/manifest.json"), manifest("march/manifest.json"));
    let refused = alone["files"].as_object_mut().unwrap().remove("refused.csv");
    assert!(refused.is_some(), "a month alone has its refused rows beside it");
    assert_eq!(month, alone);
    // A range of one month is a range.
    place.pal(&["attribute", &world, "--month", "2026-03..2026-03", "--out", "one"]).exits(0);
    assert!(place.names("one").contains(&"2026-03/statement.csv".to_owned()));
}

#[test]
fn warns_of_a_month_that_is_not_over() {
    let place = Place::new();
    let world = example("demo-world");
    let warning = "2099-01 is not over";
    place.pal(&["attribute", &world, "--month", "2099-01"]).exits(0).tells(warning);
    let ran = place.pal(&["attribute", &world, "--month", "2026-10"]).exits(0);
    assert!(!ran.stderr.contains("is not over"), "{}", ran.stderr);
    let as_of = ["attribute", &world, "--month", "2099-01", "--as-of", "2099-01-02T00:00:00Z"];
    assert!(!place.pal(&as_of).exits(0).stderr.contains("is not over"));
}

#[test]
fn looks_at_a_month_before_its_end() {
    let place = Place::new();
    let arguments =
        ["attribute", &example("demo-world"), "--month", "2026-03", "--as-of", "2026-03-17T12:00:00Z"];
    says(&place, "attribute_as_of", &[&arguments[..], &["--query", "lines[0]"]].concat()).exits(0);
    place.pal(&[&arguments[..], &["--out", "half"]].concat()).exits(0);
    holds(&place, "attribute_as_of_manifest", &place.read("half/manifest.json"));
}
