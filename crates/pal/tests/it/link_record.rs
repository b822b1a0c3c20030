//! `--record`: what was seen becomes facts, once, and months are judged by them.

use serde_json::Value;

use crate::loopback::{Loopback, Reply};
use crate::served::{APP_OBJECT, Served, TENANT};

const FACTS: [(&str, &str); 4] = [
    ("tenants.csv", "tenant_id,name\n7e010000-0000-4000-8000-000000000001,Bellmere Logistics\n"),
    (
        "principals.csv",
        "tenant_id,object_id,kind,name\n7e010000-0000-4000-8000-000000000001,ba010009-0000-4000-8000-000000000001,\
         service_principal,Deployer\n",
    ),
    (
        "resources.csv",
        "resource_id,product,tenant_id,name\nr1,power_automate,7e010000-0000-4000-8000-000000000001,Stock Sync\n",
    ),
    (
        "ownership.csv",
        "event_id,resource_id,kind,object_id,occurred_at\n\
         e1,r1,created,ba010009-0000-4000-8000-000000000001,2026-01-05T00:00:00Z\n",
    ),
];

fn links(served: &Served) -> Vec<(String, Value, String)> {
    let json = served.place.pal(&["link", "list", "--recorded"]).exits(0).json();
    let link = |link: &Value| {
        let text = |name: &str| link[name].as_str().unwrap().to_owned();
        (text("partner_id"), link["unlinked_at"].clone(), text("known"))
    };
    json["links"].as_array().unwrap().iter().map(link).collect()
}

#[test]
fn what_was_seen_is_kept_once_and_counts_where_it_may() {
    let served = Served::new();
    served.run(&["link", "create", "--partner-id", "6000110", "--record"]).exits(3).tells("pal init");
    served.run(&["link", "show"]).exits(3);
    served.place.pal(&["init"]).exits(0);
    for (name, text) in FACTS {
        served.place.write(&format!("facts/{name}"), text);
    }
    served.place.pal(&["import", "facts", "facts"]).exits(0);
    served
        .run(&["link", "create", "--partner-id", "6000110", "--record"])
        .exits(0)
        .tells("recorded: 1 row of `links`");
    served.run(&["link", "show", "--record"]).exits(0).tells("recorded: nothing new");
    assert_eq!(links(&served), [("6000110".to_owned(), Value::Null, "only here".to_owned())]);
    served.run(&["link", "update", "--partner-id", "6000120", "--record"]).exits(0).tells("recorded: 2 rows");
    served.run(&["link", "verify", "--record"]).exits(0).tells("recorded: nothing new");
    let month = this_month(&served);
    let credited = |which: &str| {
        let json = served.place.pal(&["preview", &month, "--links-from", which]).exits(0).json();
        json["lines"][0]["partner_id"].clone()
    };
    assert_eq!((credited("both"), credited("microsoft")), ("6000120".into(), Value::Null));
    let explained = served.place.pal(&[
        "explain",
        "Stock Sync",
        "--month",
        &month,
        "--links-from",
        "registry",
        "-o",
        "table",
    ]);
    assert!(explained.exits(0).stdout.contains("6000120"));
    served.run(&["link", "delete", "--partner-id", "6000120", "--record"]).exits(0).tells("recorded: 1 row");
    served.run(&["link", "show", "--record"]).exits(3).tells("recorded: nothing new");
    let periods = links(&served);
    assert_eq!(periods.len(), 2);
    assert!(periods.iter().all(|(_, until, _)| until.is_string()), "{periods:?}");
    let imports = served.place.pal(&["import", "list"]).exits(0).json();
    assert_eq!(imports["imports"].as_array().unwrap().len(), 4, "nothing new makes no import: {imports}");
}

/// The month in which the test runs, from the link that was just made.
fn this_month(served: &Served) -> String {
    let made = served.run(&["link", "show"]).exits(0).json();
    made["updated_at"].as_str().unwrap()[..7].to_owned()
}

/// A server of ours tells the whole history: also what was before anybody looked.
#[test]
fn the_history_of_a_server_gives_all_periods() {
    let served = Served::new();
    served.place.pal(&["init"]).exits(0);
    let change = |version: u64, kind: &str, partner: &str, day: &str| {
        serde_json::json!({
            "version": version, "kind": kind, "partner_id": partner, "at": format!("2026-03-{day}T00:00:00Z"),
            "audit_sequence": version, "request_id": "r", "via": "provider",
        })
    };
    let history = serde_json::json!({ "items": [
        change(1, "created", "6000110", "01"), change(2, "updated", "6000120", "05"),
        change(3, "deleted", "6000120", "09"), change(4, "created", "6000110", "10"),
    ]});
    let link = serde_json::json!({ "properties": {
        "partnerId": "6000110", "tenantId": TENANT, "objectId": APP_OBJECT, "version": 4,
        "createdTime": "2026-03-01T00:00:00Z", "updatedTime": "2026-03-10T00:00:00Z", "state": "Active",
    }});
    let server = Loopback::new(move |asked, _| {
        Reply::json(200, if asked.line.contains("/api/v1/") { &history } else { &link })
    });
    served.place.write("token", "opaque");
    let url = server.url();
    let asked = ["link", "show", "--record", "--token-file", "token", "--endpoint", &url];
    served.place.pal(&asked).exits(0).tells("recorded: 3 rows");
    served.place.pal(&asked).exits(0).tells("recorded: nothing new");
    let partners: Vec<(String, bool)> =
        links(&served).into_iter().map(|(partner, until, _)| (partner, until.is_null())).collect();
    let expected = [("6000110", false), ("6000120", false), ("6000110", true)];
    assert_eq!(partners, expected.map(|(partner, open)| (partner.to_owned(), open)));
    let history = ["link", "history", "--record", "--token-file", "token", "--endpoint", &url];
    let named = ["--tenant-id", TENANT, "--object-id", APP_OBJECT];
    served.place.pal(&[&history[..], &named[..]].concat()).exits(0).tells("recorded: nothing new");
}

#[test]
fn recorded_links_say_where_each_is_known() {
    let served = Served::new();
    served.place.pal(&["init"]).exits(0);
    served.place.write(
        "facts/links.csv",
        "tenant_id,object_id,partner_id,linked_at,unlinked_at,known_from\n\
         t1,o1,100,2026-01-01T00:00:00Z,,microsoft\nt1,o2,100,2026-01-01T00:00:00Z,,declared\n\
         t2,o3,200,2026-01-01T00:00:00Z,,this_server\n",
    );
    served.place.pal(&["import", "facts", "facts"]).exits(0);
    let known: Vec<String> = links(&served).into_iter().map(|(_, _, known)| known).collect();
    assert!(known[0].starts_with("Microsoft, read on 20"), "{known:?}");
    assert_eq!(known[1..], ["declared", "only here"]);
    let filtered = |arguments: &[&str]| {
        let all = [&["link", "list", "--recorded"], arguments].concat();
        served.place.pal(&all).exits(0).json()["links"].as_array().unwrap().len()
    };
    assert_eq!(filtered(&["--tenant-id", "T2"]), 1);
    assert_eq!(filtered(&["--partner-id", "100"]), 2);
    assert_eq!(filtered(&["--text", "o2"]), 1);
    assert_eq!(filtered(&["--text", "nobody"]), 0);
}
