//! JSON in whatever form exports come in, cut into its records without reading it whole: one document, an array, pages
//! (`{"value":[…]}`), JSON lines, or several of these one after another.
//!
//! Only the structure is looked at here; what a record holds is parsed by whoever takes it. A record that is too long or
//! broken is a piece of its own, and what follows it is found again where that is possible.

mod scan;

use std::io::{self, Read};

use memchr::memchr;

use super::page::Page;
use scan::{BEGINNING, RECORD, Scanner, Value};

/// Members of a page that hold its records.
const PAGES: [&[u8]; 7] =
    [b"value", b"data", b"activityEventEntities", b"workspaces", b"records", b"items", b"resources"];

/// A part of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A record: the bytes of one JSON value.
    Record {
        /// The line on which it starts, from 1.
        line: u64,
        /// Its bytes; balanced, and not yet parsed.
        bytes: &'a [u8],
        /// What stands beside it, if it is one of a page's.
        page: &'a Page,
    },
    /// Something that is no record: too long, or broken.
    Broken {
        /// The line on which it starts, from 1.
        line: u64,
        /// Why.
        reason: &'static str,
        /// Its beginning.
        bytes: &'a [u8],
    },
}

/// Where in the input's structure the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between documents.
    Outside,
    /// Between lines, each of which is a document.
    Lines,
    /// Between the elements of a top-level array.
    Array,
    /// Between the members of a document that may be a page; its records may have been seen already.
    Document { page: bool },
    /// Between the elements of a page's array.
    Page,
}

/// Cuts an input into pieces.
#[derive(Debug)]
pub struct Splitter<R> {
    scanner: Scanner<R>,
    place: Place,
    page: Page,
}

/// What a top-level object was found to be.
enum Document {
    /// A record: its bytes.
    Record(usize, usize),
    /// A page, whose records come next.
    Page,
    /// No JSON after all.
    NoJson,
    /// Too long, or without an end; what is left of it is passed over.
    Broken(Value),
}

impl<R: Read> Splitter<R> {
    /// Cuts what `inner` gives.
    pub fn new(inner: R) -> Self {
        Self { scanner: Scanner::new(inner), place: Place::Outside, page: Page::default() }
    }

    /// What stands beside the records of the page that was read last, as far as it was read.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// What `inner` gives.
    pub fn next_piece(&mut self) -> io::Result<Option<Piece<'_>>> {
        loop {
            self.scanner.done_until(self.scanner.at);
            if self.place == Place::Lines {
                return self.next_line();
            }
            let Some(byte) = self.scanner.skip_space()? else { return Ok(self.at_end()) };
            self.scanner.done_until(self.scanner.at);
            match (self.place, byte) {
                (Place::Outside, b'[') => self.enter(Place::Array),
                (Place::Outside, b'{') => match self.document()? {
                    Document::Record(from, to) => return Ok(Some(self.record(from, to))),
                    Document::Page | Document::NoJson => {}
                    Document::Broken(problem) => return Ok(Some(self.broken(&problem))),
                },
                (Place::Page, b']') => self.enter(Place::Document { page: true }),
                (Place::Array, b']') | (Place::Document { .. }, b'}') => self.enter(Place::Outside),
                (Place::Array | Place::Page | Place::Document { .. }, b',') => self.scanner.at += 1,
                (Place::Document { .. }, _) => {
                    if let Some(problem) = self.member()? {
                        return Ok(Some(self.broken(&problem)));
                    }
                }
                (Place::Array | Place::Page, _) => {
                    return match self.scanner.value()? {
                        Value::Whole(from, to) => Ok(Some(self.record(from, to))),
                        other => Ok(Some(self.broken(&other))),
                    };
                }
                (Place::Outside | Place::Lines, _) => {
                    // A line that is no JSON where a document should begin; the next may be one.
                    self.place = Place::Lines;
                    return self.next_line();
                }
            }
        }
    }

    /// Several whole lines at once, where each is a document. `None` where [`Splitter::next_piece`] has to go on, once it
    /// was told how many lines there were.
    ///
    /// - `room`: a text that is done with, whose room is used again.
    ///
    /// # Errors
    ///
    /// What `inner` gives.
    pub(super) fn next_lines(&mut self, room: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        if self.place == Place::Lines { self.scanner.whole_lines(room) } else { Ok(None) }
    }

    /// The number of the line that comes next.
    pub(super) fn line(&mut self) -> u64 {
        self.scanner.done_until(self.scanner.at);
        self.scanner.line
    }

    /// Counts lines that were taken whole.
    pub(super) fn pass_lines(&mut self, lines: u64) {
        self.scanner.line += lines;
    }

    fn enter(&mut self, place: Place) {
        self.place = place;
        self.scanner.at += 1;
    }

    fn record(&self, from: usize, to: usize) -> Piece<'_> {
        let page = if self.place == Place::Array { Page::none() } else { &self.page };
        Piece::Record { line: self.scanner.line_of(from), bytes: self.scanner.bytes(from, to), page }
    }

    /// The end of the input: fine between documents, not inside one.
    fn at_end(&mut self) -> Option<Piece<'_>> {
        if self.place == Place::Outside {
            return None;
        }
        self.place = Place::Outside;
        let reason = "the file ends before its JSON does: fetch it again";
        Some(Piece::Broken { line: self.scanner.line, reason, bytes: &[] })
    }

    fn broken(&mut self, value: &Value) -> Piece<'_> {
        let (reason, ends) = match value {
            Value::TooLong => ("the record is longer than 8 MiB", false),
            _ => ("the file ends before its JSON does: fetch it again", true),
        };
        if ends {
            self.place = Place::Outside;
            self.scanner.give_up();
        }
        let scanner = &self.scanner;
        let bytes = scanner.bytes(scanner.start, scanner.at.min(scanner.start + BEGINNING));
        Piece::Broken { line: scanner.line, reason, bytes }
    }

    fn document(&mut self) -> io::Result<Document> {
        let begin = self.scanner.at;
        self.scanner.at += 1;
        self.page = Page::default();
        loop {
            if self.scanner.at - begin > RECORD {
                self.place = Place::Document { page: false };
                return Ok(Document::Broken(Value::TooLong));
            }
            match self.scanner.skip_space()? {
                Some(b'}') => {
                    self.scanner.at += 1;
                    let end = self.scanner.at;
                    self.set_lines(begin, end)?;
                    return Ok(Document::Record(begin, end));
                }
                Some(b',') => self.scanner.at += 1,
                Some(b'"') => {
                    if let Some(found) = self.first_member()? {
                        return Ok(found);
                    }
                }
                None => return Ok(Document::Broken(Value::Unfinished)),
                Some(_) => return Ok(self.no_document(begin)),
            }
        }
    }

    /// A member of a document of which nothing is known yet: nothing where it may still be a record.
    fn first_member(&mut self) -> io::Result<Option<Document>> {
        let begin = self.scanner.start;
        let broken = |splitter: &mut Self, problem| {
            splitter.place = Place::Document { page: false };
            Some(Document::Broken(problem))
        };
        let key = match self.scanner.value()? {
            Value::Whole(from, to) => self.key(from, to),
            problem => return Ok(broken(self, problem)),
        };
        match self.scanner.skip_space()? {
            Some(b':') => self.scanner.at += 1,
            None => return Ok(broken(self, Value::Unfinished)),
            Some(_) => return Ok(Some(self.no_document(begin))),
        }
        if self.page_begins(&key)? {
            return Ok(Some(Document::Page));
        }
        Ok(match self.scanner.value()? {
            Value::Whole(from, to) => {
                self.note(&key, from, to);
                None
            }
            problem => broken(self, problem),
        })
    }

    /// Whether a member of this name holds the records of a page, which are entered then.
    fn page_begins(&mut self, key: &[u8]) -> io::Result<bool> {
        let begins = self.scanner.skip_space()? == Some(b'[') && PAGES.contains(&key);
        if begins {
            self.enter(Place::Page);
        }
        Ok(begins)
    }

    /// What begins like a document and is none: lines are looked for from there on.
    fn no_document(&mut self, begin: usize) -> Document {
        self.scanner.at = begin;
        self.place = Place::Lines;
        Document::NoJson
    }

    fn note(&mut self, key: &[u8], from: usize, to: usize) {
        self.page.note(key, self.scanner.bytes(from, to));
    }

    fn key(&self, from: usize, to: usize) -> Vec<u8> {
        self.scanner.bytes(from + 1, to.max(from + 2) - 1).to_vec()
    }

    /// A member beside a page's records: noted if it is small, else passed over.
    fn member(&mut self) -> io::Result<Option<Value>> {
        let key = match self.scanner.value()? {
            Value::Whole(from, to) => self.key(from, to),
            other => return Ok(Some(other)),
        };
        if self.scanner.skip_space()? != Some(b':') {
            return Ok(None);
        }
        self.scanner.at += 1;
        if self.page_begins(&key)? {
            return Ok(None);
        }
        Ok(match self.scanner.value()? {
            Value::Whole(from, to) => {
                self.note(&key, from, to);
                None
            }
            other => Some(other),
        })
    }

    /// After a first document on one line with a line end behind it, every line is one.
    fn set_lines(&mut self, from: usize, to: usize) -> io::Result<()> {
        let after = self.scanner.after(to)?;
        let ends = after.strip_prefix(b"\r").unwrap_or(after).first() == Some(&b'\n');
        if ends && memchr(b'\n', self.scanner.bytes(from, to)).is_none() {
            self.place = Place::Lines;
        }
        Ok(())
    }

    fn next_line(&mut self) -> io::Result<Option<Piece<'_>>> {
        loop {
            self.scanner.done_until(self.scanner.at);
            let (start, line) = (self.scanner.start, self.scanner.line);
            let Some(end) = self.scanner.line_end()? else {
                let bytes = self.scanner.bytes(start, start + BEGINNING);
                return Ok(Some(Piece::Broken { line, reason: "the line is longer than 8 MiB", bytes }));
            };
            self.scanner.pass(end);
            let bytes = self.scanner.bytes(start, end).trim_ascii();
            if !bytes.is_empty() {
                let bytes = self.scanner.bytes(start, end).trim_ascii();
                return Ok(Some(line_piece(line, bytes)));
            }
            if self.scanner.at_end() {
                return Ok(None);
            }
        }
    }
}

/// What a line that is not empty is, where each should be a document.
pub(super) fn line_piece(line: u64, bytes: &[u8]) -> Piece<'_> {
    if bytes.first() == Some(&b'{') {
        return Piece::Record { line, bytes, page: Page::none() };
    }
    let bytes = bytes.get(..BEGINNING).unwrap_or(bytes);
    Piece::Broken { line, reason: "the line is no JSON object", bytes }
}
