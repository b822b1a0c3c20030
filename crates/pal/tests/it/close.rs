//! `pal close`: months that are over, and months that are not.

use std::fs;
use std::process::Command;
use std::time::UNIX_EPOCH;

use pal_rules::time::{Month, Timestamp};
use serde_json::Value;

use crate::command::{Place, example};
use crate::snapshot::{holds, says};

/// The month that is now, by the clock that stamps files.
fn running_month(place: &Place) -> Month {
    place.write("now", "");
    let stamped = place.path("now").metadata().unwrap().modified().unwrap();
    let micros = stamped.duration_since(UNIX_EPOCH).unwrap().as_micros();
    Timestamp::from_micros(i64::try_from(micros).unwrap()).month()
}

#[test]
fn fixes_versions() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    says(&place, "close_range", &["close", "2026-02..2026-03", "-o", "table"]).exits(0);
    says(&place, "close_again", &["close", "2026-02"]).exits(0);
    place.pal(&["import", "facts", &example("late-facts")]).exits(0);
    says(&place, "close_after_late_facts", &["close", "2026-02..2026-03", "-o", "csv"]).exits(0);
    holds(&place, "close_files", &place.names("pal-data/statements").join("\n"));
    says(
        &place,
        "close_list",
        &["statement", "list", "--query", "statements[].[month, version, last_import, digest]"],
    )
    .exits(0);
}

#[test]
fn a_month_that_is_not_over_is_previewed_and_not_closed() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    let month = running_month(&place);
    let running = place.pal(&["close", &month.to_string()]).exits(5);
    let words = running.stderr.replace(&month.next().to_string(), "[next month]");
    holds(&place, "close_running_month", &words.replace(&month.to_string(), "[this month]"));
    place.pal(&["preview", &month.to_string(), "-o", "none"]).exits(0).tells("is judged as of");
    says(&place, "close_future_month", &["close", "2999-01"]).exits(5);
    says(&place, "preview_future_month", &["preview", "2999-01"]).exits(5);
    // A range with such a month closes none.
    place.pal(&["close", &format!("2026-03..{month}")]).exits(5);
    assert_eq!(place.pal(&["statement", "list", "-o", "tsv"]).exits(0).stdout, "");
}

/// What is wrong with a later month is none of an earlier one's.
#[test]
fn a_row_of_a_later_month_changes_nothing_of_a_closed_one() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.pal(&["close", "2026-03"]).exits(0);
    let row = |at: &str| {
        let tenant = "7e020000-0000-4000-8000-000000000002";
        let resource = "ca010002-0000-4000-8000-000000000001";
        format!("occurred_at,tenant_id,resource_id,object_id,kind\n{at},{tenant},{resource},u,use\n")
    };
    place.write("later/activity.csv", row("2026-05-03T10:00:00Z"));
    place.pal(&["import", "facts", "later"]).exits(0);
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands\n");
    place.write("now/activity.csv", row("2026-03-03T10:00:00Z"));
    place.pal(&["import", "facts", "now"]).exits(0);
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands, its evidence is renewed");
}

const EVIDENCE: &str = "pal-data/statements/2026-03/v1/evidence.jsonl.zst";

/// A workspace whose month is closed, and what closing it again says.
fn closed_again(change: impl Fn(&Place)) -> (Place, crate::command::Ran) {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.pal(&["close", "2026-03"]).exits(0);
    change(&place);
    let again = place.pal(&["close", "2026-03"]).exits(0);
    (place, again)
}

/// Packs the kept evidence otherwise, as another build may.
fn pack_otherwise(place: &Place) {
    let path = place.path(EVIDENCE);
    let lines = zstd::decode_all(fs::read(&path).unwrap().as_slice()).unwrap();
    fs::write(&path, zstd::encode_all(lines.as_slice(), 9).unwrap()).unwrap();
}

#[test]
fn evidence_that_another_build_packed_otherwise_stands() {
    let (place, again) = closed_again(|place| {
        pack_otherwise(place);
        let sum = Command::new("sha256sum").arg(place.path(EVIDENCE)).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        let manifest = "pal-data/statements/2026-03/v1/manifest.json";
        let mut json: Value = serde_json::from_str(&place.read(manifest)).unwrap();
        json["files"]["evidence.jsonl.zst"] = sum.split(' ').next().unwrap().into();
        place.write(manifest, json.to_string());
    });
    again.tells("version 1 stands\n");
    place.pal(&["export", "2026-03", "--out", "out"]).exits(0);
}

/// Something done to a file of a closing.
type Change<'a> = &'a dyn Fn(&Place, &str);

/// What stands beside the lines can be made anew; a version that stands can be exported.
#[test]
fn what_is_damaged_or_gone_beside_the_lines_is_renewed() {
    let beside = |name: &str| format!("pal-data/statements/2026-03/v1/{name}");
    let damage = |place: &Place, name: &str| {
        let path = place.path(&beside(name));
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        fs::write(&path, bytes).unwrap();
    };
    let remove = |place: &Place, name: &str| fs::remove_file(place.path(&beside(name))).unwrap();
    let repack = |place: &Place, _: &str| pack_otherwise(place);
    let mut changes: Vec<(Change<'_>, &str)> = vec![(&repack, "evidence.jsonl.zst")];
    let to_a_folder = |place: &Place, name: &str| {
        remove(place, name);
        fs::create_dir(place.path(&beside(name))).unwrap();
    };
    changes.push((&to_a_folder, "evidence.jsonl.zst"));
    let no_list = |place: &Place, name: &str| place.write(&beside(name), "{\"files\": {}}");
    changes.push((&no_list, "manifest.json"));
    for name in ["evidence.jsonl.zst", "statement.names.csv", "coverage.csv", "refused.csv", "manifest.json"]
    {
        changes.extend([(&damage as Change<'_>, name), (&remove, name)]);
    }
    for (change, name) in changes {
        let (place, again) = closed_again(|place| change(place, name));
        again.tells("version 1 stands, its evidence is renewed");
        place.pal(&["export", "2026-03", "--out", "out"]).exits(0);
    }
}

/// Nothing but its manifest knows what a version read of the registry.
#[test]
fn what_the_registry_told_is_renewed_where_it_is_damaged_or_gone() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.write(
        "partners.csv",
        "partner_id,name,kind,global_partner_id,active_from,active_until\n9900001,Else,location,,,\n",
    );
    place.pal(&["admin", "partners", "import", "partners.csv"]).exits(0);
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1");
    place.pal(&["export", "2026-03", "--out", "before"]).exits(0);
    let told = |folder: &str| place.path(&format!("pal-data/statements/2026-03/{folder}/registry.jsonl.zst"));
    let damaged = &fs::read(told("v1")).unwrap()[1..];
    fs::write(told("v1"), damaged).unwrap();
    place.pal(&["export", "2026-03", "--out", "never"]).exits(1).tells("`registry.jsonl.zst` of");
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands, its evidence is renewed");
    fs::remove_file(told("v1.1")).unwrap();
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands, its evidence is renewed");
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands\n");
    place.pal(&["export", "2026-03", "--out", "after"]).exits(0);
    assert_eq!(place.files("after"), place.files("before"));
}

/// Damage of what makes a version is no change of the month.
#[test]
fn damaged_lines_and_roll_ups_are_named() {
    for name in ["statement.csv", "rollup.csv", "company.csv"] {
        let place = Place::with_workspace();
        place.pal(&["import", "facts", &example("demo-world")]).exits(0);
        place.pal(&["close", "2026-03"]).exits(0);
        let path = place.path(&format!("pal-data/statements/2026-03/v1/{name}"));
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        bytes[whole.len() / 2] ^= 1;
        fs::write(&path, bytes).unwrap();
        let words = format!("`{name}` of");
        place
            .pal(&["close", "2026-03"])
            .exits(1)
            .tells(&words)
            .tells("is not what it was when it was closed");
        fs::write(&path, whole).unwrap();
        place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands\n");
    }
}

#[test]
fn a_new_name_or_coverage_alone_renews_what_stands_beside_the_lines() {
    let tenant = "7e020000-0000-4000-8000-000000000002";
    let renamed = format!("tenant_id,name,observed_at\n{tenant},Renamed,2026-04-02T00:00:00Z\n");
    let coverage = format!(
        "tenant_id,product,covered_from,covered_until,source,actor_basis\n\
        {tenant},power_bi,2024-03-01T00:00:00Z,2024-03-02T00:00:00Z,late,observed\n"
    );
    let (_, again) = closed_again(|place| {
        place.write("later/tenants.csv", &renamed);
        place.pal(&["import", "facts", "later"]).exits(0);
    });
    again.tells("version 1 stands, its evidence is renewed");
    // Of another time, it makes no difference.
    let (_, again) = closed_again(|place| {
        place.write("later/coverage.csv", &coverage);
        place.pal(&["import", "facts", "later"]).exits(0);
    });
    again.tells("version 1 stands\n");
}

/// Each of a hundred months has three files on their way.
#[test]
fn a_long_range_needs_few_open_files() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    let program = env!("CARGO_BIN_EXE_pal");
    let limited = format!("ulimit -n 64; exec {program} close 2018-01..2026-03 -o none");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &limited]).current_dir(place.path("."));
    let ran = shell.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// Until the last month of a range is judged none is closed; where one cannot be, nothing of the others stays. What was
/// metered stays all the same.
#[test]
fn a_range_that_fails_leaves_nothing() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.write("pal-data/statements/2026-02", "no folder");
    let failed = place.pal(&["close", "2026-01..2026-03"]);
    assert_ne!(failed.exit, Some(0), "{}", failed.stderr);
    assert!(failed.stderr.contains("statements/2026-02"), "{}", failed.stderr);
    assert!(place.names("pal-data/statements/2026-01").is_empty());
    let metered = || -> Vec<_> {
        let file = |name: &String| place.path(&format!("pal-data/state/{name}")).metadata().unwrap();
        place
            .names("pal-data/state")
            .iter()
            .map(|name| (name.clone(), file(name).modified().unwrap()))
            .collect()
    };
    let before = metered();
    assert!(!before.is_empty());
    fs::remove_file(place.path("pal-data/statements/2026-02")).unwrap();
    let closed = place.pal(&["close", "2026-01..2026-03"]).exits(0).json();
    assert_eq!(closed["closed"].as_array().unwrap().len(), 3);
    assert_eq!(metered(), before);
}

/// A closing does not rest on the state that is kept: where that cannot be, it is said, and the next closing keeps it.
#[test]
fn a_state_that_cannot_be_kept_is_told_and_kept_the_next_time() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    let database = rusqlite::Connection::open(place.path("pal-data/workspace.sqlite")).unwrap();
    let refuse = "create trigger refuse before insert on state_run begin select raise(abort, 'no room'); end";
    database.execute_batch(refuse).unwrap();
    let told = "warning: the metered state is not kept";
    let closed = place.pal(&["close", "2026-02"]).exits(0);
    assert!(closed.stderr.contains(told) && closed.stderr.contains("no room"), "{}", closed.stderr);
    let kept =
        || -> i64 { database.query_row("select count(*) from state_run", [], |row| row.get(0)).unwrap() };
    assert_eq!(kept(), 0);
    database.execute_batch("drop trigger refuse").unwrap();
    let closed = place.pal(&["close", "2026-02..2026-03"]).exits(0);
    assert!(!closed.stderr.contains(told) && closed.stderr.contains("2026-02: no line or roll-up changed"));
    assert_eq!(kept(), 1);
}

/// Another name of an app asks no more of its activity than it did.
#[test]
fn a_new_name_of_a_resource_meters_nothing_again() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.pal(&["close", "2026-03"]).exits(0);
    let (tenant, app) = ("7e020000-0000-4000-8000-000000000002", "ca010002-0000-4000-8000-000000000001");
    place.write("later/aliases.csv", format!("tenant_id,kind,alias,id\n{tenant},resource,my-app,{app}\n"));
    place.pal(&["import", "facts", "later"]).exits(0);
    let again = place.pal(&["close", "2026-03"]).exits(0);
    assert!(!again.stderr.contains("metered again"), "{}", again.stderr);
}

/// The files of a month without a line are whole, too, and take nothing from those before and after it.
#[test]
fn a_month_without_lines_between_others_is_closed_as_by_itself() {
    let facts = |place: &Place| {
        place.write("facts/tenants.csv", "tenant_id,name\nt,Customer\n");
        place.write("facts/principals.csv", "tenant_id,object_id,kind\nt,ann,user\n");
        let head = "resource_id,product,tenant_id,name,created_at,deleted_at";
        let (old, new) =
            ("old,power_bi,t,Old,,2026-01-15T00:00:00Z", "new,power_bi,t,New,2026-03-02T00:00:00Z,");
        place.write("facts/resources.csv", format!("{head}\n{old}\n{new}\n"));
        place.pal(&["import", "facts", "facts"]).exits(0);
    };
    let (together, apart) = (Place::with_workspace(), Place::with_workspace());
    facts(&together);
    facts(&apart);
    together.pal(&["close", "2026-01..2026-03"]).exits(0);
    let months = ["2026-01", "2026-02", "2026-03"];
    for month in months {
        apart.pal(&["close", month]).exits(0);
    }
    for place in [&together, &apart] {
        place.pal(&["export", "2026-01..2026-03", "--out", "out"]).exits(0);
    }
    for (month, lines) in months.into_iter().zip([1, 0, 1]) {
        assert_eq!(together.read(&format!("out/{month}/statement.csv")).lines().count(), 1 + lines);
        assert_eq!(together.read(&format!("out/{month}/evidence.jsonl")).lines().count(), lines);
        for file in together.names(&format!("out/{month}")) {
            let read = |place: &Place| place.read(&format!("out/{month}/{file}"));
            assert_eq!(read(&together), read(&apart), "{month} {file}");
        }
    }
}
