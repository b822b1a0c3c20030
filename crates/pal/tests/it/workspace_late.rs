//! Facts that come late, come twice, or come while somebody else writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use pal_rules::facts::{Row, Table};
use serde_json::Value;

use crate::command::{Place, example};
use crate::naive::Tables;
use crate::rules_worlds::split;
use crate::shared_worlds::{MONTHS, RANGE, write_csv};
use crate::workspace::{closed, import, random};
use crate::worldgen::Rng;

const SEED: u64 = 20_260_306;

/// The lines of a statement by resource: all cells but those of month and resource.
fn lines(statement: &str) -> BTreeMap<String, Vec<String>> {
    let mut reader = csv::Reader::from_reader(statement.as_bytes());
    let line = |record: csv::StringRecord| {
        let cells = (0..record.len()).filter(|place| ![0, 4].contains(place));
        (record[4].to_owned(), cells.map(|place| record[place].to_owned()).collect())
    };
    reader.records().map(|record| line(record.unwrap())).collect()
}

#[test]
fn late_facts_make_the_next_version_with_the_changed_lines_as_adjustments() {
    for seed in SEED..SEED + 4 {
        println!("seed {seed}");
        let tables = random(seed, seed % 2 == 1);
        let mut rng = Rng::new(seed);
        // Two parts of three in time, one late.
        let mut parts = split(&tables, 3, &mut rng);
        let late = parts.pop().unwrap();
        let place = Place::with_workspace();
        for (number, part) in parts.iter().enumerate() {
            write_csv(&place, &format!("in-time-{number}"), part, "\n");
            import(&place, &format!("in-time-{number}"));
        }
        place.pal(&["close", RANGE]).exits(0);
        let (first, first_files) = (closed(&place, None), place.files("pal-data/statements"));

        write_csv(&place, "late", &late, "\n");
        import(&place, "late");
        let again = place.pal(&["close", RANGE]).exits(0).json();
        let second = closed(&place, None);
        assert_eq!(first, closed(&place, Some("1")), "version 1 is no longer what it was");
        let now: BTreeMap<_, _> = place.files("pal-data/statements").into_iter().collect();
        for (file, bytes) in first_files {
            assert_eq!(now.get(&file), Some(&bytes), "{file} was rewritten");
        }
        let mut changed = 0;
        for (number, month) in MONTHS.iter().enumerate() {
            assert_eq!(again["closed"][number]["version"], 2, "{month}");
            let (before, after) =
                (lines(&first[number]["statement.csv"]), lines(&second[number]["statement.csv"]));
            changed += adjustments_are(&place, month, &before, &after);
        }
        assert!(changed > 10, "{changed} changed lines say little");

        // All at once, somewhere else.
        let whole = Place::with_workspace();
        write_csv(&whole, "facts", &tables, "\n");
        import(&whole, "facts");
        whole.pal(&["close", RANGE]).exits(0);
        assert_eq!(second, closed(&whole, None));

        // Once more without change.
        let third = place.pal(&["close", RANGE]).exits(0).tells("version 2 stands").json();
        assert!(third["closed"].as_array().unwrap().iter().all(|closed| closed["new"] == false), "{third}");
        assert_eq!(place.files("pal-data/statements"), now.into_iter().collect::<Vec<_>>());
    }
}

/// Holds the adjustments of a month against its lines before and after; how many there are.
fn adjustments_are(
    place: &Place,
    month: &str,
    before: &BTreeMap<String, Vec<String>>,
    after: &BTreeMap<String, Vec<String>>,
) -> usize {
    let resources: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: BTreeSet<&str> = resources
        .into_iter()
        .filter(|resource| before.get(*resource) != after.get(*resource))
        .map(String::as_str)
        .collect();
    let diff = place.pal(&["statement", "diff", month]).exits(0).json();
    let adjustments = diff["adjustments"].as_array().unwrap();
    let adjusted = adjustments.iter().map(|adjustment| adjustment["resource_id"].as_str().unwrap());
    assert_eq!(adjusted.collect::<BTreeSet<_>>(), changed, "{month}");
    assert_eq!(adjustments.len(), changed.len(), "{month}");
    let late = Tables::load(&place.path("late"));
    for adjustment in adjustments {
        let resource = adjustment["resource_id"].as_str().unwrap();
        for (side, lines) in [("before", before), ("after", after)] {
            let cells = adjustment[side]
                .as_object()
                .map(|cells| -> Vec<String> { cells.values().map(text).collect() });
            assert_eq!(cells.as_ref(), lines.get(resource), "{month} {resource} {side}");
        }
        let facts = adjustment["facts"].as_array().unwrap();
        assert!(!facts.is_empty(), "{month}: nothing caused {adjustment}");
        for fact in facts {
            came_late(&late, fact);
        }
    }
    changed.len()
}

/// Fails unless a fact stands in the late files at the address it is said to.
fn came_late(late: &Tables, fact: &Value) {
    let (table, address) = (fact["table"].as_str().unwrap(), fact["address"].as_str().unwrap());
    if table == "activity" {
        assert_eq!(address, "import 3: activity.csv", "{fact}");
        assert!(fact["row"]["rows"].as_u64().unwrap() > 0, "{fact}");
        return;
    }
    let line = address.strip_prefix(&format!("import 3: {table}.csv:")).unwrap_or_else(|| panic!("{fact}"));
    let told = &late.0[table];
    let row = told.rows.iter().find(|row| row.line.to_string() == line).unwrap_or_else(|| panic!("{fact}"));
    let columns = Table::parse(table).unwrap().columns();
    let places: Vec<usize> = (told.header.iter())
        .map(|name| columns.iter().position(|column| column.name == name).unwrap())
        .collect();
    let read =
        Row::parse(Table::parse(table).unwrap(), &places, row.cells.iter().map(String::as_str)).unwrap();
    for (column, value) in columns.iter().zip(read.values()) {
        assert_eq!(fact["row"][column.name].as_str().unwrap_or_default(), value.text(), "{fact}");
    }
}

#[test]
fn importing_twice_changes_nothing() {
    for dirty in [false, true] {
        let place = Place::with_workspace();
        write_csv(&place, "facts", &random(SEED, dirty), "\n");
        let first = import(&place, "facts");
        place.pal(&["close", RANGE]).exits(0);
        let before = closed(&place, None);
        let second = import(&place, "facts");
        for (first, second) in
            first["files"].as_array().unwrap().iter().zip(second["files"].as_array().unwrap())
        {
            for same in ["table", "read", "refused"] {
                assert_eq!(first[same], second[same], "{first} {second}");
            }
            // Activity has no keys: its repeats fall out where it is counted.
            if second["table"] != "activity" {
                assert_eq!(second["kept"], 0, "{second}");
            }
        }
        assert!(place.names("pal-data/activity").iter().all(|name| name.ends_with("/000001.parquet")));
        let again = place.pal(&["close", RANGE]).exits(0).json();
        assert!(again["closed"].as_array().unwrap().iter().all(|closed| closed["new"] == false), "{again}");
        assert_eq!(before, closed(&place, None));
        // What was written before that was known is gone.
        assert!(place.names("pal-data/statements").iter().all(|name| name.contains("/v1/")));
    }
}

#[test]
fn an_import_that_stops_half_way_is_none_and_leaves_nothing() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("late-facts")]).exits(0);
    let before = place.pal(&["import", "list"]).exits(0).stdout;
    for name in ["resources", "principals", "tenants"] {
        let file = format!("{name}.csv");
        place.write(&format!("facts/{file}"), fs::read(example(&format!("demo-world/{file}"))).unwrap());
    }
    // The first part of the activity is good, the second is no Parquet.
    let activity = &Tables::load(example("demo-world").as_ref()).0["activity"];
    crate::physical::write(&place.path("facts"), "activity", activity, crate::physical::Form::Folder);
    place.write("facts/activity/part-1.parquet", "no Parquet");
    place.pal(&["import", "facts", "facts"]).exits(2).tells("activity/part-1.parquet");
    assert_eq!(before, place.pal(&["import", "list"]).exits(0).stdout);

    place.pal(&["import", "facts", &example("late-facts")]).exits(0);
    assert_eq!(place.names("pal-data/activity"), Vec::<String>::new(), "left by an import that was none");
}

#[test]
fn a_refused_import_leaves_no_activity() {
    let place = Place::with_workspace();
    let activity =
        "occurred_at,tenant_id,resource_id,object_id,kind\n2026-03-02T00:00:00Z,t,r,o,use\nnever,t,r,o,use\n";
    place.write("facts/activity.csv", activity);
    place.pal(&["import", "facts", "facts"]).exits(6);
    assert_eq!(place.names("pal-data/activity"), Vec::<String>::new());
}

#[test]
fn a_second_writer_waits_and_says_for_whom_and_readers_do_not_wait() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    let mut lock = File::options().write(true).open(place.path("pal-data/workspace.lock")).unwrap();
    lock.lock().unwrap();
    lock.set_len(0).unwrap();
    writeln!(lock, "process 1: pal import facts elsewhere").unwrap();

    place.pal(&["import", "list"]).exits(0);
    place.pal(&["preview", "2026-03"]).exits(0);

    let mut second =
        place.command(&["close", "2026-03"]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut words = BufReader::new(second.stderr.take().unwrap()).lines();
    let waiting = words.by_ref().map(Result::unwrap).find(|line| line.starts_with("waiting"));
    assert_eq!(waiting.as_deref(), Some("waiting for process 1: pal import facts elsewhere"));
    assert!(second.try_wait().unwrap().is_none(), "it does not wait");
    assert!(place.pal(&["statement", "list"]).exits(0).json()["statements"].as_array().unwrap().is_empty());

    lock.unlock().unwrap();
    let rest: Vec<String> = words.map(Result::unwrap).collect();
    let mut stdout = String::new();
    second.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert!(second.wait().unwrap().success(), "{rest:?}");
    assert!(rest.iter().any(|line| line == "2026-03: closed as version 1"), "{rest:?}");
}

/// A cell of JSON as it stands in `statement.csv`.
fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
