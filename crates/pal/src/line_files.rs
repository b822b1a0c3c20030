//! The files that have a line for every resource, made while lines are judged: a month has a million of them, and none is
//! held.

use std::sync::Arc;

use anyhow::anyhow;
use pal_rules::names::{NAME_COLUMNS, Names};
use pal_rules::statement::STATEMENT_COLUMNS;
use pal_rules::time::Month;
use pal_rules::usage::Window;
use pal_store::workspace::{BegunClosing, Workspace};
use serde_json::{Map, Value};

use crate::closed_files::EVIDENCE_FILE;
use crate::evidence_json::{EvidenceJson, Put};
use crate::exit::Failure;
use crate::judge::Lines;
use crate::line_rows::{named, put_lines};
use crate::output_files::{self, OutputFile, csv};
use crate::packing::Packers;
use crate::render::Table;
use crate::shell::workspace_failure;
use crate::spare::Spare;
use crate::streamed::Streamed;

/// The statement's lines.
pub(crate) const STATEMENT_FILE: &str = "statement.csv";

/// The statement's lines, with names in front.
const NAMED_FILE: &str = "statement.named.csv";

/// The names of the statement's lines alone, in their order: what a closing keeps (decision 0024).
pub(crate) const NAMES_FILE: &str = "statement.names.csv";

/// The statement's lines with names in front, of both files.
pub(crate) fn named_file(names: &[u8], lines: &[u8]) -> Result<OutputFile, Failure> {
    let fault = || anyhow!("`{NAMES_FILE}` has not a row for each of `{STATEMENT_FILE}`");
    Ok((NAMED_FILE.to_owned(), named(names, lines).ok_or_else(fault)?))
}

/// Makes bytes of lines, on any core.
pub(crate) struct LineMaker<'a> {
    names: Option<Names<'a>>,
    /// Whether evidence is made, too.
    evidence: bool,
    pub(crate) spare: Arc<Spare>,
    packers: Packers,
}

/// Some lines as the bytes of the files.
#[derive(Debug, Default)]
pub(crate) struct LineBytes {
    /// Rows of [`STATEMENT_FILE`].
    pub(crate) plain: Vec<u8>,
    /// Rows of [`NAMES_FILE`].
    pub(crate) names: Vec<u8>,
    /// Evidence, one JSON object a line, packed.
    evidence: Vec<u8>,
}

impl<'a> LineMaker<'a> {
    /// - `evidence`: whether it is made, too.
    pub(crate) fn new(names: Option<Names<'a>>, evidence: bool) -> Self {
        Self { names, evidence, spare: Arc::default(), packers: Packers::default() }
    }

    /// The first bytes: the heads of the tables.
    pub(crate) fn heads(&self) -> Result<LineBytes, Failure> {
        Ok(LineBytes {
            plain: csv(&Table::new(STATEMENT_COLUMNS))?,
            names: if self.names.is_some() { csv(&Table::new(NAME_COLUMNS))? } else { Vec::new() },
            ..LineBytes::default()
        })
    }

    /// The bytes of lines that come some at a time.
    pub(crate) fn make(&self, parts: &mut dyn Iterator<Item = Lines>) -> Result<LineBytes, Failure> {
        let mut made = LineBytes { plain: self.spare.take(), ..LineBytes::default() };
        if self.names.is_some() {
            made.names = self.spare.take();
        }
        let mut evidence = if self.evidence { self.spare.take() } else { Vec::new() };
        for Lines { lines, positions } in parts {
            put_lines((&lines, &positions), self.names, (&mut made.plain, &mut made.names));
            for attribution in lines.iter().filter(|_| self.evidence) {
                EvidenceJson::kept(&attribution.evidence).put(&mut evidence)?;
                evidence.push(b'\n');
            }
        }
        if !evidence.is_empty() {
            made.evidence = self.packers.packed(&evidence, self.spare.take())?;
        }
        self.spare.give(evidence);
        Ok(made)
    }
}

/// The files of a closing that have a line for every resource, on their way to the disk.
#[derive(Debug)]
struct LineFiles {
    plain: Streamed,
    names: Streamed,
    evidence: Streamed,
    /// Whether no evidence came: no byte at all would be no zstd, so that one empty part is written then.
    lacks_evidence: bool,
    begun: BegunClosing,
}

/// Files of a closing that are written.
#[derive(Debug)]
pub(crate) struct WrittenLines {
    pub(crate) begun: BegunClosing,
    /// Of [`STATEMENT_FILE`].
    plain: String,
    /// Of [`NAMES_FILE`].
    names: String,
    /// Of [`EVIDENCE_FILE`].
    evidence: String,
}

impl WrittenLines {
    /// The hashes of them and of other files, in the order of a manifest.
    pub(crate) fn hashes(&self, sums: &[OutputFile]) -> Map<String, Value> {
        let mut hashes = Map::new();
        hashes.insert(STATEMENT_FILE.to_owned(), self.plain.as_str().into());
        hashes.extend(output_files::hashes(sums));
        hashes.insert(NAMES_FILE.to_owned(), self.names.as_str().into());
        hashes.insert(EVIDENCE_FILE.to_owned(), self.evidence.as_str().into());
        hashes
    }
}

impl LineFiles {
    /// Begins the next version of a month.
    fn begin(workspace: &Workspace, month: Month, maker: &LineMaker<'_>) -> Result<Self, Failure> {
        let begun = workspace.begin_closing(month).map_err(workspace_failure)?;
        let (file, spare) = (|name| begun.file(name).map_err(workspace_failure), || maker.spare.clone());
        let plain = Streamed::new(file(STATEMENT_FILE)?, spare())?;
        let names = Streamed::new(file(NAMES_FILE)?, spare())?;
        let evidence = Streamed::new(file(EVIDENCE_FILE)?, spare())?;
        let mut files = Self { begun, plain, names, evidence, lacks_evidence: true };
        files.take(maker.heads()?);
        Ok(files)
    }

    /// Takes the bytes of the next lines; false where they cannot be written.
    fn take(&mut self, made: LineBytes) -> bool {
        let LineBytes { plain, names, evidence } = made;
        self.lacks_evidence &= evidence.is_empty();
        let evidence = evidence.is_empty() || self.evidence.take(evidence);
        self.plain.take(plain) & self.names.take(names) & evidence
    }

    /// There are no more lines; said again it changes nothing.
    fn end(&mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.lacks_evidence) {
            self.evidence.take(zstd::encode_all(&[][..], 1)?);
        }
        self.plain.end();
        self.names.end();
        self.evidence.end();
        Ok(())
    }

    /// Waits until all is on the disk.
    fn finish(mut self) -> Result<WrittenLines, Failure> {
        self.end()?;
        let Self { begun, plain, names, evidence, .. } = self;
        // All are waited for, whichever fails.
        match (plain.finish(), names.finish(), evidence.finish()) {
            (Ok(plain), Ok(names), Ok(evidence)) => Ok(WrittenLines { begun, plain, names, evidence }),
            (plain, names, evidence) => Err(plain
                .err()
                .or(names.err())
                .or(evidence.err())
                .unwrap_or_else(|| anyhow!("nothing failed").into())),
        }
    }
}

/// The files of the closings of several months, which are judged one after another.
pub(crate) struct Closings<'a> {
    workspace: &'a Workspace,
    windows: &'a [Window],
    maker: &'a LineMaker<'a>,
    written: Vec<WrittenLines>,
    /// Of the month after those.
    open: Option<LineFiles>,
}

impl<'a> Closings<'a> {
    pub(crate) fn new(workspace: &'a Workspace, windows: &'a [Window], maker: &'a LineMaker<'a>) -> Self {
        Self { workspace, windows, maker, written: Vec::new(), open: None }
    }

    /// Takes the bytes of the next lines of a month, by its number.
    pub(crate) fn take(&mut self, window: usize, made: LineBytes) -> Result<(), Failure> {
        self.reach(window)?;
        let is_taken = self.open.as_mut().is_some_and(|open| open.take(made));
        if is_taken {
            return Ok(());
        }
        // Whoever ends early says why.
        self.wait()?;
        Err(anyhow!("a thread that writes a file ended early").into())
    }

    /// Begins a month, once the one before it is on the disk.
    fn reach(&mut self, window: usize) -> Result<(), Failure> {
        if self.written.len() < window {
            self.wait()?;
        }
        if let (None, Some(window)) = (&self.open, self.windows.get(window)) {
            self.open = Some(LineFiles::begin(self.workspace, window.month, self.maker)?);
        }
        Ok(())
    }

    /// There are no more lines of a month, by its number: they go to the disk while others are worked on.
    pub(crate) fn end(&mut self, window: usize) -> Result<(), Failure> {
        self.reach(window)?;
        self.open.as_mut().map_or(Ok(()), LineFiles::end)
    }

    /// Waits until the lines of the open month are on the disk.
    fn wait(&mut self) -> Result<(), Failure> {
        if let Some(open) = self.open.take() {
            self.written.push(open.finish()?);
        }
        Ok(())
    }

    /// The files of every month, written.
    pub(crate) fn finish(mut self) -> Result<Vec<WrittenLines>, Failure> {
        self.wait()?;
        Ok(self.written)
    }
}
