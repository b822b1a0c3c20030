//! `pal export`: the files of closed months, and nothing of months that are not.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::command::{Place, example};
use crate::snapshot::{holds, says};

/// Every exported file stands in the manifest with its hash, as `sha256sum` gives it.
fn is_as_its_manifest_says(place: &Place, folder: &str) {
    let manifest: Value = serde_json::from_str(&place.read(&format!("{folder}/manifest.json"))).unwrap();
    let listed = manifest["files"].as_object().unwrap();
    let names: Vec<String> = place.names(folder).into_iter().filter(|name| name != "manifest.json").collect();
    let mut keys: Vec<String> = listed.keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, names);
    for (name, hash) in listed {
        let sum = Command::new("sha256sum").arg(place.path(&format!("{folder}/{name}"))).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        assert_eq!(sum.split(' ').next(), hash.as_str(), "{folder}/{name}");
    }
}

/// The demo, with a second version of a month.
fn closed_twice() -> Place {
    let place = Place::new();
    place.pal(&["demo", "--folder", "pal-data"]).exits(0);
    place.pal(&["import", "facts", &example("late-facts")]).exits(0);
    place.pal(&["close", "2026-02"]).exits(0).tells("version 2");
    place
}

#[test]
fn exports_closed_months() {
    let place = closed_twice();
    says(&place, "export_month", &["export", "2026-03", "--out", "march"]).exits(0);
    holds(&place, "export_month_files", &place.names("march").join("\n"));
    says(&place, "export_range", &["export", "2026-01..2026-02", "--out", "months"]).exits(0);
    holds(&place, "export_range_files", &place.names("months").join("\n"));
    says(&place, "export_version", &["export", "2026-02", "--out", "first", "--version", "1"]).exits(0);
    assert_eq!(place.read("pal-data/statements/2026-02/v1/statement.csv"), place.read("first/statement.csv"));
    holds(&place, "export_adjustments", &place.read("months/2026-02/adjustments.json"));
    let evidence = place.read("march/evidence.jsonl");
    assert_eq!(evidence.lines().count(), 43);
    assert!(!evidence.contains("\"instant\""), "each was judged at the end of the month: {evidence}");
    for folder in ["march", "months/2026-02"] {
        is_as_its_manifest_says(&place, folder);
    }
    holds(&place, "export_manifest", &place.read("months/2026-02/manifest.json"));
    // A month in which there was nothing yet has a statement, too, without a line.
    place.pal(&["close", "2019-01"]).exits(0);
    place.pal(&["export", "2019-01", "--out", "nothing"]).exits(0);
    assert_eq!(place.read("nothing/evidence.jsonl"), "");
    is_as_its_manifest_says(&place, "nothing");
    says(&place, "export_open_month", &["export", "2026-03..2026-11", "--out", "none"]).exits(3);
    assert!(place.names("none").is_empty(), "a range that is not whole exports nothing");
}

/// What is kept stands in its manifest, too, under the names that it is kept by.
#[test]
fn a_closing_is_as_its_manifest_says() {
    let place = Place::new();
    place.pal(&["demo", "--folder", "pal-data"]).exits(0);
    let kept = "pal-data/statements/2026-03/v1";
    is_as_its_manifest_says(&place, kept);
    for (name, said) in [
        ("evidence.jsonl.zst", "is not what it was when it was closed"),
        ("rollup.csv", "is not what it was when it was closed"),
        ("statement.names.csv", "is not what it was when it was closed"),
        ("statement.csv", "is not what it was when it was closed"),
    ] {
        let path = place.path(&format!("{kept}/{name}"));
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        place.pal(&["export", "2026-03", "--out", "out"]).exits(1).tells(&format!("`{name}`")).tells(said);
        fs::remove_file(&path).unwrap();
        place
            .pal(&["export", "2026-03", "--out", "out"])
            .exits(1)
            .tells(&format!("`{name}`"))
            .tells("is missing");
        fs::write(&path, bytes).unwrap();
    }
    let elsewhere = "{\"files\": {\"../v1/rollup.csv\": \"\", \"statement.csv\": \"\"}}";
    for manifest in ["", "{", "{}", "5", "{\"files\": {}}", elsewhere] {
        place.write(&format!("{kept}/manifest.json"), manifest);
        let told = place.pal(&["export", "2026-03", "--out", "out"]).exits(1);
        told.tells("manifest.json` is damaged").tells("close the month again");
    }
    assert!(place.names("out").is_empty(), "what is damaged is not exported");
}

/// What lies in the folder of a closing and is not of it is not exported, whatever its name.
#[test]
fn what_the_manifest_does_not_list_is_not_exported() {
    let place = Place::new();
    place.pal(&["demo", "--folder", "pal-data"]).exits(0);
    place.pal(&["export", "2026-03", "--out", "before"]).exits(0);
    for name in ["evidence.jsonl", "statement.named.csv", "adjustments.json", "notes.txt", "more.zst"] {
        place.write(&format!("pal-data/statements/2026-03/v1/{name}"), "garbage");
    }
    place.write("pal-data/statements/2026-03/v1/folder/file", "garbage");
    place.pal(&["export", "2026-03", "--out", "after"]).exits(0);
    assert_eq!(place.files("after"), place.files("before"));
}

#[test]
fn damaged_adjustments_are_neither_shown_nor_kept_on() {
    let place = closed_twice();
    let folder = "pal-data/statements/2026-02/v2";
    let path = place.path(&format!("{folder}/adjustments.json.zst"));
    let whole = fs::read(&path).unwrap();
    fs::remove_file(place.path(&format!("{folder}/coverage.csv"))).unwrap();
    for place_of_byte in [whole.len() / 2, whole.len() / 3, whole.len() - 3] {
        let mut bytes = whole.clone();
        bytes[place_of_byte] ^= 1;
        fs::write(&path, bytes).unwrap();
        for command in [&["statement", "diff", "2026-02"][..], &["close", "2026-02"]] {
            let told = place.pal(command).exits(1);
            told.tells("`adjustments.json.zst` of").tells("is not what it was when it was closed");
        }
    }
    // Where no manifest says what they were, they do.
    let manifest = format!("{folder}/manifest.json");
    let listed = place.read(&manifest);
    fs::remove_file(place.path(&manifest)).unwrap();
    for command in [&["statement", "diff", "2026-02"][..], &["close", "2026-02"]] {
        place.pal(command).exits(1).tells("adjustments.json.zst` is damaged");
    }
    place.write(&manifest, listed);
    fs::remove_file(&path).unwrap();
    place.pal(&["close", "2026-02"]).exits(1).tells("adjustments.json.zst");
    fs::write(&path, whole).unwrap();
    place.pal(&["close", "2026-02"]).exits(0).tells("version 2 stands, its evidence is renewed");
}

/// Earlier builds kept the lines a second time, with names, adjustments as they are exported, and a manifest of the files
/// as they are exported.
#[test]
fn what_an_earlier_build_closed_is_exported_as_it_is_and_renewed_once() {
    let place = closed_twice();
    place.pal(&["export", "2026-02", "--out", "before"]).exits(0);
    let diff = place.pal(&["statement", "diff", "2026-02"]).exits(0).json();
    let kept = |name: &str| place.path(&format!("pal-data/statements/2026-02/v2/{name}"));
    for name in ["statement.names.csv", "adjustments.json.zst"] {
        fs::remove_file(kept(name)).unwrap();
    }
    for name in ["statement.named.csv", "adjustments.json", "manifest.json"] {
        fs::copy(place.path(&format!("before/{name}")), kept(name)).unwrap();
    }
    place.pal(&["export", "2026-02", "--out", "as-kept"]).exits(0);
    assert_eq!(place.files("as-kept"), place.files("before"));
    place.pal(&["close", "2026-02"]).exits(0).tells("version 2 stands, its evidence is renewed");
    place.pal(&["close", "2026-02"]).exits(0).tells("version 2 stands\n");
    place.pal(&["export", "2026-02", "--out", "renewed"]).exits(0);
    assert_eq!(place.files("renewed"), place.files("before"));
    assert_eq!(place.pal(&["statement", "diff", "2026-02"]).exits(0).json(), diff);
}
