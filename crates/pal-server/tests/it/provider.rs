//! `wire.md` §1 to §3, row by row: status and exact body.

use axum::body::Body;

use crate::world::{ALICE, Answer, OTHER_PARTNER, PARTNER, TENANT, UNKNOWN, World, own, partner, request};

const NOT_LINKED: &str = concat!(
    r#"{"error":{"code":"ManagementPartnerNotFound","message":"This user or service principal is not linked with a Partner ID"},"#,
    r#""code":"ManagementPartnerNotFound","message":"This user or service principal is not linked with a Partner ID"}"#,
);
const INVALID: &str = concat!(
    r#"{"error":{"code":"PartnerIdInvalid","message":"The Partner ID is not valid"},"#,
    r#""code":"PartnerIdInvalid","message":"The Partner ID is not valid"}"#,
);
const ALREADY: &str = concat!(
    r#"{"error":{"code":"PartnerIdAlreadyLinked","message":"This user or service principal is already linked with a Partner ID"},"#,
    r#""code":"PartnerIdAlreadyLinked","message":"This user or service principal is already linked with a Partner ID"}"#,
);

/// The body of Alice's link to one of the two partners.
fn linked(id: &str, version: i64, updated: &str, created: &str) -> String {
    let name = if id == PARTNER { "Example_Partner_Testing" } else { "Other" };
    format!(
        r#"{{"id":"/providers/microsoft.managementpartner/partners/{id}","type":"Microsoft.ManagementPartner/partners","name":"{id}","etag":{version},"properties":{{"partnerId":"{id}","partnerName":"{name}","tenantId":"{TENANT}","objectId":"{ALICE}","version":{version},"updatedTime":"{updated}","createdTime":"{created}","state":"Active"}}}}"#
    )
}

fn said(answer: Answer) -> (u16, String) {
    (answer.status, answer.body)
}

fn no(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

#[tokio::test]
async fn the_recorded_lengths_of_the_errors_are_ours() {
    assert_eq!((INVALID.len(), NOT_LINKED.len()), (143, 231));
}

#[tokio::test]
async fn the_first_link_has_version_1_and_one_time() {
    let world = World::new().await;
    world.pass(1);
    let at = "2026-03-06T12:00:01.5Z";
    let body = linked(PARTNER, 1, at, at);
    assert_eq!(said(world.ask("PUT", &partner(PARTNER)).await), (200, body.clone()));
    assert_eq!(said(world.ask("GET", &partner(PARTNER)).await), (200, body.clone()));
    let with_slash = partner("");
    for address in [own(), with_slash] {
        assert_eq!(said(world.ask("GET", &address).await), (200, body.clone()), "{address}");
    }
}

#[tokio::test]
async fn version_and_created_time_survive_delete_and_only_changes_count() {
    let world = World::new().await;
    let mut versions = Vec::new();
    for (method, id) in [
        ("PUT", PARTNER),
        ("DELETE", PARTNER),
        ("PUT", OTHER_PARTNER),
        ("PATCH", PARTNER),
        ("PATCH", PARTNER),
        ("PUT", PARTNER),
        ("DELETE", OTHER_PARTNER),
        ("DELETE", PARTNER),
        ("DELETE", PARTNER),
        ("PUT", PARTNER),
    ] {
        world.pass(1);
        let answer = world.ask(method, &partner(id)).await;
        let version = (answer.status == 200 && !answer.body.is_empty()).then(|| answer.version());
        versions.push((method, answer.status, version));
    }
    assert_eq!(
        versions,
        [
            ("PUT", 200, Some(1)),
            ("DELETE", 200, None),
            ("PUT", 200, Some(3)),
            ("PATCH", 200, Some(4)),
            ("PATCH", 200, Some(4)),
            ("PUT", 409, None),
            ("DELETE", 200, None),
            ("DELETE", 200, None),
            ("DELETE", 200, None),
            ("PUT", 200, Some(6)),
        ]
    );
    let expected = linked(PARTNER, 6, "2026-03-06T12:00:10.5Z", "2026-03-06T12:00:01.5Z");
    assert_eq!(said(world.ask("GET", &own()).await), (200, expected));
}

#[tokio::test]
async fn a_patch_to_the_same_partner_moves_nothing_and_to_another_moves_all_but_created() {
    let world = World::new().await;
    world.pass(1);
    let first = world.ask("PUT", &partner(PARTNER)).await;
    world.pass(1);
    assert_eq!(said(world.ask("PATCH", &partner(PARTNER)).await), (200, first.body));
    world.pass(1);
    let moved = linked(OTHER_PARTNER, 2, "2026-03-06T12:00:03.5Z", "2026-03-06T12:00:01.5Z");
    assert_eq!(said(world.ask("PATCH", &partner(OTHER_PARTNER)).await), (200, moved));
}

#[tokio::test]
async fn without_a_link() {
    let world = World::new().await;
    for (method, address, expected) in [
        ("PUT", partner(UNKNOWN), no(400, INVALID)),
        ("PUT", partner("abc"), no(400, INVALID)),
        ("PUT", partner("12345678901"), no(400, INVALID)),
        ("PUT", partner("a%2Fb%20c"), no(400, INVALID)),
        ("PUT", partner("%D9%A1%D9%A2"), no(400, INVALID)),
        ("GET", partner(PARTNER), no(404, NOT_LINKED)),
        ("GET", partner(UNKNOWN), no(404, NOT_LINKED)),
        ("GET", partner("abc"), no(404, NOT_LINKED)),
        ("GET", partner(""), no(404, NOT_LINKED)),
        ("GET", own(), no(404, NOT_LINKED)),
        ("PATCH", partner(PARTNER), no(404, NOT_LINKED)),
        ("PATCH", partner(UNKNOWN), no(404, NOT_LINKED)),
        ("PATCH", partner("abc"), no(404, NOT_LINKED)),
        ("DELETE", partner(PARTNER), no(200, "")),
        ("DELETE", partner(UNKNOWN), no(200, "")),
        ("DELETE", partner("abc"), no(200, "")),
    ] {
        assert_eq!(said(world.ask(method, &address).await), expected, "{method} {address}");
    }
}

#[tokio::test]
async fn with_a_link_it_is_looked_at_before_the_id() {
    let world = World::new().await;
    let link = world.ask("PUT", &partner(PARTNER)).await.body;
    for (method, address, expected) in [
        ("PUT", partner(PARTNER), no(409, ALREADY)),
        ("PUT", partner(OTHER_PARTNER), no(409, ALREADY)),
        ("PUT", partner(UNKNOWN), no(409, ALREADY)),
        ("PUT", partner("abc"), no(409, ALREADY)),
        ("PATCH", partner(UNKNOWN), no(400, INVALID)),
        ("PATCH", partner("abc"), no(400, INVALID)),
        ("GET", partner(OTHER_PARTNER), no(404, NOT_LINKED)),
        ("GET", partner("abc"), no(404, NOT_LINKED)),
        ("GET", partner("05127255"), no(404, NOT_LINKED)),
        ("DELETE", partner(OTHER_PARTNER), no(200, "")),
        ("DELETE", partner("abc"), no(200, "")),
        ("GET", own(), (200, link.clone())),
    ] {
        assert_eq!(said(world.ask(method, &address).await), expected, "{method} {address}");
    }
}

#[tokio::test]
async fn a_put_sent_again_is_answered_and_not_done_again() {
    let world = World::new().await;
    let put = |id: &str, client_request_id: Option<&str>| {
        let mut put = request("PUT", &partner(id)).header("Authorization", "Bearer alice");
        if let Some(client_request_id) = client_request_id {
            put = put.header("x-ms-client-request-id", client_request_id);
        }
        put.body(Body::empty()).unwrap()
    };
    let long = "x".repeat(200);
    let first = world.send(put(PARTNER, Some("c-1"))).await;
    assert_eq!(first.status, 200);
    world.pass(5);
    assert_eq!(said(world.send(put(PARTNER, Some("c-1"))).await), (200, first.body));
    for (id, client_request_id) in [
        (OTHER_PARTNER, Some("c-1")),
        (PARTNER, Some("c-2")),
        (PARTNER, Some("C-1")),
        (PARTNER, None),
        (PARTNER, Some("")),
        (PARTNER, Some(long.as_str())),
    ] {
        let again = world.send(put(id, client_request_id)).await;
        assert_eq!(said(again), no(409, ALREADY), "{id} {client_request_id:?}");
    }
    world.ask("DELETE", &partner(PARTNER)).await;
    assert_eq!(world.send(put(PARTNER, Some("c-1"))).await.version(), 3, "the link is gone: made anew");

    world.ask("DELETE", &partner(PARTNER)).await;
    let longest = "x".repeat(128);
    for (client_request_id, again) in [(longest.as_str(), 200), (long.as_str(), 409)] {
        assert_eq!(world.send(put(PARTNER, Some(client_request_id))).await.status, 200);
        assert_eq!(world.send(put(PARTNER, Some(client_request_id))).await.status, again);
        world.ask("DELETE", &partner(PARTNER)).await;
    }
}

#[tokio::test]
async fn a_put_without_an_id_of_its_own_cannot_be_known_again() {
    let world = World::new().await;
    assert_eq!(world.ask("PUT", &partner(PARTNER)).await.status, 200);
    assert_eq!(world.ask("PUT", &partner(PARTNER)).await.status, 409);
}

#[tokio::test]
async fn a_patch_takes_the_link_over_from_the_put_that_made_it() {
    let world = World::new().await;
    let send = |method: &str, id: &str, client_request_id: &str| {
        let request = request(method, &partner(id)).header("Authorization", "Bearer alice");
        request.header("x-ms-client-request-id", client_request_id).body(Body::empty()).unwrap()
    };
    world.send(send("PUT", PARTNER, "c-1")).await;
    assert_eq!(world.send(send("PATCH", OTHER_PARTNER, "c-2")).await.version(), 2);
    assert_eq!(world.send(send("PATCH", OTHER_PARTNER, "c-2")).await.version(), 2, "sent again: the same");
    assert_eq!(world.send(send("PUT", PARTNER, "c-1")).await.status, 409, "that link is no longer there");
}

#[tokio::test]
async fn operations_are_those_of_the_swagger() {
    let world = World::new().await;
    let answer =
        world.ask("GET", "/providers/Microsoft.ManagementPartner/operations?api-version=2018-02-01").await;
    let expected = r#"{"value":[{"name":"Microsoft.ManagementPartner/partners/read","display":{"provider":"Microsoft ManagementPartner","resource":"ManagementPartner","operation":"Get ManagementPartner","description":"Read All ManagementPartner"}},{"name":"Microsoft.ManagementPartner/partners/write","display":{"provider":"Microsoft ManagementPartner","resource":"ManagementPartner","operation":"Create ManagementPartner","description":"Create any ManagementPartner"}},{"name":"Microsoft.ManagementPartner/partners/action","display":{"provider":"Microsoft ManagementPartner","resource":"ManagementPartner","operation":"Update ManagementPartner","description":"Update any ManagementPartner"}},{"name":"Microsoft.ManagementPartner/partners/delete","display":{"provider":"Microsoft ManagementPartner","resource":"ManagementPartner","operation":"Delete ManagementPartner","description":"Delete any ManagementPartner"}}]}"#;
    assert_eq!(said(answer), no(200, expected));
}
