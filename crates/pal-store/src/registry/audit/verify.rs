//! Whether the chains are whole.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::time::Timestamp;
use serde_json::Value;

use super::{Beyond, Checkpoint, Finding, Flaw, Hash, Report};

/// A record as it stands in the database, believed in nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::registry) struct StoredRecord {
    /// The chain that it stands in.
    pub(in crate::registry) tenant: String,
    /// Its place in it.
    pub(in crate::registry) sequence: i64,
    /// Its bytes.
    pub(in crate::registry) record: String,
    /// The hash beside it.
    pub(in crate::registry) hash: String,
}

/// A chain's head row as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::registry) struct StoredHead {
    /// The chain.
    pub(in crate::registry) tenant: String,
    /// Its last record.
    pub(in crate::registry) sequence: i64,
    /// The hash of that.
    pub(in crate::registry) hash: String,
    /// When that was recorded.
    pub(in crate::registry) at: Timestamp,
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

/// Walks all chains, record by record, ordered by tenant and sequence.
pub(in crate::registry) struct Walk<'a> {
    heads: BTreeMap<&'a str, &'a StoredHead>,
    vouched: BTreeMap<String, BTreeMap<i64, Vec<Vouched>>>,
    chain: Option<Chain>,
    seen: BTreeSet<String>,
    report: Report,
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    ///
    /// - `checkpoints`: of any age and number; every one must hold.
    pub(in crate::registry) fn new(heads: &'a [StoredHead], checkpoints: &[Checkpoint]) -> Self {
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

    /// Takes the next record.
    pub(in crate::registry) fn step(&mut self, stored: &StoredRecord) {
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
    pub(in crate::registry) fn finish(mut self) -> Report {
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
