//! Rows of activity in another tenant than that of their resource, in a workspace.

use crate::command::{Place, example};

const OWN: &str = "7e010000-0000-4000-8000-000000000001";
const OTHER: &str = "7e020000-0000-4000-8000-000000000002";
const RESOURCE: &str = "ca010002-0000-4000-8000-000000000001";
const GUID_ALIAS: &str = "abababab-0000-4000-8000-000000000001";

#[test]
fn rows_of_a_wrong_tenant_are_found_among_all_others_by_any_name_of_their_resource() {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    let alias = |alias: &str| format!("{OWN},resource,{alias},{RESOURCE}\n");
    let aliases = format!("tenant_id,kind,alias,id\n{}{}", alias("old-name"), alias(GUID_ALIAS));
    place.write("late/aliases.csv", aliases);
    let mut rows = "occurred_at,tenant_id,resource_id,object_id,kind\n".to_owned();
    for (at, tenant, resource, kind) in [
        ("2026-03-05T10:00:00Z", OWN, RESOURCE, "use"),
        ("2026-03-06T10:00:00Z", OTHER, RESOURCE, "make"),
        ("2026-02-10T10:00:00Z", OTHER, "old-name", "use"),
        ("2026-02-11T10:00:00Z", OWN, "old-name", "use"),
        ("2026-01-10T10:00:00Z", OTHER, RESOURCE, "use"),
        ("2026-05-10T10:00:00Z", OTHER, RESOURCE, "use"),
        ("2026-03-07T10:00:00Z", OTHER, GUID_ALIAS, "use"),
        ("2026-03-08T10:00:00Z", OTHER, "unknown", "use"),
    ] {
        rows.push_str(&format!("{at},{tenant},{resource},u,{kind}\n"));
    }
    place.write("late/activity.csv", rows);
    place.pal(&["import", "facts", "late"]).exits(0);
    let refused = |lines: &[u32]| {
        let lines = lines.iter().map(|line| format!("import 2: activity.csv,{line},,wrong_tenant\n"));
        "file,line,column,reason\n".to_owned() + &lines.collect::<String>()
    };
    for (month, lines) in [("2026-02", &[4, 6][..]), ("2026-03", &[3, 4, 6, 8])] {
        place.pal(&["close", month]).exits(0);
        assert_eq!(place.read(&format!("pal-data/statements/{month}/v1/refused.csv")), refused(lines));
    }
    // What is told first is told again when the month is read from its state.
    place.pal(&["close", "2026-03"]).exits(0).tells("version 1 stands\n");
    place.pal(&["preview", "2026-03", "-o", "none"]).exits(0).tells("activity.csv:8: wrong_tenant");
}
