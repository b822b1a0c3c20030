//! Command lines that are not what they should be: what is said, and exit 2.

use crate::command::{Place, Ran, example};
use crate::snapshot::says;

#[test]
fn mistakes_are_named_with_what_was_meant() {
    let place = Place::new();
    let world = example("demo-world");
    // The help itself is held by `docs/cli.md`.
    place.pal(&[]).exits(2).tells("Usage: pal [OPTIONS] <COMMAND>");
    says(&place, "usage_unknown_verb", &["statment", "list"]).exits(2);
    says(&place, "usage_unknown_noun_verb", &["statement", "shwo", "2026-03"]).exits(2);
    says(&place, "usage_unknown_format", &["version", "-o", "xml"]).exits(2);
    says(&place, "usage_bad_month", &["attribute", &world, "--month", "2026-13"]).exits(2);
    says(&place, "usage_reversed_range", &["attribute", &world, "--month", "2026-03..2026-01"]).exits(2);
    says(&place, "usage_names_without_out", &["attribute", &world, "--month", "2026-03", "--names"]).exits(2);
    says(
        &place,
        "usage_negative_allowance",
        &["attribute", &world, "--month", "2026-03", "--allow-refused", "-1"],
    )
    .exits(2);
}

#[test]
fn an_instant_has_a_zone_and_lies_after_the_months_start() {
    let place = Place::new();
    let world = example("demo-world");
    let asked = |name: &str, as_of: &str| {
        says(&place, name, &["attribute", &world, "--month", "2026-03", "--as-of", as_of, "-o", "none"])
            .exits(2);
    };
    asked("usage_as_of_at_start", "2026-03-01T00:00:00Z");
    asked("usage_as_of_at_start_elsewhere", "2026-03-01T01:00:00+01:00");
    asked("usage_as_of_before_start", "2026-02-17T00:00:00Z");
    asked("usage_as_of_without_zone", "2026-03-17T12:00:00");
    let first = ["attribute", &world, "--month", "2026-03", "-o", "none", "--as-of"];
    place.pal(&[&first[..], &["2026-03-01T00:00:00.000001Z"]].concat()).exits(0);
}

#[test]
fn a_query_that_cannot_be_read_stops_a_command_before_it_does_anything() {
    let place = Place::new();
    says(&place, "usage_no_jmespath", &["init", "--query", "lines["]).exits(2);
    assert!(place.names("").is_empty());
    says(&place, "usage_jmespath_that_fails", &["version", "--query", "join(`1`, versions)"]).exits(2);
}

#[test]
fn the_environment_gives_what_no_flag_says() {
    let place = Place::new();
    let with = |name: &str, value: &str, arguments: &[&str]| {
        Ran::of(arguments, place.command(arguments).env(name, value)).exits(0)
    };
    assert!(with("PAL_OUTPUT", "csv", &["version"]).stdout.starts_with("version,rules_version\n"));
    assert!(with("PAL_OUTPUT", "csv", &["version", "-o", "json"]).stdout.starts_with('{'));
    with("PAL_DATA", "there", &["init"]);
    with("PAL_DATA", "there", &["init", "--data", "here"]);
    assert_eq!(place.names(""), ["here/workspace.sqlite", "there/workspace.sqlite"]);
}
