//! The files that have a line for every resource, made while lines are judged: a month has a million of them, and none is
//! held.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::anyhow;
use pal_rules::names::{NAME_COLUMNS, Names};
use pal_rules::statement::STATEMENT_COLUMNS;
use pal_rules::time::Month;
use pal_store::workspace::{BegunClosing, ClosingFile, Workspace, WorkspaceFault};
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

    /// The bytes of lines.
    pub(crate) fn make(&self, Lines { lines, positions }: &Lines) -> Result<LineBytes, Failure> {
        let mut made = LineBytes { plain: self.spare.take(), ..LineBytes::default() };
        if self.names.is_some() {
            made.named = self.spare.take();
        }
        put_lines((lines, positions), self.names, (&mut made.plain, &mut made.named));
        if self.evidence && !lines.is_empty() {
            made.evidence = self.spare.take();
            for attribution in lines {
                EvidenceJson::from(&attribution.evidence).put(&mut made.evidence)?;
                made.evidence.push(b'\n');
            }
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

/// A file that is hashed as its bytes come and written beside.
#[derive(Debug)]
struct Streamed {
    hash: Sha256,
    /// Takes bytes to the thread that writes them.
    send: SyncSender<Vec<u8>>,
    writer: JoinHandle<Result<(), WorkspaceFault>>,
}

impl Streamed {
    /// How many parts wait to be written.
    const AHEAD: usize = 8;

    fn new(mut file: ClosingFile, spare: Arc<Spare>) -> Self {
        let (send, receive) = sync_channel::<Vec<u8>>(Self::AHEAD);
        let writer = thread::spawn(move || {
            for bytes in receive {
                file.write(&bytes)?;
                spare.give(bytes);
            }
            file.finish()
        });
        Self { hash: Sha256::new(), send, writer }
    }

    /// Takes the next bytes. Whether they could be written is said at the end.
    fn take(&mut self, bytes: Vec<u8>) {
        self.hash.update(&bytes);
        self.write(bytes);
    }

    /// Takes the next bytes, and leaves the hash to others.
    fn write(&self, bytes: Vec<u8>) {
        // The writer is only gone if it failed.
        _ = self.send.send(bytes);
    }

    /// Waits until everything is on the disk; the hash of it.
    fn finish(self) -> Result<String, Failure> {
        let Self { hash, send, writer } = self;
        drop(send);
        let written = writer.join().map_err(|_| anyhow!("the thread that writes a file is gone"))?;
        written.map_err(workspace_failure)?;
        Ok(hexadecimal(&hash.finalize()))
    }
}

/// The files of a closing that have a line for every resource, on their way to the disk.
#[derive(Debug)]
pub(crate) struct LineFiles {
    begun: BegunClosing,
    plain: Streamed,
    named: Streamed,
    evidence: Streamed,
    evidence_hash: Sha256,
    is_empty: bool,
    spare: Arc<Spare>,
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
    pub(crate) fn begin(workspace: &Workspace, month: Month, maker: &LineMaker<'_>) -> Result<Self, Failure> {
        let begun = workspace.begin_closing(month).map_err(workspace_failure)?;
        let file = |name| -> Result<Streamed, Failure> {
            let file = begun.file(name).map_err(workspace_failure)?;
            Ok(Streamed::new(file, maker.spare.clone()))
        };
        let (plain, named, evidence) = (file(STATEMENT_FILE)?, file(NAMED_FILE)?, file(EVIDENCE_FILE)?);
        let (evidence_hash, spare) = (Sha256::new(), maker.spare.clone());
        let mut files = Self { begun, plain, named, evidence, evidence_hash, is_empty: true, spare };
        files.take(maker.heads()?);
        Ok(files)
    }

    /// Takes the bytes of the next lines.
    pub(crate) fn take(&mut self, made: LineBytes) {
        let LineBytes { plain, named, evidence, packed } = made;
        self.plain.take(plain);
        self.named.take(named);
        self.evidence_hash.update(&evidence);
        self.spare.give(evidence);
        if !packed.is_empty() {
            self.is_empty = false;
            self.evidence.write(packed);
        }
    }

    /// Waits until all is on the disk.
    pub(crate) fn finish(self) -> Result<WrittenLines, Failure> {
        if self.is_empty {
            // No line is one empty part: no byte at all would be no zstd.
            self.evidence.write(zstd::encode_all(&[][..], 1)?);
        }
        self.evidence.finish()?;
        Ok(WrittenLines {
            begun: self.begun,
            plain: self.plain.finish()?,
            named: self.named.finish()?,
            evidence: hexadecimal(&self.evidence_hash.finalize()),
        })
    }
}
