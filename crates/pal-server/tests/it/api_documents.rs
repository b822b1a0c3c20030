//! The descriptions of both interfaces: as files they cannot go stale, and served they are the same.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::api_world::world;
use crate::world::request;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// `UPDATE_DOCS=1` writes the files.
#[tokio::test]
async fn the_files_are_what_is_served() {
    let world = world(1).await;
    for (name, address) in
        [("openapi.json", "/api/openapi.json"), ("provider.openapi.json", "/api/provider.openapi.json")]
    {
        let request = request("GET", address).body(axum::body::Body::empty()).unwrap();
        let served = world.send(request).await;
        assert_eq!((served.status, served.header("content-type")), (200, Some("application/json")));
        let served = format!("{}\n", served.body);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(file(name), &served).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(file(name)).unwrap_or_default(),
            served,
            "UPDATE_DOCS=1 writes it"
        );
    }
}

#[tokio::test]
async fn every_operation_has_words_and_a_status_for_whoever_is_not_signed_in() {
    for document in [pal_server::own_api(), pal_server::provider_api()] {
        let document: Value = serde_json::to_value(document).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(operation["summary"].is_string(), "{method} {path}");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    assert!(response["description"].is_string(), "{method} {path} {status}");
                }
                let open = operation["security"]
                    .as_array()
                    .is_some_and(|ways| ways.contains(&serde_json::json!({})));
                assert!(open || operation["responses"]["401"].is_object(), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn the_page_shows_every_operation_and_needs_nothing_from_elsewhere() {
    let world = world(1).await;
    let page = world.send(request("GET", "/api/docs").body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    for document in [pal_server::own_api(), pal_server::provider_api()] {
        let document: Value = serde_json::to_value(document).unwrap();
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(page.body.contains(path), "{path}");
        }
    }
    assert!(!page.body.contains("<script") && !page.body.contains("src="), "{}", page.body);
}
