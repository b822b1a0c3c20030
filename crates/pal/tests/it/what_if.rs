//! `pal what-if`: what it says of supposed facts is what comes when they are real.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::{Place, example};

const BELLMERE: &str = "7e010000-0000-4000-8000-000000000001";
const SERVICE_ACCOUNT: &str = "ba010001-0000-4000-8000-000000000001";
const MONTH: &str = "2026-03";

fn world() -> Place {
    let place = Place::with_workspace();
    place.pal(&["import", "facts", &example("demo-world")]).exits(0);
    place.pal(&["close", MONTH]).exits(0);
    place
}

/// What each partner (or nobody) has of each resource.
fn credit(place: &Place) -> BTreeMap<(String, String), i64> {
    let preview = place.pal(&["preview", MONTH]).json();
    let mut credit = BTreeMap::new();
    for line in preview["lines"].as_array().unwrap() {
        let partner = line["partner_id"].as_str().unwrap_or("nobody").to_owned();
        let resource = line["resource_id"].as_str().unwrap().to_owned();
        *credit.entry((resource, partner)).or_default() += line["quantity"].as_i64().unwrap();
    }
    credit
}

fn told(answer: &Value) -> BTreeMap<(String, String), i64> {
    let changes = answer["changes"].as_array().unwrap().iter();
    let key = |change: &Value| {
        let partner = change["partner_id"].as_str().unwrap_or("nobody").to_owned();
        (change["resource_id"].as_str().unwrap().to_owned(), partner)
    };
    changes.map(|change| (key(change), change["change"].as_i64().unwrap())).collect()
}

/// Holds what is told of supposed facts against a second workspace in which they are imported.
#[track_caller]
fn comes_true(supposed: &[&str], table: &str, rows: &str) {
    let (place, real) = (world(), world());
    place.write(&format!("changed/{table}.csv"), rows);
    real.write(&format!("changed/{table}.csv"), rows);
    let before = credit(&real);
    real.pal(&["import", "facts", "changed"]).exits(0);
    let after = credit(&real);
    let none = 0;
    let mut expected = BTreeMap::new();
    for key in before.keys().chain(after.keys()) {
        let change = after.get(key).unwrap_or(&none) - before.get(key).unwrap_or(&none);
        if change != 0 {
            expected.insert(key.clone(), change);
        }
    }
    assert!(!expected.is_empty(), "the change changes nothing");
    let overlay = place.pal(&["what-if", MONTH, "--facts", "changed"]).json();
    assert_eq!(told(&overlay), expected, "--facts");
    let flags = place.pal(&[&["what-if", MONTH], supposed].concat()).json();
    assert_eq!(told(&flags), expected, "{supposed:?}");
    assert_eq!(credit(&place), before, "nothing is kept");
}

#[test]
fn an_ended_link_takes_its_credit_away() {
    let rows = format!(
        "tenant_id,object_id,partner_id,linked_at,unlinked_at,known_from\n\
         {BELLMERE},{SERVICE_ACCOUNT},6000110,2025-05-12T08:14:00Z,2026-03-02T00:00:00Z,declared\n"
    );
    comes_true(&["--unlink", "brackenfold.service.account@bellmere.example@2026-03-02"], "links", &rows);
}

#[test]
fn a_new_owner_takes_credit_with_him() {
    let rows = "event_id,resource_id,kind,object_id,occurred_at\n\
                mine,f1020003-0000-4000-8000-000000000002,owner_set,ba020001-0000-4000-8000-000000000002,2026-03-01T00:00:00Z\n";
    let change = "f1020003-0000-4000-8000-000000000002=brackenfold.service.account@tarnfield.example";
    comes_true(&["--owner", change], "ownership", rows);
}

#[test]
fn an_account_that_is_disabled_counts_no_more() {
    let rows = format!(
        "tenant_id,object_id,kind,name,upn,disabled_at,enabled_at,observed_at\n\
         {BELLMERE},{SERVICE_ACCOUNT},user,Brackenfold service account,\
         brackenfold.service.account@bellmere.example,2026-03-10T00:00:00Z,,2026-04-01T00:00:00Z\n"
    );
    comes_true(
        &["--disable", &format!("bellmere.example/{SERVICE_ACCOUNT}@2026-03-10")],
        "principals",
        &rows,
    );
}

#[test]
fn an_import_by_another_account_makes_it_the_owner() {
    let place = world();
    let import = "Bellmere Production/YardOperations=bram.boersma@bellmere.example";
    let answer = place.pal(&["what-if", MONTH, "--import", import]).json();
    // Bram is not linked: what an account that does not count imports stays with the importer before (D2).
    assert!(told(&answer).is_empty(), "{answer}");
    let linked = "bram.boersma@bellmere.example=6000210";
    let answer = place.pal(&["what-if", MONTH, "--import", import, "--link", linked]).json();
    let yard = "ca010002-0000-4000-8000-000000000001".to_owned();
    let expected = [((yard.clone(), "6000110".to_owned()), -48), ((yard, "6000210".to_owned()), 48)];
    let told = told(&answer);
    for (key, change) in expected {
        assert_eq!(told.get(&key), Some(&change), "{told:?}");
    }
    let sums = answer["sums"].as_array().unwrap();
    assert!(
        sums.iter()
            .any(|sum| sum["partner_id"] == "6000210" && sum["after"].as_i64() > sum["before"].as_i64())
    );
}

#[test]
fn an_import_reaches_an_app_elsewhere_whose_environment_is_not_known() {
    let place = world();
    let (app, tenant) = ("ca020099-0000-4000-8000-000000000002", "7e020000-0000-4000-8000-000000000002");
    place.write(
        "more/resources.csv",
        format!(
            "resource_id,product,tenant_id,environment_id,name,created_at,deleted_at\n\
             {app},power_apps_canvas,{tenant},,Somewhere,2025-08-01T00:00:00Z,\n"
        ),
    );
    place.write(
        "more/ownership.csv",
        format!(
            "event_id,resource_id,kind,object_id,occurred_at\n\
             ev-099,{app},created,ba020001-0000-4000-8000-000000000002,2025-08-01T00:00:00Z\n"
        ),
    );
    place.write("more/solution_components.csv", format!("import_id,resource_id\nim-003,{app}\n"));
    place.write(
        "more/activity.csv",
        format!(
            "occurred_at,tenant_id,resource_id,object_id,kind\n\
             2026-03-05T10:00:00Z,{tenant},{app},0a020001-0000-4000-8000-000000000002,use\n"
        ),
    );
    place.pal(&["import", "facts", "more"]).exits(0);
    let import = "Bellmere Production/YardOperations=bram.boersma@bellmere.example@2026-03-20";
    let told = told(&place.pal(&["what-if", MONTH, "--import", import]).json());
    let line = |partner: &str| (app.to_owned(), partner.to_owned());
    assert_eq!(told, [(line("6000110"), -1), (line("nobody"), 1)].into());
}

#[test]
fn activity_may_be_supposed_too() {
    let place = world();
    place.write(
        "changed/activity.csv",
        format!(
            "occurred_at,tenant_id,resource_id,object_id,kind\n\
             2026-03-03T10:00:00Z,{BELLMERE},ca010002-0000-4000-8000-000000000001,0a01ffff-0000-4000-8000-000000000001,use\n"
        ),
    );
    let answer = place.pal(&["what-if", MONTH, "--facts", "changed"]).json();
    assert_eq!(answer["changes"][0]["change"], 1, "{answer}");
    assert_eq!(answer["changes"][0]["cause"], "usage");
}

#[test]
fn what_cannot_be_supposed_is_said_to_be_so() {
    let place = world();
    for (arguments, code, words) in [
        (&[][..], 2, "nothing is supposed"),
        (&["--unlink", "nobody@nowhere.example"], 3, "no account is called"),
        (&["--unlink", "Brackenfold service account"], 2, "with its tenant before it"),
        (&["--link", "bram.boersma@bellmere.example=partner"], 2, "is no partner id"),
        (
            &["--owner", "Quality Check (re-import kept)=bram.boersma@bellmere.example"],
            2,
            "its owner cannot be changed",
        ),
        (&["--import", "Bellmere Production/Nothing=bram.boersma@bellmere.example"], 3, "YardOperations"),
        (&["--import", "Nowhere/YardOperations=bram.boersma@bellmere.example"], 3, "no environment"),
        (&["--facts", "missing"], 3, "missing"),
    ] {
        let ran = place.pal(&[&["what-if", MONTH], arguments].concat()).exits(code);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
    for (arguments, words) in [
        (["--link", "bram.boersma@bellmere.example=6000110@2026-04-01"], "after the months that are judged"),
        (["--unlink", "bram.boersma@bellmere.example"], "has no link to end"),
    ] {
        place.pal(&[&["what-if", MONTH], &arguments[..]].concat()).exits(0).tells(words);
    }
    place.write("strange/activity.csv", format!("occurred_at,tenant_id,resource_id,object_id,kind\n2026-03-03T10:00:00Z,{BELLMERE},nowhere,{SERVICE_ACCOUNT},use\n"));
    place
        .pal(&["what-if", MONTH, "--facts", "strange"])
        .exits(0)
        .tells("supposed activity on `nowhere` counts for nothing");
    let ran = place.pal(&["what-if", MONTH, "--link", "bram.boersma@bellmere.example=9999999"]).exits(0);
    assert!(ran.stderr.contains("a supposed row of `links` counts for nothing"), "{}", ran.stderr);
}
