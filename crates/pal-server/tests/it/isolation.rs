//! One link per principal and tenant, and nobody sees another's.

use crate::world::{ALICE, BOB, OTHER_PARTNER, OTHER_TENANT, PARTNER, TENANT, World, own, partner};

#[tokio::test]
async fn principals_and_tenants_do_not_meet() {
    let world = World::new().await;
    assert_eq!(world.ask_as("alice", "PUT", &partner(PARTNER)).await.status, 200);
    for token in ["bob", "alice-elsewhere"] {
        for (method, address, status) in
            [("GET", own(), 404), ("GET", partner(PARTNER), 404), ("PATCH", partner(PARTNER), 404)]
        {
            assert_eq!(world.ask_as(token, method, &address).await.status, status, "{token} {method}");
        }
        assert_eq!(world.ask_as(token, "DELETE", &partner(PARTNER)).await.status, 200);
        let made = world.ask_as(token, "PUT", &partner(OTHER_PARTNER)).await;
        assert_eq!((made.status, made.version()), (200, 1), "{token} begins at 1");
    }
    for (token, id, tenant, object_id) in [
        ("alice", PARTNER, TENANT, ALICE),
        ("bob", OTHER_PARTNER, TENANT, BOB),
        ("alice-elsewhere", OTHER_PARTNER, OTHER_TENANT, ALICE),
    ] {
        let link = world.ask_as(token, "GET", &own()).await.json();
        assert_eq!(link["name"], id, "{token}");
        assert_eq!(link["properties"]["tenantId"], tenant.to_string());
        assert_eq!(link["properties"]["objectId"], object_id.to_string());
        assert_eq!(link["properties"]["version"], 1);
    }
}

#[tokio::test]
async fn a_request_id_of_another_principal_is_no_repetition() {
    let world = World::new().await;
    for token in ["alice", "bob"] {
        let put = crate::world::request("PUT", &partner(PARTNER))
            .header("Authorization", format!("Bearer {token}"))
            .header("x-ms-client-request-id", "c-1");
        let answer = world.send(put.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.version()), (200, 1), "{token}");
    }
    for (token, object_id) in [("alice", ALICE), ("bob", BOB)] {
        let link = world.ask_as(token, "GET", &own()).await.json();
        assert_eq!(link["properties"]["objectId"], object_id.to_string());
    }
}
