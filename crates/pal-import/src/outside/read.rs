//! Reads one file: undoes its container, recognises its records by the first of them, and tells what each became.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use pal_rules::facts::{Row, Table as Rows};
use pal_rules::time::Day;
use serde_json::Value;

use super::account::Account;
use super::audit::Quick;
use super::context::Context;
use super::facts::{Covered, Facts, Outcome};
use super::looks::{Looks, START};
use super::quick::{Passed, Places};
use super::record::Record;
use super::split::{Piece, Splitter};
use super::tables::{self, Line, Table};
use super::walk::{Content, Input, Unopened};
use super::{
    Part, Reason, Shape, Source, archive, audit, package, power_platform, quick, shape, spreadsheet, unpack,
};

/// How many covered days are held.
const COVERED: usize = 1 << 16;
const UNKNOWN: &str = "the record is of no kind that is known";
const FACTS: &str = "it is a table of facts: import its folder with `pal import facts`";
const BESIDE: &str = "not an export";
const FOREIGN: &str = "not an export that pal knows";

/// The facts of one record.
#[derive(Debug)]
pub struct Taken {
    /// The line on which the record starts, or its row.
    pub line: u64,
    /// Its facts.
    pub rows: Vec<(Rows, Row)>,
    /// The id that makes the record the same wherever it comes again, if it has one.
    pub identity: Option<String>,
    /// What becomes facts only together with another file.
    pub parts: Vec<Part>,
    /// Days that were seen covered so far, handed on early where there are many; none, as a rule.
    pub covered: BTreeSet<Covered>,
}

/// Reads a file record by record.
///
/// - `wanted`: the source that the user named; whatever is recognised, else.
/// - `take`: gets the facts of each record.
///
/// What cannot be read is refused in the account; a file that breaks off is read as far as it goes.
pub fn read(
    input: &Input,
    wanted: Option<Source>,
    context: &Context,
    take: &mut dyn FnMut(Taken),
) -> (Account, BTreeSet<Covered>) {
    read_telling(input, wanted, context, &mut |_| {}, take)
}

/// The same, telling on the way how many bytes of the file are behind.
pub fn read_telling(
    input: &Input,
    wanted: Option<Source>,
    context: &Context,
    passed: &mut dyn FnMut(u64),
    take: &mut dyn FnMut(Taken),
) -> (Account, BTreeSet<Covered>) {
    let (account, facts) = (Account::default(), Facts::default());
    let name = input.name.rsplit(['/', '\\', '!']).next().unwrap_or_default();
    let table = name.strip_suffix(".csv").and_then(Rows::parse);
    let mut reading =
        Reading { wanted, context, take, account, facts, beside: input.is_beside(), table, json: false };
    reading.facts.partition = partition(&input.name);
    match reading.input(input, passed) {
        Err(problem) => reading.account.refuse_file(problem.reason().into()),
        Ok(()) if input.is_found() && wanted.is_none() => reading.leave_foreign(),
        Ok(()) => {}
    }
    let warning = super::warning(&reading.account);
    reading.account.warnings.extend(warning);
    (reading.account, reading.facts.covered)
}

/// The day that a file's folders name (`2026-02-03/…`, `2026/02/03/…`), as partitioned exports do. The file's own name tells
/// when it was made, not what it is about.
fn partition(name: &str) -> Option<Day> {
    let (folders, _) = name.rsplit_once('/')?;
    let numbers: Vec<&str> =
        folders.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty()).collect();
    numbers.windows(3).rev().find_map(|digits| Day::parse(&digits.join("-")))
}

/// A file on its way.
pub(super) struct Reading<'a> {
    wanted: Option<Source>,
    pub(super) context: &'a Context,
    take: &'a mut dyn FnMut(Taken),
    pub(super) account: Account,
    facts: Facts,
    /// Whether the file is one that is no export, unless it is recognised.
    beside: bool,
    /// The table of facts that the file is named after, if it is one.
    table: Option<Rows>,
    /// Whether it is JSON.
    json: bool,
}

impl Reading<'_> {
    fn input(&mut self, input: &Input, passed: &mut dyn FnMut(u64)) -> Result<(), Unopened> {
        match &input.content {
            Content::Package => self.package(input)?,
            Content::Spreadsheet => self.spreadsheet(input)?,
            Content::Refused(reason) => self.account.refuse_file(reason.clone().into()),
            Content::Plain | Content::Gzip | Content::Entry(..) => {
                let read = input.with_bytes(passed, |bytes| self.bytes(bytes))?;
                if let Err(error) = read {
                    // What came before is kept: facts only add up, and reading the whole file later adds the rest.
                    self.account.refuse_file(unpack::reason(&error).into());
                }
            }
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let mut start = vec![0; START];
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
                self.refuse_content(reason);
                Ok(())
            }
            Looks::Json => self.json(&mut whole),
            Looks::Table => self.table(&mut whole),
        }
    }

    fn json(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        self.json = true;
        let mut splitter = Splitter::new(bytes);
        loop {
            if self.account.shape.is_some_and(audit::quick) {
                quick::lines(&mut splitter, self)?;
            }
            let Some(piece) = splitter.next_piece()? else { break };
            self.account.read += 1;
            self.piece(piece);
        }
        let warning = power_platform::warning(splitter.page());
        self.account.warnings.extend(warning.map(str::to_owned));
        Ok(())
    }

    /// Takes a piece of JSON, the fast way where it can.
    fn piece(&mut self, piece: Piece<'_>) {
        if let Piece::Record { line, bytes, .. } = piece
            && self.account.shape.is_some_and(audit::quick)
            && let Some(found) = self.quickly(bytes)
        {
            let Quick::Became(outcome, identity) = found else { return };
            let (rows, parts) = (self.facts.take(), self.facts.take_parts());
            return self.became(line, outcome, (identity, rows, parts), bytes);
        }
        self.slowly(piece);
    }

    /// What a record by itself becomes on the fast path.
    fn quickly(&mut self, bytes: &[u8]) -> Option<Quick> {
        let (places, mut passed) = (Places::of(bytes), Passed::default());
        let (mut fields, made) = (audit::Fields::default(), (&mut self.facts, &mut passed));
        let found = audit::quickly(&mut fields, (bytes, 0, &places), self.context, made);
        for (reason, records) in passed.reasons() {
            self.account.ignore(reason, records);
        }
        found
    }

    /// Takes a piece of JSON the general way.
    pub(super) fn slowly(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Broken { line, reason, bytes } => self.account.refuse(line, reason.into(), bytes),
            Piece::Record { line, bytes, page } => match serde_json::from_slice::<Value>(bytes) {
                Ok(value) => self.record(line, Record::on_page(&value, page), bytes),
                Err(error) => self.account.refuse(line, no_json(&error).into(), bytes),
            },
        }
    }

    fn table(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let read = self.rows(bytes);
        match read.as_ref().err().and_then(tables::reason) {
            Some(reason) => {
                self.refuse_content(reason);
                Ok(())
            }
            None => read,
        }
    }

    fn rows(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let Some(mut table) = Table::open(bytes)? else { return Ok(()) };
        if table.header().len() > tables::COLUMNS {
            self.refuse_content(tables::WIDE);
            return Ok(());
        }
        if self.is_facts(table.header()) {
            self.account.refuse_file(FACTS.into());
            return Ok(());
        }
        let (mut thoroughly, mut thorough) = (1_u64, 0);
        while let Some((number, row)) = table.next_row()? {
            if !self.line(row.line(number, table.header())) {
                break;
            }
            thorough += 1;
            let columns = self.account.shape.and_then(|shape| audit::quick_rows(shape, table.header()));
            if let Some(columns) = columns.filter(|_| thorough >= thoroughly) {
                quick::rows(&mut table, &columns, self)?;
                // Where rows are in doubt again and again, it would be no faster.
                (thoroughly, thorough) = (thoroughly.saturating_mul(2), 0);
            }
        }
        Ok(())
    }

    /// Takes a line of a table; `false` ends it, where the first row is of no kind that is known: no other would be, and
    /// a text that is no table at all is told once.
    pub(super) fn line(&mut self, line: Line<'_>) -> bool {
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

    /// Whether a file has the name and the columns of a table of facts: as an export, half of such a directory would be
    /// read, and contradict the other half.
    fn is_facts(&self, header: &[String]) -> bool {
        let Some(table) = self.table.filter(|_| !header.is_empty()) else { return false };
        let columns = table.columns();
        header.iter().all(|name| columns.iter().any(|column| column.name == name))
            && columns.iter().all(|column| !column.required || header.iter().any(|name| name == column.name))
    }

    /// Refuses a file for what is in it; one that lies beside exports is left alone.
    fn refuse_content(&mut self, reason: &'static str) {
        if self.beside && self.account.shape.is_none() {
            self.account.read += 1;
            self.is_no_export();
        } else {
            self.account.refuse_file(reason.into());
        }
    }

    /// Leaves a file alone that lies beside exports.
    fn is_no_export(&mut self) {
        self.account.ignore(BESIDE.into(), 1);
        self.account.warnings.push(BESIDE.to_owned());
    }

    /// Leaves JSON alone that was only come across, and of which nothing is of a kind that is known: other programs have
    /// theirs in the same folders. So it does with what is called otherwise and only begins like JSON.
    fn leave_foreign(&mut self) {
        let account = &mut self.account;
        let unknown = account.refused.get(UNKNOWN).copied().unwrap_or_default();
        let refused: u64 = account.refused.values().sum();
        let nothing_of_it = self.beside && account.shape.is_none() && refused > 0 && refused == account.read;
        if self.json && (nothing_of_it || unknown > 0 && unknown == account.read) {
            let why = if self.beside { BESIDE } else { FOREIGN };
            account.refused.clear();
            account.rejects.clear();
            account.ignore(why.into(), refused);
            account.warnings.push(why.to_owned());
        }
    }

    fn spreadsheet(&mut self, input: &Input) -> Result<(), Unopened> {
        let archive = archive::open(&input.path)?;
        if let Err(reason) = spreadsheet::read(archive, &mut |line| self.line(line)) {
            self.account.refuse_file(reason.into());
        }
        Ok(())
    }

    fn package(&mut self, input: &Input) -> Result<(), Unopened> {
        if self.wanted.is_some_and(|wanted| wanted != Source::Solution) {
            self.account.refuse_file(UNKNOWN.into());
            return Ok(());
        }
        self.account.shape = Some(&package::SHAPE);
        match package::read(archive::open(&input.path)?) {
            Ok(package) => {
                self.account.read += 1;
                self.account.facts += 1;
                let parts = vec![Part::Package(package)];
                let (rows, covered) = (Vec::new(), BTreeSet::new());
                (self.take)(Taken { line: 0, rows, identity: None, parts, covered });
            }
            Err(reason) => self.account.refuse_file(reason.into()),
        }
        Ok(())
    }

    fn record(&mut self, line: u64, record: Record<'_>, raw: &[u8]) {
        let Some(shape) = self.shape(record) else {
            return self.account.refuse(line, UNKNOWN.into(), raw);
        };
        let outcome = (shape.becomes)(record, self.context, &mut self.facts);
        let identity = if outcome == Outcome::Facts { (shape.identity)(record) } else { None };
        let (rows, parts) = (self.facts.take(), self.facts.take_parts());
        self.became(line, outcome, (identity, rows, parts), raw);
    }

    /// Takes what was found elsewhere beside facts: what is ignored, and days that are covered.
    pub(super) fn aside(&mut self, ignored: BTreeMap<Reason, u64>, covered: BTreeSet<Covered>) {
        for (reason, records) in ignored {
            self.account.read += records;
            self.account.ignore(reason, records);
        }
        self.facts.covered.extend(covered);
    }

    /// Accounts for a record, and hands on what it became: its identity, rows and parts.
    pub(super) fn became(
        &mut self,
        line: u64,
        outcome: Outcome,
        (identity, rows, parts): (Option<String>, Vec<(Rows, Row)>, Vec<Part>),
        raw: &[u8],
    ) {
        match outcome {
            Outcome::Facts => {
                self.account.facts += 1;
                let many = self.facts.covered.len() > COVERED;
                let covered = if many { std::mem::take(&mut self.facts.covered) } else { BTreeSet::new() };
                (self.take)(Taken { line, rows, identity, parts, covered });
            }
            Outcome::Ignored(reason) => self.account.ignore(reason, 1),
            Outcome::Refused(reason) => self.account.refuse(line, reason, raw),
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

/// Why a record is no JSON that can be read.
fn no_json(error: &serde_json::Error) -> &'static str {
    if error.to_string().starts_with("recursion limit") {
        return "the record is nested deeper than 128";
    }
    "the record is no JSON"
}
