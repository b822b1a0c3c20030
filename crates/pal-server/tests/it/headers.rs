//! `wire.md` §4: what is around every answer.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName};

use crate::world::{PARTNER, Partners, UNKNOWN, World, own, partner, request};

/// The headers in order of their names.
fn listed(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut all: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn a_body_comes_with_these_headers_and_no_others() {
    let world = World::new().await;
    let answer = world.ask("PUT", &partner(PARTNER)).await;
    let length = answer.body.len().to_string();
    assert_eq!(
        listed(&answer.headers),
        [
            ("cache-control", "no-cache"),
            ("content-length", length.as_str()),
            ("content-type", "application/json; charset=utf-8"),
            ("expires", "-1"),
            ("pragma", "no-cache"),
            ("request-id", "1d000000-0000-4000-8000-000000000000"),
            ("vary", "Accept-Encoding"),
            ("x-content-type-options", "nosniff"),
            ("x-ms-correlation-request-id", "1d000000-0000-4000-8000-000000000001"),
            ("x-ms-ratelimit-remaining-tenant-writes", "1199"),
            ("x-ms-request-id", "1d000000-0000-4000-8000-000000000001"),
            ("x-ms-routing-request-id", "PAL:20260306T120000Z:1d000000-0000-4000-8000-000000000001"),
        ]
    );
}

#[tokio::test]
async fn a_delete_has_no_body_and_says_nothing_of_one() {
    let world = World::new().await;
    world.ask("PUT", &partner(PARTNER)).await;
    for id in [PARTNER, PARTNER, "abc"] {
        let answer = world.ask("DELETE", &partner(id)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
        assert_eq!(answer.header("content-length"), Some("0"));
        assert_eq!((answer.header("content-type"), answer.header("vary")), (None, None));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
    }
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let world = World::new().await;
    world.ask("PUT", &partner(PARTNER)).await;
    let (unlinked, tenants) = (partner(UNKNOWN), "/tenants?api-version=1".to_owned());
    let metadata = "/metadata/endpoints?api-version=1.0".to_owned();
    for address in [own(), partner(PARTNER), unlinked, tenants, metadata] {
        let (get, head) = (world.ask("GET", &address).await, world.ask("HEAD", &address).await);
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{address}");
        assert_eq!(get.header("content-length"), Some(get.body.len().to_string().as_str()));
        for name in ["content-length", "content-type", "vary", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{address} {name}");
        }
        let reads = "x-ms-ratelimit-remaining-tenant-reads";
        assert_eq!(head.header(reads).is_some(), get.header(reads).is_some(), "{address}");
    }
}

#[tokio::test]
async fn errors_carry_the_same_headers() {
    let world = World::new().await;
    for (answer, quota) in [
        (world.ask("PUT", &partner(UNKNOWN)).await, Some("x-ms-ratelimit-remaining-tenant-writes")),
        (world.ask("GET", &own()).await, Some("x-ms-ratelimit-remaining-tenant-reads")),
        (world.ask_as("nobody", "GET", &own()).await, None),
        (world.ask("GET", "/elsewhere").await, None),
    ] {
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
        assert_eq!(answer.header("x-ms-request-id"), answer.header("x-ms-correlation-request-id"));
        assert_ne!(answer.header("x-ms-request-id"), answer.header("request-id"));
        let quotas = answer.headers.keys().filter(|name| name.as_str().contains("ratelimit"));
        assert_eq!(quotas.map(HeaderName::as_str).next(), quota);
    }
}

#[tokio::test]
async fn a_client_id_comes_back_only_when_asked_for() {
    let world = World::new().await;
    for (asked, echo) in [(None, None), (Some("false"), None), (Some("true"), Some("c-1"))] {
        let mut request = request("GET", &own()).header("Authorization", "Bearer alice");
        request = request.header("x-ms-client-request-id", "c-1");
        if let Some(asked) = asked {
            request = request.header("x-ms-return-client-request-id", asked);
        }
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("x-ms-client-request-id"), echo);
    }
}

#[tokio::test]
async fn strict_transport_security_is_sent_where_it_is_configured() {
    let world = World::with(Partners::Directory, &[], |app| app.hsts_seconds = Some(31_536_000)).await;
    for address in [own(), "/elsewhere".to_owned(), "/metadata/endpoints?api-version=1.0".to_owned()] {
        let answer = world.ask("GET", &address).await;
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{address}");
    }
}
