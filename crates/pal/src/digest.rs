//! The digest of a statement's inputs (`attribution.md` §7): SHA-256 over the version of the rules, the month and the
//! sorted distinct rows that the month can see.

use std::io;

use pal_rules::facts::{Gathered, Row, Table, Value};
use pal_rules::id::{Id, ResourceId};
use pal_rules::statement::RULES_VERSION;
use pal_rules::text::Written;
use pal_rules::time::Timestamp;
use pal_rules::usage::{Everyone, Window};
use sha2::{Digest, Sha256};

use crate::parallel::in_order;

/// SHA-256 as lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// SHA-256 of all that can be read, as lower-case hexadecimal.
pub(crate) fn sha256_of(mut read: impl io::Read) -> io::Result<String> {
    let mut hash = HashWriter(Sha256::new());
    io::copy(&mut read, &mut hash)?;
    Ok(hexadecimal(&hash.0.finalize()))
}

struct HashWriter(Sha256);

impl io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A digest on its way from the rows to the metered state, which it takes in the order of a statement.
#[derive(Clone, Debug)]
pub(crate) struct StateDigest(Sha256);

impl StateDigest {
    /// How many rows are made bytes at a time.
    const PART: usize = 1 << 13;

    /// Begins the digest of each window with the rows that it can see; activity and runs are not among them.
    pub(crate) fn begin_all(gathered: &Gathered, windows: &[Window]) -> Vec<Self> {
        if windows.is_empty() {
            return Vec::new();
        }
        let mut digests: Vec<Self> = windows.iter().map(Self::begin).collect();
        for table in Table::ALL {
            if !matches!(table, Table::Activity | Table::Runs) {
                Self::begin_with(&mut digests, windows, table, gathered);
            }
        }
        digests
    }

    fn begin(window: &Window) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("rules {RULES_VERSION}\nmonth {}\n", window.month));
        if let Some(as_of) = window.as_of {
            hash.update(format!("as_of {as_of}\n"));
        }
        Self(hash)
    }

    /// Takes the rows of a table into digests, each those that its window can see.
    fn begin_with(digests: &mut [Self], windows: &[Window], table: Table, gathered: &Gathered) {
        let mut rows: Vec<&Row> = gathered.rows(table).map(|entry| &entry.row).collect();
        if !gathered.rise(table) {
            rows.sort_unstable();
            rows.dedup();
        }
        let time = seen_from(table);
        let part = |_, rows: &[&Row]| {
            let mut bytes = Vec::new();
            let put = |row: &&Row| {
                put_row(&mut bytes, table, row);
                (bytes.len(), time.and_then(|time| row.time(time)))
            };
            let rows: Vec<(usize, Option<Timestamp>)> = rows.iter().map(put).collect();
            (bytes, rows)
        };
        in_order(&rows, Self::PART, part, |(bytes, rows)| {
            for (digest, window) in digests.iter_mut().zip(windows) {
                if time.is_none() {
                    digest.take(&bytes);
                    continue;
                }
                let mut begin = 0;
                for (end, seen_from) in &rows {
                    if seen_from.is_none_or(|from| from < window.end()) {
                        digest.take(bytes.get(begin..*end).unwrap_or_default());
                    }
                    begin = *end;
                }
            }
        });
    }

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
        put_text(bytes, 1, &id.text());
    }
}

/// A text with its kind and length before it.
fn put_text(bytes: &mut Vec<u8>, kind: u8, text: &str) {
    bytes.push(kind);
    put_count(bytes, text.len());
    bytes.extend(text.as_bytes());
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

/// A row: its table and its values, each so that none is the beginning of another.
fn put_row(bytes: &mut Vec<u8>, table: Table, row: &Row) {
    put_text(bytes, 2, table.name());
    for value in row.values() {
        match value {
            Value::Id(id) => put_id(bytes, id),
            Value::Time(at) => {
                bytes.push(3);
                bytes.extend(at.micros().to_be_bytes());
            }
            Value::Text(text) => put_text(bytes, 4, text),
            Value::Word(word) => put_text(bytes, 5, word),
            Value::Absent => bytes.push(6),
            Value::Partner(_) | Value::Day(_) | Value::Flag(_) | Value::Count(_) => {
                put_text(bytes, 7, &value.text());
            }
        }
    }
}
