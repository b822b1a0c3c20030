//! The files that have a line for every resource, made while lines are judged: a month has a million of them, and none is
//! held.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use pal_rules::names::{NAME_COLUMNS, Names};
use pal_rules::statement::STATEMENT_COLUMNS;
use pal_rules::time::Month;
use pal_rules::usage::Window;
use pal_store::workspace::{BegunClosing, Workspace};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;

use crate::digest::hexadecimal;
use crate::evidence_json::{EvidenceJson, Put};
use crate::exit::Failure;
use crate::judge::Lines;
use crate::line_rows::put_lines;
use crate::output_files::{self, OutputFile, csv};
use crate::render::Table;
use crate::shell::workspace_failure;
use crate::spare::Spare;
use crate::stored::{EVIDENCE_EXPORTED, EVIDENCE_FILE};
use crate::streamed::{Streamed, Writing};

/// The statement's lines.
pub(crate) const STATEMENT_FILE: &str = "statement.csv";

/// The statement's lines, with names in front.
pub(crate) const NAMED_FILE: &str = "statement.named.csv";

/// Makes bytes of lines, on any core.
pub(crate) struct LineMaker<'a> {
    names: Option<Names<'a>>,
    /// Whether evidence is made, too.
    evidence: bool,
    pub(crate) spare: Arc<Spare>,
    /// What packs evidence, to be used again: its tables are large.
    packers: Mutex<Vec<Compressor<'static>>>,
}

/// Some lines as the bytes of the files.
#[derive(Debug, Default)]
pub(crate) struct LineBytes {
    /// Rows of [`STATEMENT_FILE`].
    pub(crate) plain: Vec<u8>,
    /// Rows of [`NAMED_FILE`].
    pub(crate) named: Vec<u8>,
    /// Evidence as it is exported, one JSON object a line.
    evidence: Vec<u8>,
    /// The same as it is kept.
    packed: Vec<u8>,
}

impl<'a> LineMaker<'a> {
    /// How hard evidence is packed: as fast as may be.
    const LEVEL: i32 = 1;

    /// - `evidence`: whether it is made, too.
    pub(crate) fn new(names: Option<Names<'a>>, evidence: bool) -> Self {
        Self { names, evidence, spare: Arc::default(), packers: Mutex::default() }
    }

    /// The first bytes: the heads of the tables.
    pub(crate) fn heads(&self) -> Result<LineBytes, Failure> {
        let named = NAME_COLUMNS.into_iter().chain(STATEMENT_COLUMNS);
        Ok(LineBytes {
            plain: csv(&Table::new(STATEMENT_COLUMNS))?,
            named: if self.names.is_some() { csv(&Table::new(named))? } else { Vec::new() },
            ..LineBytes::default()
        })
    }

    /// The bytes of lines that come some at a time.
    pub(crate) fn make(&self, parts: &mut dyn Iterator<Item = Lines>) -> Result<LineBytes, Failure> {
        let mut made = LineBytes { plain: self.spare.take(), ..LineBytes::default() };
        if self.names.is_some() {
            made.named = self.spare.take();
        }
        if self.evidence {
            made.evidence = self.spare.take();
        }
        for Lines { lines, positions } in parts {
            put_lines((&lines, &positions), self.names, (&mut made.plain, &mut made.named));
            for attribution in lines.iter().filter(|_| self.evidence) {
                EvidenceJson::kept(&attribution.evidence).put(&mut made.evidence)?;
                made.evidence.push(b'\n');
            }
        }
        if !made.evidence.is_empty() {
            made.packed = self.packed(&made.evidence)?;
        }
        Ok(made)
    }

    fn packed(&self, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
        let packers = || self.packers.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = packers().pop();
        let mut packer = waiting.map_or_else(|| Compressor::new(Self::LEVEL), Ok)?;
        let mut packed = self.spare.take();
        packed.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        packer.compress_to_buffer(bytes, &mut packed)?;
        packers().push(packer);
        Ok(packed)
    }
}

/// The files of a closing that have a line for every resource, on their way to the disk.
#[derive(Debug)]
struct LineFiles {
    plain: Streamed,
    named: Streamed,
    evidence: Writing,
    evidence_hash: Sha256,
    is_empty: bool,
    spare: Arc<Spare>,
    begun: BegunClosing,
}

/// Files of a closing that are written.
#[derive(Debug)]
pub(crate) struct WrittenLines {
    pub(crate) begun: BegunClosing,
    /// Of [`STATEMENT_FILE`].
    pub(crate) plain: String,
    /// Of [`NAMED_FILE`].
    pub(crate) named: String,
    /// Of the evidence as it is exported.
    pub(crate) evidence: String,
}

impl WrittenLines {
    /// The hashes of them and of other files, in the order of a manifest.
    pub(crate) fn hashes(&self, sums: &[OutputFile]) -> Map<String, Value> {
        let mut hashes = Map::new();
        hashes.insert(STATEMENT_FILE.to_owned(), self.plain.as_str().into());
        hashes.extend(output_files::hashes(sums));
        hashes.insert(NAMED_FILE.to_owned(), self.named.as_str().into());
        hashes.insert(EVIDENCE_EXPORTED.to_owned(), self.evidence.as_str().into());
        hashes
    }
}

impl LineFiles {
    /// Begins the next version of a month.
    fn begin(workspace: &Workspace, month: Month, maker: &LineMaker<'_>) -> Result<Self, Failure> {
        let begun = workspace.begin_closing(month).map_err(workspace_failure)?;
        let (file, spare) = (|name| begun.file(name).map_err(workspace_failure), || maker.spare.clone());
        let plain = Streamed::new(file(STATEMENT_FILE)?, spare());
        let named = Streamed::new(file(NAMED_FILE)?, spare());
        let evidence = Writing::new(file(EVIDENCE_FILE)?, spare());
        let (evidence_hash, spare) = (Sha256::new(), spare());
        let mut files = Self { begun, plain, named, evidence, evidence_hash, is_empty: true, spare };
        files.take(maker.heads()?);
        Ok(files)
    }

    /// Takes the bytes of the next lines; false where they cannot be written.
    fn take(&mut self, made: LineBytes) -> bool {
        let LineBytes { plain, named, evidence, packed } = made;
        self.evidence_hash.update(&evidence);
        self.spare.give(evidence);
        self.is_empty &= packed.is_empty();
        let evidence = packed.is_empty() || self.evidence.take(packed);
        self.plain.take(plain) & self.named.take(named) & evidence
    }

    /// There are no more lines; said again it changes nothing.
    fn end(&mut self) -> Result<(), Failure> {
        if self.is_empty {
            // No line is one empty part: no byte at all would be no zstd.
            self.evidence.take(zstd::encode_all(&[][..], 1)?);
        }
        self.plain.end();
        self.named.end();
        self.evidence.end();
        Ok(())
    }

    /// Waits until all is on the disk.
    fn finish(mut self) -> Result<WrittenLines, Failure> {
        self.end()?;
        let Self { begun, plain, named, evidence, evidence_hash, .. } = self;
        // All are waited for, whichever fails.
        match (plain.finish(), named.finish(), evidence.finish()) {
            (Ok(plain), Ok(named), Ok(())) => {
                Ok(WrittenLines { begun, plain, named, evidence: hexadecimal(&evidence_hash.finalize()) })
            }
            (plain, named, evidence) => Err(plain
                .err()
                .or(named.err())
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
