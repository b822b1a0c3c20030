//! Adjustments of small workspaces: which facts they name, and which not.

use serde_json::{Value, json};

use crate::command::Place;
use crate::workspace::import;

#[test]
fn what_a_user_turns_out_to_be_and_where_a_resource_lies_are_causes() {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", "tenant_id,name\nt,Tenant\n");
    place.write("facts/principals.csv", "tenant_id,object_id,kind\nt,maker,user\n");
    place.write("facts/resources.csv", "resource_id,product,tenant_id\nr1,power_bi,t\nr2,power_bi,t\n");
    let activity = "occurred_at,tenant_id,resource_id,object_id,kind\n2026-03-02T00:00:00Z,t,r1,upn:a,use\n";
    place.write("facts/activity.csv", activity);
    import(&place, "facts");
    place.pal(&["close", "2026-03"]).exits(0);

    place.write("late/principals.csv", "tenant_id,object_id,kind\nt,robot,service_principal\n");
    place.write("late/aliases.csv", "tenant_id,kind,alias,id\nt,principal,upn:a,robot\n");
    let moved =
        "resource_id,product,tenant_id,environment_id,observed_at\nr2,power_bi,t,e,2026-04-02T00:00:00Z\n";
    place.write("late/resources.csv", moved);
    import(&place, "late");
    place.pal(&["close", "2026-03"]).exits(0).tells("version 2");

    let diff = place.pal(&["statement", "diff", "2026-03"]).exits(0).json();
    let adjustments = diff["adjustments"].as_array().unwrap();
    let causes: Vec<Vec<&str>> = adjustments
        .iter()
        .map(|one| {
            one["facts"].as_array().unwrap().iter().map(|fact| fact["table"].as_str().unwrap()).collect()
        })
        .collect();
    assert_eq!(causes, [vec!["principals", "aliases"], vec!["resources"]], "{diff}");
    assert_eq!(adjustments[1]["before"]["environment_id"], Value::Null);
    assert_eq!(adjustments[1]["after"]["environment_id"], "e");
}

#[test]
fn a_partner_directory_that_comes_late_is_a_cause() {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", "tenant_id,name\nt,Tenant\n");
    place.write("facts/principals.csv", "tenant_id,object_id,kind\nt,maker,user\n");
    place.write("facts/resources.csv", "resource_id,product,tenant_id\nr,power_automate,t\n");
    let made = "event_id,resource_id,kind,object_id,occurred_at\ne,r,created,maker,2026-01-02T00:00:00Z\n";
    place.write("facts/ownership.csv", made);
    let links = "tenant_id,object_id,partner_id,linked_at,unlinked_at\n\
        t,maker,1,2026-01-01T00:00:00Z,2026-03-15T00:00:00Z\nt,maker,2,2026-03-01T00:00:00Z,\n";
    place.write("facts/links.csv", links);
    import(&place, "facts");
    place.pal(&["close", "2026-03"]).exits(0).tells("links.csv:3: overlap");

    // The link to 1 is refused now, so that it keeps the one to 2 out no more.
    place.write("late/partners.csv", "partner_id,name,kind\n2,Quillhaven,location\n");
    import(&place, "late");
    place.pal(&["close", "2026-03"]).exits(0).tells("links.csv:2: unknown_partner");
    let diff = place.pal(&["statement", "diff", "2026-03"]).exits(0).json();
    assert_eq!(diff["adjustments"][0]["after"]["partner_id"], "2");
    assert_eq!(diff["adjustments"][0]["facts"][0]["address"], "import 2: partners.csv:2");
}

#[test]
fn a_setting_that_lets_other_links_in_is_a_cause() {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", "tenant_id,name\nt,Tenant\n");
    place.write("facts/principals.csv", "tenant_id,object_id,kind\nt,maker,user\n");
    place.write("facts/resources.csv", "resource_id,product,tenant_id\nr,power_automate,t\n");
    let made = "event_id,resource_id,kind,object_id,occurred_at\ne,r,created,maker,2026-01-02T00:00:00Z\n";
    place.write("facts/ownership.csv", made);
    let links = "tenant_id,object_id,partner_id,linked_at,known_from\n\
        t,maker,1,2026-01-01T00:00:00Z,this_server\nt,other,1,2026-01-01T00:00:00Z,this_server\n";
    place.write("facts/links.csv", links);
    import(&place, "facts");
    place.pal(&["close", "2026-03"]).exits(0);
    place.pal(&["close", "2026-03", "--links-from", "both"]).exits(0).tells("version 2");
    let diff = place.pal(&["statement", "diff", "2026-03"]).exits(0).json();
    let setting = json!({
        "table": "settings", "address": "links_from", "row": {"before": "microsoft", "after": "both"}
    });
    assert_eq!(diff["adjustments"][0]["facts"], json!([setting]));
    let words = place.pal(&["statement", "diff", "2026-03", "-o", "table"]).exits(0).stdout;
    assert!(words.contains("because of the setting links_from: before microsoft, after both"), "{words}");
}

#[test]
fn facts_that_cannot_have_changed_a_line_are_not_named() {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", "tenant_id,name\nt,Tenant\n");
    place.write("facts/principals.csv", "tenant_id,object_id,kind\nt,maker,user\n");
    place.write("facts/resources.csv", "resource_id,product,tenant_id\nr,power_automate,t\n");
    let ownership = "event_id,resource_id,kind,object_id,occurred_at\n";
    place.write("facts/ownership.csv", format!("{ownership}e,r,created,maker,2026-01-02T00:00:00Z\n"));
    place.write(
        "facts/links.csv",
        "tenant_id,object_id,partner_id,linked_at\nt,maker,1,2026-01-01T00:00:00Z\n",
    );
    import(&place, "facts");
    place.pal(&["close", "2026-03"]).exits(0);

    // One use in the month; all else is later, of no column that changed, or told of no flow.
    let activity = "occurred_at,tenant_id,resource_id,object_id,kind\n2026-03-31T00:00:00Z,t,r,u,use\n\
        2026-04-01T00:00:00Z,t,r,u,use\n2026-02-01T00:00:00Z,t,r,u,use\n2026-03-02T00:00:00Z,t,r,u,make\n";
    place.write("late/activity.csv", activity);
    place.write("late/tenants.csv", "tenant_id,name,observed_at\nt,Renamed,2026-04-01T00:00:00Z\n");
    place.write("late/ownership.csv", format!("{ownership}f,r,owner_set,other,2026-04-01T00:00:00Z\n"));
    place.write(
        "late/links.csv",
        "tenant_id,object_id,partner_id,linked_at\nt,maker,2,2026-04-01T00:00:00Z\n",
    );
    let members = "tenant_id,group_id,object_id,member_from\nt,maker,u,2026-01-01T00:00:00Z\n";
    place.write("late/group_members.csv", members);
    import(&place, "late");
    place.pal(&["close", "2026-03"]).exits(0);
    let diff = place.pal(&["statement", "diff", "2026-03"]).exits(0).json();
    let used = json!({
        "table": "activity", "address": "import 2: activity.csv", "row": {"kind": "use", "rows": 1}
    });
    assert_eq!(diff["adjustments"][0]["facts"], json!([used]), "{diff}");
}
