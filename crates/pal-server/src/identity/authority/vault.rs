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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let mut vault = Vault::new(3);
        let texts: Vec<String> = (0..5).map(|value| vault.put(value, at(10)).unwrap()).collect();
        let kept: Vec<Option<i32>> = texts.iter().map(|text| vault.take(text, at(0))).collect();
        assert_eq!(kept, [None, None, Some(2), Some(3), Some(4)]);
        assert_eq!((vault.len(), vault.ages.len()), (0, 0));
    }

    #[test]
    fn what_has_ended_is_not_given_out() {
        let mut vault = Vault::new(3);
        vault.put_behind("a", 1, at(10));
        vault.put_behind("b", 2, at(20));
        assert_eq!(vault.get_mut("a", at(10)), None);
        vault.prune(at(10));
        assert_eq!((vault.len(), vault.ages.len()), (1, 1));
        vault.shorten("b", at(15));
        vault.shorten("b", at(30));
        assert_eq!(vault.take("b", at(15)), None);
    }
}
