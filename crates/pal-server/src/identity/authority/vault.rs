//! Codes and refresh tokens: random texts that stand for something, for a time. They live in memory, are kept
//! by their digest, and are bounded: the oldest goes when there are too many.

use std::collections::BTreeMap;

use pal_rules::time::Timestamp;

use super::super::jws;
use super::super::secret::{NoRandomness, random, sha256};

type Digest = [u8; 32];

#[derive(Debug)]
struct Entry<T> {
    value: T,
    until: Timestamp,
    number: u64,
}

/// Values behind random texts.
#[derive(Debug)]
pub(super) struct Vault<T> {
    entries: BTreeMap<Digest, Entry<T>>,
    ages: BTreeMap<u64, Digest>,
    next: u64,
    bound: usize,
}

impl<T> Vault<T> {
    /// Holds at most so many.
    pub(super) fn new(bound: usize) -> Vault<T> {
        Vault { entries: BTreeMap::new(), ages: BTreeMap::new(), next: 0, bound }
    }

    /// Keeps a value until then, behind a new random text.
    pub(super) fn put(&mut self, value: T, until: Timestamp) -> Result<String, NoRandomness> {
        let text = jws::encode(random::<32>()?);
        self.put_behind(&text, value, until);
        Ok(text)
    }

    /// Keeps a value until then behind this text.
    pub(super) fn put_behind(&mut self, text: &str, value: T, until: Timestamp) {
        let digest = sha256(text.as_bytes());
        self.forget(&digest);
        while self.entries.len() >= self.bound {
            let Some((_, oldest)) = self.ages.pop_first() else { break };
            self.entries.remove(&oldest);
        }
        self.ages.insert(self.next, digest);
        self.entries.insert(digest, Entry { value, until, number: self.next });
        self.next += 1;
    }

    /// The value behind the text, if it still holds.
    pub(super) fn get_mut(&mut self, text: &str, now: Timestamp) -> Option<&mut T> {
        let digest = sha256(text.as_bytes());
        self.entries.get_mut(&digest).filter(|entry| entry.until > now).map(|entry| &mut entry.value)
    }

    /// Takes the value behind the text, if it still holds.
    pub(super) fn take(&mut self, text: &str, now: Timestamp) -> Option<T> {
        self.forget(&sha256(text.as_bytes())).filter(|entry| entry.until > now).map(|entry| entry.value)
    }

    /// Lets the value behind the text end then, if that is sooner.
    pub(super) fn shorten(&mut self, text: &str, until: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&sha256(text.as_bytes())) {
            entry.until = entry.until.min(until);
        }
    }

    /// How many values are kept, those that have ended included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Lets go of what has ended.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.entries.retain(|_, entry| entry.until > now);
        let kept = &self.entries;
        self.ages.retain(|_, digest| kept.contains_key(digest));
    }

    fn forget(&mut self, digest: &Digest) -> Option<Entry<T>> {
        let entry = self.entries.remove(digest)?;
        self.ages.remove(&entry.number);
        Some(entry)
    }
}
