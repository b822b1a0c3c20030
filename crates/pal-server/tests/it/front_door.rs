//! ARM's own refusals: single form, and in the order of checks.

use std::num::NonZeroU32;

use axum::body::Body;
use pal_server::{Limits, Quota};
use proptest::prelude::{Strategy, prop, prop_assert};
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};

use crate::world::{Answer, PARTNER, World, own, partner, request};

const P: &str = "/providers/Microsoft.ManagementPartner/partners";

fn error(code: &str, message: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#)
}

async fn with_authorization(world: &World, values: &[&str]) -> Answer {
    let request =
        values.iter().fold(request("GET", &own()), |request, value| request.header("Authorization", *value));
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_caller_without_a_believed_token_is_told_where_to_get_one() {
    let world = World::new().await;
    let missing = "Authentication failed. The 'Authorization' header is missing.";
    let invalid = "The access token is invalid.";
    let expired = "The access token expiry UTC time '3/6/2026 12:00:00 PM' is earlier than current UTC time \
                   '3/6/2026 12:00:00 PM'.";
    for (values, code, message) in [
        (&[][..], "AuthenticationFailed", missing),
        (&["Bearer nobody"], "InvalidAuthenticationToken", invalid),
        (&["Bearer"], "InvalidAuthenticationToken", invalid),
        (&["Basic YTpi"], "InvalidAuthenticationToken", invalid),
        (&["Bearer alice", "Bearer bob"], "InvalidAuthenticationToken", invalid),
        (&["Bearer stale"], "ExpiredAuthenticationToken", expired),
    ] {
        let answer = with_authorization(&world, values).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, error(code, message).as_str()));
        let challenge = format!(
            "Bearer authorization_uri=\"https://login.example/common\", error=\"invalid_token\", \
             error_description=\"{message}\""
        );
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
        assert_eq!(answer.header("x-ms-ratelimit-remaining-tenant-reads"), None);
    }
    assert_eq!(with_authorization(&world, &["bearer  alice "]).await.status, 404);
}

#[tokio::test]
async fn a_server_of_one_tenant_names_it_in_the_challenge() {
    let world = World::with(crate::world::Partners::Directory, &[], |app| {
        app.sign_in.tenant = Some(crate::world::TENANT);
    });
    let answer = with_authorization(&world.await, &[]).await;
    let uri = format!("authorization_uri=\"https://login.example/{}\"", crate::world::TENANT);
    assert!(answer.header("www-authenticate").unwrap().contains(&uri), "{answer:?}");
}

#[tokio::test]
async fn api_versions() {
    let world = World::new().await;
    let missing = error(
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    );
    let of = |kind: &str, version: &str| {
        error(
            "InvalidResourceType",
            &format!(
                "The resource type '{kind}' could not be found in the namespace \
                 'Microsoft.ManagementPartner' for api version '{version}'. The supported api-versions are \
                 '2018-02-01'."
            ),
        )
    };
    for (address, status, body) in [
        (format!("{P}/123"), 400, missing.clone()),
        (format!("{P}?api-version="), 400, missing.clone()),
        (format!("{P}?x=2018-02-01"), 400, missing.clone()),
        ("/providers/Contoso.Things/x".to_owned(), 400, missing.clone()),
        ("/tenants".to_owned(), 400, missing.clone()),
        ("/subscriptions/s/x".to_owned(), 400, missing),
        (format!("{P}/123?api-version=2019-01-01"), 404, of("partners", "2019-01-01")),
        (format!("{P}?api-version=2018-02-01-preview"), 404, of("partners", "2018-02-01-preview")),
        (format!("{P}?api-version=%222018"), 404, of("partners", "\\\"2018")),
        (P.replace("partners", "operations") + "?api-version=1", 404, of("operations", "1")),
    ] {
        for method in ["GET", "PUT", "PATCH", "DELETE", "POST"] {
            let answer = world.ask(method, &address).await;
            assert_eq!((answer.status, &answer.body), (status, &body), "{method} {address}");
        }
    }
    assert_eq!(world.ask("GET", &format!("{P}?$x=%zz&API-VERSION=2018-02-01")).await.status, 404);
}

#[tokio::test]
async fn every_other_path_of_the_front_door_is_refused_in_its_shape() {
    let world = World::new().await;
    let nowhere = error("NotFound", "No resource or operation has this path.");
    let namespace =
        |of: &str| error("InvalidResourceNamespace", &format!("The resource namespace '{of}' is invalid."));
    let subscription = error("SubscriptionNotFound", "The subscription 'S-1' could not be found.");
    let kind = error(
        "InvalidResourceType",
        "The resource type 'links' could not be found in the namespace 'Microsoft.ManagementPartner' for api \
         version '2018-02-01'. The supported api-versions are '2018-02-01'.",
    );
    for (path, body) in [
        ("/providers", nowhere.clone()),
        ("/providers/Microsoft.ManagementPartner", nowhere.clone()),
        ("/providers/Microsoft.ManagementPartner/links/1", kind),
        ("/providers/Microsoft.ManagementPartner/operations/read", nowhere.clone()),
        ("/providers/Microsoft.ManagementPartner/partners/1/owners", nowhere.clone()),
        ("/providers/Microsoft.Compute", namespace("Microsoft.Compute")),
        ("/providers/Microsoft.Compute/virtualMachines/x", namespace("Microsoft.Compute")),
        ("/subscriptions/S-1", subscription.clone()),
        ("/subscriptions/S-1/providers/Microsoft.ManagementPartner/partners/5127255", subscription),
        ("/tenants/x", nowhere),
    ] {
        for method in ["GET", "PUT", "POST", "DELETE", "OPTIONS"] {
            let answer = world.ask(method, &format!("{path}?api-version=2018-02-01")).await;
            assert_eq!((answer.status, &answer.body), (404, &body), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_known_path_says_which_methods_it_has() {
    let world = World::new().await;
    let operations = P.replace("partners", "operations") + "?api-version=2018-02-01";
    for (address, allow, refused) in [
        (partner(PARTNER), "GET, HEAD, PUT, PATCH, DELETE", &["POST", "OPTIONS", "TRACE", "LINK"][..]),
        (own(), "GET, HEAD", &["PUT", "PATCH", "DELETE", "POST"]),
        (partner(""), "GET, HEAD", &["PUT", "PATCH", "DELETE"]),
        (operations, "GET, HEAD", &["PUT", "DELETE"]),
        ("/subscriptions?api-version=1".to_owned(), "GET, HEAD", &["POST"]),
        ("/tenants?api-version=1".to_owned(), "GET, HEAD", &["PUT"]),
        ("/metadata/endpoints?api-version=1.0".to_owned(), "GET, HEAD", &["POST"]),
    ] {
        for method in refused {
            let answer = world.ask(method, &address).await;
            let message = format!("The HTTP method '{method}' is not supported by this resource.");
            let expected = error("MethodNotAllowed", &message);
            assert_eq!((answer.status, answer.body.as_str()), (405, expected.as_str()), "{method} {address}");
            assert_eq!(answer.header("allow"), Some(allow));
        }
    }
}

/// Each request breaks its rule and all later ones; the earliest is the one that is told.
#[tokio::test]
async fn checks_have_an_order() {
    let world = World::with(crate::world::Partners::Directory, &[], |app| app.limits.body_bytes = 4).await;
    let long = || Body::from("12345");
    for (token, method, address, expected) in [
        ("nobody", "PUT", "/providers//x", (404, "NotFound")),
        ("nobody", "PUT", P, (401, "InvalidAuthenticationToken")),
        ("alice", "PUT", "/providers/x", (413, "RequestEntityTooLarge")),
    ] {
        let request = request(method, address).header("Authorization", format!("Bearer {token}"));
        let answer = world.send(request.body(long()).unwrap()).await;
        assert_eq!((answer.status, answer.code().as_str()), expected, "{method} {address}");
    }
    let used_up = World::with(crate::world::Partners::Directory, &[], |app| {
        app.limits = Limits {
            quota: Some(Quota { writes_per_hour: NonZeroU32::MIN, ..Quota::default() }),
            body_bytes: 4,
        };
    });
    let used_up = used_up.await;
    used_up.ask("PUT", P).await;
    let request = request("PUT", P).header("Authorization", "Bearer alice").body(long()).unwrap();
    assert_eq!(used_up.send(request).await.status, 429);
    for (method, address, expected) in [
        ("PUT", "/providers/x/y", (400, "MissingApiVersionParameter")),
        (
            "POST",
            "/providers/Microsoft.ManagementPartner/partners?api-version=1",
            (404, "InvalidResourceType"),
        ),
        (
            "POST",
            "/providers/Microsoft.ManagementPartner/partners?api-version=2018-02-01",
            (405, "MethodNotAllowed"),
        ),
        ("PATCH", partner("abc").as_str(), (404, "ManagementPartnerNotFound")),
    ] {
        let answer = world.ask(method, address).await;
        assert_eq!((answer.status, answer.code().as_str()), expected, "{method} {address}");
    }
}

/// A path under one of the four prefixes, of words that routes know and words that they do not.
fn any_path() -> impl Strategy<Value = String> {
    let first = select(vec!["providers", "Subscriptions", "tenants", "METADATA"]);
    let word = select(vec![
        "Microsoft.ManagementPartner",
        "partners",
        "operations",
        "endpoints",
        "5127255",
        "4242",
        "abc",
        "",
        ".",
        "..",
        "%2e",
        "%2F",
        "%00",
        "%",
        "a%20b",
        "Microsoft.Compute",
        "12345678901",
        "{}",
        "'\"<",
    ]);
    (first, prop::collection::vec(word, 0..5)).prop_map(|(first, words)| {
        let words: Vec<&str> = std::iter::once(first).chain(words).collect();
        format!("/{}", words.join("/").replace(['{', '}', '"', '<'], "%7B"))
    })
}

#[test]
fn whatever_is_asked_the_answer_has_a_documented_shape() {
    let methods = ["GET", "PUT", "PATCH", "DELETE", "POST", "OPTIONS", "HEAD"];
    let queries = ["", "?", "?api-version=2018-02-01", "?api-version=2022-09-01", "?api-version=%"];
    let asked = (
        select(methods.to_vec()),
        any_path(),
        select(queries.to_vec()),
        select(vec!["alice", "bob", "nobody", "stale"]),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let world = runtime.block_on(World::new());
    let result = TestRunner::default().run(&asked, |(method, path, query, token)| {
        let answer = runtime.block_on(world.ask_as(token, method, &format!("{path}{query}")));
        has_a_documented_shape(method, &answer)
    });
    result.unwrap();
}

fn has_a_documented_shape(method: &str, answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert!([200, 400, 401, 404, 405, 409].contains(&answer.status), "{answer:?}");
    prop_assert!(answer.header("x-ms-request-id").is_some());
    if answer.status == 200 || method == "HEAD" {
        return Ok(());
    }
    let body = answer.json();
    for field in ["code", "message"] {
        prop_assert!(body["error"][field].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
        prop_assert!(body.get(field).is_none_or(|flat| *flat == body["error"][field]), "{answer:?}");
    }
    Ok(())
}
