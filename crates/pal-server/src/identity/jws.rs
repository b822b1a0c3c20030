//! A signed token in its three parts, read strictly and not yet believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::json::{self, Object};

/// The longest token that is looked at; Entra's stay under 8 KiB.
const LONGEST: usize = 16 * 1024;

/// Header members that would let a token choose its own key or its own way of being read.
const NEVER: [&str; 9] = ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "epk"];

/// A token in the compact form, read and not yet believed.
pub(crate) struct Jws<'a> {
    header: Object,
    claims: Object,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Reads `header.claims.signature`: base64url without padding and without spare bits, JSON objects without
    /// repeated names. `None` for anything else.
    pub(crate) fn parse(token: &'a str) -> Option<Jws<'a>> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = json::object(&decode(header)?)?;
        if NEVER.iter().any(|name| header.contains_key(*name)) || !names_a_token(&header) {
            return None;
        }
        Some(Jws { header, claims: json::object(&decode(claims)?)?, signed, signature: decode(signature)? })
    }

    /// A text of the header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// The claims; nothing of them is true before the signature is checked.
    pub(crate) fn claims(&self) -> &Object {
        &self.claims
    }

    /// What the signature is over.
    pub(crate) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The signature.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// `typ` is left out, or says that this is a token and not, say, a logout notice.
fn names_a_token(header: &Object) -> bool {
    match header.get("typ") {
        None => true,
        Some(value) => value
            .as_str()
            .is_some_and(|typ| typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt")),
    }
}

/// Reads base64url as tokens have it: no padding, no spare bits, nothing around it.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Writes base64url as tokens have it.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
