use pal_rules::evidence::Evidence;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{EvidenceJson, Put, Text, text};

/// Evidence as it was kept before imports that did nothing, past co-owners, linked users and runs were.
fn kept_before() -> Value {
    json!({
        "month": "2026-03", "as_of": null, "instant": "2026-04-01T00:00:00Z", "tenant_id": "t",
        "environment_id": "e", "product": "power_apps_canvas", "resource_id": "app",
        "created_at": null, "deleted_at": null, "fold": [],
        "claims": [{
            "object_id": "ann", "basis": "owner", "since": "2026-01-05T00:00:00Z",
            "since_fact": { "fact": "event", "id": "ev" }, "group_id": null,
            "last_active_at": "2026-01-05T00:00:00Z", "last_active_fact": { "fact": "event", "id": "ev" },
            "kind": "user", "disabled_at": null,
            "link": {
                "state": "removed", "partner_id": "1", "linked_at": "2026-01-01T00:00:00Z",
                "unlinked_at": "2026-02-01T00:00:00Z"
            },
        }],
        "quantity": {
            "metric": "mau", "counted": 3, "unknown": 1, "service_principals": 0, "managed_identities": 0,
            "systems": 0
        },
        "environment_kind": "production", "tenant_own_global_partner_id": null,
        "coverage": { "state": "covered" }, "involved": [], "owner_kept_by_platform": [],
    })
}

/// Evidence in which everything says something, in the order of what is written. A text that may be absent ends with `?`.
fn everything(quantity: &Value, coverage: &Value) -> Value {
    let at = "2026-01-05T00:00:00Z";
    let maybe_at = "2026-02-05T01:02:03.000004Z?";
    let guid = "0ad67e72-b1a4-44f9-bb91-e572ebe718df";
    let since = json!({ "fact": "membership", "group_id": guid });
    let active = json!({ "fact": "activity", "kind": "make" });
    let import = json!({ "fact": "import", "id": guid });
    let left_out = json!({ "partner_id": "0012", "linked_at": at, "known_from": "this_server" });
    let on = json!({
        "state": "on", "partner_id": "1", "global_partner_id": "2", "linked_at": at, "known_from": "microsoft",
        "partner_active": false
    });
    let removed = json!({
        "state": "removed", "partner_id": "1", "linked_at": at, "unlinked_at": at, "known_from": "declared?"
    });
    let later =
        json!({ "state": "not_before", "partner_id": "1", "linked_at": at, "known_from": "declared?" });
    json!({
        "month": "2026-03", "as_of": maybe_at, "instant": at, "tenant_id": guid, "environment_id": "e?",
        "product": "other \"product\"", "resource_id": "app", "created_at": maybe_at, "deleted_at": maybe_at,
        "fold": [
            { "at": at, "id": guid, "object_id": "ann", "origin": "dated", "holds": true, "what": "created" },
            { "at": at, "id": "ev", "object_id": "bob", "origin": "listed", "holds": false, "what": "owner_set" },
            {
                "at": at, "id": "im", "object_id": "cid", "origin": "inferred", "holds": true, "what": "imported",
                "solution": "Sol\n1.1", "managed": true, "importer_counts": false
            },
        ],
        "claims": [
            {
                "object_id": "ann", "basis": "co_owner", "since": at, "since_fact": since, "group_id": "team?",
                "last_active_at": at, "last_active_fact": active, "kind": "user?", "disabled_at": maybe_at,
                "link": on, "link_left_out": left_out
            },
            {
                "object_id": "bob", "basis": "owner", "since": at, "since_fact": { "fact": "event", "id": "ev" },
                "group_id": "team?", "last_active_at": at, "last_active_fact": { "fact": "any_activity" },
                "kind": "guest?", "disabled_at": maybe_at, "link": removed, "link_left_out": left_out
            },
        ],
        "quantity": quantity, "environment_kind": "production?", "tenant_own_global_partner_id": "7?",
        "coverage": coverage,
        "involved": [{
            "object_id": "eve", "fact": import, "at": at, "partner_ids": ["1", "02"], "kind": "user?",
            "disabled_at": maybe_at, "link": { "state": "never" }, "link_left_out": left_out, "last_make_at": maybe_at
        }],
        "owner_kept_by_platform": [{ "observed_at": at, "owner": "ann" }],
        "idle_imports": [{
            "at": at, "id": "im", "object_id": "cid", "solution": "Sol 1.1", "managed": true, "result": "holding"
        }],
        "past_co_owners": [{ "object_id": "bob", "group_id": "team?", "since": at, "until": at }],
        "linked_users": [{
            "object_id": "dan", "kind": "user?", "disabled_at": maybe_at, "link": later, "link_left_out": left_out
        }],
        "runs": 412,
    })
}

fn quantities() -> [Value; 2] {
    [
        json!({
            "metric": "mau", "counted": 41, "unknown": 1, "by_alias": 2, "service_principals": 3,
            "managed_identities": 4, "systems": u64::MAX
        }),
        json!({ "metric": "unified_profiles", "measured_at": "2026-03-05T00:00:00Z?", "unified_profiles": 9 }),
    ]
}

fn coverages() -> [Value; 3] {
    let gaps = json!({ "state": "gaps", "covered_days": 3, "days": 31 });
    [gaps, json!({ "state": "covered" }), json!({ "state": "untold" })]
}

fn read(json: &str) -> Evidence {
    let read: EvidenceJson<Text<'_>> = serde_json::from_str(json).unwrap();
    Evidence::try_from(&read).unwrap()
}

fn kept(evidence: &impl Put) -> String {
    let mut bytes = Vec::new();
    evidence.put(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn evidence_kept_by_earlier_versions_reads_and_derives_its_line() {
    let line = read(&kept_before().to_string()).line();
    assert_eq!(
        line.cells().join(","),
        "2026-03,t,e,power_apps_canvas,app,mau,3,uncredited,,,,,,link_removed,,"
    );
}

#[test]
fn accounts_kept_with_nothing_but_their_link_read() {
    let mut json = kept_before();
    json["linked_users"] = json!([{ "object_id": "dan", "link": { "state": "never" } }]);
    let read = read(&json.to_string());
    assert_eq!(read.linked_users[0].standing.kind, None);
    assert_eq!(read.linked_users[0].standing.left_out, None);
}

#[test]
fn what_says_something_is_kept_in_full() {
    for quantity in quantities() {
        for coverage in coverages() {
            let told = everything(&quantity, &coverage).to_string().replace("?\"", "\"");
            let evidence = read(&told);
            assert_eq!(kept(&EvidenceJson::from(&evidence)), told);
            assert_eq!(serde_json::to_string(&EvidenceJson::from(&evidence)).unwrap(), told);
        }
    }
}

#[test]
fn an_instant_is_kept_where_it_is_not_the_end() {
    let mut told = kept_before();
    for (as_of, instant, stays) in [
        (Value::Null, "2026-04-01T00:00:00Z", false),
        (Value::Null, "2026-03-09T10:00:00Z", true),
        (json!("2026-03-20T00:00:00Z"), "2026-03-20T00:00:00Z", false),
        (json!("2026-03-20T00:00:00Z"), "2026-03-09T10:00:00Z", true),
    ] {
        (told["as_of"], told["instant"]) = (as_of, json!(instant));
        let evidence = read(&told.to_string());
        let kept = kept(&EvidenceJson::kept(&evidence));
        assert_eq!(kept.contains("\"instant\""), stays, "{kept}");
        assert_eq!(read(&kept), evidence);
        assert_eq!(serde_json::to_value(EvidenceJson::from(&evidence)).unwrap()["instant"], instant);
    }
}

#[test]
fn what_says_nothing_is_not_kept_and_reads() {
    let mau = json!({ "metric": "mau", "counted": 0 });
    let profiles = json!({ "metric": "unified_profiles", "unified_profiles": 0 });
    for quantity in [mau, profiles] {
        let mut told = everything(&quantity, &json!({ "state": "gaps", "covered_days": 0, "days": 0 }));
        absent(&mut told);
        let evidence = read(&told.to_string());
        assert_eq!(kept(&EvidenceJson::from(&evidence)), told.to_string());
        let answered = serde_json::to_value(EvidenceJson::from(&evidence)).unwrap();
        assert_eq!(answered["claims"][0]["group_id"], Value::Null);
        assert_eq!(answered["involved"][0]["partner_ids"], json!([]));
        assert_eq!(read(&answered.to_string()), evidence);
        for list in ["fold", "claims", "involved", "owner_kept_by_platform", "idle_imports", "past_co_owners"]
        {
            told.as_object_mut().unwrap().shift_remove(list);
        }
        told.as_object_mut().unwrap().shift_remove("linked_users");
        assert_eq!(kept(&EvidenceJson::from(&read(&told.to_string()))), told.to_string());
    }
}

/// Takes out what may be absent, but for the lists of the line.
fn absent(told: &mut Value) {
    match told {
        Value::Object(fields) => {
            let may = |value: &Value| value.as_str().is_some_and(|text| text.ends_with('?'));
            let out = ["link_left_out", "partner_ids", "runs"];
            fields.retain(|name, value| !may(value) && !out.contains(&name.as_str()));
            fields.values_mut().for_each(absent);
        }
        Value::Array(items) => items.iter_mut().for_each(absent),
        _ => {}
    }
}

/// A text of any letters that is put as evidence's are.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Any(String);

impl Put for Any {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        text(&self.0).put(bytes)
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z\"\\\\\u{0}-\u{1f}\u{7f}ä€ -]{0,50}", any::<String>()]
}

/// Evidence like other evidence: with other texts, numbers and fewer items, and what may be absent absent at times.
fn like(json: &Value, choices: &mut impl Iterator<Item = (u64, String)>) -> Value {
    let (number, text) = choices.next().unwrap();
    match json {
        Value::String(old) if old.ends_with('?') && number % 3 == 0 => Value::Null,
        Value::String(_) => text.into(),
        Value::Number(_) => {
            if number % 3 == 0 {
                0.into()
            } else {
                number.into()
            }
        }
        Value::Array(items) => {
            let some = items.iter().enumerate().filter(|(place, _)| number >> place & 1 == 0);
            some.map(|(_, item)| like(item, choices)).collect()
        }
        Value::Object(fields) => {
            let tag = |name: &str| ["metric", "state", "fact", "what"].contains(&name);
            let keep = |name: &str, value: &Value| tag(name) && value.is_string();
            let other = fields.iter().map(|(name, value)| {
                (name.clone(), if keep(name, value) { value.clone() } else { like(value, choices) })
            });
            Value::Object(other.collect())
        }
        other => other.clone(),
    }
}

/// Takes out of evidence what is absent, empty or zero; what was counted stays.
fn drop_what_says_nothing(told: &mut Value) {
    match told {
        Value::Object(fields) => {
            let counted = ["counted", "unified_profiles", "covered_days", "days"];
            let says = |value: &Value| !(value.is_null() || *value == json!([]) || *value == json!(0));
            fields.retain(|name, value| says(value) || counted.contains(&name.as_str()));
            fields.values_mut().for_each(drop_what_says_nothing);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_what_says_nothing),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_says_nothing_is_left_out_and_all_else_is_read_back(
        choices in prop::collection::vec((any::<u64>(), any_text()), 1..100),
        quantity in prop::sample::select(quantities().to_vec()),
        coverage in prop::sample::select(coverages().to_vec()),
    ) {
        let json = like(&everything(&quantity, &coverage), &mut choices.into_iter().cycle());
        let evidence: EvidenceJson<Any> = serde_json::from_value(json).unwrap();
        let bytes = kept(&evidence);
        let read: EvidenceJson<Any> = serde_json::from_str(&bytes).unwrap();
        let mut told = serde_json::to_value(&evidence).unwrap();
        prop_assert_eq!(&serde_json::to_value(&read).unwrap(), &told);
        drop_what_says_nothing(&mut told);
        prop_assert_eq!(bytes, told.to_string());
    }
}
