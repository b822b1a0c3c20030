//! Whether the chains are whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pal_rules::time::Timestamp;
use serde_json::Value;

use super::{Checkpoint, Hash};

/// A record as it stands in the database, believed in nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// The chain that it stands in.
    pub tenant: String,
    /// Its place in it.
    pub sequence: i64,
    /// Its bytes.
    pub record: String,
    /// The hash beside it.
    pub hash: String,
}

/// A chain's head row as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHead {
    /// The chain.
    pub tenant: String,
    /// Its last record.
    pub sequence: i64,
    /// The hash of that.
    pub hash: String,
    /// When that was recorded.
    pub at: Timestamp,
}

/// What is wrong at a place of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Bytes and hash do not belong together: one of them was altered.
    Altered,
    /// The record says that it belongs elsewhere: it was moved, or put in.
    Misplaced,
    /// It does not follow from the record before it: one of the two was put in or replaced.
    Unchained,
    /// Records are missing from here on.
    Missing {
        /// To this one, at least.
        until: i64,
    },
    /// There is no head row for the chain.
    HeadMissing,
    /// The head row tells another end of the chain.
    HeadDiffers,
    /// A checkpoint has another hash for this record: it, or one before it, was replaced and the chain rebuilt.
    Rewritten {
        /// The last place before it that a checkpoint vouches for; 0 if none does.
        after: i64,
        /// When the checkpoint was made.
        checkpoint: Timestamp,
    },
    /// A table tells something else than the record that stands for it.
    TableDiffers {
        /// The table.
        table: &'static str,
        /// The row, by its key.
        row: String,
    },
}

/// Something found at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The chain.
    pub tenant: String,
    /// The place in it.
    pub sequence: i64,
    /// What is wrong there.
    pub flaw: Flaw,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenant {}, record {}: ", self.tenant, self.sequence)?;
        match &self.flaw {
            Flaw::Altered => f.write_str("bytes and hash do not belong together"),
            Flaw::Misplaced => f.write_str("it says of itself that it belongs elsewhere"),
            Flaw::Unchained => f.write_str("it does not follow from the record before it"),
            Flaw::Missing { until } if *until == self.sequence => f.write_str("it is missing"),
            Flaw::Missing { until } => write!(f, "it and those up to {until} are missing"),
            Flaw::HeadMissing => f.write_str("the chain has no head row"),
            Flaw::HeadDiffers => f.write_str("the head row tells another end of the chain"),
            Flaw::Rewritten { after, checkpoint } => {
                write!(
                    f,
                    "the checkpoint of {checkpoint} has another hash; records after {after} were replaced"
                )
            }
            Flaw::TableDiffers { table, row } => write!(f, "table `{table}` tells something else of {row}"),
        }
    }
}

/// Records that no checkpoint covers: their chain is whole in itself, but its end could have been cut off unseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The chain.
    pub tenant: String,
    /// The last place that a checkpoint vouches for; 0 if none does.
    pub after: i64,
    /// The last record.
    pub last: i64,
}

/// What verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains seen.
    pub chains: u64,
    /// Records read.
    pub records: u64,
    /// Everything that is wrong; nothing, if all is well.
    pub findings: Vec<Finding>,
    /// What lies after the newest checkpoint, by chain.
    pub beyond: Vec<Beyond>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Walks all chains.
///
/// - `records`: ordered by tenant and sequence.
/// - `checkpoints`: of any age and number; every one must hold.
///
/// # Errors
///
/// Only what reading the records raises.
pub fn verify<E>(
    records: impl IntoIterator<Item = Result<StoredRecord, E>>,
    heads: &[StoredHead],
    checkpoints: &[Checkpoint],
) -> Result<Report, E> {
    let mut walk = Walk::new(heads, checkpoints);
    for record in records {
        walk.step(&record?);
    }
    Ok(walk.finish())
}

/// What a checkpoint says of one place.
#[derive(Clone, Copy)]
struct Vouched {
    hash: Hash,
    checkpoint: Timestamp,
}

/// The chain that is being walked.
struct Chain {
    tenant: String,
    last: i64,
    /// The hashes that the next record may name: the one stored and the one computed, which differ only where found.
    hashes: [Option<Hash>; 2],
    /// When the last record was made, as it says.
    at: Option<Timestamp>,
    vouched: i64,
}

impl Chain {
    /// What is wrong with a record itself; moves the chain on to its hash.
    fn judge(&mut self, stored: &StoredRecord) -> Option<Flaw> {
        let json: Option<Value> = serde_json::from_str(&stored.record).ok();
        let text = |name: &str| json.as_ref()?.get(name)?.as_str();
        let previous = text("previous").and_then(Hash::parse);
        let computed = previous.map(|previous| Hash::of(previous, stored.record.as_bytes()));
        let named = Hash::parse(&stored.hash);
        let follows = self.hashes == [None; 2] || self.hashes.contains(&previous);
        self.hashes = [named, computed];
        self.at = text("at").and_then(Timestamp::parse);
        let sequence = json.as_ref().and_then(|json| json.get("sequence")?.as_i64());
        if named.is_none() || named != computed {
            Some(Flaw::Altered)
        } else if text("tenant") != Some(&stored.tenant)
            || sequence != Some(stored.sequence)
            || stored.sequence <= self.last
        {
            Some(Flaw::Misplaced)
        } else if !follows {
            Some(Flaw::Unchained)
        } else {
            None
        }
    }
}

struct Walk<'a> {
    heads: BTreeMap<&'a str, &'a StoredHead>,
    vouched: BTreeMap<String, BTreeMap<i64, Vec<Vouched>>>,
    chain: Option<Chain>,
    seen: BTreeSet<String>,
    report: Report,
}

impl<'a> Walk<'a> {
    fn new(heads: &'a [StoredHead], checkpoints: &[Checkpoint]) -> Self {
        let mut vouched: BTreeMap<String, BTreeMap<i64, Vec<Vouched>>> = BTreeMap::new();
        for checkpoint in checkpoints {
            for (tenant, head) in checkpoint.heads() {
                let places = vouched.entry(tenant.to_string()).or_default();
                let said = Vouched { hash: head.hash, checkpoint: checkpoint.made_at() };
                places.entry(head.sequence).or_default().push(said);
            }
        }
        let heads = heads.iter().map(|head| (head.tenant.as_str(), head)).collect();
        Self { heads, vouched, chain: None, seen: BTreeSet::new(), report: Report::default() }
    }

    fn find(&mut self, tenant: &str, sequence: i64, flaw: Flaw) {
        self.report.findings.push(Finding { tenant: tenant.to_owned(), sequence, flaw });
    }

    fn step(&mut self, stored: &StoredRecord) {
        self.report.records += 1;
        let mut chain = match self.chain.take() {
            Some(chain) if chain.tenant == stored.tenant => chain,
            other => {
                self.end(other);
                self.start(&stored.tenant)
            }
        };
        let expected = chain.last.saturating_add(1);
        if stored.sequence > expected {
            self.find(&chain.tenant, expected, Flaw::Missing { until: stored.sequence - 1 });
            chain.hashes = [None; 2];
        }
        if let Some(flaw) = chain.judge(stored) {
            self.find(&stored.tenant, stored.sequence, flaw);
        }
        self.compare_with_checkpoints(stored, &mut chain);
        chain.last = stored.sequence;
        self.chain = Some(chain);
    }

    fn compare_with_checkpoints(&mut self, stored: &StoredRecord, chain: &mut Chain) {
        let Some(places) = self.vouched.get(&stored.tenant) else { return };
        let Some(said) = places.get(&stored.sequence) else { return };
        let differs = said.iter().find(|said| Some(said.hash) != Hash::parse(&stored.hash));
        if let Some(Vouched { checkpoint, .. }) = differs.copied() {
            let after = chain.vouched;
            self.find(&stored.tenant, stored.sequence, Flaw::Rewritten { after, checkpoint });
        } else {
            chain.vouched = stored.sequence;
        }
    }

    fn start(&mut self, tenant: &str) -> Chain {
        self.report.chains += 1;
        self.seen.insert(tenant.to_owned());
        Chain { tenant: tenant.to_owned(), last: 0, hashes: [Some(Hash::NONE), None], at: None, vouched: 0 }
    }

    /// Compares the end of a chain with its head row and with the farthest checkpoint.
    fn end(&mut self, chain: Option<Chain>) {
        let Some(chain) = chain else { return };
        let head = self.heads.get(chain.tenant.as_str()).copied();
        let farthest = self.farthest(&chain.tenant).max(head.map_or(0, |head| head.sequence));
        if farthest > chain.last {
            self.find(&chain.tenant, chain.last.saturating_add(1), Flaw::Missing { until: farthest });
        }
        match head {
            None => self.find(&chain.tenant, chain.last, Flaw::HeadMissing),
            Some(head) if head.sequence > chain.last => {}
            Some(head) => {
                let same = head.sequence == chain.last
                    && chain.hashes.contains(&Hash::parse(&head.hash))
                    && chain.at == Some(head.at);
                if !same {
                    // A record behind the head was added past it: that record is what is named.
                    self.find(
                        &chain.tenant,
                        head.sequence.saturating_add(1).min(chain.last),
                        Flaw::HeadDiffers,
                    );
                }
            }
        }
        if chain.last > chain.vouched {
            let Chain { tenant, vouched: after, last, .. } = chain;
            self.report.beyond.push(Beyond { tenant, after, last });
        }
    }

    /// The last place of a chain that any checkpoint knows.
    fn farthest(&self, tenant: &str) -> i64 {
        self.vouched.get(tenant).and_then(|places| places.keys().next_back()).copied().unwrap_or(0)
    }

    /// Ends the last chain, and names those of which not one record is left.
    fn finish(mut self) -> Report {
        let chain = self.chain.take();
        self.end(chain);
        let known: BTreeSet<String> = self
            .heads
            .keys()
            .map(|tenant| (*tenant).to_owned())
            .chain(self.vouched.keys().cloned())
            .collect();
        for tenant in known.difference(&self.seen.clone()) {
            let head = self.heads.get(tenant.as_str()).map_or(0, |head| head.sequence);
            let until = self.farthest(tenant).max(head);
            self.find(tenant, 1, Flaw::Missing { until });
        }
        self.report
    }
}
