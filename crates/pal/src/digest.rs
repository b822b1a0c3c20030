//! The digest of a statement's inputs (`attribution.md` §7): SHA-256 over the version of the rules, the month and the
//! sorted distinct rows that the month can see.

use std::fmt::Write as _;
use std::ops::Range;

use pal_rules::facts::{Entry, Gathered, Row, Settled, Table, Value, settle};
use pal_rules::id::{Id, ResourceId};
use pal_rules::statement::RULES_VERSION;
use pal_rules::text::Written;
use pal_rules::time::Timestamp;
use pal_rules::usage::{Everyone, Window};
use sha2::{Digest, Sha256};

use crate::parallel::{both, in_order};

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
#[derive(Debug, Default)]
pub(crate) struct SortedRows {
    /// All lines, each with its end, in the order in which they were read.
    text: String,
    /// Where they stand, in their order.
    rows: Vec<SortedRow>,
}

#[derive(Clone, Debug)]
struct SortedRow {
    line: Range<usize>,
    seen_from: Option<Timestamp>,
}

impl SortedRows {
    /// How many rows are made text at a time.
    const PART: usize = 1 << 13;

    pub(crate) fn new(gathered: &Gathered) -> Self {
        let seen = |table: &Table| !matches!(table, Table::Activity | Table::Runs);
        let mut tables: Vec<Table> = Table::ALL.into_iter().filter(seen).collect();
        // Table by table, as the lines begin with its name: of a workspace, most lines come sorted.
        tables.sort_by_key(|table| format!("{}\t", table.name()));
        let mut sorted = Self::default();
        for table in tables {
            sorted.add(table, gathered.rows(table));
        }
        sorted
    }

    fn add(&mut self, table: Table, entries: &[Entry]) {
        let Self { text, rows } = self;
        let (before, time) = (rows.len(), seen_from(table));
        let part = |_, entries: &[Entry]| {
            let (mut text, mut rows) = (String::new(), Vec::with_capacity(entries.len()));
            for entry in entries {
                let start = text.len();
                put_line(&mut text, table, &entry.row);
                rows.push((start..text.len(), time.and_then(|time| entry.row.time(time))));
                text.push('\n');
            }
            (text, rows)
        };
        in_order(entries, Self::PART, part, |(more, lines)| {
            let base = text.len();
            text.push_str(&more);
            let row = |(line, seen_from): (Range<usize>, _)| SortedRow {
                line: line.start + base..line.end + base,
                seen_from,
            };
            rows.extend(lines.into_iter().map(row));
        });
        let line = |row: &SortedRow| text.get(row.line.clone()).unwrap_or_default();
        let mut of_table = rows.split_off(before);
        of_table.sort_unstable_by(|a, b| (line(a), a.seen_from).cmp(&(line(b), b.seen_from)));
        of_table.dedup_by(|a, b| (line(a), a.seen_from) == (line(b), b.seen_from));
        rows.append(&mut of_table);
    }

    /// Begins the digest of what a window can see.
    pub(crate) fn digest(&self, window: &Window) -> StateDigest {
        let mut hash = Sha256::new();
        hash.update(format!("rules {RULES_VERSION}\nmonth {}\n", window.month));
        if let Some(as_of) = window.as_of {
            hash.update(format!("as_of {as_of}\n"));
        }
        let seen = |row: &&SortedRow| row.seen_from.is_none_or(|from| from < window.end());
        for row in self.rows.iter().filter(seen) {
            // With the end of the line.
            hash.update(self.text.get(row.line.start..=row.line.end).unwrap_or_default());
        }
        StateDigest(hash)
    }
}

/// Settles rows, and has them as text for the digest.
pub(crate) fn settle_with_rows(gathered: Gathered) -> (SortedRows, Settled) {
    let copy = gathered.clone();
    both(|| SortedRows::new(&copy), || settle(gathered))
}

/// A digest on its way from the rows to the metered state, which it takes in the order of the resources' ids.
#[derive(Debug)]
pub(crate) struct StateDigest(Sha256);

impl StateDigest {
    /// Takes in what was metered of the next resources ([`put_seen`]).
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest.
    pub(crate) fn finish(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

/// What was seen of a resource, as a digest takes it in; nothing where nothing was.
pub(crate) fn put_seen(bytes: &mut Vec<u8>, resource: &ResourceId, seen: &Everyone) {
    let Everyone { users, makes, active } = seen;
    if users.is_empty() && makes.is_empty() && active.is_empty() {
        return;
    }
    put_id(bytes, &resource.0);
    put_count(bytes, users.len());
    for user in users {
        put_id(bytes, &user.0);
    }
    put_count(bytes, makes.len());
    for make in makes {
        put_id(bytes, &make.object.0);
        bytes.extend(make.last.micros().to_be_bytes());
    }
    put_count(bytes, active.len());
    for active in active {
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
        let text = id.text();
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

/// Adds a row as a line of text: its table and its values, with tabs between.
fn put_line(text: &mut String, table: Table, row: &Row) {
    text.push_str(table.name());
    for value in row.values() {
        text.push('\t');
        match value {
            Value::Id(id) => text.push_str(&id.text()),
            Value::Time(at) => text.push_str(&at.text()),
            Value::Text(value) => text.push_str(value),
            Value::Word(word) => text.push_str(word),
            // Writing into memory does not fail.
            rare => _ = write!(text, "{rare}"),
        }
    }
}
