//! Health, metrics, and what is seen of every exchange.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use pal_server::{Area, Exchange, Observer, set_peer};

use crate::world::{ALICE, Answer, PARTNER, Partners, TENANT, World, own, partner, request};

async fn from(world: &World, peer: &str, address: &str, forwarded: bool) -> Answer {
    let mut request = request("GET", address);
    if forwarded {
        request = request.header("X-Forwarded-For", "203.0.113.7");
    }
    let mut request = request.body(Body::empty()).unwrap();
    set_peer(request.extensions_mut(), peer.parse().unwrap());
    world.send(request).await
}

#[tokio::test]
async fn a_server_that_can_serve_says_so_to_everybody() {
    let world = World::new().await;
    let lives = from(&world, "203.0.113.7:1", "/livez", false).await;
    assert_eq!((lives.status, lives.body.as_str()), (200, "ok\n"));
    let ready = from(&world, "203.0.113.7:1", "/readyz", false).await;
    assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"ready":true,"registry":true,"keys":true}"#));
}

#[tokio::test]
async fn numbers_count_what_was_asked_and_name_nobody() {
    let world = World::new().await;
    world.ask("PUT", &partner(PARTNER)).await;
    world.ask("GET", &own()).await;
    world.ask_as("nobody", "GET", &own()).await;
    world.ask("BREW", "/api/v1/me").await;
    let numbers = from(&world, "127.0.0.1:1", "/metrics", false).await;
    assert_eq!(numbers.status, 200);
    assert!(numbers.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        r#"pal_http_requests_total{area="provider",method="PUT",status="200"} 1"#,
        r#"pal_http_requests_total{area="provider",method="GET",status="401"} 1"#,
        r#"pal_http_requests_total{area="api",method="other",status="405"} 1"#,
        r#"pal_http_request_duration_seconds_count{area="provider"} 3"#,
        "pal_http_requests_under_way 1",
        "pal_http_faults_total 0",
        "pal_ready 1",
        "# EOF",
    ] {
        assert!(numbers.body.lines().any(|found| found == line), "{line}\n{}", numbers.body);
    }
    for name in [TENANT.to_string(), ALICE.to_string(), PARTNER.to_owned()] {
        assert!(!numbers.body.contains(&name), "{}", numbers.body);
    }
}

#[tokio::test]
async fn numbers_are_for_this_machine_unless_the_server_is_told_otherwise() {
    let world = World::new().await;
    for (peer, forwarded, status) in [
        ("127.0.0.1:1", false, 200),
        ("[::1]:1", false, 200),
        ("[::ffff:127.0.0.1]:1", false, 200),
        ("203.0.113.7:1", false, 401),
        ("127.0.0.1:1", true, 401),
    ] {
        assert_eq!(from(&world, peer, "/metrics", forwarded).await.status, status, "{peer} {forwarded}");
    }
    let open = World::with(Partners::Directory, &[], |app| app.open_metrics = true).await;
    assert_eq!(from(&open, "203.0.113.7:1", "/metrics", true).await.status, 200);
}

/// A world, and what was told of its exchanges.
async fn observed() -> (World, Arc<Mutex<Vec<Exchange>>>) {
    let told: Arc<Mutex<Vec<Exchange>>> = Arc::default();
    let keep = told.clone();
    let world = World::with(Partners::Directory, &[], move |app| {
        app.observer = Some(Observer::of_all(move |exchange| keep.lock().unwrap().push(exchange.clone())));
    });
    (world.await, told)
}

#[tokio::test]
async fn an_exchange_is_told_with_its_ids_and_without_its_secrets() {
    let (world, told) = observed().await;
    let put = request("PUT", &format!("{}&secret=s3cret", partner(PARTNER)));
    let put = put.header("Authorization", "Bearer alice").header("x-ms-client-request-id", "c-1");
    let answer = world.send(put.body(Body::empty()).unwrap()).await;
    world.ask("GET", "/api/v1/me").await;
    world.ask_as("s3cret-token", "GET", "/api/v1/me").await;
    let told = told.lock().unwrap();
    let [provider, api, refused] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(Some(provider.request_id.to_string().as_str()), answer.header("request-id"));
    assert_eq!(provider.client_request_id.as_deref(), Some("c-1"));
    assert_eq!(
        (provider.area, provider.status, provider.caller),
        (Area::Provider, 200, Some((TENANT, ALICE)))
    );
    assert_eq!((api.area, api.status, api.caller), (Area::Api, 200, Some((TENANT, ALICE))));
    assert_eq!((refused.status, refused.caller), (401, None));
    assert!(!format!("{told:?}").contains("s3cret"), "{told:?}");
}

/// Whoever was answered can be found in the log, also where nothing is.
#[tokio::test]
async fn every_answer_has_an_id_and_the_log_has_the_same() {
    let (world, told) = observed().await;
    let paths = [
        "/elsewhere",
        "//elsewhere",
        "/providers/../x",
        "/%zz",
        "/",
        "/api/nowhere",
        "/livez",
        "/metadata/x",
    ];
    for (place, path) in paths.into_iter().enumerate() {
        let answer = world.ask("GET", path).await;
        let id = told.lock().unwrap()[place].request_id.to_string();
        assert_eq!(answer.header("request-id"), Some(id.as_str()), "{path}");
    }
}

/// What is counted as the provider is what the provider answers, however its path is written.
#[tokio::test]
async fn the_area_of_an_exchange_is_that_of_the_path_as_it_is_read() {
    let (world, told) = observed().await;
    for (place, (path, area)) in [
        ("/providers/x", Area::Provider),
        ("/%70roviders/x", Area::Provider),
        ("/PROVIDERS/x", Area::Provider),
        ("/t%65nants", Area::Provider),
        ("/providers/../x", Area::Provider),
        ("/api/v1/me", Area::Api),
        ("/%61pi/v1/me", Area::SignIn),
        ("/livez", Area::Health),
        ("/contoso.example/oauth2/v2.0/token", Area::SignIn),
        ("/%zz", Area::SignIn),
    ]
    .into_iter()
    .enumerate()
    {
        world.ask("GET", path).await;
        assert_eq!(told.lock().unwrap()[place].area, area, "{path}");
    }
}
