//! The workspace against `pal attribute`: however the facts come in, the closed statements are the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::Place;
use crate::naive::Tables;
use crate::rules_worlds::split;
use crate::shared_worlds::{MONTHS, RANGE, small_worlds, write_csv};
use crate::worldgen::{Knobs, Rng, generate};

const SEED: u64 = 20_260_305;
const FILES: [&str; 3] = ["statement.csv", "rollup.csv", "company.csv"];

/// Worlds of each kind: known ones, and random ones with and without refused rows.
fn told() -> Vec<Tables> {
    let mut told: Vec<Tables> = small_worlds().iter().map(super::shared_worlds::KnownWorld::tables).collect();
    told.push(random(SEED, true));
    told
}

/// A random world whose links a workspace counts: not those that only this server knows.
pub(crate) fn random(seed: u64, dirty: bool) -> Tables {
    let mut tables = generate(seed, Knobs { resources: 60, dirty });
    let links = tables.0.get_mut("links").unwrap();
    if let Some(place) = links.header.iter().position(|column| column == "known_from") {
        links.rows.retain(|row| row.cells.get(place).is_none_or(|cell| cell != "this_server"));
    }
    tables
}

/// Imports a folder of facts, and holds the numbers of the answer against each other.
#[track_caller]
pub(crate) fn import(place: &Place, facts: &str) -> Value {
    let ran = place.pal(&["import", "facts", facts, "--allow-refused", "1000"]).exits(0);
    let answer = ran.json();
    let mut refused = 0;
    for file in answer["files"].as_array().unwrap() {
        let number = |key: &str| file[key].as_u64().unwrap();
        assert_eq!(number("read"), number("kept") + number("repeated") + number("refused"), "{file}");
        refused += number("refused");
    }
    assert_eq!(answer["refused"], refused, "{answer}");
    answer
}

/// The files of a closed month as they were exported, and its digest.
type Closed = BTreeMap<String, String>;

/// What is closed of every month: the newest versions, or a certain one.
pub(crate) fn closed(place: &Place, version: Option<&str>) -> Vec<Closed> {
    let rest = version.map_or(vec![], |version| vec!["--version", version]);
    place.pal(&[&["export", RANGE, "--out", "exported"], rest.as_slice()].concat()).exits(0);
    MONTHS.iter().map(|month| files(place, &format!("exported/{month}"))).collect()
}

/// What `pal attribute` makes of a folder of facts, in the same form.
fn attributed(place: &Place, facts: &str) -> Vec<Closed> {
    let allowed = ["--allow-refused", "1000"];
    place
        .pal(&[&["attribute", facts, "--month", RANGE, "--out", "attributed"], &allowed[..]].concat())
        .exits(0);
    MONTHS.iter().map(|month| files(place, &format!("attributed/{month}"))).collect()
}

fn files(place: &Place, folder: &str) -> Closed {
    let manifest: Value = serde_json::from_str(&place.read(&format!("{folder}/manifest.json"))).unwrap();
    let digest = ("digest".to_owned(), manifest["digest"].as_str().unwrap().to_owned());
    let files = FILES.iter().map(|file| ((*file).to_owned(), place.read(&format!("{folder}/{file}"))));
    files.chain([digest]).collect()
}

#[track_caller]
fn same(about: &str, expected: &[Closed], got: &[Closed]) {
    for ((month, expected), got) in MONTHS.iter().zip(expected).zip(got) {
        for (file, expected) in expected {
            crate::same::same(&format!("{about}: {month} {file}"), expected, &got[file]);
        }
    }
}

#[test]
fn six_imports_in_any_order_are_the_same_as_one_and_as_attribute() {
    println!("seed {SEED}");
    let mut rng = Rng::new(SEED);
    for tables in told() {
        let one = Place::with_workspace();
        write_csv(&one, "facts", &tables, "\n");
        let expected = attributed(&one, "facts");
        import(&one, "facts");
        one.pal(&["close", RANGE]).exits(0);
        same("one import", &expected, &closed(&one, None));

        let mut parts: Vec<(usize, Tables)> = split(&tables, 6, &mut rng).into_iter().enumerate().collect();
        for round in 0..10 {
            rng.shuffle(&mut parts);
            let order: Vec<usize> = parts.iter().map(|(number, _)| *number).collect();
            let place = Place::with_workspace();
            for (number, part) in &parts {
                write_csv(&place, &format!("part-{number}"), part, "\n");
                import(&place, &format!("part-{number}"));
            }
            place.pal(&["close", RANGE]).exits(0);
            same(&format!("seed {SEED}, round {round}, order {order:?}"), &expected, &closed(&place, None));
        }
    }
}

#[test]
fn closing_as_facts_arrive_and_once_more_at_the_end_is_closing_from_scratch() {
    for seed in SEED..SEED + 4 {
        println!("seed {seed}");
        let tables = random(seed, seed % 2 == 1);
        let place = Place::with_workspace();
        write_csv(&place, "facts", &tables, "\n");
        let mut versions = BTreeMap::new();
        for (month, part) in MONTHS.iter().zip(split(&tables, MONTHS.len(), &mut Rng::new(seed))) {
            write_csv(&place, month, &part, "\n");
            import(&place, month);
            for closed in place.pal(&["close", month]).exits(0).json()["closed"].as_array().unwrap() {
                versions.insert(closed["month"].clone().to_string(), closed["version"].as_i64().unwrap());
            }
        }
        let again = place.pal(&["close", RANGE]).exits(0).json();
        for closed in again["closed"].as_array().unwrap() {
            let before = versions[&closed["month"].to_string()];
            let made = i64::from(closed["new"].as_bool().unwrap());
            assert_eq!(closed["version"].as_i64().unwrap(), before + made, "{closed}");
        }
        let strip = |mut months: Vec<Closed>| {
            // A month whose lines did not change keeps the digest of what it saw.
            for closed in &mut months {
                closed.remove("digest");
            }
            months
        };
        same(&format!("seed {seed}"), &strip(attributed(&place, "facts")), &strip(closed(&place, None)));
    }
}

/// Facts that change no line change what stands beside the lines: losses, explanations, coverage.
#[test]
fn what_stands_beside_the_lines_is_as_if_all_facts_had_come_at_once() {
    let late = ["activity", "coverage", "tenants"];
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", "tenant_id,name\nt,Tenant\n");
    place.write("facts/principals.csv", "tenant_id,object_id,kind\nt,maker,user\nt,owner,user\n");
    place.write("facts/resources.csv", "resource_id,product,tenant_id\nr,power_apps_canvas,t\n");
    let created = "event_id,resource_id,kind,object_id,occurred_at\ne,r,created,owner,2025-01-01T00:00:00Z\n";
    place.write("facts/ownership.csv", created);
    let linked = "tenant_id,object_id,partner_id,linked_at\nt,maker,7,2025-01-01T00:00:00Z\n";
    place.write("facts/links.csv", linked);
    let made = "occurred_at,tenant_id,resource_id,object_id,kind\n2026-03-02T00:00:00Z,t,r,maker,make\n";
    place.write("late/activity.csv", made);
    place.write(
        "late/coverage.csv",
        "tenant_id,product,covered_from,covered_until,source,actor_basis\n\
         t,power_apps_canvas,2026-01-01T00:00:00Z,2026-05-01T00:00:00Z,audit,observed\n",
    );
    place.write("late/tenants.csv", "tenant_id,name,observed_at\nt,Renamed,2026-05-01T00:00:00Z\n");

    import(&place, "facts");
    place.pal(&["close", "2026-03"]).exits(0);
    assert_eq!(
        place.pal(&["statement", "show", "2026-03", "--lost"]).json()["losses"],
        serde_json::json!([])
    );
    let first = place.files("pal-data/statements/2026-03/v1");
    import(&place, "late");
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands, its evidence is renewed");
    assert_eq!(place.files("pal-data/statements/2026-03/v1"), first, "a version was rewritten");
    assert_eq!(place.pal(&["statement", "show", "2026-03", "--lost"]).json()["losses"][0]["lost_by"], "7");
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands\n");
    place.pal(&["export", "2026-03", "--out", "in-steps"]).exits(0);

    place.pal(&["--data", "at-once", "init"]).exits(0);
    for table in late {
        let rest = place.read(&format!("late/{table}.csv"));
        place.write(&format!("all/{table}.csv"), rest);
    }
    for table in ["tenants", "principals", "resources", "ownership", "links"] {
        let name = if table == "tenants" { "earlier/tenants" } else { &format!("all/{table}") };
        place.write(&format!("{name}.csv"), place.read(&format!("facts/{table}.csv")));
    }
    place.pal(&["--data", "at-once", "import", "facts", "earlier"]).exits(0);
    place.pal(&["--data", "at-once", "import", "facts", "all"]).exits(0);
    place.pal(&["--data", "at-once", "close", "2026-03"]).exits(0);
    place.pal(&["--data", "at-once", "export", "2026-03", "--out", "at-once-files"]).exits(0);
    assert_eq!(place.files("in-steps"), place.files("at-once-files"));
}

#[test]
fn a_workspace_without_a_required_table_is_not_closed() {
    let place = Place::with_workspace();
    let activity = "occurred_at,tenant_id,resource_id,object_id,kind\n2026-03-02T00:00:00Z,t,r,maker,make\n";
    place.write("facts/activity.csv", activity);
    import(&place, "facts");
    for verb in ["close", "preview"] {
        let refused = place.pal(&[verb, "2026-03"]).exits(5);
        refused.tells("no import had the required `tenants`, `principals`, `resources`");
    }
    assert_eq!(place.pal(&["statement", "list"]).json()["statements"], serde_json::json!([]));
}
