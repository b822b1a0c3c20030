//! `pal explain` on the demo world, and a loss of two partners.

use crate::command::Place;
use crate::snapshot::says;

fn demo() -> Place {
    let place = Place::new();
    place.pal(&["demo", "--folder", "pal-data"]).exits(0);
    place
}

#[test]
fn explains_each_kind_of_line() {
    let place = demo();
    for (name, resource, month) in [
        ("explain_credited", "Dock Scheduling", "2026-02"),
        ("explain_lost", "Dock Scheduling", "2026-03"),
        ("explain_uncredited", "Customs Papers", "2026-03"),
        ("explain_linked_late", "Discharge Checklist", "2026-02"),
        ("explain_disabled", "Shift Swap", "2026-05"),
        ("explain_link_removed", "Store Audit", "2026-03"),
        ("explain_import_kept", "Quality Check", "2026-04"),
        ("explain_import_lost", "Outage Desk", "2026-02"),
        ("explain_instance", "Customer 360", "2026-10"),
        ("explain_dataset", "Loss Ratio", "2026-01"),
        ("explain_deleted", "Old Fleet List", "2026-01"),
        ("explain_unknown_coverage", "Sales per Store", "2026-06"),
        ("explain_at_least", "Quality Alert", "2026-03"),
        ("explain_group_co_owner", "Bed Planner", "2026-07"),
        ("explain_inventory_only", "Visitor Badges", "2026-10"),
        ("explain_own_tenant", "Time Sheets", "2026-10"),
        ("explain_system", "Approval Housekeeping", "2026-10"),
    ] {
        says(&place, name, &["explain", resource, "--month", month, "-o", "table"]).exits(0);
    }
    says(&place, "explain_json", &["explain", "Dock Scheduling", "--month", "2026-03"]).exits(0);
    says(
        &place,
        "explain_json_group",
        &["explain", "Bed Planner", "--month", "2026-07", "--query", "evidence.claims"],
    )
    .exits(0);
    says(&place, "explain_csv", &["explain", "Customs Papers", "--month", "2026-03", "-o", "csv"]).exits(0);
}

#[test]
fn says_why_there_is_nothing_to_explain() {
    let place = demo();
    says(&place, "explain_after_deletion", &["explain", "Old Fleet List", "--month", "2026-02"]).exits(3);
    says(&place, "explain_several", &["explain", "re-import", "--month", "2026-03"]).exits(2);
    says(&place, "explain_nothing", &["explain", "no such app", "--month", "2026-03"]).exits(3);
    says(&place, "explain_open_month", &["explain", "Dock Scheduling", "--month", "2025-08", "-o", "table"])
        .exits(0);
    says(
        &place,
        "explain_no_version",
        &["explain", "Dock Scheduling", "--month", "2026-03", "--version", "7"],
    )
    .exits(3);
}

/// An app that was imported by one partner and edited by another, and is now held by nobody's account.
#[test]
fn tells_a_loss_of_two_partners() {
    let place = Place::with_workspace();
    let file = |name: &str, text: &str| place.write(&format!("facts/{name}.csv"), text);
    file("tenants", "tenant_id,name\nt1,Bellmere\n");
    file("partners", "partner_id,name,kind\n1,Brackenfold,location\n2,Quillhaven,location\n");
    file(
        "principals",
        "tenant_id,object_id,kind,name\nt1,noor,guest,Noor\nt1,sami,guest,Sami\nt1,elio,user,Elio\n",
    );
    file(
        "links",
        "tenant_id,object_id,partner_id,linked_at\nt1,noor,1,2025-01-01T00:00:00Z\nt1,sami,2,2025-01-01T00:00:00Z\n",
    );
    file("environments", "environment_id,tenant_id,name,kind\ne1,t1,Production,production\n");
    file("resources", "resource_id,product,tenant_id,environment_id,name\nr1,power_apps_canvas,t1,e1,Yard\n");
    file(
        "ownership",
        "event_id,resource_id,kind,object_id,occurred_at\n1,r1,created,noor,2025-06-01T00:00:00Z\n2,r1,owner_set,elio,2026-02-01T00:00:00Z\n",
    );
    file(
        "activity",
        "occurred_at,tenant_id,resource_id,object_id,kind\n2026-02-03T09:00:00Z,t1,r1,sami,make\n2026-02-04T09:00:00Z,t1,r1,elio,use\n",
    );
    place.pal(&["import", "facts", "facts"]).exits(0);
    place.pal(&["close", "2026-01..2026-02"]).exits(0);
    says(&place, "explain_lost_by_two", &["explain", "Yard", "--month", "2026-02", "-o", "table"]).exits(0);
    let lost = says(
        &place,
        "explain_lost_by_two_json",
        &["explain", "Yard", "--month", "2026-02", "--query", "lost_to"],
    );
    assert_eq!(lost.exits(0).json().as_array().unwrap().len(), 2);
}
