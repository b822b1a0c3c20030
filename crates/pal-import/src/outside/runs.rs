//! Flow runs that come one by one and without a person: counted by flow, day and status, each once in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use pal_rules::facts::{Row, Table, Value};
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
    /// Counts a run, the first time it comes.
    pub(super) fn add(&mut self, flow: &Id, run: &str, day: Day, status: &str) {
        let mut digest = DefaultHasher::new();
        (flow.to_string(), run).hash(&mut digest);
        if self.seen.insert(digest.finish()) {
            *self.counts.entry((flow.clone(), day, status.to_owned())).or_default() += 1;
        }
    }

    /// The counts as rows of `runs`, taken out.
    pub(super) fn take(&mut self) -> Vec<(Table, Row)> {
        let counts = std::mem::take(&mut self.counts);
        counts
            .into_iter()
            .map(|((flow, day, status), runs)| {
                let status = if status.is_empty() { Value::Absent } else { Value::Text(status.into()) };
                (Table::Runs, Row::new(vec![Value::Id(flow), Value::Day(day), status, Value::Count(runs)]))
            })
            .collect()
    }
}
