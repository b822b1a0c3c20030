//! The audit log: chains of records, each bound to the one before by its hash, and what proves them whole.
//!
//! One chain per tenant, and the operator's own under the nil tenant. A record is one line of JSON with its keys in a
//! fixed order; its hash is SHA-256 over the hash before it and these bytes. Whoever changes, removes or adds one breaks
//! the chain; whoever rebuilds the whole chain is found by a checkpoint kept elsewhere.
//!
//! **Absent:** no SQL and no files, but for the key that signs checkpoints.

mod checkpoint;
mod key;
mod record;
mod report;
mod told;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointHead, CheckpointProblem};
pub use key::{CheckpointKey, PublicKey};
pub use record::Hash;
pub(super) use record::{Entry, Head, Who};
pub use report::{Beyond, Finding, Flaw, Report};
pub(super) use told::Told;
pub(super) use verify::{StoredHead, StoredRecord, Walk};

use uuid::Uuid;

/// The chain of the operator: changes of the partner directory, restores.
pub const OPERATOR_CHAIN: Uuid = Uuid::nil();
