//! What an access token must say to be believed, once its signature holds.
//!
//! Source: `clients.md` §9. An id token is never an access token: it names no client (`appid`, `azp`), has no
//! `scp`, and its `sub` is not its `oid`; any one of the three refuses it.

use std::collections::BTreeSet;

use pal_rules::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::json::Object;
use super::{Refused, Verified};
use crate::caller::Kind;

/// How far clocks may be apart.
const SKEW_SECONDS: i64 = 300;
/// A name longer than this is not shown.
const LONGEST_NAME: usize = 256;
/// Claims that only id tokens have.
const ID_TOKEN_CLAIMS: [&str; 3] = ["nonce", "at_hash", "c_hash"];

/// The form of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// `"ver":"1.0"`.
    V1,
    /// `"ver":"2.0"`.
    V2,
}

/// What a token says of where it comes from; read before its signature, to find the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The `tid` claim.
    pub(crate) tenant: Uuid,
    /// The `ver` claim.
    pub(crate) version: Version,
}

/// What is asked of a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demands<'a> {
    /// The issuers that the token's tenant and version may have.
    pub(crate) issuers: &'a [String],
    /// The audiences that are ours.
    pub(crate) audiences: &'a BTreeSet<String>,
    /// The scopes of which a person's token needs one.
    pub(crate) scopes: &'a [String],
    /// The app role that an application's token needs, if any.
    pub(crate) app_role: Option<&'a str>,
}

/// Reads `tid` and `ver`.
pub(crate) fn origin(claims: &Object) -> Option<Origin> {
    let version = match text(claims, "ver")? {
        "1.0" => Version::V1,
        "2.0" => Version::V2,
        _ => return None,
    };
    Some(Origin { tenant: guid(claims, "tid")?, version })
}

/// Checks the claims of a token whose signature holds.
///
/// # Errors
/// What is wrong first, in the order issuer, audience, times, principal.
pub(crate) fn check(
    claims: &Object,
    origin: Origin,
    demands: Demands<'_>,
    now: Timestamp,
) -> Result<Verified, Refused> {
    let issuer = text(claims, "iss").ok_or(Refused::Token)?;
    if !demands.issuers.iter().any(|expected| expected == issuer) {
        return Err(Refused::Token);
    }
    let audience = text(claims, "aud").ok_or(Refused::Token)?;
    if !demands.audiences.contains(audience) {
        return Err(Refused::Audience);
    }
    let expires_at = times(claims, now)?;
    principal(claims, origin, demands, expires_at).ok_or(Refused::Token)
}

/// Checks `exp`, `nbf` and `iat`; returns the first.
fn times(claims: &Object, now: Timestamp) -> Result<Timestamp, Refused> {
    let expires_at = instant(claims, "exp")?.ok_or(Refused::Token)?;
    let later = |seconds: i64| Timestamp::from_micros(now.micros().saturating_add(seconds * 1_000_000));
    for begin in ["nbf", "iat"] {
        if instant(claims, begin)?.is_some_and(|begin| begin > later(SKEW_SECONDS) || begin > expires_at) {
            return Err(Refused::Token);
        }
    }
    if expires_at <= later(-SKEW_SECONDS) {
        return Err(Refused::Expired { expired_at: expires_at });
    }
    Ok(expires_at)
}

/// When a token that ends then is no longer taken.
pub(crate) fn taken_until(expires_at: Timestamp) -> Timestamp {
    Timestamp::from_micros(expires_at.micros().saturating_add(SKEW_SECONDS * 1_000_000))
}

fn principal(
    claims: &Object,
    origin: Origin,
    demands: Demands<'_>,
    expires_at: Timestamp,
) -> Option<Verified> {
    let client = match origin.version {
        Version::V1 => "appid",
        Version::V2 => "azp",
    };
    let client_id = guid(claims, client)?;
    let kind = kind(claims)?;
    let roles = roles(claims)?;
    let allowed = match kind {
        Kind::User => scopes(claims)?.any(|scope| demands.scopes.iter().any(|known| known == scope)),
        Kind::Application => demands.app_role.is_none_or(|role| roles.iter().any(|given| given == role)),
    };
    allowed.then_some(Verified {
        tenant: origin.tenant,
        object_id: guid(claims, "oid")?,
        kind,
        name: name(claims, kind),
        client_id: Some(client_id.to_string()),
        roles,
        expires_at,
    })
}

/// Person or application. `idtyp` says it; without it a person's token has `scp`, and an application's has its
/// own object as subject. What contradicts itself, or looks like an id token, is neither.
fn kind(claims: &Object) -> Option<Kind> {
    if ID_TOKEN_CLAIMS.iter().any(|name| claims.contains_key(*name)) {
        return None;
    }
    let own_subject = text(claims, "sub")? == text(claims, "oid")?;
    match (claims.get("idtyp"), claims.contains_key("scp")) {
        (None, true) => Some(Kind::User),
        (None, false) => own_subject.then_some(Kind::Application),
        (Some(idtyp), true) => (idtyp == "user").then_some(Kind::User),
        (Some(idtyp), false) => (idtyp == "app").then_some(Kind::Application),
    }
}

fn scopes(claims: &Object) -> Option<impl Iterator<Item = &str>> {
    Some(text(claims, "scp")?.split(' ').filter(|scope| !scope.is_empty()))
}

fn roles(claims: &Object) -> Option<Vec<String>> {
    match claims.get("roles") {
        None => Some(Vec::new()),
        Some(Value::Array(roles)) => roles.iter().map(|role| role.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    }
}

/// A name for people: the first that is there and can be shown.
fn name(claims: &Object, kind: Kind) -> Option<String> {
    let names: &[&str] = match kind {
        Kind::User => &["name", "preferred_username", "upn", "unique_name"],
        Kind::Application => &["app_displayname"],
    };
    let shown =
        |name: &&str| !name.is_empty() && name.len() <= LONGEST_NAME && !name.chars().any(char::is_control);
    names.iter().filter_map(|name| text(claims, name)).find(shown).map(str::to_owned)
}

fn text<'a>(claims: &'a Object, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A GUID with its hyphens, in either case, and not the one of zeros.
fn guid(claims: &Object, name: &str) -> Option<Uuid> {
    guid_of(text(claims, name)?)
}

/// Reads a GUID with its hyphens, in either case; the one of zeros names nobody.
pub(crate) fn guid_of(text: &str) -> Option<Uuid> {
    let hyphenated = text.len() == 36;
    Uuid::try_parse(text).ok().filter(|guid| hyphenated && !guid.is_nil())
}

/// Whole seconds since 1970, written as an integer; `Err` for a claim that is something else.
fn instant(claims: &Object, name: &str) -> Result<Option<Timestamp>, Refused> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_i64().filter(|seconds| *seconds >= 0).ok_or(Refused::Token)?;
    let micros = seconds.checked_mul(1_000_000).ok_or(Refused::Token)?;
    Ok(Some(Timestamp::from_micros(micros)))
}
