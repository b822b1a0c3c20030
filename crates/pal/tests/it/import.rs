//! `pal import`: what is told of each file, once and again, and what stops it.

use crate::command::{Place, example};
use crate::shared_worlds::{small_worlds, write_csv};
use crate::snapshot::{holds, says};

#[test]
fn tells_what_became_of_every_file() {
    let place = Place::with_workspace();
    let world = example("demo-world");
    says(&place, "import_table", &["import", "facts", &world, "-o", "table"]).exits(0);
    says(&place, "import_again", &["import", "facts", &world, "-o", "table"]).exits(0);
    says(&place, "import_json", &["import", "facts", &example("late-facts")]).exits(0);
    let listed = place.pal(&["import", "list", "-o", "csv"]).exits(0);
    holds(&place, "import_list", &listed.stdout);
    holds(&place, "import_activity_files", &place.names("pal-data/activity").join("\n"));
}

#[test]
fn lists_refused_rows_and_goes_on_only_where_they_are_allowed() {
    let place = Place::with_workspace();
    let dirty = small_worlds().into_iter().find(super::shared_worlds::KnownWorld::dirty).unwrap();
    write_csv(&place, "facts", &dirty.tables(), "\n");
    says(&place, "import_refused", &["import", "facts", "facts"]).exits(6);
    assert_eq!(place.pal(&["import", "list", "-o", "tsv"]).exits(0).stdout, "");
    says(&place, "import_allowed", &["import", "facts", "facts", "--allow-refused", "100", "-o", "table"])
        .exits(0);
    says(
        &place,
        "import_allowed_again",
        &["import", "facts", "facts", "--allow-refused", "100", "-o", "table"],
    )
    .exits(0);
    says(&place, "close_dirty", &["close", "2026-03", "-o", "table"]).exits(0);
}

#[test]
fn a_part_of_the_tables_is_enough() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("late-facts")]).exits(0);
    says(&place, "import_nowhere", &["import", "facts", "nowhere"]).exits(3);
    says(&place, "close_hardly_any_facts", &["close", "2026-03", "-o", "table"]).exits(5);
}

/// As an export, half of a facts directory would be read, and contradict the other half for good.
#[test]
fn a_facts_directory_is_sent_to_its_own_command() {
    let place = Place::with_workspace();
    let ran = place.pal(&["import", "auto", &example("demo-world")]).exits(6);
    assert!(ran.stderr.contains("pal import facts"), "{}", ran.stderr);
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.pal(&["close", "2026-03"]).exits(0);
    assert_eq!(place.read("pal-data/statements/2026-03/v1/refused.csv").lines().count(), 1);
}

/// Kept, it would be a time of the year 10000, which no text says: nothing could read it again.
#[test]
fn a_time_that_its_offset_takes_out_of_all_years_is_refused() {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", "tenant_id,name\nt,Customer\n");
    place.write("facts/principals.csv", "tenant_id,object_id,kind\nt,ann,user\n");
    let head = "resource_id,product,tenant_id,name,created_at";
    let (last, beyond) = ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00");
    let rows =
        format!("a,power_bi,t,A,2026-01-01T00:00:00Z\nb,power_bi,t,B,{last}\nc,power_bi,t,C,{beyond}\n");
    place.write("facts/resources.csv", format!("{head}\n{rows}"));
    place
        .pal(&["import", "facts", "facts"])
        .exits(6)
        .tells("resources.csv:4")
        .tells(beyond)
        .tells("in the years 0 to 9999 of UTC");
    place.pal(&["import", "facts", "facts", "--allow-refused", "1"]).exits(0);
    let closed = place.pal(&["close", "2026-03"]).exits(0).json();
    assert_eq!(closed["closed"][0]["resources"], 1);
}
