//! Service principals at the built-in authority: secret, and what is read before it.

use pal_server::identity::Refused;
use pal_server::{Caller, Kind};
use serde_json::json;
use uuid::Uuid;

use crate::identity_world::*;

#[tokio::test]
async fn a_secret_gives_a_token_that_the_server_believes() {
    let sandbox = Sandbox::new();
    let answer = sandbox.token(TENANT, &secret_fields(SECRET)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header(axum::http::header::CACHE_CONTROL), "no-store");
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["token_type", "expires_in", "ext_expires_in", "access_token"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3599)));

    let token = body["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!(said["aud"], "https://management.azure.com");
    assert_eq!(said["iss"], format!("{ORIGIN}/{TENANT}/"));
    assert_eq!(
        (&said["ver"], &said["idtyp"], &said["appidacr"]),
        (&json!("1.0"), &json!("app"), &json!("1"))
    );

    let verified = sandbox.authenticator.verify(token, sandbox.hands.now()).await.unwrap();
    let caller = Caller::authenticated(&verified, None);
    assert_eq!(caller.tenant(), Uuid::parse_str(TENANT).unwrap());
    assert_eq!(caller.object_id(), Uuid::parse_str(APP_OBJECT).unwrap());
    assert_eq!((caller.kind(), caller.client_id()), (Kind::Application, Some(APP)));
}

#[tokio::test]
async fn a_token_ends_with_five_minutes_of_patience() {
    let sandbox = Sandbox::new();
    let token = sandbox.app_token().await;
    let verify = || sandbox.authenticator.verify(&token, sandbox.hands.now());
    sandbox.hands.pass(3_600 + 299);
    assert!(verify().await.is_ok());
    sandbox.hands.pass(1);
    let ended = verify().await.unwrap_err();
    assert!(
        matches!(ended, Refused::Expired { expired_at } if expired_at.to_string() == "2026-08-01T01:00:00Z")
    );
}

#[tokio::test]
async fn scopes_become_audiences() {
    let sandbox = Sandbox::new();
    for (scope, audience) in [
        ("https://management.core.windows.net//.default", "https://management.core.windows.net/"),
        ("https://management.core.windows.net/.default", "https://management.core.windows.net"),
        ("https://management.azure.com//.default", "https://management.azure.com/"),
        ("https://management.azure.com/.default openid profile", "https://management.azure.com"),
        ("openid https://127.0.0.1:8443/.default", "https://127.0.0.1:8443"),
        ("https://localhost:8443//.default", "https://localhost:8443/"),
        ("api://pal.example/.default", "api://pal.example"),
    ] {
        let mut fields = secret_fields(SECRET);
        fields[3].1 = scope;
        let body = sandbox.token(TENANT, &fields).await.json();
        let token = body["access_token"].as_str().unwrap_or_else(|| panic!("{scope}: {body}"));
        assert_eq!(claims(token)["aud"], audience, "{scope}");
        assert!(sandbox.authenticator.verify(token, sandbox.hands.now()).await.is_ok(), "{scope}");
    }
    for (scope, number) in [
        ("https://graph.microsoft.com/.default", 500_011),
        ("https://management.azure.com", 1_002_012),
        ("https://management.azure.com/user_impersonation", 1_002_012),
        ("openid profile", 1_002_012),
    ] {
        let mut fields = secret_fields(SECRET);
        fields[3].1 = scope;
        assert_eq!(sandbox.token(TENANT, &fields).await.error().2, number, "{scope}");
    }
}

#[tokio::test]
async fn tenants_are_named_by_guid_or_domain() {
    let sandbox = Sandbox::new();
    for name in [TENANT.to_uppercase().as_str(), "contoso.example", "CONTOSO.example"] {
        let body = sandbox.token(name, &secret_fields(SECRET)).await.json();
        assert_eq!(claims(body["access_token"].as_str().unwrap())["tid"], TENANT, "{name}");
    }
    let error = |name: &'static str| {
        let sandbox = &sandbox;
        async move { sandbox.token(name, &secret_fields(SECRET)).await.error() }
    };
    assert_eq!(error("nowhere.example").await, (400, "invalid_request".into(), 90002));
    assert_eq!(error("organizations").await, (400, "invalid_request".into(), 50059));
    assert_eq!(error(OTHER_TENANT).await, (400, "unauthorized_client".into(), 700_016));
}

#[tokio::test]
async fn each_wrong_request_has_its_code() {
    let sandbox = Sandbox::new();
    let error = |fields: Vec<(&'static str, &'static str)>| {
        let sandbox = &sandbox;
        async move { sandbox.token(TENANT, &fields).await.error() }
    };
    assert_eq!(error(secret_fields("wrong").to_vec()).await, (401, "invalid_client".into(), 7_000_215));
    assert_eq!(error(vec![]).await, (400, "invalid_request".into(), 900_144));
    assert_eq!(error(vec![("grant_type", "password")]).await, (400, "unsupported_grant_type".into(), 70003));
    let without_secret = vec![("grant_type", "client_credentials"), ("client_id", APP)];
    assert_eq!(error(without_secret).await, (401, "invalid_client".into(), 7_000_218));
    let no_guid = vec![("grant_type", "client_credentials"), ("client_id", "pal")];
    assert_eq!(error(no_guid).await, (400, "unauthorized_client".into(), 700_016));
    let twice = format!("{}&client_id={APP}", form(&secret_fields(SECRET)));
    let path = format!("/{TENANT}/oauth2/v2.0/token?client-request-id=1");
    assert_eq!(sandbox.post_text(&path, &twice).await.error(), (400, "invalid_request".into(), 9_002_313));
    let twice = form(&secret_fields(SECRET)).replace('+', "%20");
    assert_eq!(sandbox.post_text(&path, &twice).await.status, 200);
}

#[tokio::test]
async fn guessing_a_secret_ends_after_ten_tries() {
    let sandbox = Sandbox::new();
    for _ in 0..10 {
        assert_eq!(sandbox.token(TENANT, &secret_fields("guess")).await.status, 401);
    }
    let answer = sandbox.token(TENANT, &secret_fields(SECRET)).await;
    assert_eq!(answer.error(), (429, "temporarily_unavailable".into(), 90055));
    assert_eq!(answer.header(axum::http::header::RETRY_AFTER), "301");
    sandbox.hands.pass(301);
    assert_eq!(sandbox.token(TENANT, &secret_fields(SECRET)).await.status, 200);
}

#[tokio::test]
async fn documents_name_the_origin_that_was_asked() {
    let sandbox = Sandbox::new();
    let read = |host: &'static str, path: String| {
        let sandbox = &sandbox;
        async move {
            let request = axum::http::Request::get(path).header("host", host);
            sandbox.send(request.body(axum::body::Body::empty()).unwrap()).await.json()
        }
    };
    let v2 = |tenant: &str| format!("/{tenant}/v2.0/.well-known/openid-configuration");
    let document = read("LOCALHOST:8443", v2("contoso.example")).await;
    let host = "https://localhost:8443";
    assert_eq!(document["issuer"], format!("{host}/{TENANT}/v2.0"));
    assert_eq!(document["token_endpoint"], format!("{host}/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(document["authorization_endpoint"], format!("{host}/{TENANT}/oauth2/v2.0/authorize"));
    assert_eq!(document["device_authorization_endpoint"], format!("{host}/{TENANT}/oauth2/v2.0/devicecode"));
    assert_eq!(document["jwks_uri"], format!("{host}/{TENANT}/discovery/v2.0/keys"));
    let document = read("evil.example", v2("organizations")).await;
    assert_eq!(document["issuer"], format!("{ORIGIN}/{{tenantid}}/v2.0"));
    assert_eq!(document["token_endpoint"], format!("{ORIGIN}/organizations/oauth2/v2.0/token"));
    let document = read("127.0.0.1:8443", format!("/{TENANT}/.well-known/openid-configuration")).await;
    assert_eq!(document["issuer"], format!("{ORIGIN}/{TENANT}/"));
    assert_eq!(document["jwks_uri"], format!("{ORIGIN}/{TENANT}/discovery/keys"));
    let document = read("127.0.0.1:8443", format!("/{}", v2("contoso.example"))).await;
    assert_eq!(document["issuer"], format!("{ORIGIN}/{TENANT}/v2.0"), "az 2.66 asks with two slashes");
    assert_eq!(sandbox.get(&v2("nowhere.example")).await.error().2, 90002);
}

#[tokio::test]
async fn the_key_set_is_the_one_that_signs() {
    let sandbox = Sandbox::new();
    for path in ["discovery/v2.0/keys", "discovery/keys"] {
        let set = sandbox.get(&format!("/common/{path}")).await.json();
        let key = &set["keys"][0];
        assert_eq!(
            (&key["kty"], &key["use"], &key["alg"], &key["e"]),
            (&json!("RSA"), &json!("sig"), &json!("RS256"), &json!("AQAB"))
        );
        assert_eq!(key["n"], KEY.n());
    }
}

#[test]
fn a_signing_key_is_made_once_and_only_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let first = Sandbox::in_folder(folder, &description(""));
    let path = first.folder.path().join("authority-signing-key.der");
    let made = std::fs::read(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let second = Sandbox::in_folder(first.folder, &description(""));
    assert_eq!(std::fs::read(&path).unwrap(), made);
    assert_eq!(second.authority.tenants().len(), 2);
}
