//! One link per principal and tenant, and nobody sees another's.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use pal_rules::time::Timestamp;
use pal_server::{Caller, identity::Authenticator};
use pal_store::registry::Registry;

use crate::world::{
    ALICE, BOB, OTHER_PARTNER, OTHER_TENANT, PARTNER, Partners, START, TENANT, World, own, partner, request,
};

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
        let put = request("PUT", &partner(PARTNER))
            .header("Authorization", format!("Bearer {token}"))
            .header("x-ms-client-request-id", "c-1");
        let answer = world.send(put.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.version()), (200, 1), "{token}");
    }
    for (token, object_id) in [("alice", ALICE), ("bob", BOB)] {
        let link = world.ask_as(token, "GET", &own()).await.json();
        assert_eq!(link["properties"]["objectId"], object_id.to_string());
    }
}

#[tokio::test]
async fn of_many_puts_at_once_one_makes_the_link() {
    let world = World::new().await;
    let puts = (0..20).map(|_| {
        let put = request("PUT", &partner(PARTNER)).header("Authorization", "Bearer alice");
        tokio::spawn(tower::ServiceExt::oneshot(world.service(), put.body(Body::empty()).unwrap()))
    });
    let mut made = 0;
    for put in puts.collect::<Vec<_>>() {
        let status = put.await.unwrap().unwrap().status().as_u16();
        assert!([200, 409].contains(&status));
        made += i32::from(status == 200);
    }
    assert_eq!(made, 1);
    assert_eq!(world.ask("GET", &own()).await.version(), 1);
}

#[tokio::test]
async fn history_keeps_the_ids_of_the_request_that_was_answered() {
    let kept: Arc<Mutex<Option<(Registry, Authenticator)>>> = Arc::default();
    let keep = kept.clone();
    let world = World::with(Partners::Directory, &[], move |app| {
        *keep.lock().unwrap() = Some((app.registry.clone(), app.authenticator.clone()));
    });
    let world = world.await;
    let put = request("PUT", &partner(PARTNER)).header("Authorization", "Bearer alice");
    let answer = world.send(put.header("x-ms-client-request-id", "c-1").body(Body::empty()).unwrap()).await;
    let (registry, authenticator) = kept.lock().unwrap().take().unwrap();
    let verified = authenticator.verify("alice", Timestamp::parse(START).unwrap()).await.unwrap();
    let scope = Caller::authenticated(&verified, None).read_scope();
    let history = registry.history(scope, TENANT, ALICE).await.unwrap();
    let [change] = history.as_slice() else { panic!("{history:?}") };
    assert_eq!(answer.header("request-id"), Some(change.request_id.to_string().as_str()));
    assert_eq!((change.client_request_id.as_deref(), change.via.as_str()), (Some("c-1"), "provider"));
}
