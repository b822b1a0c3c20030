//! Law 8: the evidence of `pal explain -o json` gives the line again, with nothing else (`attribution.md` §4 to §6).

use std::collections::BTreeMap;

use pal_rules::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::command::Place;
use crate::shared_worlds::{MONTHS, RANGE, write_csv};
use crate::workspace::{import, random};

const SEED: u64 = 20_260_309;

fn time(json: &Value) -> Timestamp {
    Timestamp::parse(json.as_str().unwrap()).unwrap()
}

fn partner_number(link: &Value) -> u64 {
    link["partner_id"].as_str().unwrap().parse().unwrap()
}

/// Why a claim does not count, nearest to credit first; nothing where it counts or gives no reason.
fn reason(claim: &Value) -> Option<&'static str> {
    match (claim["kind"].as_str(), claim["link"]["state"].as_str().unwrap()) {
        (Some("system"), _) => None,
        (Some("group"), _) => Some("not_linked"),
        (_, "on") if !claim["disabled_at"].is_null() => Some("identity_disabled"),
        (_, "on") if claim["link"]["partner_active"] == false => Some("partner_inactive"),
        (_, "on") => None,
        (_, "removed") => Some("link_removed"),
        _ => Some("not_linked"),
    }
}

fn counts(claim: &Value) -> bool {
    claim["kind"] != "system" && claim["link"]["state"] == "on" && reason(claim).is_none()
}

/// Whether a claim is later than another (D7).
fn is_later(a: &Value, b: &Value) -> bool {
    let key = |claim: &Value| {
        (time(&claim["last_active_at"]), time(&claim["since"]), time(&claim["link"]["linked_at"]))
    };
    let least =
        |claim: &Value| (partner_number(&claim["link"]), claim["object_id"].as_str().unwrap().to_owned());
    (key(a), least(b)) > (key(b), least(a))
}

/// The columns of the line that evidence gives, from `metric` on.
fn derive(evidence: &Value) -> Map<String, Value> {
    let claims = evidence["claims"].as_array().unwrap();
    let mut winner: Option<&Value> = None;
    for claim in claims.iter().filter(|claim| counts(claim)) {
        if winner.is_none_or(|latest| is_later(claim, latest)) {
            winner = Some(claim);
        }
    }
    let mut line = json!({
        "metric": evidence["quantity"]["metric"],
        "quantity": match evidence["quantity"]["metric"].as_str() {
            Some("mau") => &evidence["quantity"]["counted"],
            _ => &evidence["quantity"]["unified_profiles"],
        },
        "outcome": if winner.is_some() { "credited" } else { "uncredited" },
    });
    let line = line.as_object_mut().unwrap();
    if let Some(winner) = winner {
        line.insert("partner_id".to_owned(), winner["link"]["partner_id"].clone());
        for column in ["object_id", "basis", "since", "last_active_at"] {
            line.insert(column.to_owned(), winner[column].clone());
        }
        let company = &winner["link"]["global_partner_id"];
        let kind = evidence["environment_kind"].as_str();
        let ineligible = match kind {
            _ if evidence["tenant_own_global_partner_id"] == *company => Some("own_tenant"),
            None => Some("environment_unknown"),
            Some("production" | "default") => None,
            Some(_) => Some("not_production"),
        };
        line.insert("eligible".to_owned(), Value::from(ineligible.is_none()));
        line.insert("ineligible_reason".to_owned(), Value::from(ineligible));
    } else {
        let nearest = ["identity_disabled", "partner_inactive", "link_removed", "not_linked"];
        let found = nearest.into_iter().find(|word| claims.iter().any(|claim| reason(claim) == Some(word)));
        let none = if claims.is_empty() { "no_attributed_user" } else { "system_owned" };
        line.insert("reason".to_owned(), Value::from(found.unwrap_or(none)));
    }
    std::mem::take(line)
}

/// Holds a line's explanation against the statement, and its evidence against the line; the outcome as a word.
fn derives(place: &Place, data: &str, month: &str, line: &Value) -> String {
    let resource = line["resource_id"].as_str().unwrap();
    let explained = place.pal(&["--data", data, "explain", resource, "--month", month]).exits(0).json();
    assert_eq!(explained["line"], *line, "{month} {resource}");
    let derived = derive(&explained["evidence"]);
    let columns =
        ["metric", "quantity", "outcome", "partner_id", "object_id", "basis", "since", "last_active_at"];
    for column in columns.into_iter().chain(["reason", "eligible", "ineligible_reason"]) {
        let got = derived.get(column).unwrap_or(&Value::Null);
        assert_eq!(*got, line[column], "{month} {resource} {column}\n{}", explained["evidence"]);
    }
    let word = |column: &str| line[column].as_str().unwrap_or_default().to_owned();
    [word("basis"), word("reason"), word("ineligible_reason")]
        .into_iter()
        .find(|word| !word.is_empty())
        .unwrap()
}

fn lines(place: &Place, data: &str, month: &str) -> Vec<Value> {
    let shown = place.pal(&["--data", data, "statement", "show", month]).exits(0).json();
    shown["lines"].as_array().unwrap().clone()
}

#[test]
fn derives_every_line_of_a_month_of_the_demo_world() {
    let place = Place::new();
    place.pal(&["demo"]).exits(0);
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines(&place, "pal-demo", "2026-03") {
        *words.entry(derives(&place, "pal-demo", "2026-03", &line)).or_default() += 1;
    }
    for word in [
        "importer",
        "owner",
        "creator",
        "publisher",
        "co_owner",
        "active_user",
        "not_linked",
        "link_removed",
        "system_owned",
    ] {
        assert!(words.contains_key(word), "no line rests on {word}: {words:?}");
    }
}

#[test]
fn derives_lines_of_random_worlds() {
    for seed in [SEED, SEED + 1] {
        println!("seed {seed}");
        let place = Place::with_workspace();
        write_csv(&place, "facts", &random(seed, seed % 2 == 0), "\n");
        import(&place, "facts");
        place.pal(&["close", RANGE]).exits(0);
        for month in MONTHS {
            for line in lines(&place, "pal-data", month) {
                derives(&place, "pal-data", month, &line);
            }
        }
    }
}
