//! The keys of one issuer: read at start, refreshed hourly, kept when a refresh does not succeed, for a day.
//!
//! Source: `clients.md` §9.6. An unknown key name makes one refresh in five minutes, whoever asks for it: else
//! anybody could make this server ask the issuer without end.

use std::sync::{Arc, PoisonError, RwLock};

use pal_rules::time::Timestamp;
use tokio::sync::Mutex;

use super::key::Jwk;
use super::trust::TrustedKey;

const MINUTE: i64 = 60 * 1_000_000;
const HOUR: i64 = 60 * MINUTE;

/// How old keys may be before they are read again.
const FRESH: i64 = HOUR;
/// How old keys may be at all.
const TRUSTED: i64 = 24 * HOUR;
/// How often an unknown key name makes a refresh.
const UNKNOWN_KEY: i64 = 5 * MINUTE;
/// How soon a refresh that did not succeed is tried again.
const RETRY: i64 = MINUTE;

#[derive(Debug, Default)]
struct State {
    keys: Vec<Arc<TrustedKey>>,
    read_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
    unknown_at: Option<Timestamp>,
    readings: u64,
}

/// The keys of one issuer and when they were read.
#[derive(Debug, Default)]
pub(crate) struct KeyStore {
    state: RwLock<State>,
    flight: Mutex<()>,
}

/// Where a key name leads.
#[derive(Debug)]
pub(crate) enum Found {
    /// To this key.
    Key(Arc<TrustedKey>),
    /// Nowhere: the issuer has no such key.
    Unknown,
    /// Nobody knows: the issuer's keys cannot be read, and those at hand are too old.
    Unavailable,
}

impl KeyStore {
    /// The key of this name, after at most one refresh.
    pub(crate) async fn find<A>(&self, kid: &str, now: Timestamp, read: impl Fn() -> A) -> Found
    where
        A: Future<Output = Option<Vec<Jwk>>>,
    {
        if let Some(key) = self.known(kid, now) {
            return Found::Key(key);
        }
        if self.may_ask(now) {
            self.refresh(now, read).await;
        } else {
            // Somebody else may be asking just now; what comes of it is for everybody.
            drop(self.flight.lock().await);
        }
        match self.known(kid, now) {
            Some(key) => Found::Key(key),
            None if self.usable(now) => Found::Unknown,
            None => Found::Unavailable,
        }
    }

    /// Whether it is time for a refresh.
    pub(crate) fn due(&self, now: Timestamp) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        passed(state.read_at, FRESH, now) && passed(state.tried_at, RETRY, now)
    }

    /// Whether there are keys that may be believed.
    pub(crate) fn usable(&self, now: Timestamp) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        !passed(state.read_at, TRUSTED, now)
    }

    /// Reads the keys again; one reading at a time, and who waited for another's takes its result.
    pub(crate) async fn refresh<A>(&self, now: Timestamp, read: impl Fn() -> A)
    where
        A: Future<Output = Option<Vec<Jwk>>>,
    {
        let before = self.readings();
        let _flight = self.flight.lock().await;
        if self.readings() != before {
            return;
        }
        let keys = read().await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.readings += 1;
        state.tried_at = Some(now);
        if let Some(keys) = keys {
            state.read_at = Some(now);
            state.keys = renewed(&state.keys, keys, later(now, TRUSTED));
        }
    }

    fn readings(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).readings
    }

    fn known(&self, kid: &str, now: Timestamp) -> Option<Arc<TrustedKey>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.keys.iter().find(|key| key.jwk().kid == kid && key.holds(now)).cloned()
    }

    /// Whether a key name that is not at hand may make a refresh now.
    fn may_ask(&self, now: Timestamp) -> bool {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if passed(state.read_at, TRUSTED, now) {
            return passed(state.tried_at, RETRY, now);
        }
        let may = passed(state.unknown_at, UNKNOWN_KEY, now);
        if may {
            state.unknown_at = Some(now);
        }
        may
    }
}

/// The new set. A key that stood in the old one stays the same object, so that what was checked with it holds;
/// one that is gone takes what was checked with it along.
fn renewed(old: &[Arc<TrustedKey>], new: Vec<Jwk>, until: Timestamp) -> Vec<Arc<TrustedKey>> {
    for key in old.iter().filter(|key| !new.contains(key.jwk())) {
        key.retire();
    }
    let keep = |jwk: Jwk| match old.iter().find(|key| *key.jwk() == jwk) {
        Some(key) => {
            key.extend(until);
            Arc::clone(key)
        }
        None => Arc::new(TrustedKey::new(jwk, until)),
    };
    new.into_iter().map(keep).collect()
}

fn passed(since: Option<Timestamp>, span: i64, now: Timestamp) -> bool {
    since.is_none_or(|since| now.micros() >= since.micros().saturating_add(span))
}

fn later(now: Timestamp, span: i64) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_add(span))
}
