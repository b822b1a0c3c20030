//! One record: its bytes and its hash.

use std::fmt;

use pal_rules::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::registry::Request;

/// A SHA-256; its text is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first record of a chain.
    pub const NONE: Self = Self([0; 32]);

    /// The hash of a record: over the hash before it and its bytes.
    pub fn of(previous: Self, record: &[u8]) -> Self {
        Self(Sha256::new().chain_update(previous.0).chain_update(record).finalize().into())
    }

    /// Reads its text; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&to_hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(half + if half < 10 { b'0' } else { b'a' - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// Reads lower-case hexadecimal digits of exactly so many bytes: one text for one value.
pub(super) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[upper, lower]| Some(digit(*upper)? << 4 | digit(*lower)?)).collect();
    bytes?.try_into().ok()
}

/// Who did something; without ids where nobody signed in, as on the machine itself.
#[derive(Debug, Serialize)]
pub(in crate::registry) struct Who<'a> {
    pub(in crate::registry) tenant: Option<String>,
    pub(in crate::registry) object_id: Option<String>,
    pub(in crate::registry) name: Option<&'a str>,
    pub(in crate::registry) client_id: Option<&'a str>,
}

/// The end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::registry) struct Head {
    pub(in crate::registry) sequence: i64,
    pub(in crate::registry) hash: Hash,
    pub(in crate::registry) at: Timestamp,
}

/// Something to be recorded.
#[derive(Debug)]
pub(in crate::registry) struct Entry<'a> {
    pub(in crate::registry) tenant: Uuid,
    pub(in crate::registry) at: Timestamp,
    pub(in crate::registry) who: Who<'a>,
    pub(in crate::registry) what: &'a str,
    pub(in crate::registry) before: Value,
    pub(in crate::registry) after: Value,
    pub(in crate::registry) request: &'a Request,
}

/// The bytes of a record: these keys in this order are the canonical form.
#[derive(Serialize)]
struct Written<'a> {
    tenant: String,
    sequence: i64,
    previous: String,
    at: String,
    who: &'a Who<'a>,
    what: &'a str,
    before: &'a Value,
    after: &'a Value,
    request_id: String,
    client_request_id: Option<&'a str>,
    via: &'a str,
}

impl Entry<'_> {
    /// The record behind a head: its bytes, and the head that it makes.
    pub(in crate::registry) fn behind(
        &self,
        head: Option<Head>,
    ) -> Result<(String, Head), serde_json::Error> {
        let (sequence, previous) = head.map_or((1, Hash::NONE), |head| (head.sequence + 1, head.hash));
        let record = serde_json::to_string(&Written {
            tenant: self.tenant.to_string(),
            sequence,
            previous: previous.to_string(),
            at: self.at.to_string(),
            who: &self.who,
            what: self.what,
            before: &self.before,
            after: &self.after,
            request_id: self.request.request_id.to_string(),
            client_request_id: self.request.client_request_id.as_deref(),
            via: self.request.via,
        })?;
        let hash = Hash::of(previous, record.as_bytes());
        Ok((record, Head { sequence, hash, at: self.at }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Hash, from_hex, to_hex};

    #[test]
    fn a_hash_has_one_text() {
        let hash = Hash::of(Hash::NONE, b"{}");
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        for text in ["", &hash.to_string().to_uppercase(), &format!("{hash}0"), &format!("{hash}00")] {
            assert_eq!(Hash::parse(text), None, "{text}");
        }
        assert_eq!(to_hex(&[0, 9, 10, 255]), "00090aff");
        assert_eq!(from_hex::<2>("0aff"), Some([10, 255]));
    }

    #[test]
    fn the_hash_is_sha_256_over_the_hash_before_and_the_bytes() {
        // sha256sum of 32 zero bytes and `{}`.
        let expected = "fb1634c4e6cd4b1f1afe3ce2d6ef080f7ac5d1f357d723ad4dfca782733b62db";
        assert_eq!(Hash::of(Hash::NONE, b"{}").to_string(), expected);
    }
}
