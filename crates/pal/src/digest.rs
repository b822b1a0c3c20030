//! The digest of a statement's inputs (`attribution.md` §7): SHA-256 over the version of the rules, the month and the
//! sorted distinct rows that the month can see.

use pal_rules::facts::{Gathered, Row, Table, Value};
use pal_rules::meter::Meter;
use pal_rules::statement::RULES_VERSION;
use pal_rules::time::Timestamp;
use pal_rules::usage::Window;
use sha2::{Digest, Sha256};

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
        let mut rows = Vec::new();
        for table in Table::ALL.into_iter().filter(|table| !matches!(table, Table::Activity | Table::Runs)) {
            let time = seen_from(table);
            let text = |row: &Row| (line(table, row), time.and_then(|time| row.time(time)));
            rows.extend(gathered.rows(table).iter().map(|entry| text(&entry.row)));
        }
        rows.sort_unstable();
        rows.dedup();
        Self(rows)
    }

    /// The digest of what a window, the meter's window of that number, can see of the rows and of the activity.
    pub(crate) fn digest(&self, window: &Window, meter: &Meter<'_>, number: usize) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("rules {RULES_VERSION}\nmonth {}\n", window.month));
        if let Some(as_of) = window.as_of {
            hash.update(format!("as_of {as_of}\n"));
        }
        for (row, _) in self.0.iter().filter(|(_, from)| from.is_none_or(|from| from < window.end())) {
            hash.update(row.as_bytes());
            hash.update(b"\n");
        }
        meter.each_state_line(number, &mut |line| {
            hash.update(line.as_bytes());
            hash.update(b"\n");
        });
        hexadecimal(&hash.finalize())
    }
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
        line.push('\t');
        line.push_str(&Value::text(value));
    }
    line
}
