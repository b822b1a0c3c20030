//! What became of the records of a file: read = kept + repeated + ignored + refused.

use std::collections::BTreeMap;

use super::{Reason, Shape};

/// The most refused records of a file that are kept with their text; all are counted.
const KEPT: usize = 1000;
/// The most reasons for which records are ignored that are told apart: a file may make up operations without end.
const REASONS: usize = 1000;
/// The longest text of a refused record that is kept.
const RAW: usize = 4096;

/// The account of one file. What is kept and what is a repeat is known only when all is read.
#[derive(Debug, Default)]
pub struct Account {
    /// What its records are; none where nothing was recognised.
    pub shape: Option<&'static Shape>,
    /// Records read.
    pub read: u64,
    /// Records that became facts.
    pub facts: u64,
    /// Records that say nothing facts are made of, by reason.
    pub ignored: BTreeMap<Reason, u64>,
    /// Records that cannot be used, by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// The first of them with their text.
    pub rejects: Vec<Refused>,
    /// What the user should know about the file as a whole.
    pub warnings: Vec<String>,
}

/// A record that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line on which it starts, or its row.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// Its text, cut where it is long.
    pub raw: String,
}

impl Account {
    /// Counts ignored records. Where there are very many reasons, which of them stay told apart depends on the order in
    /// which they come here, their sum does not.
    pub(super) fn ignore(&mut self, reason: Reason, records: u64) {
        let told_apart = self.ignored.len() < REASONS || self.ignored.contains_key(&reason);
        let reason = if told_apart { reason } else { "one of many other operations".into() };
        *self.ignored.entry(reason).or_default() += records;
    }

    /// Refuses the file, or what is left of it, as one record more.
    pub(super) fn refuse_file(&mut self, reason: Reason) {
        self.read += 1;
        self.refuse(0, reason, &[]);
    }

    pub(super) fn refuse(&mut self, line: u64, reason: Reason, raw: &[u8]) {
        let told_apart = self.refused.len() < REASONS || self.refused.contains_key(&reason);
        let counted = if told_apart { reason.clone() } else { "for one of many other reasons".into() };
        *self.refused.entry(counted).or_default() += 1;
        if self.rejects.len() < KEPT {
            let raw = String::from_utf8_lossy(raw.get(..RAW).unwrap_or(raw)).into_owned();
            self.rejects.push(Refused { line, reason, raw });
        }
    }
}
