//! Apps that sign in with a key instead of a secret: certificate assertions and tokens from elsewhere.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use serde_json::{Value, json};

use crate::identity_tokens::{Dice, ISSUER_KEY, with, without};
use crate::identity_world::*;

const ELSEWHERE: &str = "https://token.actions.example";
const SUBJECT: &str = "repo:contoso/infra:ref:refs/heads/main";

/// A self-signed certificate of the key, in PEM, and its names in assertions.
struct Certificate {
    pem: String,
    x5t: String,
    x5t_s256: String,
}

fn certificate(key: &Key, ends: i32) -> Certificate {
    let der = key.pair.as_der().unwrap();
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_ref().into(), &PKCS_RSA_SHA256).unwrap();
    let mut params = CertificateParams::new(["app.example".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(ends, 1, 1);
    let made = params.self_signed(&pair).unwrap();
    Certificate {
        pem: made.pem(),
        x5t: b64(digest(&SHA1_FOR_LEGACY_USE_ONLY, made.der()).as_ref()),
        x5t_s256: b64(digest(&SHA256, made.der()).as_ref()),
    }
}

fn sandbox(certificate: &Certificate) -> Sandbox {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    write(&folder, "keys/app.pem", &certificate.pem);
    write(&folder, "keys/jwks.json", json!({ "keys": [ISSUER_KEY.jwk("elsewhere")] }).to_string());
    let app = format!(
        "secret = \"{SECRET}\"\ncertificate = \"keys/app.pem\"\nfederated = {{ issuer = \"{ELSEWHERE}\", \
         subject = \"{SUBJECT}\", jwks_file = \"keys/jwks.json\" }}\nroles = [\"tenant_reader\"]"
    );
    let file = description("").replace(&format!("secret = \"{SECRET}\""), &app);
    Sandbox::in_folder(folder, &file)
}

fn fields(assertion: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("scope", "https://management.azure.com/.default"),
    ]
}

fn seconds(after_start: i64, fraction: &str) -> Value {
    serde_json::from_str(&format!("{}{fraction}", START + after_start)).unwrap()
}

/// What MSAL writes: times are floats.
fn assertion_claims() -> Value {
    json!({
        "aud": format!("{ORIGIN}/{TENANT}/oauth2/v2.0/token"), "iss": APP, "sub": APP,
        "exp": seconds(600, ".25"), "iat": seconds(0, ".25"), "jti": "once",
    })
}

async fn outcome(sandbox: &Sandbox, header: &Value, claims: &Value) -> Result<Value, i64> {
    let assertion = KEY.token(header, claims);
    let answer = sandbox.token(TENANT, &fields(&assertion)).await;
    if answer.status == 200 {
        return Ok(crate::identity_world::claims(answer.json()["access_token"].as_str().unwrap()));
    }
    let (status, word, number) = answer.error();
    assert!((status, word.as_str()) == (401, "invalid_client") || status == 429, "{answer:?}");
    Err(number)
}

#[tokio::test]
async fn certificates_sign_in_in_every_form_that_clients_use() {
    let certificate = certificate(&KEY, 2030);
    let sandbox = sandbox(&certificate);
    let headers = [
        json!({ "alg": "RS256", "typ": "JWT", "x5t": certificate.x5t }),
        json!({ "alg": "RS256", "typ": "JWT", "x5t": format!("{}=", certificate.x5t) }),
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": certificate.x5t_s256 }),
        json!({ "alg": "PS256", "typ": "JWT", "x5t": certificate.x5t, "x5t#S256": certificate.x5t_s256 }),
    ];
    let audiences = [
        format!("{ORIGIN}/{TENANT}/oauth2/v2.0/token"),
        format!("{ORIGIN}/contoso.example/oauth2/v2.0/token"),
        format!("https://LOCALHOST:8443/{}/oauth2/v2.0/token", TENANT.to_uppercase()),
        format!("{ORIGIN}/{TENANT}/oauth2/token"),
        format!("{ORIGIN}/{TENANT}/v2.0"),
    ];
    for (number, header) in headers.iter().enumerate() {
        for audience in &audiences {
            let claims = with(&assertion_claims(), "aud", json!(audience));
            let claims = with(&claims, "jti", json!(format!("{number} {audience}")));
            let token = outcome(&sandbox, header, &claims).await.unwrap();
            assert_eq!((&token["appidacr"], &token["oid"]), (&json!("2"), &json!(APP_OBJECT)));
            assert_eq!(token["roles"], json!(["tenant_reader"]));
        }
    }
}

#[tokio::test]
async fn each_wrong_assertion_is_refused() {
    let certificate = certificate(&KEY, 2030);
    let sandbox = sandbox(&certificate);
    let header = json!({ "alg": "RS256", "typ": "JWT", "x5t": certificate.x5t });
    let good = assertion_claims();
    for (name, value, number) in [
        ("aud", json!("https://evil.example/token"), 700_023),
        ("aud", json!(format!("{ORIGIN}/{OTHER_TENANT}/oauth2/v2.0/token")), 700_023),
        ("aud", json!([format!("{ORIGIN}/{TENANT}/oauth2/v2.0/token")]), 700_023),
        ("sub", json!(AZ), 50027),
        ("iss", json!(AZ), 700_213),
        ("iss", json!(1), 50027),
        ("exp", json!(START - 300), 700_024),
        ("exp", json!(START + 90_000), 700_024),
        ("exp", json!("soon"), 50027),
        ("nbf", json!(START + 301), 700_024),
        ("iat", seconds(301, ".5"), 700_024),
        ("jti", json!(""), 50027),
        ("jti", json!(7), 50027),
    ] {
        let claims = with(&good, name, value.clone());
        assert_eq!(outcome(&sandbox, &header, &claims).await, Err(number), "{name} {value}");
        reset(&sandbox).await;
    }
    for name in ["aud", "sub", "exp", "jti"] {
        let refused = outcome(&sandbox, &header, &without(&good, name)).await;
        assert!(refused.is_err(), "{name}");
        reset(&sandbox).await;
    }
    for header in [
        json!({ "alg": "RS256", "x5t": certificate.x5t_s256 }),
        json!({ "alg": "RS256", "x5t#S256": certificate.x5t }),
        json!({ "alg": "RS256", "x5t": certificate.x5t, "x5t#S256": "other" }),
        json!({ "alg": "RS256", "kid": certificate.x5t }),
        json!({ "alg": "RS512", "x5t": certificate.x5t }),
        json!({ "alg": "RS256", "x5t": certificate.x5t, "x5c": [certificate.pem] }),
    ] {
        assert!(outcome(&sandbox, &header, &good).await.is_err(), "{header}");
        reset(&sandbox).await;
    }
    let by_another = OTHER_KEY.token(&header, &good);
    assert_eq!(sandbox.token(TENANT, &fields(&by_another)).await.error().2, 700_027);
    let mut untyped = fields(&by_another);
    untyped.remove(2);
    assert_eq!(sandbox.token(TENANT, &untyped).await.error().2, 50027);
    reset(&sandbox).await;
    assert!(outcome(&sandbox, &header, &good).await.is_ok(), "the good one is good");
}

/// Lets failures be forgotten, as a sign-in that goes well does.
async fn reset(sandbox: &Sandbox) {
    assert_eq!(sandbox.token(TENANT, &secret_fields(SECRET)).await.status, 200);
}

#[tokio::test]
async fn an_assertion_is_used_once_and_a_certificate_until_its_end() {
    let certificate_2030 = certificate(&KEY, 2030);
    let sandbox_2030 = sandbox(&certificate_2030);
    let header = json!({ "alg": "RS256", "x5t": certificate_2030.x5t });
    assert!(outcome(&sandbox_2030, &header, &assertion_claims()).await.is_ok());
    sandbox_2030.hands.pass(899);
    assert_eq!(outcome(&sandbox_2030, &header, &assertion_claims()).await, Err(700_025));
    sandbox_2030.hands.pass(2);
    assert_eq!(outcome(&sandbox_2030, &header, &assertion_claims()).await, Err(700_024));

    let ended = certificate(&KEY, 2026);
    let header = json!({ "alg": "RS256", "x5t": ended.x5t });
    assert_eq!(outcome(&sandbox(&ended), &header, &assertion_claims()).await, Err(700_027));
}

#[tokio::test]
async fn tokens_from_elsewhere_sign_in_when_issuer_subject_and_audience_fit() {
    let certificate = certificate(&KEY, 2030);
    let sandbox = sandbox(&certificate);
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "elsewhere", "x5t": "whatever" });
    let good = json!({
        "iss": ELSEWHERE, "sub": SUBJECT, "aud": "api://AzureADTokenExchange",
        "exp": START + 600, "nbf": START, "iat": START, "jti": "many times",
    });
    let try_with = |header: Value, claims: Value, key: &'static Key| {
        let sandbox = &sandbox;
        async move {
            reset(sandbox).await;
            let answer = sandbox.token("contoso.example", &fields(&key.token(&header, &claims))).await;
            if answer.status == 200 { Ok(()) } else { Err(answer.error().2) }
        }
    };
    let key: &'static Key = &ISSUER_KEY;
    assert_eq!(try_with(header.clone(), good.clone(), key).await, Ok(()));
    assert_eq!(try_with(header.clone(), good.clone(), key).await, Ok(()), "it may be used again");
    for (name, value, number) in [
        ("iss", json!("https://evil.example"), 700_213),
        ("sub", json!("repo:evil/infra:ref:refs/heads/main"), 700_213),
        ("aud", json!("api://other"), 700_213),
        ("aud", json!(["api://AzureADTokenExchange"]), 700_213),
        ("exp", json!(START - 300), 700_024),
    ] {
        let claims = with(&good, name, value.clone());
        assert_eq!(try_with(header.clone(), claims, key).await, Err(number), "{name} {value}");
    }
    assert_eq!(try_with(header.clone(), good.clone(), &OTHER_KEY).await, Err(700_027));
    assert_eq!(try_with(with(&header, "kid", json!("other")), good.clone(), key).await, Err(700_027));
    assert_eq!(try_with(with(&header, "alg", json!("PS256")), good, key).await, Err(50027));
}

#[tokio::test]
async fn bent_assertions_never_sign_in() {
    let certificate = certificate(&KEY, 2030);
    let sandbox = sandbox(&certificate);
    let good = KEY.token(&json!({ "alg": "RS256", "x5t": certificate.x5t }), &assertion_claims());
    let mut dice = Dice(3);
    for _ in 0..60 {
        let place = dice.roll(good.len());
        let mut bent = good.clone().into_bytes();
        bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        assert_ne!(sandbox.token(TENANT, &fields(&bent)).await.status, 200, "{place}");
        reset(&sandbox).await;
    }
}
