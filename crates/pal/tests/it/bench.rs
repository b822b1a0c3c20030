//! `pal bench generate`: the same facts from the same arguments, in every layout, and facts that can be stated.

use crate::command::Place;

/// A small world, with these arguments more.
fn generated(place: &Place, folder: &str, more: &[&str]) -> Vec<(String, Vec<u8>)> {
    let small = ["--rows", "3000", "--days", "40", "--tenants", "3", "--resources", "40", "--people", "200"];
    let arguments = [&["bench", "generate", folder][..], &small, more].concat();
    place.pal(&arguments).exits(0).tells("wrote 3000 rows of activity");
    place.files(folder)
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let place = Place::new();
    let first = generated(&place, "first", &[]);
    assert_eq!(first.len(), 9 + 40, "nine tables, and a file for each day");
    assert!(first == generated(&place, "again", &[]));
    assert!(first != generated(&place, "other", &["--seed", "2"]));
    let names = generated(&place, "activity", &["--only-activity"]);
    assert_eq!(names.len(), 40);
    assert!(names.iter().all(|file| first.contains(file)), "activity is the same without the tables");
}

#[test]
fn all_layouts_give_one_statement() {
    let place = Place::new();
    let state = |folder: &str, more: &[&str]| {
        let files = generated(&place, folder, more);
        let out = format!("{folder}-out");
        let ran = place.pal(&["attribute", folder, "--month", "2025-01", "--out", &out]).exits(0);
        assert!(!ran.stderr.contains("refused"), "{}", ran.stderr);
        (files.len(), place.files(&out))
    };
    let (_, first) = state("first", &[]);
    let statement = first.iter().find(|(name, _)| name == "statement.csv").unwrap();
    let text = String::from_utf8(statement.1.clone()).unwrap();
    assert_eq!(text.lines().count(), 41);
    assert!(text.contains(",credited,") && text.contains(",uncredited,"), "{text}");
    for (name, more) in [
        ("unsorted", &["--order", "none"][..]),
        ("by-resource", &["--order", "resource"]),
        ("plain", &["--coding", "plain"]),
        ("binary", &["--ids", "binary"]),
    ] {
        assert!(state(name, more).1 == first, "{name}");
    }
    let (files, statement) = state("one", &["--files", "one", "--order", "none"]);
    assert_eq!(files, 10);
    assert!(statement == first, "one file");
    assert!(state("uniform", &["--spread", "uniform"]).1 != first);
}

#[test]
fn the_numbers_asked_for_are_there() {
    let place = Place::new();
    let lines = |folder: &str, table: &str| place.read(&format!("{folder}/{table}.csv")).lines().count() - 1;
    generated(&place, "usual", &[]);
    assert_eq!([lines("usual", "ownership"), lines("usual", "links")], [8, 2]);
    generated(&place, "more", &["--owner-events", "500", "--links", "700"]);
    assert_eq!([lines("more", "ownership"), lines("more", "links")], [500, 700]);
    assert_eq!([lines("more", "principals"), lines("more", "resources")], [200, 40]);
    let ran = place.pal(&["attribute", "more", "--month", "2025-01..2025-02"]).exits(0);
    assert!(!ran.stderr.contains("refused"), "{}", ran.stderr);
}

#[test]
fn only_an_empty_folder_is_written_into() {
    let place = Place::new();
    place.write("taken/links.csv", "");
    let ran = place.pal(&["bench", "generate", "taken"]).exits(5);
    ran.tells("error: `taken` is not empty\nhint: name a new folder, or an empty one");
    place.write("file", "");
    place.pal(&["bench", "generate", "file"]).exits(2).tells("cannot make the folder `file`");
    place.pal(&["bench", "generate", "new", "--late", "1001"]).exits(2).tells("1001 is not in 0..=1000");
    assert_eq!(place.names("new"), Vec::<String>::new());
}
