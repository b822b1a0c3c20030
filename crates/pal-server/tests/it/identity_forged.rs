//! Tokens that nobody may sign in with: thousands, each wrong in one way, and not one accepted.

use std::collections::BTreeSet;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use pal_server::identity::Authenticator;
use serde_json::{Value, json};

use crate::identity_tokens::*;
use crate::identity_world::*;

/// Tokens with what is wrong with them.
#[derive(Default)]
struct Forgeries(Vec<(String, String)>);

impl Forgeries {
    fn add(&mut self, what: impl Into<String>, token: impl Into<String>) {
        self.0.push((what.into(), token.into()));
    }

    /// Signed by the right key under the right name: only the claims are wrong.
    fn claims(&mut self, what: impl Into<String>, claims: &Value) {
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

/// Values that no claim of the checked ones may have.
fn never() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!([]),
        json!({}),
        json!(""),
        json!("x"),
        json!(["x"]),
    ]
}

fn wrong_claims(forged: &mut Forgeries, claims: &Value) {
    let client = if claims["ver"] == "1.0" { "appid" } else { "azp" };
    for name in ["aud", "iss", "exp", "tid", "oid", "ver", "sub", client] {
        forged.claims(format!("no {name}"), &without(claims, name));
        for value in never() {
            let string = value.is_string() && name == "sub" && claims["idtyp"] == "app";
            let subject = name == "sub" && value.is_string() && claims["scp"].is_string();
            if !string && !subject {
                forged.claims(format!("{name} {value}"), &with(claims, name, value));
            }
        }
        forged.claims(format!("{name} in an array"), &with(claims, name, json!([claims[name]])));
    }
    texts(forged, claims, client);
    times(forged, claims);
    for roles in
        [json!("operator"), json!([1]), json!([["operator"]]), json!({}), json!(null), json!(["a", null])]
    {
        forged.claims(format!("roles {roles}"), &with(claims, "roles", roles));
    }
    for idtyp in ["device", "USER", "App", "", "service"] {
        forged.claims(format!("idtyp {idtyp}"), &with(claims, "idtyp", json!(idtyp)));
    }
    for idtyp in never() {
        forged.claims(format!("idtyp {idtyp}"), &with(claims, "idtyp", idtyp));
    }
    let contradiction =
        if claims["idtyp"] == "app" { ("scp", "user_impersonation") } else { ("idtyp", "app") };
    forged.claims("app and user at once", &with(claims, contradiction.0, json!(contradiction.1)));
    if claims["scp"].is_string() {
        for scp in [
            json!(""),
            json!("openid"),
            json!("user_impersonations"),
            json!(["user_impersonation"]),
            json!(1),
        ] {
            forged.claims(format!("scp {scp}"), &with(claims, "scp", scp));
        }
        forged.claims("scp with a tab", &with(claims, "scp", json!("openid\tuser_impersonation")));
        forged.claims("no scp", &without(claims, "scp"));
    }
}

fn texts(forged: &mut Forgeries, claims: &Value, client: &str) {
    let bent = |text: &str| {
        vec![
            format!("{text} "),
            format!(" {text}"),
            format!("{text}\u{0}"),
            format!("{text}/"),
            format!("{text}?"),
            format!("{text}#"),
            text.replace("http", "HTTP"),
            text.replace("https", "http"),
            text[1..].to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{text}{text}"),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
            text.replace(['3', 'c', 'd'], "7"),
        ]
    };
    for name in ["aud", "iss", "tid", "oid", client, "ver"] {
        let own = claims[name].as_str().unwrap();
        for text in bent(own).into_iter().filter(|text| text != own) {
            let still_a_guid = ["oid", client].contains(&name) && text.len() == 36 && !text.contains(' ');
            let arm = name == "aud" && text.starts_with("https://management");
            if !still_a_guid && !arm {
                forged.claims(format!("{name} `{text}`"), &with(claims, name, json!(text)));
            }
        }
    }
    let nil = "00000000-0000-0000-0000-000000000000";
    for name in ["tid", "oid", client] {
        forged.claims(format!("{name} of zeros"), &with(claims, name, json!(nil)));
    }
    for aud in [
        "https://graph.microsoft.com",
        "https://management.azure.com.evil.example/",
        "https://MANAGEMENT.azure.com/",
        "https://management.azure.com//",
        "00000002-0000-0000-c000-000000000000",
        CLIENT,
        "api://evil",
        "*",
        "https://vault.azure.net",
    ] {
        forged.claims(format!("aud {aud}"), &with(claims, "aud", json!(aud)));
        forged.claims(format!("aud {aud} too"), &with(claims, "aud", json!([claims["aud"], aud])));
    }
    for iss in [
        "https://sts.windows.net/common/",
        "https://sts.windows.net/{tenantid}/",
        "https://login.microsoftonline.com/{tenantid}/v2.0",
        "https://login.microsoftonline.com/common/v2.0",
        "https://evil.example/33333333-3333-4333-8333-33333333333a/v2.0",
        "https://sts.windows.net/33333333-3333-4333-8333-33333333333A/",
        "https://login.microsoftonline.us/33333333-3333-4333-8333-33333333333a/v2.0",
        "https://sts.windows.net/11111111-1111-4111-8111-111111111111/",
    ] {
        forged.claims(format!("iss {iss}"), &with(claims, "iss", json!(iss)));
    }
    let other = if claims["ver"] == "1.0" { "2.0" } else { "1.0" };
    forged.claims("the other version", &with(claims, "ver", json!(other)));
    forged.claims("the other version's issuer", &with(claims, "iss", base(other, true)["iss"].clone()));
}

fn times(forged: &mut Forgeries, claims: &Value) {
    for ago in [300, 301, 3_600, 86_400, START] {
        forged.claims(format!("ended {ago} s ago"), &with(claims, "exp", json!(START - ago)));
    }
    for (name, value) in [
        ("exp", json!(format!("{}", START + 3600))),
        ("exp", json!(9.9e18)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1_785_546_000.5)),
        ("exp", json!(-START)),
        ("exp", json!(0)),
        ("nbf", json!(START + 301)),
        ("nbf", json!("0")),
        ("nbf", json!(1.5)),
        ("nbf", json!(null)),
        ("nbf", json!(START + 3_601)),
        ("nbf", json!(u64::MAX)),
        ("nbf", json!(-5)),
        ("nbf", json!([0])),
        ("iat", json!(START + 301)),
        ("iat", json!(START + 86_400)),
        ("iat", json!("now")),
        ("iat", json!(0.5)),
    ] {
        forged.claims(format!("{name} {value}"), &with(claims, name, value));
    }
    // The right number in milliseconds is a year far away, which `nbf` tells.
    forged.claims("nbf in milliseconds", &with(claims, "nbf", json!((START - 10) * 1_000)));
}

/// Id tokens for our own API: the same key, issuer and audience.
fn id_tokens(forged: &mut Forgeries, claims: &Value) {
    let client = if claims["ver"] == "1.0" { "appid" } else { "azp" };
    let mut id_token = without(&without(&without(claims, client), "scp"), "idtyp");
    id_token["sub"] = json!("pairwise-subject");
    id_token["preferred_username"] = json!("ann@x.example");
    for audience in [API, &format!("api://{API}"), CLIENT] {
        let id_token = with(&id_token, "aud", json!(audience));
        forged.claims("id token", &id_token);
        forged.claims("id token with roles", &with(&id_token, "roles", json!(["operator"])));
        forged.claims("id token with its subject as oid", &with(&id_token, "sub", json!(OID)));
        forged.claims("id token with a client", &with(&id_token, client, json!(CLIENT)));
        forged.claims("id token that says app", &with(&id_token, "idtyp", json!("app")));
    }
    for (name, value) in [("nonce", "n"), ("at_hash", "h"), ("c_hash", "h")] {
        forged.claims(format!("{name} of an id token"), &with(claims, name, json!(value)));
    }
}

/// Every claim twice, in every way to write it.
fn repeated(forged: &mut Forgeries, claims: &Value) {
    let header = header().to_string();
    let text = claims.to_string();
    for (name, value) in claims.as_object().unwrap() {
        let escaped = format!("\\u{:04x}{}", u32::from(name.chars().next().unwrap()), &name[1..]);
        for value in [value.to_string(), "\"x\"".to_owned(), "1".to_owned(), "null".to_owned()] {
            for name in [name.as_str(), &escaped] {
                let last = format!("{},\"{name}\":{value}}}", &text[..text.len() - 1]);
                let first = format!("{{\"{name}\":{value},{}", &text[1..]);
                forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&header, &last, "RS256"));
                forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&header, &first, "RS256"));
            }
        }
    }
    let nested = with(claims, "x", json!(0)).to_string().replace("\"x\":0", "\"x\":[{\"a\":1,\"a\":1}]");
    forged.add("twice inside", ISSUER_KEY.token_of_text(&header, &nested, "RS256"));
    for (name, value) in [("alg", "\"none\""), ("alg", "\"RS256\""), ("kid", "\"key-1\""), ("typ", "\"JWT\"")]
    {
        let first = format!("{{\"{name}\":{value},{}", &header[1..]);
        let last = format!("{},\"{name}\":{value}}}", &header[..header.len() - 1]);
        forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&first, &text, "RS256"));
        forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&last, &text, "RS256"));
    }
    for (header, text) in [
        (format!("\u{feff}{header}"), text.clone()),
        (header.clone(), format!("\u{feff}{text}")),
        (header.clone(), format!("{text}x")),
        (header.clone(), format!("{text}{text}")),
        (header.clone(), format!("[{text}]")),
        (format!("[{header}]"), text.clone()),
        (header.clone(), text.replace(':', "=")),
        (header.clone(), format!("{},}}", &text[..text.len() - 1])),
        (header.clone(), text.replace('"', "'")),
        (String::new(), text.clone()),
        (header.clone(), String::new()),
        (header.clone(), format!("/**/{text}")),
        (header.clone(), "null".to_owned()),
    ] {
        forged.add("not JSON", ISSUER_KEY.token_of_text(&header, &text, "RS256"));
    }
    forged.claims("too long", &with(claims, "x", json!("x".repeat(16_000))));
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = format!("{},\"x\":{deep}}}", &text[..text.len() - 1]);
    forged.add("too deep", ISSUER_KEY.token_of_text(&header, &deep, "RS256"));
}

/// A good token, cut at every length, with every kind of thing around it, and with bits turned.
fn cut_and_bent(forged: &mut Forgeries, good: &str) {
    for length in 0..good.len() {
        forged.add(format!("first {length}"), &good[..length]);
    }
    for start in (1..good.len()).step_by(7) {
        forged.add(format!("without the first {start}"), &good[start..]);
    }
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("a token has three parts") };
    for (what, token) in [
        ("padding", format!("{header}=.{claims}.{signature}")),
        ("padding", format!("{header}.{claims}=.{signature}")),
        ("padding", format!("{good}=")),
        ("padding", format!("{good}==")),
        ("space", format!("{good} ")),
        ("space", format!(" {good}")),
        ("line", format!("{good}\n")),
        ("line", format!("{header}.\n{claims}.{signature}")),
        ("word", format!("Bearer {good}")),
        ("dot", format!("{good}.")),
        ("dot", format!(".{good}")),
        ("dots", format!("{header}..{claims}.{signature}")),
        ("parts", format!("{good}.{signature}")),
        ("parts", format!("{good}.{claims}.{signature}")),
        ("order", format!("{claims}.{header}.{signature}")),
        ("order", format!("{header}.{signature}.{claims}")),
        ("comma", good.replace('.', ",")),
        ("twice", format!("{good}{good}")),
        ("quotes", format!("\"{good}\"")),
        ("letters", good.to_uppercase()),
        ("escaped", good.replace('.', "%2E")),
        ("wide", good.replace('.', "\u{ff0e}")),
    ] {
        forged.add(what, token);
    }
    let mut dice = Dice(u64::try_from(good.len()).unwrap());
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).collect();
    for _ in 0..400 {
        let place = dice.roll(good.len());
        let letter = letters[dice.roll(letters.len())];
        let mut token: Vec<char> = good.chars().collect();
        if token[place] != letter {
            token[place] = letter;
            forged.add(format!("letter {place} is {letter}"), token.into_iter().collect::<String>());
        }
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
