//! Whatever a client sends along is taken and not looked at.

use axum::body::Body;

use crate::world::{OTHER_PARTNER, PARTNER, Partners, World, own, partner, request};

const KINDS: [(&str, Option<&str>); 8] = [
    ("", None),
    ("", Some("application/json; charset=utf-8")),
    (r#"{"partnerId":"314159"}"#, Some("application/json")),
    (r#"{"properties":{"partnerId":"314159"}}"#, Some("application/json")),
    ("{}", Some("application/json")),
    ("{ not json", Some("application/json")),
    ("<a/>", Some("text/xml")),
    ("\u{0}\u{1}\u{2}", Some("multipart/form-data")),
];

#[tokio::test]
async fn no_body_changes_what_the_path_says() {
    let world = World::new().await;
    for (body, kind) in KINDS {
        for (method, id) in [("PUT", PARTNER), ("PATCH", OTHER_PARTNER), ("DELETE", OTHER_PARTNER)] {
            let mut request = request(method, &partner(id)).header("Authorization", "Bearer alice");
            if let Some(kind) = kind {
                request = request.header("Content-Type", kind);
            }
            let answer = world.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, 200, "{method} {body:?} {kind:?}: {answer:?}");
            if method != "DELETE" {
                assert_eq!(answer.json()["name"], id);
            }
        }
    }
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused_in_arm_shape_and_nothing_is_done() {
    let world = World::with(Partners::Directory, &[], |app| app.limits.body_bytes = 8).await;
    let put = |body: Body, length: Option<&str>| {
        let mut put = request("PUT", &partner(PARTNER)).header("Authorization", "Bearer alice");
        if let Some(length) = length {
            put = put.header("Content-Length", length);
        }
        put.body(body).unwrap()
    };
    let expected = r#"{"error":{"code":"RequestEntityTooLarge","message":"The request content exceeds the limit of 8 bytes."}}"#;
    for (body, length) in [("123456789", None), ("123456789", Some("9")), ("", Some("9"))] {
        let answer = world.send(put(Body::from(body), length)).await;
        assert_eq!((answer.status, answer.body.as_str()), (413, expected), "{body} {length:?}");
    }
    assert_eq!(world.ask("GET", &own()).await.status, 404);
    assert_eq!(world.send(put(Body::from("12345678"), Some("8"))).await.status, 200);
}
