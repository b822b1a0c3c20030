//! The fast path through a file of audit records: many at a time, on other threads, straight from their text. A record that
//! it cannot read goes the general way, in its turn, so that what comes out is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use pal_rules::facts::{Row, Table as Rows};

use super::audit::{self, Columns};
use super::facts::{Facts, Outcome};
use super::in_order::in_order;
use super::read::Reading;
use super::split::{Splitter, line_piece};
use super::tables::{Cut, Table};
use super::{Covered, Part, Reason};

/// How many bytes of a table are worked on together.
const BLOCK: usize = 1 << 18;

/// What a record became on the fast path.
struct Became {
    outcome: Outcome,
    identity: Option<String>,
    rows: Vec<(Rows, Row)>,
    parts: Vec<Part>,
}

/// What came of a part of a file.
struct Done<T> {
    /// What it was cut into, each with what it became, if that was found out; but for what is ignored.
    records: Vec<(T, Option<Became>)>,
    ignored: BTreeMap<Reason, u64>,
    covered: BTreeSet<Covered>,
}

/// Whole lines, and where each of them stands in the text.
struct Lines {
    first: u64,
    text: Vec<u8>,
}

/// Reads records as long as each is a line; the splitter goes on from there.
pub(super) fn lines<R: Read>(splitter: &mut Splitter<R>, reading: &mut Reading<'_>) -> io::Result<()> {
    let context = reading.context;
    let next = || {
        let lines = splitter.next_lines()?;
        Ok(lines.map(|(first, text)| Lines { first, text }))
    };
    let work = |lines: Lines| {
        let done = work(cut(&lines), |(_, from, to), facts| {
            audit::quickly(lines.text.get(*from..*to).unwrap_or_default(), context, facts)
        });
        (lines, done)
    };
    in_order(next, work, |(lines, done)| {
        reading.aside(done.ignored, done.covered);
        for ((number, from, to), became) in done.records {
            let bytes = lines.text.get(from..to).unwrap_or_default();
            reading.account.read += 1;
            match became {
                Some(became) => take(reading, number, became, bytes),
                None => reading.slowly(line_piece(number, bytes)),
            }
        }
    })
}

/// The lines that are not empty: the number of each, and where it begins and ends.
fn cut(lines: &Lines) -> Vec<(u64, usize, usize)> {
    let (mut found, mut from) = (Vec::new(), 0);
    for (number, end) in (lines.first..).zip(memchr::memchr_iter(b'\n', &lines.text)) {
        let line = lines.text.get(from..end).unwrap_or_default();
        let begins = from + line.len() - line.trim_ascii_start().len();
        let length = line.trim_ascii().len();
        if length > 0 {
            found.push((number, begins, begins + length));
        }
        from = end + 1;
    }
    found
}

/// Reads the rows of a table that hold audit records in a cell.
pub(super) fn rows<R: Read>(
    table: &mut Table<R>,
    columns: &Columns,
    reading: &mut Reading<'_>,
) -> io::Result<()> {
    let (context, header) = (reading.context, table.header().to_vec());
    let mut fault = None;
    let next = || {
        let (mut cut, mut size) = (Vec::new(), 0);
        while size < BLOCK && fault.is_none() {
            match table.next_row() {
                Ok(Some(row)) => {
                    size += row.cells.as_slice().len();
                    cut.push(row);
                }
                Ok(None) => break,
                // What was cut before it comes first.
                Err(error) => fault = Some(error),
            }
        }
        if cut.is_empty() { fault.take().map_or(Ok(None), Err) } else { Ok(Some(cut)) }
    };
    let work = |cut: Vec<Cut>| {
        work(cut, |row, facts| {
            let usable = row.usable().then_some(&row.cells)?;
            columns.quickly(usable, context, facts)
        })
    };
    in_order(next, work, |done| {
        reading.aside(done.ignored, done.covered);
        for (row, became) in done.records {
            match became {
                Some(became) => {
                    reading.account.read += 1;
                    take(reading, row.number, became, row.cells.as_slice());
                }
                None => {
                    reading.line(row.line(&header));
                }
            }
        }
    })
}

fn work<T>(cut: Vec<T>, quickly: impl Fn(&T, &mut Facts) -> Option<(Outcome, Option<String>)>) -> Done<T> {
    let (mut facts, mut ignored) = (Facts::default(), BTreeMap::new());
    let mut records = Vec::with_capacity(cut.len());
    for record in cut {
        let found = quickly(&record, &mut facts);
        let (rows, parts) = (facts.take(), facts.take_parts());
        match found {
            Some((Outcome::Ignored(reason), _)) => *ignored.entry(reason).or_default() += 1,
            Some((outcome, identity)) => {
                records.push((record, Some(Became { outcome, identity, rows, parts })));
            }
            None => records.push((record, None)),
        }
    }
    Done { records, ignored, covered: facts.covered }
}

fn take(reading: &mut Reading<'_>, line: u64, became: Became, raw: &[u8]) {
    let Became { outcome, identity, rows, parts } = became;
    reading.became(line, outcome, (identity, rows, parts), raw);
}
