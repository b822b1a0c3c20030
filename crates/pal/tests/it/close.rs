//! `pal close`: months that are over, and months that are not.

use std::time::UNIX_EPOCH;

use pal_rules::time::{Month, Timestamp};

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
