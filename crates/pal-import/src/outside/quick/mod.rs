//! The fast path through a file of audit records: many at a time, on several threads, straight from their text. A record that
//! it cannot read goes the general way, in its turn, so that what comes out is the same.

mod blocks;
mod lines;
mod marks;
mod passed;
mod rows;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::ops::Range;

use pal_rules::facts::{Row as Cells, Table as Rows};

use super::audit::{self, Columns, Fields, Quick};
use super::context::Context;
use super::facts::{Facts, Outcome};
use super::in_order::in_order;
use super::read::Reading;
use super::split::{Splitter, line_piece};
use super::tables::{self, Table};
use super::{Covered, Part, Reason};
use blocks::{BLOCK, Block, Blocks};
pub(super) use marks::{Ahead, Places};
pub(super) use passed::{Pass, Passed};

/// How many records of a part become facts, as a rule.
const RECORDS: usize = 256;

/// What a record became on the fast path.
struct Became {
    outcome: Outcome,
    identity: Option<String>,
    rows: Vec<(Rows, Cells)>,
    parts: Vec<Part>,
}

/// What came of a part of a file; `T` is what a record was cut out as.
struct Done<T> {
    room: Room<T>,
    ignored: BTreeMap<Reason, u64>,
    covered: BTreeSet<Covered>,
    /// How many lines or rows it has.
    number: u64,
}

/// Where what comes of a part is put together; used again for another part.
struct Room<T> {
    /// What these know to be covered was told with a part before.
    facts: Facts,
    /// What a part was cut into, each with what it became, if that was found out; but for what is ignored.
    records: Vec<(T, Option<Became>)>,
}

impl<T> Default for Room<T> {
    fn default() -> Self {
        Self { facts: Facts::default(), records: Vec::with_capacity(RECORDS) }
    }
}

impl<T> Room<T> {
    /// Keeps it for another part, with the text of its own; not if either has grown far beyond what parts need.
    fn spare(self, text: Vec<u8>, spare: &RefCell<Vec<(Vec<u8>, Self)>>) {
        if text.capacity() <= 4 * BLOCK && self.records.capacity() <= 32 * RECORDS {
            spare.borrow_mut().push((text, self));
        }
    }
}

/// Work on a part of a file.
struct Work<'a, T> {
    fields: Fields<'a>,
    room: Room<T>,
    passed: Passed,
    ignored: BTreeMap<Reason, u64>,
}

impl<T> Work<'_, T> {
    fn new(room: Room<T>) -> Self {
        Self { fields: Fields::default(), room, passed: Passed::default(), ignored: BTreeMap::new() }
    }

    /// Keeps what a record became.
    ///
    /// - `record`: how it was cut out; told whether its text may be asked for.
    fn became(&mut self, found: Option<Quick>, record: impl FnOnce(bool) -> T) {
        let (outcome, identity) = match found {
            Some(Quick::Passed) => return,
            Some(Quick::Became(outcome, identity)) => (outcome, identity),
            None => {
                // What was made of it before it was left to the general path.
                self.room.facts.take();
                self.room.facts.take_parts();
                return self.room.records.push((record(true), None));
            }
        };
        let (rows, parts) = (self.room.facts.take(), self.room.facts.take_parts());
        if let Outcome::Ignored(reason) = outcome {
            *self.ignored.entry(reason).or_default() += 1;
            return;
        }
        let record = record(outcome != Outcome::Facts);
        self.room.records.push((record, Some(Became { outcome, identity, rows, parts })));
    }

    fn done(mut self, number: u64) -> Done<T> {
        for (reason, records) in self.passed.reasons() {
            *self.ignored.entry(reason).or_default() += records;
        }
        let covered = std::mem::take(&mut self.room.facts.covered);
        Done { room: self.room, ignored: self.ignored, covered, number }
    }
}

/// Reads records as long as each is a line; the splitter goes on from there.
pub(super) fn lines<R: Read>(splitter: &mut Splitter<R>, reading: &mut Reading<'_>) -> io::Result<()> {
    let (context, first) = (reading.context, splitter.line());
    let (spare, mut behind) = (RefCell::new(Vec::<(Vec<u8>, Room<_>)>::new()), 0);
    let next = || {
        let (text, room) = spare.borrow_mut().pop().unzip();
        let text = splitter.next_lines(text.unwrap_or_default())?;
        Ok(text.map(|text| (text, room.unwrap_or_default())))
    };
    let read = in_order(
        next,
        |(text, room)| work_on_lines(text, room, context),
        |(text, mut done)| {
            reading.aside(done.ignored, done.covered);
            for ((number, from, to), became) in done.room.records.drain(..) {
                let (number, bytes) = (first + behind + number, text.get(from..to).unwrap_or_default());
                reading.account.read += 1;
                match became {
                    Some(became) => take(reading, number, became, bytes),
                    None => reading.slowly(line_piece(number, bytes)),
                }
            }
            behind += done.number;
            done.room.spare(text, &spare);
        },
    );
    splitter.pass_lines(behind);
    read
}

/// The lines of a text that are not empty: the number of each, and where it begins and ends.
fn work_on_lines(
    text: Vec<u8>,
    room: Room<(u64, usize, usize)>,
    context: &Context,
) -> (Vec<u8>, Done<(u64, usize, usize)>) {
    let mut work = Work::new(room);
    let number = lines::each_line(&text, |line| {
        let whole = text.get(line.from..line.to).unwrap_or_default().trim_ascii_end();
        let space = whole.len() - whole.trim_ascii_start().len();
        if space == whole.len() {
            return;
        }
        let made = (&mut work.room.facts, &mut work.passed);
        let found = audit::quickly(&mut work.fields, (whole, space, line.places), context, made);
        work.became(found, |_| (line.number, line.from + space, line.from + whole.len()));
    });
    let done = work.done(number);
    (text, done)
}

/// Reads the rows of a table that hold audit records in a cell, until one is in doubt; the table goes on from there.
pub(super) fn rows(table: &mut Table<'_>, columns: &Columns, reading: &mut Reading<'_>) -> io::Result<()> {
    let (context, header, delimiter) = (reading.context, table.header().to_vec(), table.delimiter());
    let mut blocks = Blocks::new(table.take(), (BLOCK, tables::ROW));
    let (spare, left) = (RefCell::new(Vec::<(Vec<u8>, Room<_>)>::new()), RefCell::new(Vec::new()));
    let mut number = table.number();
    // Behind a row in doubt nothing is cut that may have been cut wrongly.
    let next = || {
        if !left.borrow().is_empty() {
            return Ok(None);
        }
        let (text, room) = spare.borrow_mut().pop().unwrap_or_default();
        Ok(blocks.next(text)?.map(|block| (block, room)))
    };
    let read = in_order(
        next,
        |part| work_on_rows(part, (&header, delimiter), columns, context),
        |done| {
            let (block, regular, mut done) = done;
            if !left.borrow().is_empty() {
                left.borrow_mut().extend(block);
                return;
            }
            reading.aside(done.ignored, done.covered);
            for ((row, cut), became) in done.room.records.drain(..) {
                let cut = cut.and_then(|at| Some(tables::cut(block.get(at)?, delimiter, header.len())));
                let cells = cut.as_ref().map(|cut| cut.cells.as_slice()).unwrap_or_default();
                match (became, &cut) {
                    (Some(became), _) => {
                        reading.account.read += 1;
                        take(reading, number + row, became, cells);
                    }
                    (None, Some(cut)) => {
                        reading.line(cut.line(number + row, &header));
                    }
                    (None, None) => {}
                }
            }
            number += done.number;
            left.borrow_mut().extend(block.get(regular..).unwrap_or_default());
            done.room.spare(block, &spare);
        },
    );
    let left = left.into_inner();
    let read = match read {
        // The input broke off behind what is in doubt: that comes first.
        Err(error) if !left.is_empty() => {
            blocks.fail(error);
            Ok(())
        }
        read => read,
    };
    table.go_on(number, blocks.left(left));
    read
}

/// The rows of a block, as far as there is no doubt about where they end, and how many bytes that is.
#[expect(clippy::type_complexity, reason = "what is done is named where it is used")]
fn work_on_rows(
    (block, room): (Block, Room<(u64, Option<Range<usize>>)>),
    (header, delimiter): (&[String], u8),
    columns: &Columns,
    context: &Context,
) -> (Vec<u8>, usize, Done<(u64, Option<Range<usize>>)>) {
    let (mut work, mut number) = (Work::new(room), 0);
    let text = block.text;
    if !block.whole {
        return (text, 0, work.done(0));
    }
    let regular = rows::each_row(&text, delimiter, |row| {
        number += 1;
        let bytes = text.get(row.at.clone()).unwrap_or_default();
        let (cells, cell) = row.cell(bytes, delimiter, columns.record);
        let cell = cell.filter(|_| cells <= header.len());
        let found = cell.and_then(|cell| {
            let (before, after) = bytes.split_at_checked(cell.end)?;
            std::str::from_utf8(after).ok()?;
            let made = (&mut work.room.facts, &mut work.passed);
            columns.quickly(&mut work.fields, (before, cell.start, &row.places, cells), context, made)
        });
        work.became(found, |asked| (number, asked.then(|| row.at.clone())));
    });
    let done = work.done(number);
    (text, regular, done)
}

fn take(reading: &mut Reading<'_>, line: u64, became: Became, raw: &[u8]) {
    let Became { outcome, identity, rows, parts } = became;
    reading.became(line, outcome, (identity, rows, parts), raw);
}
