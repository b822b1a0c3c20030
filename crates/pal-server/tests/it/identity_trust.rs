//! Whom the server trusts: which keys, from where, for which tenants and audiences.

use pal_server::identity::{
    Authenticator, Authority, IssuerProblem, Origins, Refused, ServedTwice, TrustedIssuers,
};
use serde_json::{Value, json};

use crate::identity_issuers::Issuer;
use crate::identity_tokens::*;
use crate::identity_world::*;

#[tokio::test]
async fn a_key_signs_only_for_the_issuer_that_it_names() {
    let tenant = ENTRA_TENANT;
    for (issuer, holds) in [
        ("https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(), true),
        (format!("https://login.microsoftonline.com/{tenant}/v2.0"), true),
        (format!("https://sts.windows.net/{tenant}/"), true),
        ("https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0".to_owned(), false),
        ("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0".to_owned(), false),
        ("https://evil.example/{tenantid}/v2.0".to_owned(), false),
        (String::new(), false),
    ] {
        let key = with(&ISSUER_KEY.jwk(KID), "issuer", json!(issuer));
        let issuer_of_test = Issuer::new(json!([OTHER_KEY.jwk("other"), key]));
        assert_eq!(issuer_of_test.verify(&ISSUER_KEY, KID).await.is_ok(), holds, "{issuer}");
    }
    let key = with(&ISSUER_KEY.jwk(KID), "issuer", json!(7));
    assert!(Issuer::new(json!([OTHER_KEY.jwk("other"), key])).verify(&ISSUER_KEY, KID).await.is_err());
}

#[tokio::test]
async fn keys_that_cannot_be_told_apart_or_are_weak_are_left_out() {
    let weak = json!({ "kty": "RSA", "kid": KID, "n": b64(&[0xff; 128]), "e": "AQAB" });
    for keys in [
        json!([ISSUER_KEY.jwk(KID), OTHER_KEY.jwk(KID)]),
        json!([with(&ISSUER_KEY.jwk(KID), "e", json!("Aw"))]),
        json!([with(&ISSUER_KEY.jwk(KID), "n", json!(format!("AA{}", ISSUER_KEY.n())))]),
        json!([with(&ISSUER_KEY.jwk(KID), "n", json!(format!("{}=", ISSUER_KEY.n())))]),
        json!([with(&ISSUER_KEY.jwk(KID), "use", json!("enc"))]),
        json!([with(&ISSUER_KEY.jwk(KID), "alg", json!("RS512"))]),
        json!([without(&ISSUER_KEY.jwk(KID), "kid")]),
        json!([weak]),
    ] {
        let outcome = Issuer::new(keys.clone()).verify(&ISSUER_KEY, KID).await;
        assert!(outcome.is_err(), "{keys}");
    }
    let many: Vec<Value> = (0..60).map(|n| OTHER_KEY.jwk(&format!("other-{n}"))).collect();
    let mut keys = vec![ISSUER_KEY.jwk(KID), ISSUER_KEY.jwk(KID), json!("no key"), json!(null)];
    keys.splice(1..1, many);
    Issuer::new(json!(keys)).verify(&ISSUER_KEY, KID).await.unwrap();
}

#[tokio::test]
async fn metadata_leads_nowhere_else() {
    let keys = json!([ISSUER_KEY.jwk(KID)]);
    for (name, value) in [
        ("issuer", format!("https://sts.windows.net/{OID}/")),
        ("issuer", "https://login.microsoftonline.com/common/v2.0".to_owned()),
        ("jwks_uri", "https://evil.example/discovery/keys".to_owned()),
        ("jwks_uri", "https://login.microsoftonline.com.evil.example/discovery/keys".to_owned()),
        ("jwks_uri", "http://login.microsoftonline.com/x/discovery/keys".to_owned()),
        ("jwks_uri", "https://login.microsoftonline.com@evil.example/discovery/keys".to_owned()),
    ] {
        let keys = keys.clone();
        let bent = value.clone();
        let fetch = fetch(move |url| {
            if url.contains("/discovery/keys") {
                return Some(json!({ "keys": keys }));
            }
            let document = document(url, &keys)?;
            Some(with(&document, name, json!(bent)))
        });
        let issuers = TrustedIssuers::new(settings(), fetch).unwrap();
        let authenticator = Authenticator::trusting(Some(issuers), None).unwrap();
        let token = ISSUER_KEY.token(&header(), &base("2.0", true));
        let outcome = authenticator.verify(&token, Hands::new().now()).await;
        assert_eq!(outcome, Err(Refused::KeysUnavailable), "{name} {value}");
    }
}

#[tokio::test]
async fn a_keys_file_needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.keys_file =
        Some(write(&folder, "keys.json", json!({ "keys": [ISSUER_KEY.jwk(KID)] }).to_string()));
    let fetch = fetch(|url| panic!("{url} was asked for"));
    let issuers = TrustedIssuers::new(settings, fetch).unwrap();
    let authenticator = Authenticator::trusting(Some(issuers), None).unwrap();
    let hands = Hands::new();
    authenticator.refresh(hands.now()).await;
    for claims in bases() {
        authenticator.verify(&ISSUER_KEY.token(&header(), &claims), hands.now()).await.unwrap();
    }
}

#[tokio::test]
async fn audiences_roles_and_scopes_are_configuration() {
    let verify = |settings, claims: Value| async move {
        let keys = json!([ISSUER_KEY.jwk(KID)]);
        let issuers = TrustedIssuers::new(settings, fetch(move |url| document(url, &keys))).unwrap();
        let authenticator = Authenticator::trusting(Some(issuers), None).unwrap();
        authenticator.verify(&ISSUER_KEY.token(&header(), &claims), Hands::new().now()).await.map(drop)
    };
    let arm = with(&base("1.0", false), "aud", json!("https://management.azure.com/"));
    let mut strict = settings();
    strict.arm_audiences = false;
    strict.app_role = Some("link".to_owned());
    strict.scopes = vec!["links".to_owned()];
    assert_eq!(verify(strict.clone(), arm).await, Err(Refused::Audience));
    assert_eq!(verify(strict.clone(), base("1.0", false)).await, Err(Refused::Token));
    assert_eq!(verify(strict.clone(), base("1.0", true)).await, Err(Refused::Token));
    assert_eq!(verify(strict.clone(), with(&base("1.0", false), "roles", json!(["link"]))).await, Ok(()));
    assert_eq!(verify(strict, with(&base("1.0", true), "scp", json!("a links"))).await, Ok(()));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let new = |change: fn(&mut pal_server::identity::IssuerSettings)| {
        let mut settings = settings();
        change(&mut settings);
        TrustedIssuers::new(settings, fetch(|_| None)).map(drop)
    };
    assert_eq!(new(|_| ()), Ok(()));
    let arm = "https://management.azure.com/".to_owned();
    let asked = new(|settings| {
        settings.arm_audiences = false;
        settings.audiences.push("https://management.azure.com/".to_owned());
    });
    assert_eq!(asked, Err(IssuerProblem::ArmAudience(arm)), "Azure's own audiences take a word of their own");
    let nowhere = new(|settings| settings.keys_file = Some("/nowhere/keys.json".into()));
    let reason = "cannot be read";
    assert_eq!(nowhere, Err(IssuerProblem::KeysFile { path: "/nowhere/keys.json".into(), reason }));
    for host in ["login.microsoftonline.com", "http://x", "https://", "https://x/", "https://x/y"] {
        let mut settings = settings();
        settings.authority_host = host.to_owned();
        let problem = TrustedIssuers::new(settings, fetch(|_| None)).map(drop);
        assert_eq!(problem, Err(IssuerProblem::Host(host.to_owned())));
    }
    let nothing = new(|settings| {
        settings.audiences.clear();
        settings.arm_audiences = false;
    });
    assert_eq!(nothing, Err(IssuerProblem::NoAudience));
}

#[test]
fn a_tenant_is_served_by_one_of_them() {
    let sandbox = Sandbox::new();
    let mut settings = settings();
    settings.tenants.push(sandbox.authority.tenants()[1].id);
    let issuers = TrustedIssuers::new(settings, fetch(|_| None)).unwrap();
    let twice = Authenticator::trusting(Some(issuers), Some(sandbox.authority.clone())).map(drop);
    assert_eq!(twice, Err(ServedTwice(sandbox.authority.tenants()[1].id)));
}

#[tokio::test]
async fn a_sandbox_of_another_server_can_be_a_trusted_issuer() {
    let sandbox = Sandbox::new();
    let mut settings = settings();
    settings.authority_host = ORIGIN.to_owned();
    settings.v1_issuer_host = ORIGIN.to_owned();
    settings.tenants = vec![sandbox.authority.tenants()[0].id];
    let origins = Origins::new(ORIGIN, []).unwrap();
    let path = write(&sandbox.folder, "again.toml", description(""));
    let clock = sandbox.hands.clock();
    let authority = Authority::open(&path, sandbox.folder.path(), origins, [], clock).unwrap();
    let router = authority.router();
    let fetch = pal_server::identity::Fetch::new(move |url| {
        use tower::ServiceExt as _;
        let path = url.strip_prefix(ORIGIN).unwrap().to_owned();
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let router = router.clone();
        async move {
            let body = router.oneshot(request).await.unwrap().into_body();
            Ok(axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec())
        }
    });
    let issuers = TrustedIssuers::new(settings, fetch).unwrap();
    let authenticator = Authenticator::trusting(Some(issuers), None).unwrap();
    authenticator.verify(&sandbox.app_token().await, sandbox.hands.now()).await.unwrap();
}
