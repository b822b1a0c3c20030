//! What came since a version: activity alone, activity with rows that decide nothing, and a fact of each table.

use serde_json::{Value, json};

use crate::command::Place;
use crate::workspace::import;

const ACTIVITY: &str = "occurred_at,tenant_id,resource_id,object_id,kind\n";

/// A workspace whose month was closed once.
fn closed() -> Place {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", "tenant_id,name\nt,Tenant\n");
    let principals = "tenant_id,object_id,kind\nt,maker,user\nt,other,user\nt,robot,service_principal\n";
    place.write("facts/principals.csv", principals);
    let resources = "resource_id,product,tenant_id\nr,power_automate,t\n\"q,\"\"\n\",power_automate,t\nci,customer_insights,t\n";
    place.write("facts/resources.csv", resources);
    let made = "event_id,resource_id,kind,object_id,occurred_at\ne,r,created,maker,2026-01-02T00:00:00Z\n";
    place.write("facts/ownership.csv", made);
    let links = "tenant_id,object_id,partner_id,linked_at\nt,maker,1,2026-01-01T00:00:00Z\n\
        t,other,2,2026-01-01T00:00:00Z\n";
    place.write("facts/links.csv", links);
    let aliases = "tenant_id,kind,alias,id\nt,resource,name:r,r\nt,principal,upn:maker,maker\n";
    place.write("facts/aliases.csv", aliases);
    place.write(
        "facts/activity.csv",
        format!("{ACTIVITY}2026-03-02T00:00:00Z,t,r,u,use\n2026-03-02T00:00:00Z,t,r,upn:b,use\n"),
    );
    import(&place, "facts");
    place.pal(&["close", "2026-03"]).exits(0);
    place
}

/// What changed with an import that came late; the file is what its own reader makes of it, byte for byte.
fn adjustments(place: &Place) -> Vec<Value> {
    import(place, "late");
    place.pal(&["close", "2026-03"]).exits(0).tells("version 2");
    let kept = std::fs::read(place.path("pal-data/statements/2026-03/v2/adjustments.json.zst")).unwrap();
    let kept = String::from_utf8(zstd::decode_all(kept.as_slice()).unwrap()).unwrap();
    let read: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept, format!("{}\n", serde_json::to_string_pretty(&read).unwrap()));
    read["adjustments"].as_array().unwrap().clone()
}

/// The facts of the adjustment of a resource: table, and what activity is counted.
fn causes(adjustments: &[Value], resource: &str) -> Vec<(String, Option<(String, u64)>)> {
    let one = adjustments.iter().find(|one| one["resource_id"] == resource).unwrap();
    let facts = one["facts"].as_array().unwrap().iter();
    let counted = |row: &Value| Some((row["kind"].as_str()?.to_owned(), row["rows"].as_u64()?));
    facts.map(|fact| (fact["table"].as_str().unwrap().to_owned(), counted(&fact["row"]))).collect()
}

fn activity(kind: &str, rows: u64) -> (String, Option<(String, u64)>) {
    ("activity".to_owned(), Some((kind.to_owned(), rows)))
}

/// Activity of many sorts, on two lines.
fn late_activity(place: &Place) {
    // Of another tenant, of a robot, after the month, before it, by another name, a make by who claims, one by who does not.
    let rows = "2026-03-05T00:00:00Z,t,r,v,use\n2026-03-05T00:00:00Z,t,name:r,w,use\n\
        2026-03-05T00:00:00Z,x,r,v2,use\n2026-03-05T00:00:00Z,t,r,robot,use\n2026-04-01T00:00:00Z,t,r,v,use\n\
        2026-02-01T00:00:00Z,t,r,v,use\n2026-02-03T00:00:00Z,t,r,upn:maker,make\n\
        2026-03-06T00:00:00Z,t,r,maker,make\n2026-03-06T00:00:00Z,t,r,other,make\n\
        2026-03-07T00:00:00Z,t,\"q,\"\"\n\",v,use\n";
    place.write("late/activity.csv", format!("{ACTIVITY}{rows}"));
}

#[test]
fn activity_alone_is_counted_by_line_and_kind() {
    let place = closed();
    late_activity(&place);
    let made = adjustments(&place);
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(causes(&made, "r"), [activity("make", 2), activity("use", 2)]);
    assert_eq!(causes(&made, "q,\"\n"), [activity("use", 1)]);
    let of_r = made.iter().find(|one| one["resource_id"] == "r").unwrap();
    assert_eq!((&of_r["before"]["quantity"], &of_r["after"]["quantity"]), (&json!(2), &json!(4)));
    assert_eq!(of_r["after"]["last_active_at"], "2026-03-06T00:00:00Z");
}

#[test]
fn with_rows_that_decide_nothing_it_is_counted_the_same() {
    let (alone, beside) = (closed(), closed());
    late_activity(&alone);
    late_activity(&beside);
    beside.write("late/runs.csv", "resource_id,day,runs\nr,2026-03-05,7\n");
    let coverage = "tenant_id,product,covered_from,covered_until,source,actor_basis\n\
        t,power_automate,2026-03-01T00:00:00Z,2026-04-01T00:00:00Z,s,actor\n";
    let coverage = coverage.replace(",actor\n", &format!(",{}\n", pal_rules::word::ActorBasis::WORDS[0]));
    beside.write("late/coverage.csv", coverage);
    assert_eq!(adjustments(&alone), adjustments(&beside));
}

#[test]
fn a_fact_of_another_table_is_told() {
    let late = [
        ("partners", "partner_id,name,kind\n2,Quillhaven,location\n"),
        ("tenants", "tenant_id,name,own_global_partner_id,observed_at\nt,Tenant,1,2026-03-09T00:00:00Z\n"),
        (
            "principals",
            "tenant_id,object_id,kind,disabled_at,observed_at\nt,maker,user,2026-02-01T00:00:00Z,2026-03-09T00:00:00Z\n",
        ),
        (
            "links",
            "tenant_id,object_id,partner_id,linked_at,unlinked_at\nt,maker,1,2026-01-01T00:00:00Z,2026-03-01T00:00:00Z\n",
        ),
        (
            "resources",
            "resource_id,product,tenant_id,environment_id,observed_at\nr,power_automate,t,e,2026-03-09T00:00:00Z\n",
        ),
        (
            "ownership",
            "event_id,resource_id,kind,object_id,occurred_at\nf,r,owner_set,other,2026-02-02T00:00:00Z\n",
        ),
        ("aliases", "tenant_id,kind,alias,id\nt,principal,upn:b,u\n"),
    ];
    for (table, rows) in late {
        let place = closed();
        place.write(&format!("late/{table}.csv"), rows);
        let made = adjustments(&place);
        let causes = causes(&made, "r");
        assert!(causes.iter().any(|(of, _)| of == table), "{table}: {made:?}");
    }
    let place = closed();
    place.write("late/profiles.csv", "resource_id,measured_at,unified_profiles\nci,2026-03-09T00:00:00Z,5\n");
    assert_eq!(causes(&adjustments(&place), "ci"), [("profiles".to_owned(), None)]);
}
