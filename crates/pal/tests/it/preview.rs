//! `pal preview`: what the closing will be, and what it is so far.

use crate::command::{Place, example};
use crate::snapshot::says;

#[test]
fn a_preview_is_what_the_closing_will_be() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    let preview = place.pal(&["preview", "2026-03", "-o", "csv"]).exits(0).stdout;
    assert_eq!(place.pal(&["statement", "list", "-o", "tsv"]).exits(0).stdout, "", "a preview keeps nothing");
    place.pal(&["close", "2026-03"]).exits(0);
    assert_eq!(preview, place.pal(&["statement", "show", "2026-03", "-o", "csv"]).exits(0).stdout);
    let half = ["preview", "2026-03", "--as-of", "2026-03-17T12:00:00Z"];
    says(
        &place,
        "preview_as_of",
        &[&half[..], &["-o", "table", "--query", "lines[:4].[resource_name, quantity]"]].concat(),
    )
    .exits(0);
    says(&place, "preview_as_of_before_start", &["preview", "2026-03", "--as-of", "2026-02-17T12:00:00Z"])
        .exits(2);
}
