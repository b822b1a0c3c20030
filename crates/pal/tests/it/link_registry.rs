//! What a server of ours knows beyond the provider: lists, histories, hints.

use serde_json::{Value, json};

use crate::command::{Place, Ran};
use crate::loopback::{Asked, Loopback, Reply};
use crate::served::{APP_OBJECT, OPERATORS, Served, TENANT};
use crate::snapshot::says_of;

const OWNER: &str = "eyJhbGciOiJub25lIn0.eyJ0aWQiOiJ0MSIsIm9pZCI6Im8xIn0.e30";

const OPERATOR_OBJECT: &str = "0e0f0009-0000-4000-8000-000000000001";

fn link(object: &str, partner: &str) -> Value {
    json!({
        "tenant_id": "t1", "tenant_name": "Bellmere Logistics", "object_id": object, "partner_id": partner,
        "partner_name": "Brackenfold Digital, Rotterdam", "version": 2, "created_at": "2026-03-01T00:00:00Z",
        "updated_at": "2026-03-02T00:00:00Z", "known_from": "this_server", "known": "only here",
        "make_real": {"commands": ["az login --tenant t1"], "portal": "https://portal.azure.com/"},
    })
}

fn answer(asked: &Asked, _: usize) -> Reply {
    let (_, path) = asked.line.split_once(' ').unwrap();
    if path.starts_with("/api/v1/links?limit=1000&tenant_id=t1&partner_id=6000110&text=Bell") {
        let (object, next) = if path.contains("cursor=more") { ("o2", None) } else { ("o1", Some("more")) };
        return Reply::json(200, json!({ "items": [link(object, "6000110")], "next": next }));
    }
    let unknown = "{\"error\":{\"code\":\"PartnerIdInvalid\",\"message\":\"The Partner ID is not valid\"}}";
    let missing = "{\"error\":{\"code\":\"ManagementPartnerNotFound\",\"message\":\"m\"}}";
    match path {
        "/api/v1/links/t1/o1/history" => Reply::json(200, json!({ "items": [
            {"version": 1, "kind": "created", "partner_id": "6000110", "at": "2026-03-01T00:00:00Z",
             "audit_sequence": 4, "caller_name": "Ines", "request_id": "r1", "via": "provider"},
            {"version": 2, "kind": "updated", "partner_id": "6000120", "partner_before": "6000110",
             "at": "2026-03-02T00:00:00Z", "audit_sequence": 9, "request_id": "r2", "via": "provider"},
        ]})),
        "/api/v1/partners/6000100" => Reply::json(200, json!({
            "partner_id": "6000100", "name": "Brackenfold Digital", "kind": "global", "linkable": false,
            "problem": {"kind": "global", "hint": "6000100 is the company, not one of its places",
                        "locations": ["6000110", "6000120"]},
        })),
        path if path.starts_with("/api/v1/") => Reply::Says(
            404,
            vec![("request-id", "d5b3b7a0-0000-4000-8000-000000000001".to_owned())],
            json!({"type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
                   "detail": "there is no such thing", "hint": "no partner has this id: import the directory"}).to_string(),
        ),
        _ if asked.line.starts_with("GET") => Reply::json(404, missing),
        _ => Reply::json(400, unknown),
    }
}

#[track_caller]
fn says(name: &str, arguments: &[&str]) -> Ran {
    let (place, server) = (Place::new(), Loopback::new(answer));
    place.write("token", OWNER);
    let mut command = place.command(&[arguments, &["--token-file", "token"]].concat());
    let ran = Ran::of(arguments, command.env("PAL_ENDPOINT", server.url()));
    says_of(&place, name, ran, &[(&server.url(), "[server]")])
}

#[test]
fn all_links_in_reach_are_listed_page_by_page() {
    let filters = ["--tenant-id", "t1", "--partner-id", "6000110", "--text", "Bell"];
    let list = [&["link", "list"], &filters[..]].concat();
    says("link_list", &[&list[..], &["-o", "table"]].concat()).exits(0);
    says(
        "link_list_json",
        &[&list[..], &["--query", "links[].[object_id, known, make_real.commands[1]]"]].concat(),
    )
    .exits(0);
}

#[test]
fn a_history_is_ones_own_unless_another_is_named() {
    says("link_history", &["link", "history", "-o", "table"]).exits(0);
    let json = says("link_history_json", &["link", "history"]).exits(0).json();
    assert_eq!((&json["known"], &json["object_id"]), (&"only here".into(), &"o1".into()));
    says("link_history_none", &["link", "history", "--tenant-id", "t1", "--object-id", "o9"]).exits(3);
}

/// Documents have the field `make_real`; of every other form words beside it say the same.
#[test]
fn what_makes_a_link_real_is_told_beside_every_form_that_leaves_it_out() {
    let served = Served::new();
    served.place.pal(&["init"]).exits(0);
    served.run(&["link", "create", "--partner-id", "6000110", "--record"]).exits(0);
    for form in
        [["-o", "csv"], ["-o", "tsv"], ["-o", "ndjson"], ["-o", "table"], ["--query", "format_version"]]
    {
        for verb in [&["show"][..], &["verify"], &["list"], &["history"], &["list", "--recorded"]] {
            let ran = served.run(&[&["link"], verb, &form[..]].concat()).exits(0);
            ran.tells(&format!("az login --tenant {TENANT}"))
                .tells("az managementpartner create --partner-id 6000110")
                .tells("https://portal.azure.com/");
        }
    }
    let whole = served.run(&["link", "show", "-o", "yaml"]).exits(0);
    assert!(whole.stdout.contains("az managementpartner") && !whole.stderr.contains("az managementpartner"));
}

#[test]
fn a_partner_id_that_cannot_be_linked_to_is_explained() {
    says("link_create_global", &["link", "create", "--partner-id", "6000100"]).exits(5);
    says("link_create_unknown", &["link", "create", "--partner-id", "999"]).exits(5);
}

#[test]
fn a_real_server_lists_links_tells_their_history_and_explains_ids() {
    let served = Served::new();
    served.run(&["link", "create", "--partner-id", "6000110"]).exits(0);
    served.run(&["link", "update", "--partner-id", "6000120"]).exits(0);
    served.run_as_operator(&["link", "create", "--partner-id", "6000110"]).exits(0);
    let objects = |ran: Ran| {
        let json = ran.exits(0).json();
        let links = json["links"].as_array().unwrap().clone();
        links.iter().map(|link| link["object_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(objects(served.run_as_operator(&["link", "list"])).len(), 2);
    assert_eq!(objects(served.run(&["link", "list"])), [APP_OBJECT]);
    let lyon = ["link", "list", "--partner-id", "6000120", "--tenant-id", TENANT, "--text", "Lyon"];
    assert_eq!(objects(served.run_as_operator(&lyon)), [APP_OBJECT]);
    assert!(objects(served.run_as_operator(&["link", "list", "--text", "nobody"])).is_empty());
    let kinds = |ran: Ran| {
        let json = ran.exits(0).json();
        let changes = json["changes"].as_array().unwrap().clone();
        changes.iter().map(|change| change["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(served.run(&["link", "history"])), ["created", "updated"]);
    let named = ["link", "history", "--tenant-id", TENANT, "--object-id", APP_OBJECT];
    assert_eq!(kinds(served.run_as_operator(&named)), ["created", "updated"]);
    let others = ["link", "history", "--tenant-id", OPERATORS, "--object-id", OPERATOR_OBJECT];
    served.run(&others).exits(3).tells("within reach");
    served.run(&["link", "delete", "--partner-id", "6000120"]).exits(0);
    let company = served.run(&["link", "create", "--partner-id", "6000100"]).exits(5).tells("6000120");
    assert_eq!(company.stderr.matches("6000110").count(), 1, "{}", company.stderr);
}

#[test]
fn a_server_without_a_registry_is_said_to_have_none() {
    says("link_list_nowhere", &["link", "list"]).exits(3);
}
