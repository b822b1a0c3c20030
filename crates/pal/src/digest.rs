//! The digest of a statement's inputs (`attribution.md` §7): SHA-256 over the version of the rules, the month and the
//! sorted distinct rows that the month can see.

use std::fmt::Write as _;

use pal_rules::facts::{Entry, Gathered, Row, Table};
use pal_rules::id::{Id, ObjectId, ResourceId};
use pal_rules::statement::RULES_VERSION;
use pal_rules::time::Timestamp;
use pal_rules::usage::{Usage, Window};
use sha2::{Digest, Sha256};

use crate::parallel::in_order;

/// SHA-256 as lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The rows of a set of facts as text, sorted and distinct, each with the time from which it is seen; activity and
/// runs are not among them. To be taken before the rows are settled.
#[derive(Debug)]
pub(crate) struct SortedRows(Vec<(String, Option<Timestamp>)>);

impl SortedRows {
    pub(crate) fn new(gathered: &Gathered) -> Self {
        let seen = |table: &Table| !matches!(table, Table::Activity | Table::Runs);
        let mut tables: Vec<Table> = Table::ALL.into_iter().filter(seen).collect();
        // Table by table, as the lines begin with its name: of a workspace, most lines come sorted.
        tables.sort_by_key(|table| format!("{}\t", table.name()));
        let mut rows = Vec::new();
        for table in tables {
            let (first, time) = (rows.len(), seen_from(table));
            let text = |entry: &Entry| (line(table, &entry.row), time.and_then(|time| entry.row.time(time)));
            in_order(
                gathered.rows(table),
                1 << 13,
                |_, entries| entries.iter().map(text).collect::<Vec<_>>(),
                |lines| rows.extend(lines),
            );
            if let Some(rows) = rows.get_mut(first..) {
                rows.sort_unstable();
            }
        }
        rows.dedup();
        Self(rows)
    }

    /// Begins the digest of what a window can see.
    pub(crate) fn digest(&self, window: &Window) -> StateDigest {
        let mut hash = Sha256::new();
        hash.update(format!("rules {RULES_VERSION}\nmonth {}\n", window.month));
        if let Some(as_of) = window.as_of {
            hash.update(format!("as_of {as_of}\n"));
        }
        for (row, _) in self.0.iter().filter(|(_, from)| from.is_none_or(|from| from < window.end())) {
            hash.update(row.as_bytes());
            hash.update(b"\n");
        }
        StateDigest(hash)
    }
}

/// A digest on its way from the rows to the metered state, which it takes in the order of the resources' ids.
#[derive(Debug)]
pub(crate) struct StateDigest(Sha256);

impl StateDigest {
    /// Takes in what was metered of the next resources ([`put_usage`]).
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest.
    pub(crate) fn finish(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

/// What was metered of a resource, as a digest takes it in; nothing where nothing was.
///
/// - `users`: everyone who used it, by id.
pub(crate) fn put_usage(bytes: &mut Vec<u8>, resource: &ResourceId, users: &[ObjectId], usage: &Usage) {
    if users.is_empty() && usage.makes.is_empty() && usage.active.is_empty() {
        return;
    }
    put_id(bytes, &resource.0);
    put_count(bytes, users.len());
    for user in users {
        put_id(bytes, &user.0);
    }
    put_count(bytes, usage.makes.len());
    for make in &usage.makes {
        put_id(bytes, &make.object.0);
        bytes.extend(make.last.micros().to_be_bytes());
    }
    put_count(bytes, usage.active.len());
    for active in &usage.active {
        put_id(bytes, &active.object.0);
        bytes.extend(active.first.micros().to_be_bytes());
        bytes.extend(active.last.micros().to_be_bytes());
    }
}

/// An id so that none is the beginning of another: of a GUID its bytes, of other text its length before it.
fn put_id(bytes: &mut Vec<u8>, id: &Id) {
    if let Some(guid) = id.guid() {
        bytes.push(0);
        bytes.extend(guid.to_be_bytes());
    } else {
        let text = id.to_string();
        bytes.push(1);
        put_count(bytes, text.len());
        bytes.extend(text.as_bytes());
    }
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count as u64).to_be_bytes());
}

/// The column of the time before which a row is not seen. Rows without a time of their own, and listings, whose events
/// may count for an earlier time, are always seen.
const fn seen_from(table: Table) -> Option<usize> {
    match table {
        Table::Links | Table::GroupMembers => Some(3),
        Table::Ownership => Some(4),
        Table::SolutionImports => Some(7),
        Table::Profiles => Some(1),
        _ => None,
    }
}

fn line(table: Table, row: &Row) -> String {
    let mut line = table.name().to_owned();
    for value in row.values() {
        // Writing into memory does not fail.
        let _ = write!(line, "\t{value}");
    }
    line
}
