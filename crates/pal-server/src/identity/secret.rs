//! Secrets and what is made of randomness. A secret is kept as its digest and can only be compared, in constant
//! time: there is no way to print it or to compare it byte by byte.

use std::fmt;

use aws_lc_rs::{constant_time, digest, rand};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A password, a client secret, or anything else that is only ever compared.
#[derive(Clone)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// Keeps the digest of `text`.
    pub(crate) fn new(text: &str) -> Secret {
        Secret(sha256(text.as_bytes()))
    }

    /// Whether `given` is the secret. Digests are compared, so that not even the length can be timed.
    pub(crate) fn matches(&self, given: &str) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &sha256(given.as_bytes())).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl Visitor<'_> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        if text.is_empty() { Err(E::custom("a secret is empty")) } else { Ok(Secret::new(text)) }
    }

    // Said here, because the message that serde makes would show the value.
    fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
        Err(E::custom("a secret is a number: put it in quotes"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
        Err(E::custom("a secret is a number: put it in quotes"))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Secret, E> {
        Err(E::custom("a secret is not a text: put it in quotes"))
    }
}

/// The machine has no randomness to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no random numbers")]
pub struct NoRandomness;

/// Fresh random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// The SHA-256 digest of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    digest
}

/// The SHA-1 digest of `bytes`: certificates are named by it in assertions, nothing rests on it.
pub(crate) fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut name = [0; 20];
    name.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    name
}
