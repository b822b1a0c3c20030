//! An issuer of tests, and the tokens it would make.

use std::sync::LazyLock;

use aws_lc_rs::rsa::KeySize;
use pal_server::identity::{Fetch, FetchFailed, IssuerSettings, TrustedIssuers};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::identity_world::*;

pub(crate) const ENTRA_TENANT: &str = "33333333-3333-4333-8333-33333333333a";
pub(crate) const API: &str = "cccccccc-0000-4000-8000-00000000000c";
pub(crate) const OID: &str = "dddddddd-0000-4000-8000-00000000000d";
pub(crate) const CLIENT: &str = "eeeeeeee-0000-4000-8000-00000000000e";
pub(crate) const KID: &str = "key-1";

pub(crate) static ISSUER_KEY: LazyLock<Key> = LazyLock::new(|| Key::new(KeySize::Rsa2048));

pub(crate) fn tenant() -> Uuid {
    Uuid::parse_str(ENTRA_TENANT).unwrap()
}

pub(crate) fn settings() -> IssuerSettings {
    let mut settings = IssuerSettings::public_cloud(vec![tenant()], vec![format!("api://{API}")]);
    settings.arm_audiences = true;
    settings
}

/// The documents of Microsoft's authority for any tenant, with these keys.
pub(crate) fn document(url: &str, keys: &Value) -> Option<Value> {
    let path = url.strip_prefix("https://login.microsoftonline.com/")?;
    let (tenant, rest) = path.split_once('/')?;
    let host = "https://login.microsoftonline.com";
    match rest {
        ".well-known/openid-configuration" => Some(json!({
            "issuer": format!("https://sts.windows.net/{tenant}/"),
            "jwks_uri": format!("{host}/{tenant}/discovery/keys"),
        })),
        "v2.0/.well-known/openid-configuration" => Some(json!({
            "issuer": format!("{host}/{tenant}/v2.0"),
            "jwks_uri": format!("{host}/{tenant}/discovery/v2.0/keys"),
        })),
        "discovery/keys" | "discovery/v2.0/keys" => Some(json!({ "keys": keys })),
        _ => None,
    }
}

pub(crate) fn fetch(read: impl Fn(&str) -> Option<Value> + Send + Sync + 'static) -> Fetch {
    Fetch::new(move |url| {
        let read = read(&url).map(|document| document.to_string().into_bytes());
        async move {
            // An answer takes its time: others run meanwhile.
            tokio::task::yield_now().await;
            read.ok_or(FetchFailed { url, reason: "answered 404".to_owned() })
        }
    })
}

/// Issuers whose set has our key among others, in no order.
pub(crate) fn issuers() -> TrustedIssuers {
    let keys = json!([
        { "kty": "EC", "kid": KID, "crv": "P-256", "x": "AA", "y": "AA" },
        { "kty": "RSA", "use": "enc", "kid": KID, "n": OTHER_KEY.n(), "e": "AQAB" },
        ISSUER_KEY.jwk(KID),
    ]);
    TrustedIssuers::new(settings(), fetch(move |url| document(url, &keys))).unwrap()
}

pub(crate) fn header() -> Value {
    json!({ "typ": "JWT", "alg": "RS256", "kid": KID })
}

/// The four kinds of access tokens.
pub(crate) fn bases() -> Vec<Value> {
    vec![base("1.0", true), base("1.0", false), base("2.0", true), base("2.0", false)]
}

pub(crate) fn base(version: &str, user: bool) -> Value {
    let (issuer, audience, client) = match version {
        "1.0" => (format!("https://sts.windows.net/{ENTRA_TENANT}/"), format!("api://{API}"), "appid"),
        _ => (format!("https://login.microsoftonline.com/{ENTRA_TENANT}/v2.0"), API.to_owned(), "azp"),
    };
    let mut claims = json!({
        "aud": audience, "iss": issuer, "iat": START - 10, "nbf": START - 10, "exp": START + 3600,
        client: CLIENT, "oid": OID, "sub": OID, "tid": ENTRA_TENANT, "uti": "x", "ver": version,
    });
    let more = if user {
        json!({ "scp": "user_impersonation", "name": "Ann", "sub": "pairwise-subject", "upn": "ann@x.example" })
    } else {
        json!({ "idtyp": "app" })
    };
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

pub(crate) fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

pub(crate) fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().shift_remove(name);
    claims
}

/// Numbers that are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.roll(last + 1));
        }
    }
}
