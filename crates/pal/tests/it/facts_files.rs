//! Facts directories that are not what they should be: what is said of each file, and how it ends.

use std::fs;

use crate::command::{Place, Ran};
use crate::naive::Table;
use crate::physical::{self, Form};
use crate::snapshot::says;

const ACTIVITY: &str =
    "occurred_at,tenant_id,resource_id,object_id,kind\n2026-03-02T08:00:00Z,t1,r1,u1,use\n";

/// A small whole set of facts in `facts`.
fn world() -> Place {
    let place = Place::new();
    place.write("facts/tenants.csv", "tenant_id,name\nt1,Bellmere\n");
    place.write("facts/principals.csv", "tenant_id,object_id,kind\nt1,u1,user\n");
    place.write("facts/resources.csv", "resource_id,product,tenant_id\nr1,power_bi,t1\n");
    place.write("facts/activity.csv", ACTIVITY);
    place
}

fn attribute(place: &Place, name: &str) -> Ran {
    says(place, name, &["attribute", "facts", "--month", "2026-03", "-o", "csv"])
}

/// The world with one file written over.
fn with(name: &str, file: &str, bytes: impl AsRef<[u8]>) -> Ran {
    let place = world();
    place.write(&format!("facts/{file}"), bytes);
    attribute(&place, name)
}

#[test]
fn directories() {
    let place = Place::new();
    attribute(&place, "facts_missing_directory").exits(3);
    fs::create_dir(place.path("facts")).unwrap();
    attribute(&place, "facts_empty_directory").exits(2);
    place.write("facts/tenants.csv", "tenant_id,name\n");
    attribute(&place, "facts_missing_required_tables").exits(2);
    place.write("file", "");
    says(&place, "facts_file_for_a_directory", &["attribute", "file", "--month", "2026-03"]).exits(2);
}

#[test]
fn files() {
    attribute(&world(), "facts_good").exits(0);
    with("facts_unknown_table", "activities.csv", ACTIVITY).exits(2);
    with("facts_empty_file", "links.csv", "").exits(2);
    with("facts_header_only", "links.csv", "tenant_id,object_id,linked_at\n").exits(0);
    with("facts_directory_for_a_file", "links.csv/part.parquet", "").exits(2);
    with("facts_csv_in_a_folder", "links/part.csv", "tenant_id,object_id,linked_at\n").exits(2);
    with("facts_no_parquet", "links.parquet", "tenant_id,object_id,linked_at\n").exits(2);
    with("facts_notes_beside", "README.md", "notes").exits(0);
    let place = world();
    physical::write(&place.path("facts"), "activity", &Table::parse(ACTIVITY), Form::Typed);
    attribute(&place, "facts_two_forms").exits(2);
}

#[test]
fn columns() {
    with("facts_unknown_column", "tenants.csv", "tenant_id,name,colour\nt1,Bellmere,blue\n").exits(2);
    with("facts_missing_column", "tenants.csv", "tenant_id\nt1\n").exits(2);
    with("facts_repeated_column", "tenants.csv", "tenant_id,name,name\nt1,Bellmere,Bellmere\n").exits(2);
    with("facts_no_header", "tenants.csv", "t1,Bellmere\n").exits(2);
}

#[test]
fn cells() {
    let tenant = |cell: &[u8]| [b"tenant_id,name\nt1,", cell, b"\n"].concat();
    with("facts_not_utf8", "tenants.csv", tenant(b"Bellm\xe8re")).exits(6);
    with("facts_nul", "tenants.csv", tenant(b"Bell\0mere")).exits(6);
    with("facts_too_many_cells", "tenants.csv", tenant(b"Bellmere,more")).exits(6);
    with("facts_time_without_zone", "activity.csv", ACTIVITY.replace("00Z", "00")).exits(6);
    with("facts_unknown_word", "activity.csv", ACTIVITY.replace("use", "look")).exits(6);
    let many = "t2,\n".repeat(30);
    with("facts_many_refused", "tenants.csv", format!("tenant_id,name\nt1,Bellmere\n{many}")).exits(6);
}

#[test]
fn a_bom_line_ends_and_parquet_make_no_difference() {
    let expected = stdout(&world());
    for text in
        [format!("\u{feff}{ACTIVITY}"), ACTIVITY.replace('\n', "\r\n"), ACTIVITY.trim_end().to_owned()]
    {
        let place = world();
        place.write("facts/activity.csv", text);
        assert_eq!(stdout(&place), expected);
    }
    for form in Form::ALL {
        let place = world();
        fs::remove_file(place.path("facts/activity.csv")).unwrap();
        physical::write(&place.path("facts"), "activity", &Table::parse(ACTIVITY), form);
        assert_eq!(stdout(&place), expected, "{form:?}");
    }
}

fn stdout(place: &Place) -> String {
    place.pal(&["attribute", "facts", "--month", "2026-03", "-o", "csv"]).exits(0).stdout
}

#[test]
fn timestamps_without_a_zone_are_refused_unless_they_are_said_to_be_utc() {
    let place = world();
    let expected = stdout(&place);
    fs::remove_file(place.path("facts/activity.csv")).unwrap();
    physical::write(&place.path("facts"), "activity", &Table::parse(ACTIVITY), Form::NoZone);
    attribute(&place, "facts_parquet_without_zone").exits(2);
    let ran = place.pal(&["attribute", "facts", "--month", "2026-03", "-o", "csv", "--assume-utc"]).exits(0);
    assert_eq!(ran.stdout, expected);
    place.pal(&["init"]).exits(0);
    place.pal(&["import", "facts", "facts"]).exits(2);
    place.pal(&["import", "facts", "facts", "--assume-utc"]).exits(0);
}
