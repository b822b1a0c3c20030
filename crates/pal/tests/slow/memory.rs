//! Activity that does not fit into the memory there is comes out in several runs of the state, and the statements are
//! those of memory without end.

use std::collections::BTreeSet;

use crate::command::Place;

const RANGE: &str = "2026-01..2026-03";
const LEAST: [&str; 2] = ["--memory", "16MB"];
const PEOPLE: u32 = 300_000;

/// splitmix64, as the digits of an id: people lie in all parts.
fn guid(number: u64) -> String {
    let mixed = |number: u64| {
        let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    };
    let (upper, lower) = (mixed(number + 1), mixed(number + (1 << 40)));
    let digits = format!("{upper:016x}{lower:016x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// Activity of people from one number to another: most of them are seen in one month, some in two.
fn activity(people: std::ops::Range<u32>) -> String {
    let mut rows = String::from("occurred_at,tenant_id,resource_id,object_id,kind\n");
    for person in people {
        let (month, day, resource) = (1 + person % 3, 1 + person % 28, guid(u64::from(2 + person % 5)));
        let (tenant, object) = (guid(1), guid(u64::from(1000 + person)));
        let kind = if person % 1000 == 0 { "make" } else { "use" };
        rows += &format!("2026-{month:02}-{day:02}T00:00:00Z,{tenant},{resource},{object},{kind}\n");
        if person % 10 == 0 {
            rows += &format!("2026-03-05T00:00:00Z,{tenant},{resource},{object},use\n");
        }
    }
    rows
}

fn facts(place: &Place) {
    let (tenant, maker, known) = (guid(1), guid(1000), guid(1003));
    place.write("facts/tenants.csv", format!("tenant_id,name\n{tenant},Tenant\n"));
    let header = "tenant_id,object_id,kind\n";
    let principals = format!("{header}{tenant},{maker},user\n{tenant},{known},service_principal\n");
    place.write("facts/principals.csv", principals);
    let mut resources = String::from("resource_id,product,tenant_id\n");
    for number in 2..7 {
        resources += &format!("{},power_apps_canvas,{tenant}\n", guid(number));
    }
    place.write("facts/resources.csv", resources);
    let created = format!("e,{},created,{maker},2025-01-01T00:00:00Z\n", guid(2));
    let header = "event_id,resource_id,kind,object_id,occurred_at\n";
    place.write("facts/ownership.csv", format!("{header}{created}"));
    let header = "tenant_id,object_id,partner_id,linked_at\n";
    place.write("facts/links.csv", format!("{header}{tenant},{maker},7,2025-01-01T00:00:00Z\n"));
    place.write("facts/activity.csv", activity(0..PEOPLE));
    place.write("more/activity.csv", activity(PEOPLE - 1000..PEOPLE + PEOPLE / 2));
}

/// The runs of the state, and what the months export as.
fn closed(place: &Place, more: &[&str]) -> (BTreeSet<String>, Vec<(String, Vec<u8>)>) {
    place.pal(&[&["close", RANGE], more].concat()).exits(0);
    let files = place.names("pal-data/state").into_iter();
    let runs = files.map(|name| name.split('/').next().unwrap().to_owned()).collect();
    let _ = std::fs::remove_dir_all(place.path("exported"));
    place.pal(&["export", RANGE, "--out", "exported"]).exits(0);
    (runs, place.files("exported"))
}

#[test]
fn several_runs_say_what_one_says() {
    let (large, small) = (Place::with_workspace(), Place::with_workspace());
    let mut before = 0;
    for import in ["facts", "more"] {
        for place in [&large, &small] {
            if import == "facts" {
                facts(place);
            }
            place.pal(&["import", "facts", import]).exits(0);
        }
        let whole = large.pal(&["preview", "2026-03", "-o", "csv"]).exits(0).stdout;
        let bounded = small.pal(&[&["preview", "2026-03", "-o", "csv"], &LEAST[..]].concat()).exits(0).stdout;
        assert_eq!(whole, bounded, "{import}");
        let ((one, expected), (several, got)) = (closed(&large, &[]), closed(&small, &LEAST));
        assert!(expected == got, "{import}: other statements");
        println!("{import}: {one:?}, {several:?}");
        assert!(several.len() >= before + 2, "{import}: all fitted into memory: {several:?}");
        before = several.len();
    }
    let attributed = |place: &Place, more: &[&str]| {
        place.pal(&[&["attribute", "facts", "--month", RANGE, "--out", "out"], more].concat()).exits(0);
        place.files("out")
    };
    assert!(attributed(&large, &[]) == attributed(&small, &LEAST), "attribute: other statements");
}
