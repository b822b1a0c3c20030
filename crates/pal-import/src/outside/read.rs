//! Reads one file: undoes its container, recognises its records by the first of them, and tells what each became.

use std::io::{self, Read};

use pal_rules::facts::{Row, Table};
use pal_rules::time::Day;
use serde_json::Value;

use super::account::Account;
use super::context::Context;
use super::facts::{Covered, Facts, Outcome};
use super::record::Record;
use super::split::{Piece, Splitter};
use super::tables::{self, Line};
use super::walk::{Content, Input, Unopened};
use super::{Part, Shape, Source, audit, package, power_platform, shape, spreadsheet, walk};

const UNKNOWN: &str = "the record is of no kind that is known";
const BESIDE: &str = "not an export";

/// The facts of one record.
#[derive(Debug)]
pub struct Taken {
    /// The line on which the record starts, or its row.
    pub line: u64,
    /// Its facts.
    pub rows: Vec<(Table, Row)>,
    /// The id that makes the record the same wherever it comes again, if it has one.
    pub identity: Option<String>,
    /// What becomes facts only together with another file.
    pub parts: Vec<Part>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It cannot be opened.
    #[error(transparent)]
    Unopened(#[from] Unopened),
}

/// Reads a file record by record.
///
/// - `wanted`: the source that the user named; whatever is recognised, else.
/// - `take`: gets the facts of each record.
///
/// # Errors
///
/// [`Problem`] for a file that cannot be opened. One that breaks off is read as far as it goes, and says so in the
/// account.
pub fn read(
    input: &Input,
    wanted: Option<Source>,
    context: &Context,
    take: &mut dyn FnMut(Taken),
) -> Result<(Account, Vec<Covered>), Problem> {
    let (account, facts) = (Account::default(), Facts::default());
    let mut reading = Reading { wanted, context, take, account, facts, beside: input.is_beside() };
    reading.facts.partition = partition(&input.name);
    match input.content {
        Content::Package => reading.package(input)?,
        Content::Spreadsheet => reading.spreadsheet(input)?,
        Content::Plain | Content::Gzip | Content::Entry(..) => {
            let read = input.with_bytes(|bytes| reading.bytes(bytes))?;
            if let Err(error) = read {
                // What came before the break is kept: facts only add up, and reading the whole file later adds the rest.
                let reason = "the file breaks off or is damaged: fetch it again";
                reading.account.read += 1;
                reading.account.refuse(0, reason.into(), error.to_string().as_bytes());
            }
        }
    }
    let warning = super::warning(&reading.account);
    reading.account.warnings.extend(warning);
    let covered = std::mem::take(&mut reading.facts.covered).into_iter().collect();
    Ok((reading.account, covered))
}

/// The day that a file's folders name (`2026-02-03/…`, `2026/02/03/…`), as partitioned exports do. The file's own name tells
/// when it was made, not what it is about.
fn partition(name: &str) -> Option<Day> {
    let (folders, _) = name.rsplit_once('/')?;
    let numbers: Vec<&str> =
        folders.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty()).collect();
    numbers.windows(3).rev().find_map(|digits| Day::parse(&digits.join("-")))
}

struct Reading<'a> {
    wanted: Option<Source>,
    context: &'a Context,
    take: &'a mut dyn FnMut(Taken),
    account: Account,
    facts: Facts,
    /// Whether the file is one that is no export, unless it is recognised.
    beside: bool,
}

impl Reading<'_> {
    fn bytes(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let mut start = vec![0; 4096];
        let mut filled = 0;
        while let Some(rest) = start.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match bytes.read(rest)? {
                0 => break,
                read => filled += read,
            }
        }
        start.truncate(filled);
        let looks = Looks::of(&start);
        let mut whole = start.chain(bytes);
        match looks {
            Looks::Nothing => Ok(()),
            Looks::Other(reason) => {
                self.account.read += 1;
                if self.beside {
                    self.is_no_export();
                } else {
                    self.account.refuse(1, reason.into(), &[]);
                }
                Ok(())
            }
            Looks::Json => self.json(&mut whole),
            Looks::Table => self.table(&mut whole),
        }
    }

    fn json(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let mut splitter = Splitter::new(bytes);
        while let Some(piece) = splitter.next_piece()? {
            self.account.read += 1;
            match piece {
                Piece::Broken { line, reason, bytes } => self.account.refuse(line, reason.into(), bytes),
                Piece::Record { line, bytes, page } => {
                    if self.quick_record(line, bytes) {
                        continue;
                    }
                    match serde_json::from_slice::<Value>(bytes) {
                        Ok(value) => self.record(line, Record::on_page(&value, page), bytes),
                        Err(_) => self.account.refuse(line, "the record is no JSON".into(), bytes),
                    }
                }
            }
        }
        let warning = power_platform::warning(splitter.page());
        self.account.warnings.extend(warning.map(str::to_owned));
        Ok(())
    }

    fn table(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        tables::read(bytes, &mut |line| self.line(line))
    }

    /// Takes a line of a table; `false` ends it, where the first row is of no kind that is known: no other would be, and
    /// a text that is no table at all is told once.
    fn line(&mut self, line: Line<'_>) -> bool {
        self.account.read += 1;
        if self.beside && self.account.shape.is_none() {
            let known = matches!(&line, Line::Row(_, value, _) if shape(Record::new(value), None).is_some());
            if !known {
                self.is_no_export();
                return false;
            }
        }
        match line {
            Line::Row(number, value, record) => {
                self.record(number, Record::new(&value), record.as_slice());
                return self.account.shape.is_some();
            }
            Line::Broken(number, reason, record) => {
                self.account.refuse(number, reason.into(), record.as_slice());
            }
        }
        true
    }

    /// Leaves a file alone that lies beside exports.
    fn is_no_export(&mut self) {
        self.account.ignore(BESIDE.into());
        self.account.warnings.push(BESIDE.to_owned());
    }

    fn spreadsheet(&mut self, input: &Input) -> Result<(), Problem> {
        let archive = walk::open_archive(&input.path)?;
        if let Err(reason) = spreadsheet::read(archive, &mut |line| self.line(line)) {
            self.account.read += 1;
            self.account.refuse(0, reason.into(), &[]);
        }
        Ok(())
    }

    fn package(&mut self, input: &Input) -> Result<(), Problem> {
        self.account.read += 1;
        if self.wanted.is_some_and(|wanted| wanted != Source::Solution) {
            self.account.refuse(0, UNKNOWN.into(), &[]);
            return Ok(());
        }
        self.account.shape = Some(&package::SHAPE);
        match package::read(walk::open_archive(&input.path)?) {
            Ok(package) => {
                self.account.facts += 1;
                let parts = vec![Part::Package(package)];
                (self.take)(Taken { line: 0, rows: Vec::new(), identity: None, parts });
            }
            Err(reason) => self.account.refuse(0, reason.into(), &[]),
        }
        Ok(())
    }

    fn record(&mut self, line: u64, record: Record<'_>, raw: &[u8]) {
        let Some(shape) = self.shape(record) else {
            return self.account.refuse(line, UNKNOWN.into(), raw);
        };
        let outcome = (shape.becomes)(record, self.context, &mut self.facts);
        let identity = if outcome == Outcome::Facts { (shape.identity)(record) } else { None };
        self.became(line, outcome, identity, raw);
    }

    /// Takes a record of a file of audit records from its text; `false` where that needs the general path.
    fn quick_record(&mut self, line: u64, raw: &[u8]) -> bool {
        let Some(shape) = self.account.shape else { return false };
        match audit::quickly(shape, raw, self.context, &mut self.facts) {
            Some((outcome, identity)) => {
                self.became(line, outcome, identity, raw);
                true
            }
            None => false,
        }
    }

    fn became(&mut self, line: u64, outcome: Outcome, identity: Option<String>, raw: &[u8]) {
        match outcome {
            Outcome::Facts => {
                self.account.facts += 1;
                let (rows, parts) = (self.facts.take(), self.facts.take_parts());
                let taken = Taken { line, rows, identity, parts };
                (self.take)(taken);
            }
            Outcome::Ignored(reason) => {
                self.facts.clear();
                self.account.ignore(reason);
            }
            Outcome::Refused(reason) => {
                self.facts.clear();
                self.account.refuse(line, reason, raw);
            }
        }
    }

    /// The shape of the file's records: that of the first that is recognised, and for others their own.
    fn shape(&mut self, record: Record<'_>) -> Option<&'static Shape> {
        match self.account.shape {
            Some(shape) if (shape.recognises)(record) => Some(shape),
            first => {
                let found = shape(record, self.wanted);
                if first.is_none() {
                    self.account.shape = found;
                }
                found
            }
        }
    }
}

/// What a file looks like from its first bytes.
enum Looks {
    Nothing,
    /// What is not read, and why.
    Other(&'static str),
    Json,
    Table,
}

impl Looks {
    fn of(start: &[u8]) -> Looks {
        let marked = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
        if marked || matches!(start, [0, _, 0, _, ..] | [_, 0, _, 0, ..]) {
            return Looks::Other("the file is UTF-16: save it as UTF-8");
        }
        if start.starts_with(b"PK\x03\x04") || start.starts_with(&[0x1f, 0x8b]) {
            return Looks::Other(
                "the file is an archive or a spreadsheet within an archive: unpack it first",
            );
        }
        if start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            return Looks::Other(
                "the file is a spreadsheet of an old kind, or protected: save it as .xlsx or CSV",
            );
        }
        let text = start.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(start).trim_ascii_start();
        match text.first() {
            None => Looks::Nothing,
            Some(b'[' | b'{') => Looks::Json,
            Some(_) => Looks::Table,
        }
    }
}
