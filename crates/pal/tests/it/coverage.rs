//! `pal coverage`: three customers as of today. Of Contoso's audit log the last five days are missing, and the first of them
//! is out of reach after tomorrow; what Fabrikam lacks can no longer be fetched; Northwind has everything. Of an app of
//! Tailspin's nobody imported any use.

use pal_rules::time::{Day, Timestamp};
use serde_json::Value;

use crate::command::{Place, Ran};

const RESOURCES: &str = "resource_id,product,tenant_id\nr1,power_apps_canvas,contoso\nr2,power_bi,fabrikam\n\
                         r3,power_apps_canvas,northwind\nr4,power_apps_canvas,tailspin\n";

/// The workspace, and the day on which it was made.
fn world() -> (Place, Day) {
    let place = Place::with_workspace();
    let tenants =
        "tenant_id,name\ncontoso,Contoso\nfabrikam,Fabrikam\nnorthwind,Northwind\ntailspin,Tailspin\n";
    place.write("facts/tenants.csv", tenants);
    place.write("facts/principals.csv", "tenant_id,object_id,kind\ncontoso,u1,user\n");
    place.write("facts/resources.csv", RESOURCES);
    place.pal(&["import", "facts", "facts"]).exits(0);
    let listed = place.pal(&["import", "list"]).json();
    let today = Timestamp::parse(listed["imports"][0]["imported_at"].as_str().unwrap()).unwrap().day();
    let row = |tenant: &str, product: &str, source: &str, (from, until): (i64, i64)| {
        let day = |days: i64| today.plus(days).start();
        format!("{tenant},{product},{},{},{source},observed\n", day(from), day(until))
    };
    let coverage = [
        "tenant_id,product,covered_from,covered_until,source,actor_basis\n".to_owned(),
        row("contoso", "power_apps_canvas", "audit", (-40, -5)),
        row("fabrikam", "power_bi", "power-bi", (-60, -45)),
        row("fabrikam", "power_bi", "power-bi", (-35, 2)),
        row("northwind", "power_apps_canvas", "audit", (-60, 2)),
    ];
    place.write("days/coverage.csv", coverage.concat());
    place.pal(&["import", "facts", "days"]).exits(0);
    (place, today)
}

#[track_caller]
fn coverage(place: &Place, filters: &[&str], code: i32) -> Ran {
    place.pal(&[&["coverage"], filters].concat()).exits(code)
}

/// Of each span its first day, state, and whether and until when it can be fetched.
fn spans(answer: &Value) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let spans = answer["spans"].as_array().unwrap().iter();
    spans.map(|span| ["first_day", "state", "fetch", "fetch_until"].map(|key| text(&span[key]))).collect()
}

#[test]
fn a_chance_that_passes_tomorrow_ends_with_6_and_says_what_to_do() {
    let (place, today) = world();
    let day = |days: i64| today.plus(days).to_string();
    let ran = coverage(&place, &["--tenant", "contoso"], 6);
    let expected = [
        [day(-40), "covered".to_owned(), "-".to_owned(), "-".to_owned()],
        [day(-5), "gap".to_owned(), "possible".to_owned(), day(1)],
    ];
    assert_eq!(spans(&ran.json()), expected);
    let ran = ran.tells(&format!("fetch by {}: audit of Contoso, {} to ", day(1), day(-5)));
    ran.tells("Management Activity API")
        .tells("pal import audit")
        .tells("warning: days of 1 gap are out of reach");
    // All customers together: one chance that passes is enough.
    let ran = coverage(&place, &[], 6);
    let ran = ran.tells("warning: Tailspin: no data of power_apps_canvas at all, 1 resource known");
    assert_eq!(ran.json()["without"][0]["tenant_id"], "tailspin");
}

#[test]
fn what_can_no_longer_be_fetched_is_told_and_no_failure() {
    let (place, today) = world();
    let day = |days: i64| today.plus(days).to_string();
    let ran = coverage(&place, &["--tenant", "FABRIKAM", "--source", "power-bi"], 0);
    let states: Vec<[String; 4]> = spans(&ran.json());
    assert_eq!(states[1], [day(-45), "gap".to_owned(), "too_late".to_owned(), "-".to_owned()]);
    assert_eq!(states.len(), 3, "{states:?}");
    assert!(!ran.stderr.contains("fetch"), "{}", ran.stderr);
    let days = ["/spans/0/days", "/spans/1/days"].map(|place| ran.json().pointer(place).cloned());
    assert_eq!(days, [Some(15.into()), Some(10.into())]);
}

#[test]
fn a_customer_without_gaps_has_complete_months() {
    let (place, today) = world();
    let ran = coverage(&place, &["--tenant", "northwind"], 0);
    assert_eq!(spans(&ran.json()).len(), 1);
    let before = today.start().month().previous();
    let looked = coverage(&place, &["--tenant", "northwind", "--month", &before.to_string()], 0).json();
    // A week after its end a month is complete, if it began after the first day here.
    let whole = before.start().day() >= today.plus(-60);
    let settled = before.end().day().plus(7) <= today.plus(2);
    let state = if !settled {
        "provisional"
    } else if whole {
        "complete"
    } else {
        "gaps"
    };
    assert_eq!(looked["months"][0]["state"], state, "{looked}");
}

#[test]
fn filters_that_leave_nothing_are_not_found() {
    let (place, _) = world();
    coverage(&place, &["--tenant", "nobody"], 3).tells("hint: `pal coverage` without filters");
    coverage(&place, &["--tenant", "contoso", "--product", "power_bi"], 3);
    coverage(&place, &["--product", "excel"], 2);
    // A workspace without any data of days says so.
    coverage(&Place::with_workspace(), &[], 0).tells("warning: nothing imported so far");
}

#[test]
fn rows_are_for_programs_and_tables_for_people() {
    let (place, _) = world();
    let csv = coverage(&place, &["-o", "csv"], 6).stdout;
    let head = "tenant_id,tenant,product,source,actor_basis,state,first_day,last_day,days,late_days,fetch,fetch_until\n";
    assert!(csv.starts_with(head), "{csv}");
    assert_eq!(csv.lines().count(), 7, "{csv}");
    let table = coverage(&place, &["-o", "table"], 6).stdout;
    for words in ["CUSTOMER", "\nMonths\n", "Northwind", "provisional", "too_late"] {
        assert!(table.contains(words), "`{words}` is not in\n{table}");
    }
    let months = coverage(&place, &["--query", "months[?tenant=='Northwind'].month", "-o", "tsv"], 6);
    assert!(months.stdout.lines().count() >= 2, "{}", months.stdout);
}

const TENANT: &str = "99ca106f-36df-429e-9998-b6131ea7cc86";

/// An audit record of somebody who opened an app.
fn launch(at: &str) -> String {
    let record = serde_json::json!({
        "CreationTime": at.trim_end_matches('Z'), "Id": "5b1c2d3e-0000-4000-8000-000000000001",
        "Operation": "LaunchPowerApp", "OrganizationId": TENANT, "RecordType": 45, "UserType": 0,
        "AppName": "1fb9dc99-24c8-419d-b13c-da06524b31f3", "ObjectId": "90f0352e-c324-43da-8e38-f774b56a2d93",
    });
    format!("{record}\n")
}

#[test]
fn a_record_covers_its_day_and_shows_how_late_it_came() {
    let (place, today) = world();
    let at = today.plus(-2).start().to_string();
    place.write("audit.jsonl", launch(&at));
    place.pal(&["import", "auto", "audit.jsonl"]).exits(0);
    let tenant = TENANT;
    let answer = coverage(&place, &["--tenant", tenant], 0).json();
    let first = &answer["spans"][0];
    assert_eq!(first["first_day"], today.plus(-2).to_string());
    assert_eq!((&first["state"], &first["source"]), (&"covered".into(), &"audit".into()));
    assert!(first["late_days"] == 1 || first["late_days"] == 2, "{first}");
    assert_eq!(answer["spans"][1]["fetch_until"], today.plus(5).to_string());

    // A day without a record is no gap where the export is declared to hold all there is of it.
    let yesterday = today.plus(-1).to_string();
    place.pal(&["import", "auto", "audit.jsonl", "--covers", &yesterday]).exits(0);
    let answer = coverage(&place, &["--tenant", tenant], 0).json();
    assert!(spans(&answer).iter().all(|[_, state, ..]| state == "covered"), "{answer}");
    let tomorrow = today.plus(1).to_string();
    let ran = place.pal(&["import", "auto", "audit.jsonl", "--covers", &tomorrow]).exits(2);
    ran.tells("which is not over").tells("hint: end it on ");
    place.write("users.csv", "userPrincipalName,displayName,objectId,userType,accountEnabled\n");
    let flags = ["--tenant", tenant, "--covers", "2026-02"];
    let ran = place.pal(&[&["import", "auto", "users.csv"], flags.as_slice()].concat()).exits(0);
    ran.tells("warning: `--covers` declares nothing");
}

/// A day that is not over cannot be whole: what was fetched of it covers it once it is fetched again.
#[test]
fn a_day_is_not_covered_while_it_runs() {
    let (place, today) = world();
    let at = today.start().to_string();
    place.write("audit.jsonl", launch(&at));
    place.pal(&["import", "auto", "audit.jsonl"]).exits(0);
    coverage(&place, &["--tenant", TENANT], 3);
}
