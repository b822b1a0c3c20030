//! Public keys of issuers: RSA of 2048 bits and more, from JWK sets and certificates.

use aws_lc_rs::signature::{self, RsaParameters, RsaPublicKeyComponents};
use serde_json::Value;

use super::jws::{self, Jws};
use super::{der, json};

/// 65537, the one exponent that is in use.
const EXPONENT: [u8; 3] = [1, 0, 1];
const SHORTEST: usize = 2048 / 8;
const LONGEST: usize = 8192 / 8;

/// How a token may be signed. Nothing else is known here, so nothing else can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256; only in assertions of clients.
    Ps256,
}

impl Algorithm {
    fn parameters(self) -> &'static RsaParameters {
        match self {
            Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        }
    }
}

/// An RSA public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    modulus: Vec<u8>,
}

impl PublicKey {
    /// The key of these numbers, big-endian and without leading zeros; `None` when it is too short or unusual.
    pub(crate) fn new(modulus: &[u8], exponent: &[u8]) -> Option<PublicKey> {
        let long_enough = (SHORTEST..=LONGEST).contains(&modulus.len());
        let canonical = modulus.first().is_some_and(|byte| *byte != 0);
        (long_enough && canonical && exponent == EXPONENT).then(|| PublicKey { modulus: modulus.to_vec() })
    }

    /// The key in `RSAPublicKey` form.
    pub(crate) fn from_der(der: &[u8]) -> Option<PublicKey> {
        let (modulus, exponent) = der::rsa_numbers(der)?;
        PublicKey::new(modulus, exponent)
    }

    /// The modulus, as JWK sets have it.
    pub(crate) fn n(&self) -> String {
        jws::encode(&self.modulus)
    }

    /// Whether this key signed the token in this way.
    pub(crate) fn signed(&self, token: &Jws<'_>, algorithm: Algorithm) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus[..], e: &EXPONENT[..] };
        key.verify(algorithm.parameters(), token.signed(), token.signature()).is_ok()
    }
}

/// A key of a JWK set that can sign tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Jwk {
    /// Its name in the headers of tokens.
    pub(crate) kid: String,
    /// Whose tokens alone it may sign; `{tenantid}` stands for any tenant.
    pub(crate) issuer: Option<String>,
    /// The key.
    pub(crate) key: PublicKey,
}

/// Reads a JWK set. Keys of other kinds and uses are passed over; two keys of one name are both left out, since
/// a name must tell. `None` when the document is no JWK set.
pub(crate) fn key_set(document: &[u8]) -> Option<Vec<Jwk>> {
    let document = json::object(document)?;
    let keys: Vec<Jwk> = document.get("keys")?.as_array()?.iter().filter_map(jwk).collect();
    let twice = |key: &Jwk| keys.iter().any(|other| other.kid == key.kid && other != key);
    Some(keys.iter().filter(|key| !twice(key)).cloned().collect())
}

fn jwk(value: &Value) -> Option<Jwk> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let says = |name: &str, expected: &str| value.get(name).is_none_or(|value| value == expected);
    if text("kty") != Some("RSA") || !says("use", "sig") || !says("alg", "RS256") {
        return None;
    }
    let issuer = match value.get("issuer") {
        None => None,
        Some(issuer) => Some(issuer.as_str()?.to_owned()),
    };
    let key = PublicKey::new(&jws::decode(text("n")?)?, &jws::decode(text("e")?)?)?;
    Some(Jwk { kid: text("kid").filter(|kid| !kid.is_empty())?.to_owned(), issuer, key })
}
