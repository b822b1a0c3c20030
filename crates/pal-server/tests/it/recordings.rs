//! The recordings of the real service, sent to ours in the order in which they were made.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Partners, World};

/// Headers that have to be as recorded.
const SAME: [&str; 5] = ["cache-control", "content-type", "expires", "pragma", "x-content-type-options"];

/// Recorded headers that are not compared, and why.
const NOT_COMPARED: [(&str, &str); 10] = [
    ("content-length", "compared with the body that came, because times and versions differ in length"),
    ("date", "hyper adds it on a connection: `socket.rs`"),
    ("request-id", "compared in form only: a GUID"),
    (
        "vary",
        "of success bodies, where it was recorded twice in one line; the errors of 2021 lack it and ours have it, as `wire.md` §4 says",
    ),
    ("transfer-encoding", "belongs to a connection; the recorder kept it beside a length"),
    ("server", "not sent: it would be untrue"),
    ("x-gsm", "not sent: a build of the real service"),
    ("ms-cv", "not sent: a vector of Microsoft's own tracing"),
    ("strict-transport-security", "only by configuration: it would bind the operator's whole domain"),
    ("x-ms-ratelimit-remaining-tenant-resource-requests", "the header of 2021; ours is that of 2018"),
];

/// The four recordings that are one principal's afternoon, in their order.
const AFTERNOON: [&str; 4] = ["cli_create", "cli_delete", "cli_show", "cli_update"];

fn recording(name: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/recordings");
    let text = fs::read_to_string(path.join(format!("{name}.json"))).ok();
    if text.is_none() {
        println!("skipped: the recording `{name}` is not in {}", path.display());
    }
    let recording: Value = serde_json::from_str(&text?).unwrap();
    Some(recording["exchanges"].as_array().unwrap().clone())
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// Sends a recorded request, with all its headers, as the principal with the token `recorded`.
async fn replay(world: &World, exchange: &Value) -> Answer {
    let uri = text(exchange, "/request/uri");
    let mut request = Request::builder().method(text(exchange, "/request/method"));
    request = request.uri(uri.strip_prefix("https://management.azure.com").unwrap());
    for (name, value) in exchange["request"]["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    assert_eq!(exchange["request"]["body"], Value::Null, "no client sent one");
    let request = request.header("Authorization", "Bearer recorded");
    world.pass(1);
    world.send(request.body(Body::empty()).unwrap()).await
}

/// The body with everything that time makes different put to one value; what is left has to be equal as
/// text, which holds key order, spelling and types.
fn timeless(body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    let mut value: Value = serde_json::from_str(body).unwrap();
    assert_eq!(value.to_string(), body, "compact");
    for (path, stand_in) in [
        ("/etag", json!(0)),
        ("/properties/version", json!(0)),
        ("/properties/updatedTime", json!("updated")),
        ("/properties/createdTime", json!("created")),
    ] {
        if let Some(field) = value.pointer_mut(path) {
            assert_eq!(field.is_string(), stand_in.is_string(), "{path} of {body}");
            *field = stand_in;
        }
    }
    value.to_string()
}

/// Compares all but what moves with time, and returns recorded and own version, if there is one.
fn compare(name: &str, exchange: &Value, answer: &Answer) -> Option<(i64, i64)> {
    let recorded = &exchange["response"];
    let body = text(recorded, "/body");
    assert_eq!(i64::from(answer.status), recorded["status"].as_i64().unwrap(), "{name}: {answer:?}");
    assert_eq!(timeless(&answer.body), timeless(body), "{name}");
    compare_headers(name, recorded, answer);
    if !body.starts_with(r#"{"id""#) {
        assert_eq!(answer.body, body, "{name}: an error is the same to the byte");
        return None;
    }
    let (theirs, ours) = (serde_json::from_str::<Value>(body).unwrap(), answer.json());
    let version = |value: &Value| value["properties"]["version"].as_i64().unwrap();
    assert_eq!(
        (ours["etag"].as_i64(), theirs["etag"].as_i64()),
        (Some(version(&ours)), Some(version(&theirs)))
    );
    Some((version(&theirs), version(&ours)))
}

fn compare_headers(name: &str, recorded: &Value, answer: &Answer) {
    let headers = recorded["headers"].as_object().unwrap();
    for header in SAME {
        assert_eq!(answer.header(header), headers.get(header).and_then(Value::as_str), "{name}: {header}");
    }
    let writes = "x-ms-ratelimit-remaining-tenant-writes";
    for header in headers.keys().map(String::as_str).filter(|header| !SAME.contains(header)) {
        let known = header == writes || NOT_COMPARED.iter().any(|(known, _)| *known == header);
        assert!(known, "{name}: nothing is said of the header `{header}`");
    }
    if headers.contains_key(writes) {
        assert!(answer.header(writes).is_some(), "{name}: {writes}");
    }
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()), "{name}");
    assert!(Uuid::parse_str(answer.header("request-id").unwrap()).is_ok(), "{name}");
    if let Some(vary) = headers.get("vary").and_then(Value::as_str) {
        assert_eq!(vary.split(',').next(), answer.header("vary"), "{name}");
    }
    let of_microsoft = ["server", "x-gsm", "ms-cv", "strict-transport-security"];
    assert!(of_microsoft.iter().all(|header| answer.header(header).is_none()), "{name}: {answer:?}");
}

fn ids(of: &str) -> Uuid {
    Uuid::parse_str(of).unwrap()
}

#[tokio::test]
async fn an_afternoon_with_the_command_line() {
    let (tenant, principal) =
        (ids("1b1121dd-6900-412a-af73-e8d44f81e1c1"), ids("aa67f786-0552-423e-8849-244ed12bf581"));
    // Of 2018-02, when bodies had no partner name: any id, and no names.
    let world = World::with(Partners::Any, &[("recorded", tenant, principal)], |_| {}).await;
    let mut steps = BTreeMap::new();
    let mut times = Vec::new();
    for name in AFTERNOON {
        for exchange in recording(name).unwrap_or_default() {
            let answer = replay(&world, &exchange).await;
            if let Some((theirs, ours)) = compare(name, &exchange, &answer) {
                let properties = answer.json()["properties"].clone();
                times.push((text(&properties, "/createdTime").to_owned(), ours));
                steps.insert(theirs, ours);
            }
        }
    }
    if steps.is_empty() {
        return;
    }
    // 57, 59, 61, 63, 64 there; the first is a first link here.
    let relative: Vec<(i64, i64)> = steps.iter().map(|(theirs, ours)| (theirs - 56, *ours)).collect();
    assert_eq!(relative, [(1, 1), (3, 3), (5, 5), (7, 7), (8, 8)]);
    assert!(times.iter().all(|(created, _)| *created == times[0].0), "created once: {times:?}");
}

#[tokio::test]
async fn a_link_of_version_5_is_read() {
    let principal = ids("975f2961-f780-4375-b6c8-ce0b9d116792");
    let world = World::with(Partners::Any, &[("recorded", Uuid::nil(), principal)], |_| {}).await;
    let address = crate::world::partner("123456");
    for method in ["PUT", "DELETE", "PUT", "DELETE", "PUT"] {
        world.pass(60);
        assert_eq!(world.ask_as("recorded", method, &address).await.status, 200);
    }
    for exchange in recording("py_get_2018-02").unwrap_or_default() {
        let answer = replay(&world, &exchange).await;
        assert_eq!(compare("py_get_2018-02", &exchange, &answer), Some((5, 5)));
    }
}

#[tokio::test]
async fn a_principal_without_a_link() {
    let principal = ("recorded", Uuid::max(), Uuid::max());
    let world = World::with(Partners::Directory, &[principal], |_| {}).await;
    for name in [
        "py_create_invalid_2021",
        "py_delete_not_linked_2021",
        "py_get_not_linked_2021",
        "py_update_not_linked_2021",
    ] {
        for exchange in recording(name).unwrap_or_default() {
            let answer = replay(&world, &exchange).await;
            compare(name, &exchange, &answer);
        }
    }
}

#[test]
fn no_recording_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/recordings");
    let Ok(entries) = fs::read_dir(folder) else { return };
    let names =
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !AFTERNOON.contains(&name.as_str())).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "py_create_invalid_2021",
            "py_delete_not_linked_2021",
            "py_get_2018-02",
            "py_get_not_linked_2021",
            "py_update_not_linked_2021",
        ]
    );
}
