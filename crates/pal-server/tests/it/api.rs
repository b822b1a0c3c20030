//! Our own API: what each answer looks like, page by page and role by role.

use pal_rules::time::Timestamp;
use serde_json::{Value, json};

use crate::api_world::{OPERATORS, link, listed, object, put_partners, tenant, world};
use crate::world::{OTHER_PARTNER, PARTNER, PARTNER_NAME, UNKNOWN, World, partner};

#[tokio::test]
async fn a_link_says_that_it_is_only_here_and_what_makes_it_real() {
    let world = world(1).await;
    let (tenant, object_id) = (tenant(1), object(1, 0));
    let answer = world.ask_as("plain-1", "GET", &link(tenant, object_id)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("request-id").is_some());
    let at = "2026-03-06T12:00:00.5Z";
    let expected = json!({
        "tenant_id": tenant, "object_id": object_id, "partner_id": PARTNER, "partner_name": PARTNER_NAME,
        "version": 1, "created_at": at, "updated_at": at, "known_from": "this_server", "known": "only here",
        "make_real": {
            "commands": [
                format!("az login --tenant {tenant}"),
                format!("az managementpartner create --partner-id {PARTNER}"),
            ],
            "portal": "https://portal.azure.com/#blade/Microsoft_Azure_Billing/managementpartnerblade",
        },
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(world.ask_as("operator", "GET", "/api/v1/links").await.json()["items"][0], expected);
    let history = format!("{}/history", link(tenant, object_id));
    let history = world.ask_as("plain-1", "GET", &history).await.json();
    assert_eq!((&history["known"], &history["make_real"]), (&json!("only here"), &expected["make_real"]));
}

#[tokio::test]
async fn history_goes_on_after_the_link_is_gone() {
    let world = world(1).await;
    let mine = format!("{}/history", link(tenant(1), object(1, 0)));
    world.pass(1);
    world.ask_as("plain-1", "PATCH", &partner(OTHER_PARTNER)).await;
    world.pass(1);
    let deleted = world.ask_as("plain-1", "DELETE", &partner(OTHER_PARTNER)).await;
    let history = world.ask_as("plain-1", "GET", &mine).await.json();
    let told: Vec<(&Value, &Value, &Value, &Value)> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (&change["version"], &change["kind"], &change["partner_id"], &change["partner_before"]))
        .collect();
    let (first, second, none) = (json!(PARTNER), json!(OTHER_PARTNER), Value::Null);
    assert_eq!(
        told,
        [
            (&json!(1), &json!("created"), &first, &none),
            (&json!(2), &json!("updated"), &second, &first),
            (&json!(3), &json!("deleted"), &second, &none),
        ]
    );
    assert_eq!(
        (&history["known"], history.get("make_real")),
        (&json!("only here"), None),
        "there is no link now"
    );
    let last = &history["items"][2];
    assert_eq!(last["request_id"].as_str(), deleted.header("request-id"));
    assert_eq!((&last["via"], &last["at"]), (&json!("provider"), &json!("2026-03-06T12:00:02.5Z")));
    assert_eq!(world.ask_as("plain-1", "GET", &link(tenant(1), object(1, 0))).await.status, 404);
}

#[tokio::test]
async fn whatever_the_size_of_pages_together_they_are_the_list() {
    let world = world(4).await;
    let whole = listed(&world.ask_as("auditor", "GET", "/api/v1/links?limit=1000").await);
    assert_eq!(whole.len(), 12);
    for limit in [1, 2, 5, 12] {
        let mut walked = Vec::new();
        let mut address = format!("/api/v1/links?limit={limit}");
        loop {
            let answer = world.ask_as("auditor", "GET", &address).await;
            let page = listed(&answer);
            assert!(page.len() <= limit);
            walked.extend(page);
            match answer.json()["next"].as_str() {
                Some(next) => address = format!("/api/v1/links?limit={limit}&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(walked, whole, "pages of {limit}");
    }
    let of_one = format!("/api/v1/links?tenant_id={}", tenant(2));
    assert_eq!(listed(&world.ask_as("operator", "GET", &of_one).await).len(), 3);
    let to_none = format!("/api/v1/links?partner_id={OTHER_PARTNER}");
    assert_eq!(listed(&world.ask_as("operator", "GET", &to_none).await).len(), 0);
    let by_name = "/api/v1/links?text=example_partner";
    assert_eq!(listed(&world.ask_as("operator", "GET", by_name).await).len(), 12);
    assert_eq!(listed(&world.ask_as("reader-3", "GET", by_name).await).len(), 3);
}

#[tokio::test]
async fn the_caller_is_told_who_it_is() {
    let world = world(1).await;
    for (token, tenant, roles, reads) in [
        ("operator", OPERATORS, json!(["operator"]), "everything"),
        ("auditor", OPERATORS, json!(["auditor"]), "everything"),
        ("reader-1", tenant(1), json!(["tenant_reader"]), "tenant"),
        ("impostor-1", tenant(1), json!([]), "own"),
        ("plain-1", tenant(1), json!([]), "own"),
    ] {
        let me = world.ask_as(token, "GET", "/api/v1/me").await.json();
        assert_eq!((&me["tenant_id"], &me["roles"]), (&json!(tenant), &roles), "{token}");
        assert_eq!((&me["reads"], &me["kind"]), (&json!(reads), &json!("application")), "{token}");
    }
}

/// Status, code, and whether there is a hint; the shape is always the same.
fn problem(answer: &crate::world::Answer) -> (u16, String, bool) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let body = answer.json();
    assert_eq!((&body["type"], &body["status"]), (&json!("about:blank"), &json!(answer.status)));
    assert_eq!(body["request_id"].as_str(), answer.header("request-id"));
    assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
    (answer.status, body["code"].as_str().unwrap().to_owned(), body.get("hint").is_some())
}

#[tokio::test]
async fn every_refusal_has_one_shape() {
    let world = world(1).await;
    let nobody = link(tenant(9), object(9, 9));
    for (token, method, address, status, code) in [
        ("nobody", "GET", "/api/v1/me", 401, "unauthenticated"),
        ("plain-1", "GET", "/api/v1/links?limit=0", 400, "invalid_parameter"),
        ("plain-1", "GET", "/api/v1/links?limit=1001", 400, "invalid_parameter"),
        ("plain-1", "GET", "/api/v1/links?limit=many", 400, "invalid_parameter"),
        ("plain-1", "GET", "/api/v1/links?cursor=1", 400, "invalid_parameter"),
        ("plain-1", "GET", "/api/v1/links?partner_id=x", 400, "invalid_parameter"),
        ("plain-1", "GET", "/api/v1/links?tenant_id=contoso", 400, "invalid_parameter"),
        ("operator", "GET", "/api/v1/links?text=%00", 400, "invalid_parameter"),
        ("plain-1", "GET", "/api/v1/links?tenant=x", 400, "invalid_parameter"),
        ("operator", "GET", nobody.as_str(), 404, "not_found"),
        ("operator", "GET", "/api/v1/links/contoso/ada", 404, "not_found"),
        ("operator", "GET", "/api/v1/nothing", 404, "not_found"),
        ("operator", "GET", "/api", 404, "not_found"),
        ("operator", "DELETE", "/api/v1/links", 405, "method_not_allowed"),
        ("plain-1", "GET", "/api/v1/partners", 403, "forbidden"),
        ("auditor", "PUT", "/api/v1/partners", 403, "forbidden"),
        ("operator", "PUT", "/api/v1/partners", 415, "unsupported_media_type"),
        ("plain-1", "GET", "/metrics", 403, "forbidden"),
    ] {
        let answer = world.ask_as(token, method, address).await;
        let (found, word, _) = problem(&answer);
        assert_eq!((found, word.as_str()), (status, code), "{token} {method} {address}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
        assert_eq!(answer.header("allow").is_some(), status == 405, "{answer:?}");
    }
}

#[tokio::test]
async fn a_tenants_quota_holds_for_both_interfaces() {
    let world = World::with(crate::world::Partners::Directory, &[], |app| {
        let quota = app.limits.quota.as_mut().unwrap();
        quota.reads_per_hour = 2.try_into().unwrap();
    });
    let world = world.await;
    assert_eq!(world.ask("GET", "/api/v1/me").await.status, 200);
    assert_eq!(world.ask("GET", &crate::world::own()).await.status, 404);
    let refused = world.ask("GET", "/api/v1/me").await;
    assert_eq!(problem(&refused), (429, "too_many_requests".to_owned(), true));
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test]
async fn partner_ids_say_what_to_do() {
    let world = world(1).await;
    let body = json!({"partners": [
        {"partner_id": "9000", "name": "Contoso Group", "kind": "global"},
        {"partner_id": "9001", "name": "Contoso Köln", "kind": "location", "global_partner_id": "9000"},
        {"partner_id": "9002", "name": "Ended", "kind": "location", "active_until": "2026-01-01T00:00:00Z"},
        {"partner_id": "9003", "name": "Begins", "kind": "location", "active_from": "2027-01-01T00:00:00Z"},
    ]});
    let put = put_partners(&world, "operator", "application/json; charset=utf-8", &body.to_string()).await;
    assert_eq!((put.status, put.json()), (200, json!({"changed": 4, "unchanged": 0})));
    let again = put_partners(&world, "operator", "application/json", &body.to_string()).await;
    assert_eq!(again.json(), json!({"changed": 0, "unchanged": 4}));
    for (id, linkable, kind) in [
        ("9001", true, None),
        ("9000", false, Some("global")),
        ("9002", false, Some("no_longer_active")),
        ("9003", false, Some("not_yet_active")),
    ] {
        let found = world.ask_as("plain-1", "GET", &format!("/api/v1/partners/{id}")).await.json();
        assert_eq!((found["linkable"].as_bool(), found["problem"]["kind"].as_str()), (Some(linkable), kind));
    }
    let company = world.ask_as("plain-1", "GET", "/api/v1/partners/9000").await.json();
    assert_eq!(company["problem"]["locations"], json!(["9001"]));
    assert!(company["problem"]["hint"].as_str().unwrap().contains("9001"));
    let unknown = world.ask_as("plain-1", "GET", &format!("/api/v1/partners/{UNKNOWN}")).await;
    assert_eq!(problem(&unknown), (404, "not_found".to_owned(), true));
    let provider = world.ask_as("unlinked-1", "PUT", &partner("9000")).await;
    assert_eq!((provider.status, provider.code().as_str()), (400, "PartnerIdInvalid"));
    assert!(!provider.body.contains("9001"), "the provider's body has no hint");
    assert_eq!(
        world.ask_as("auditor", "GET", "/api/v1/partners").await.json()["items"].as_array().unwrap().len(),
        6
    );
}

#[tokio::test]
async fn partners_come_as_csv_too() {
    let world = world(1).await;
    let csv = "partner_id,name,kind\r\n9001,\"Contoso, Köln\",location\r\n9000,Contoso,global\r\n";
    let put = put_partners(&world, "operator", "text/csv; charset=utf-8", csv).await;
    assert_eq!((put.status, put.json()), (200, json!({"changed": 2, "unchanged": 0})));
    let shown = world.ask_as("operator", "GET", "/api/v1/partners/9001").await.json();
    assert_eq!((&shown["name"], &shown["linkable"]), (&json!("Contoso, Köln"), &json!(true)));
    let wrong =
        put_partners(&world, "operator", "text/csv", "partner_id,name,kind\n7,Seven,location\nx,X,office\n")
            .await;
    assert_eq!(problem(&wrong), (400, "invalid_body".to_owned(), false));
    assert!(wrong.json()["detail"].as_str().unwrap().starts_with("line 3, column `partner_id`"), "{wrong:?}");
    assert_eq!(world.ask_as("operator", "GET", "/api/v1/partners/7").await.status, 404);
}

#[tokio::test]
async fn of_a_wrong_list_of_partners_none_is_taken() {
    let world = world(1).await;
    let good = json!({"partner_id": "9001", "name": "Good", "kind": "location"});
    for (bad, why) in [
        (
            json!({"partner_id": "x", "name": "N", "kind": "location"}),
            "partners[1]: `x` is not 1 to 10 digits",
        ),
        (json!({"partner_id": "1", "name": " ", "kind": "location"}), "the name is empty"),
        (
            json!({"partner_id": "1", "name": "N", "kind": "office"}),
            "partners[1]: `office` is neither `location` nor `global`",
        ),
        (json!({"partner_id": "1", "name": "N", "kind": "global", "global_partner_id": "2"}), "company"),
        (json!({"partner_id": "1", "name": "N", "kind": "location", "city": "Köln"}), "unknown field `city`"),
        (
            json!({"partner_id": "9001", "name": "N", "kind": "location"}),
            "partner id 9001 stands there twice",
        ),
        (
            json!({"partner_id": "1", "name": "N", "kind": "location", "global_partner_id": "1"}),
            "1 is a location",
        ),
        (
            json!({"partner_id": "1", "name": "N", "kind": "location", "global_partner_id": PARTNER}),
            "is a location: a company is of kind `global`",
        ),
        (json!({"partner_id": "1", "name": "a\u{1b}[31mb", "kind": "location"}), "cannot be shown"),
        (json!({"partner_id": "1", "name": "a\u{202e}b", "kind": "location"}), "cannot be shown"),
        (
            json!({"partner_id": "1", "name": "é".repeat(257), "kind": "location"}),
            "partners[1]: the name has 257 characters, and no more than 256 are taken",
        ),
        (json!(["1", "N", "location", null, null, null]), "expected an object"),
        (json!({"partner_id": "1", "name": "N", "kind": {"location": null}}), "expected a string"),
        (
            json!({"partner_id": "1", "name": "N", "kind": "location", "active_from": "yesterday"}),
            "`yesterday` is no time",
        ),
    ] {
        let body = json!({"partners": [good, bad]}).to_string();
        let refused = put_partners(&world, "operator", "application/json", &body).await;
        assert_eq!(problem(&refused).0, 400, "{refused:?}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(why), "{detail}");
    }
    let listed = json!([[good]]).to_string();
    let listed = put_partners(&world, "operator", "application/json", &listed).await;
    assert_eq!(problem(&listed), (400, "invalid_body".to_owned(), false), "{listed:?}");
    assert_eq!(world.ask_as("operator", "GET", "/api/v1/partners/9001").await.status, 404);
    let longest = json!({"partners": [{"partner_id": "1", "name": "é".repeat(256), "kind": "location"}]});
    let longest = put_partners(&world, "operator", "application/json", &longest.to_string()).await;
    assert_eq!(longest.status, 200, "{longest:?}");
    let long = format!("{{\"partners\":[]}}{}", " ".repeat(5 << 20));
    assert_eq!(put_partners(&world, "operator", "application/json", &long).await.status, 413);
}

#[tokio::test]
async fn times_of_the_api_are_those_of_the_registry() {
    let world = world(1).await;
    let shown = world.ask_as("plain-1", "GET", &link(tenant(1), object(1, 0))).await.json();
    assert!(Timestamp::parse(shown["updated_at"].as_str().unwrap()).is_some());
}
