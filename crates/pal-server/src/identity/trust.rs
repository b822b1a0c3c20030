//! A key that is believed for now.

use std::sync::atomic::{AtomicI64, Ordering};

use pal_rules::time::Timestamp;

use super::key::Jwk;

/// A key in somebody's set. What was checked with it holds as long as it does, so everybody who remembers a
/// checked token shares the key and asks it again.
#[derive(Debug)]
pub(crate) struct TrustedKey {
    jwk: Jwk,
    until: AtomicI64,
}

impl TrustedKey {
    /// A key that holds until then.
    pub(crate) fn new(jwk: Jwk, until: Timestamp) -> TrustedKey {
        TrustedKey { jwk, until: AtomicI64::new(until.micros()) }
    }

    /// The key.
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Whether it still stands in its set, and the set is not too old.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        now.micros() < self.until.load(Ordering::Acquire)
    }

    /// Its set was read again and it is still there.
    pub(crate) fn extend(&self, until: Timestamp) {
        self.until.store(until.micros(), Ordering::Release);
    }

    /// Its set was read again and it is gone.
    pub(crate) fn retire(&self) {
        self.until.store(i64::MIN, Ordering::Release);
    }
}
