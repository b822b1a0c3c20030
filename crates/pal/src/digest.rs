//! The digest of a statement's inputs (`attribution.md` §7): SHA-256 over the version of the rules, the month and the
//! sorted distinct rows that the month can see.

use pal_rules::facts::{Gathered, Table};
use pal_rules::statement::RULES_VERSION;
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

/// The rows that a window can see, as text, sorted and distinct: to be taken before they are settled.
///
/// A row is seen when it happened before the window's end. Rows without a time of their own, and listings, whose
/// events may count for an earlier time, are always seen.
pub(crate) fn visible_rows(gathered: &Gathered, window: &Window) -> Vec<String> {
    let mut rows = Vec::new();
    for table in Table::ALL {
        let time = match table {
            Table::Links | Table::GroupMembers => Some(3),
            Table::Ownership => Some(4),
            Table::SolutionImports => Some(7),
            Table::Profiles => Some(1),
            Table::Activity | Table::Runs => continue,
            _ => None,
        };
        for entry in gathered.rows(table) {
            let at = time.and_then(|time| entry.row.time(time));
            if at.is_none_or(|at| at < window.end()) {
                let cells: Vec<String> =
                    entry.row.values().iter().map(pal_rules::facts::Value::text).collect();
                rows.push(format!("{}\t{}", table.name(), cells.join("\t")));
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The digest over the visible rows and the metered activity of a window.
pub(crate) fn digest(window: &Window, rows: &[String], metered: &[String]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("rules {RULES_VERSION}\nmonth {}\n", window.month));
    if let Some(as_of) = window.as_of {
        hash.update(format!("as_of {as_of}\n"));
    }
    for line in rows.iter().chain(metered) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hexadecimal(&hash.finalize())
}
