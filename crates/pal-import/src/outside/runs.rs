//! Flow runs that come one by one and without a person: counted by flow, day and status, each once in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use pal_rules::id::Id;
use pal_rules::time::Day;

/// The runs of a file so far.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Digests of the runs that were counted: a name is too long to keep for each.
    seen: BTreeSet<u64>,
    counts: BTreeMap<(Id, Day, String), u64>,
}

impl Runs {
    /// Counts a run and tells how many there are so far of its flow, day and status; `None` if it came before. Of the rows
    /// that this makes the greatest holds (`facts.md`, `runs`).
    pub(super) fn add(&mut self, flow: &Id, run: &str, day: Day, status: &str) -> Option<u64> {
        let mut digest = DefaultHasher::new();
        (flow.to_string(), run).hash(&mut digest);
        if !self.seen.insert(digest.finish()) {
            return None;
        }
        let count = self.counts.entry((flow.clone(), day, status.to_owned())).or_default();
        *count += 1;
        Some(*count)
    }
}
