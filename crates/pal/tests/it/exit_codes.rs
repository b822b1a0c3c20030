//! One test per exit code in use (`docs/cli.md` has the table).

use std::fs;
use std::process::{Command, Stdio};

use crate::command::{Place, example};

const RESOURCES: &str = "resource_id,product,tenant_id\nr1,power_bi,t1\n";

#[test]
fn ok_is_0() {
    let place = Place::new();
    let ran = place.pal(&["attribute", &example("demo-world"), "--month", "2026-03"]).exits(0);
    assert_eq!(ran.json()["lines"].as_array().unwrap().len(), 43);
}

#[test]
fn a_fault_is_1() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.pal(&["close", "2026-02..2026-03"]).exits(0);

    fs::remove_file(place.path("pal-data/statements/2026-03/v1/rollup.csv")).unwrap();
    place.pal(&["statement", "show", "2026-03", "--rollup"]).exits(1).tells("rollup.csv");
    place.pal(&["statement", "show", "2026-03", "--rollup"]).exits(1).tells("hint: restore the data folder");
    place.pal(&["export", "2026-03", "--out", "march"]).exits(1).tells("rollup.csv").tells("is missing");
    assert!(place.names("march").is_empty(), "an export with a file missing wrote the others");

    place.write("pal-data/statements/2026-02/v1/rollup.csv", "month\n");
    place
        .pal(&["export", "2026-02", "--out", "february"])
        .exits(1)
        .tells("`rollup.csv` of ")
        .tells("is not what it was");

    place.write("pal-data/statements/2026-02/v1/evidence.jsonl.zst", "no evidence");
    place.pal(&["statement", "show", "2026-02"]).exits(1).tells("evidence.jsonl.zst` is damaged");
    place.pal(&["export", "2026-02", "--out", "february"]).exits(1).tells("hint: restore the data folder");
    assert!(place.names("february").is_empty(), "an export of a damaged closing wrote files");

    // The metered state can be made again from the activity behind it; that cannot.
    place.pal(&["preview", "2026-03"]).exits(0);
    place.write("pal-data/state/000001/ids", "no state");
    place.pal(&["preview", "2026-03"]).exits(0).tells("state/000001/ids` is damaged").tells("metered again");
    place.write("pal-data/activity/2026-01/000001.parquet", "no Parquet");
    place.pal(&["preview", "2026-03"]).exits(1).tells("2026-01/000001.parquet");
    fs::remove_file(place.path("pal-data/activity/2026-01/000001.parquet")).unwrap();
    place.pal(&["preview", "2026-03"]).exits(1).tells("restore the data folder");

    for garbage in [
        "",
        "no database, whatever its name says, and longer than the head of one: a hundred bytes and more are needed",
    ] {
        place.write("pal-data/workspace.sqlite", garbage);
        let ran = place.pal(&["statement", "list"]).exits(1);
        ran.tells("workspace.sqlite` is damaged or no workspace\nhint: restore");
    }
}

/// `/dev/full` is a disk without room.
#[test]
fn an_answer_that_cannot_be_written_is_a_fault_with_what_to_do() {
    let place = Place::new();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = place.command(&["version"]).stdout(full).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.starts_with("error: cannot write the answer\n  because No space left"), "{words}");
    assert!(words.contains("hint: make room on the disk"), "{words}");
}

#[test]
fn files_that_cannot_take_their_names_are_not_left_behind() {
    let place = Place::new();
    place.write("out/statement.csv/in-the-way", "");
    let arguments = ["attribute", &example("demo-world"), "--month", "2026-03", "--out", "out"];
    place.pal(&arguments).exits(2).tells("cannot write `out/statement.csv`").tells("hint: ");
    assert_eq!(place.names("out"), ["statement.csv/in-the-way"]);
}

#[test]
fn usage_is_2() {
    let place = Place::new();
    place.pal(&["attribute", &example("demo-world")]).exits(2).tells("--month");
    place.write("facts/resources.csv", "resource_id,product,colour\n");
    place.pal(&["attribute", "facts", "--month", "2026-03"]).exits(2).tells("`colour`");
}

#[test]
fn not_found_is_3() {
    let place = Place::new();
    place.pal(&["statement", "list"]).exits(3).tells("pal init");
    place.pal(&["init"]).exits(0);
    place.pal(&["statement", "show", "2026-03"]).exits(3).tells("2026-03 is not closed");
    place.pal(&["import", "facts", "nowhere"]).exits(3).tells("nowhere");
}

#[test]
fn nobody_signed_in_is_4() {
    Place::new().pal(&["link", "show"]).exits(4).tells("nobody is signed in\nhint: ");
}

#[test]
fn a_conflict_is_5() {
    let place = Place::with_workspace();
    place.pal(&["init"]).exits(5).tells("already holds a workspace");
    place.pal(&["close", "2999-01"]).exits(5).tells("2999-01 is not over");
}

#[test]
fn some_rows_refused_is_6() {
    let place = Place::with_workspace();
    place.write("facts/resources.csv", format!("{RESOURCES}r2,power_bi,\n"));
    place.pal(&["import", "facts", "facts"]).exits(6).tells("refused: resources.csv:3, column `tenant_id`");
    assert!(place.pal(&["import", "list"]).json()["imports"].as_array().unwrap().is_empty());
    place.pal(&["import", "facts", "facts", "--allow-refused", "1"]).exits(0);
}

/// A pipe in place of a file makes the command wait for the test.
#[test]
fn interrupted_is_130() {
    let place = Place::with_workspace();
    place.write("facts/resources.csv", RESOURCES);
    let pipe = place.path("facts/activity.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = place.command(&["import", "facts", "facts"]);
    let running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let writer = fs::File::options().write(true).open(&pipe).unwrap();
    let process = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    let output = running.wait_with_output().unwrap();
    drop(writer);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{words}");
    assert!(words.contains("interrupted: what was not finished was not kept"), "{words}");
    assert!(place.pal(&["import", "list"]).exits(0).json()["imports"].as_array().unwrap().is_empty());
}
