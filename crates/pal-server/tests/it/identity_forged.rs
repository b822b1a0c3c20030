//! Tokens that nobody may sign in with: thousands, each wrong in one way, and not one accepted.

use std::collections::BTreeSet;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use pal_server::identity::Authenticator;
use serde_json::{Value, json};

use crate::identity_forged_claims::{id_tokens, wrong_claims};
use crate::identity_forged_text::{cut_and_bent, repeated};
use crate::identity_tokens::*;
use crate::identity_world::*;

/// Tokens with what is wrong with them.
#[derive(Default)]
pub(crate) struct Forgeries(Vec<(String, String)>);

impl Forgeries {
    pub(crate) fn add(&mut self, what: impl Into<String>, token: impl Into<String>) {
        self.0.push((what.into(), token.into()));
    }

    /// Signed by the right key under the right name: only the claims are wrong.
    pub(crate) fn claims(&mut self, what: impl Into<String>, claims: &Value) {
        self.add(what, ISSUER_KEY.token(&header(), claims));
    }
}

#[tokio::test]
async fn five_thousand_forged_tokens_and_none_accepted() {
    let sandbox = Sandbox::new();
    let authenticator = Authenticator::trusting(Some(issuers()), Some(sandbox.authority.clone())).unwrap();
    let now = sandbox.hands.now();
    let mut forged = Forgeries::default();
    for claims in bases() {
        let good = ISSUER_KEY.token(&header(), &claims);
        assert!(authenticator.verify(&good, now).await.is_ok(), "{claims}");
        algorithms(&mut forged, &claims);
        keys(&mut forged, &claims);
        wrong_claims(&mut forged, &claims);
        id_tokens(&mut forged, &claims);
        repeated(&mut forged, &claims);
        cut_and_bent(&mut forged, &good);
    }
    across(&mut forged, &sandbox).await;
    let distinct: BTreeSet<&str> = forged.0.iter().map(|(_, token)| token.as_str()).collect();
    assert!(distinct.len() >= 5_000, "only {} forged tokens", distinct.len());
    for (what, token) in &forged.0 {
        let outcome = authenticator.verify(token, now).await;
        assert!(outcome.is_err(), "accepted: {what}: {token}");
    }
    println!("{} forged tokens, none accepted", distinct.len());
}

fn algorithms(forged: &mut Forgeries, claims: &Value) {
    let unsigned = |alg: &Value| {
        let header = json!({ "typ": "JWT", "alg": alg, "kid": KID });
        format!("{}.{}", b64(header.to_string().as_bytes()), b64(claims.to_string().as_bytes()))
    };
    for alg in ["none", "None", "NONE", "nOnE", "", "RS256"] {
        forged.add(format!("alg {alg} without signature"), format!("{}.", unsigned(&json!(alg))));
        forged.add(format!("alg {alg} of two parts"), unsigned(&json!(alg)));
        forged.add(format!("alg {alg} with zeros"), format!("{}.{}", unsigned(&json!(alg)), b64(&[0; 256])));
    }
    let public = ISSUER_KEY.pair.public_key();
    let spki = public.as_der().unwrap();
    let secrets = [public.as_ref().to_vec(), spki.as_ref().to_vec(), ISSUER_KEY.n().into_bytes(), Vec::new()];
    for secret in secrets {
        for (alg, kind) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
            ("RS256", hmac::HMAC_SHA256),
        ] {
            let message = unsigned(&json!(alg));
            let tag = hmac::sign(&hmac::Key::new(kind, &secret), message.as_bytes());
            forged.add(format!("{alg} with the public key"), format!("{message}.{}", b64(tag.as_ref())));
        }
    }
    for alg in ["RS384", "RS512", "PS256"] {
        let other = json!({ "typ": "JWT", "alg": alg, "kid": KID });
        forged.add(format!("{alg} by the right key"), ISSUER_KEY.token(&other, claims));
        let message = unsigned(&json!("RS256"));
        let signature = ISSUER_KEY.signature(&message, alg);
        forged.add(format!("{alg} called RS256"), format!("{message}.{}", b64(&signature)));
    }
    for alg in
        [json!("rs256"), json!("RS256 "), json!(["RS256"]), json!(null), json!(256), json!({"RS256": 1})]
    {
        let message = unsigned(&alg);
        let signature = ISSUER_KEY.signature(&message, "RS256");
        forged.add(format!("alg {alg}"), format!("{message}.{}", b64(&signature)));
    }
    forged.add("no alg", ISSUER_KEY.token(&json!({ "typ": "JWT", "kid": KID }), claims));
    let elliptic = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    for alg in ["ES256", "RS256"] {
        let message = unsigned(&json!(alg));
        let signature = elliptic.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        forged.add(format!("{alg} by an elliptic key"), format!("{message}.{}", b64(signature.as_ref())));
    }
}

fn keys(forged: &mut Forgeries, claims: &Value) {
    for kid in [
        KID,
        "key-0",
        "KEY-1",
        "key-1 ",
        " key-1",
        "key-1\u{0}",
        "../../../dev/null",
        "' OR '1'='1",
        "*",
        "https://evil.example/keys",
        "",
        "0",
        "key-10",
        "key",
    ] {
        forged.add(
            format!("wrong key as `{kid}`"),
            OTHER_KEY.token(&with(&header(), "kid", json!(kid)), claims),
        );
        if kid != KID {
            let renamed = with(&header(), "kid", json!(kid));
            forged.add(format!("right key as `{kid}`"), ISSUER_KEY.token(&renamed, claims));
        }
    }
    for kid in [json!(null), json!(1), json!([KID]), json!({ "kid": KID }), json!(true)] {
        forged.add(format!("kid {kid}"), ISSUER_KEY.token(&with(&header(), "kid", kid.clone()), claims));
    }
    forged.add("no kid", ISSUER_KEY.token(&without(&header(), "kid"), claims));
    forged.add("no kid, wrong key", OTHER_KEY.token(&without(&header(), "kid"), claims));
    for (name, value) in [
        ("jku", json!("https://evil.example/keys")),
        ("jku", json!("https://login.microsoftonline.com/common/discovery/keys")),
        ("x5u", json!("https://evil.example/certificate")),
        ("x5c", json!(["MIIB"])),
        ("jwk", OTHER_KEY.jwk(KID)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("typ", json!("JWE")),
        ("typ", json!("logout+jwt")),
        ("typ", json!(1)),
    ] {
        let header = with(&header(), name, value.clone());
        forged.add(format!("{name} {value}, wrong key"), OTHER_KEY.token(&header, claims));
        forged.add(format!("{name} {value}, right key"), ISSUER_KEY.token(&header, claims));
    }
}

/// Each issuer's key for the other's tenants, and a sandbox's own id token.
async fn across(forged: &mut Forgeries, sandbox: &Sandbox) {
    let own = claims(&sandbox.app_token().await);
    let kid = sandbox.get("/common/discovery/keys").await.json()["keys"][0]["kid"].clone();
    for kid in [json!(KID), kid] {
        let header = with(&header(), "kid", kid);
        forged.add("an issuer for the sandbox", ISSUER_KEY.token(&header, &own));
        for claims in bases() {
            forged.add("the sandbox for an issuer", KEY.token(&header, &claims));
            forged.add(
                "the sandbox for an issuer's tenant",
                KEY.token(&header, &with(&own, "tid", claims["tid"].clone())),
            );
        }
        forged.add("a tenant that nobody serves", KEY.token(&header, &with(&own, "tid", json!(OID))));
        forged.add("the sandbox's other tenant", KEY.token(&header, &with(&own, "tid", json!(OTHER_TENANT))));
        forged.add("the sandbox in version 2", KEY.token(&header, &with(&own, "ver", json!("2.0"))));
        let id_token = json!({
            "aud": AZ, "iss": format!("{ORIGIN}/{TENANT}/v2.0"), "iat": START, "nbf": START, "exp": START + 3_600,
            "oid": USER_OBJECT, "sub": USER_OBJECT, "tid": TENANT, "ver": "2.0",
        });
        forged.add("the sandbox's id token", KEY.token(&header, &id_token));
        forged
            .add("the sandbox's id token as 1.0", KEY.token(&header, &with(&id_token, "ver", json!("1.0"))));
    }
}
