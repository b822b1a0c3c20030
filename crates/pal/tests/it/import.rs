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
