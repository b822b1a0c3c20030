//! Signed lists of all chain heads, to be kept where whoever can write to the database cannot.

use std::collections::BTreeMap;

use pal_rules::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CheckpointKey, Hash, PublicKey};

/// The layout of the JSON.
const FORMAT_VERSION: u64 = 1;

/// How far a chain had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointHead {
    /// Its last record.
    pub sequence: i64,
    /// The hash of it, and so of all before.
    pub hash: Hash,
}

/// A chain of which records are lost that a checkpoint knows, or were replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The chain.
    pub chain: Uuid,
    /// The last record that the checkpoint knows.
    pub known: i64,
    /// The last that there is; the same where another stands in its place.
    pub last: i64,
}

/// The heads of all chains at one instant, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    made_at: Timestamp,
    heads: BTreeMap<Uuid, CheckpointHead>,
    key: PublicKey,
    signature: String,
}

/// Why a text is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointProblem {
    /// It is not the JSON of one.
    #[error("this is no checkpoint")]
    Unreadable,
    /// It is of a later layout.
    #[error("the checkpoint has format version {found}; this program reads {FORMAT_VERSION}")]
    Version {
        /// Its version.
        found: u64,
    },
    /// It was changed after it was signed.
    #[error("the signature of the checkpoint does not match its content")]
    Signature,
}

impl Checkpoint {
    pub(in crate::registry) fn sign(
        made_at: Timestamp,
        heads: BTreeMap<Uuid, CheckpointHead>,
        key: &CheckpointKey,
    ) -> Self {
        let unsigned = Self { made_at, heads, key: key.public(), signature: String::new() };
        let signature = key.sign(unsigned.signed_bytes().as_bytes());
        Self { signature, ..unsigned }
    }

    /// When it was made.
    pub fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// How far each chain had come.
    pub fn heads(&self) -> &BTreeMap<Uuid, CheckpointHead> {
        &self.heads
    }

    /// The chains of which these heads have less than the checkpoint, or another record at its place.
    pub fn lost_in(&self, heads: &BTreeMap<Uuid, CheckpointHead>) -> Vec<Lost> {
        let lost = |(chain, head): (&Uuid, &CheckpointHead)| {
            let found = heads.get(chain);
            let last = found.map_or(0, |found| found.sequence);
            let differs = last == head.sequence && found.is_some_and(|found| found.hash != head.hash);
            (last < head.sequence || differs).then_some(Lost { chain: *chain, known: head.sequence, last })
        };
        self.heads.iter().filter_map(lost).collect()
    }

    /// The key that signed it; only whoever reads a checkpoint knows whether that is the right one.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// The checkpoint as one line of JSON.
    pub fn to_json(&self) -> String {
        let mut json = self.unsigned_json();
        if let Value::Object(object) = &mut json {
            object.insert("signature".to_owned(), Value::from(self.signature.clone()));
        }
        json.to_string()
    }

    /// Reads a checkpoint and checks that the key it names signed it.
    ///
    /// # Errors
    ///
    /// [`CheckpointProblem`], when it is none.
    pub fn from_json(text: &str) -> Result<Self, CheckpointProblem> {
        let json: Value = serde_json::from_str(text).map_err(|_| CheckpointProblem::Unreadable)?;
        match json.get("format_version").and_then(Value::as_u64) {
            Some(FORMAT_VERSION) => {}
            Some(found) => return Err(CheckpointProblem::Version { found }),
            None => return Err(CheckpointProblem::Unreadable),
        }
        let checkpoint = read(&json).ok_or(CheckpointProblem::Unreadable)?;
        let bytes = checkpoint.signed_bytes();
        if checkpoint.key.signed(bytes.as_bytes(), &checkpoint.signature) {
            Ok(checkpoint)
        } else {
            Err(CheckpointProblem::Signature)
        }
    }

    fn signed_bytes(&self) -> String {
        self.unsigned_json().to_string()
    }

    fn unsigned_json(&self) -> Value {
        let heads: Vec<Value> = self
            .heads
            .iter()
            .map(|(tenant, head)| {
                json!({
                    "tenant": tenant.to_string(), "sequence": head.sequence, "hash": head.hash.to_string(),
                })
            })
            .collect();
        json!({
            "format_version": FORMAT_VERSION,
            "made_at": self.made_at.to_string(),
            "heads": heads,
            "key": self.key.to_string(),
        })
    }
}

fn read(json: &Value) -> Option<Checkpoint> {
    let text = |name: &str| json.get(name)?.as_str();
    let mut heads = BTreeMap::new();
    for head in json.get("heads")?.as_array()? {
        let tenant = Uuid::try_parse(head.get("tenant")?.as_str()?).ok()?;
        let sequence = head.get("sequence")?.as_i64()?;
        let hash = Hash::parse(head.get("hash")?.as_str()?)?;
        if heads.insert(tenant, CheckpointHead { sequence, hash }).is_some() {
            return None;
        }
    }
    Some(Checkpoint {
        made_at: Timestamp::parse(text("made_at")?)?,
        heads,
        key: PublicKey::parse(text("key")?)?,
        signature: text("signature")?.to_owned(),
    })
}
