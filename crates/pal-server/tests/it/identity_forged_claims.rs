//! Tokens that the right key signed, with claims that must not be believed.

use serde_json::{Value, json};

use crate::identity_forged::Forgeries;
use crate::identity_tokens::*;
use crate::identity_world::START;

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

pub(crate) fn wrong_claims(forged: &mut Forgeries, claims: &Value) {
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
pub(crate) fn id_tokens(forged: &mut Forgeries, claims: &Value) {
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
