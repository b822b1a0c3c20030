//! Tokens that issuers do make, in all their forms: hundreds, and not one refused.

use std::collections::BTreeSet;

use pal_rules::time::Timestamp;
use pal_server::Kind;
use pal_server::identity::Authenticator;
use serde_json::{Map, Value, json};

use crate::identity_tokens::*;
use crate::identity_world::*;

/// Claims that Entra adds for one tenant or another.
fn extras() -> Vec<(&'static str, Value)> {
    vec![
        ("acr", json!("1")),
        ("aio", json!("AXQAi/8SAAAA")),
        ("amr", json!(["pwd", "mfa"])),
        ("appidacr", json!("1")),
        ("azpacr", json!("2")),
        ("family_name", json!("Ærøskøbing")),
        ("given_name", json!("李")),
        ("groups", json!(["6f1c0b2e-0000-4000-8000-000000000001"])),
        ("idp", json!("https://sts.windows.net/x/")),
        ("ipaddr", json!("2001:db8::1")),
        ("onprem_sid", json!("S-1-5-21")),
        ("puid", json!("1003200045")),
        ("rh", json!("0.ARoAv4j5")),
        ("uti", json!("fqiBqXLPj0eQa82S-IYFAA")),
        ("wids", json!(["62e90394"])),
        ("xms_tcdt", json!(1_289_241_547)),
        ("xms_cc", json!(["CP1"])),
        ("hasgroups", json!("true")),
        ("_claim_names", json!({ "groups": "src1" })),
        ("_claim_sources", json!({ "src1": { "endpoint": "https://x" } })),
        ("signin_state", json!(["kmsi"])),
        ("float", json!(1.25)),
        ("xms_idrel", json!("7 22")),
        ("deviceid", json!(null)),
    ]
}

const NAMES: [&str; 8] =
    ["Ann", "Zoë Šimůnková", "李小龍", "محمد", "👩‍🚀 Ann", "O'Neil \"Nell\"", "a\\b/c", "Иван Иванович"];

/// One token that is right, chosen by the dice.
fn variant(dice: &mut Dice) -> (String, Value) {
    let user = dice.roll(2) == 0;
    let version = ["1.0", "2.0"][dice.roll(2)];
    let mut claims = base(version, user);
    let own = claims["aud"].clone();
    let audiences = [
        own,
        json!(format!("api://{API}")),
        json!(API),
        json!("https://management.azure.com"),
        json!("https://management.azure.com/"),
        json!("https://management.core.windows.net/"),
        json!("https://management.core.windows.net"),
    ];
    claims["aud"] = audiences[dice.roll(audiences.len())].clone();
    claims["exp"] = json!(START + [-299, -1, 0, 1, 3_600, 86_400, 100_800][dice.roll(7)]);
    let begins = [START - 400, START - 399, START - 86_400, 0];
    claims["nbf"] = json!(begins[dice.roll(begins.len())]);
    claims["iat"] = claims["nbf"].clone();
    if claims["exp"].as_i64() > Some(START + 300) && dice.roll(3) == 0 {
        claims["nbf"] = json!(START + 300);
        claims["iat"] = json!(START + 299);
    }
    for name in ["tid", "oid", if version == "1.0" { "appid" } else { "azp" }] {
        if dice.roll(4) == 0 {
            claims[name] = json!(claims[name].as_str().unwrap().to_uppercase());
        }
    }
    if user {
        claims["name"] = json!(NAMES[dice.roll(NAMES.len())]);
        let scopes = ["user_impersonation", "openid user_impersonation", "user_impersonation a.b c"];
        claims["scp"] = json!(scopes[dice.roll(3)]);
        if dice.roll(2) == 0 {
            claims["idtyp"] = json!("user");
        }
    } else if dice.roll(2) == 0 {
        claims["sub"] = claims["oid"].clone();
        claims.as_object_mut().unwrap().shift_remove("idtyp");
    }
    let roles = [json!([]), json!(["tenant_reader"]), json!(["operator", "auditor", "Ünüsual.Role"])];
    if dice.roll(2) == 0 {
        claims["roles"] = roles[dice.roll(3)].clone();
    }
    for (name, value) in extras() {
        if dice.roll(3) == 0 {
            claims[name] = value;
        }
    }
    (ISSUER_KEY.token_of_text(&head(dice), &written(dice, &claims), "RS256"), claims)
}

fn head(dice: &mut Dice) -> String {
    let headers = [
        json!({ "typ": "JWT", "alg": "RS256", "x5t": KID, "kid": KID }),
        json!({ "kid": KID, "alg": "RS256", "typ": "JWT" }),
        json!({ "alg": "RS256", "kid": KID }),
        json!({ "typ": "jwt", "alg": "RS256", "kid": KID, "nonce": "of a header" }),
        json!({ "typ": "at+jwt", "alg": "RS256", "kid": KID }),
    ];
    headers[dice.roll(headers.len())].to_string()
}

/// The claims in any order, compact, with spaces, or with everything beyond ASCII escaped.
fn written(dice: &mut Dice, claims: &Value) -> String {
    let mut members: Vec<(String, Value)> =
        claims.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    dice.shuffle(&mut members);
    let claims = Value::Object(members.into_iter().collect::<Map<String, Value>>());
    match dice.roll(3) {
        0 => claims.to_string(),
        1 => serde_json::to_string_pretty(&claims).unwrap(),
        _ => {
            let mut escaped = String::new();
            for character in claims.to_string().chars() {
                if character.is_ascii() {
                    escaped.push(character);
                } else {
                    let mut units = [0; 2];
                    for unit in character.encode_utf16(&mut units) {
                        escaped.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
            escaped
        }
    }
}

#[tokio::test]
async fn five_hundred_valid_tokens_and_none_refused() {
    let authenticator = Authenticator::trusting(Some(issuers()), None).unwrap();
    let now = Timestamp::from_micros(START * 1_000_000);
    let mut dice = Dice(7);
    let mut seen = BTreeSet::new();
    while seen.len() < 600 {
        let (token, claims) = variant(&mut dice);
        // Twice: as it was checked, and as it is remembered.
        for _ in 0..2 {
            let verified = authenticator.verify(&token, now).await;
            let verified = verified.unwrap_or_else(|refused| panic!("{refused}: {claims}"));
            assert_eq!(verified.tenant(), tenant());
            assert_eq!(verified.object_id().to_string(), OID);
            assert_eq!(verified.client_id(), Some(CLIENT));
            assert_eq!(verified.kind() == Kind::User, claims["scp"].is_string());
            assert_eq!(verified.name(), claims["name"].as_str());
            let roles = claims["roles"].as_array().map_or(0, Vec::len);
            assert_eq!(verified.roles().len(), roles);
        }
        seen.insert(token);
    }
}
