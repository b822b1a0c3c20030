//! JSON in whatever form exports come in, cut into its records without reading it whole: one document, an array, pages
//! (`{"value":[…]}`), JSON lines, or several of these one after another.
//!
//! Only the structure is looked at here; what a record holds is parsed by whoever takes it. A record that is too long or
//! broken is a piece of its own, and what follows it is found again where that is possible.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2};

use super::page::Page;

/// The longest record: a row of an export is some kilobytes, an inventory entry some hundred.
const RECORD: usize = 16 << 20;
/// How much is read at a time.
const CHUNK: usize = 256 << 10;
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
    inner: R,
    buffer: Vec<u8>,
    /// Bytes before this are done with.
    start: usize,
    /// The next byte to look at.
    at: usize,
    /// Everything was read.
    ended: bool,
    /// The value being looked at is longer than a record may be.
    too_long: bool,
    /// The line of the byte at `start`, from 1.
    line: u64,
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

/// What a value was found to be.
enum Value {
    Whole(usize, usize),
    /// It is longer than a record may be; it was passed over, but for its beginning.
    TooLong,
    /// The input ends inside it.
    Unfinished,
}

impl<R: Read> Splitter<R> {
    /// Cuts what `inner` gives.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            start: 0,
            at: 0,
            ended: false,
            too_long: false,
            line: 1,
            place: Place::Outside,
            page: Page::default(),
        }
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
            self.done_until(self.at);
            if self.place == Place::Lines {
                return self.next_line();
            }
            let Some(byte) = self.skip_space()? else { return Ok(self.at_end()) };
            self.done_until(self.at);
            match (self.place, byte) {
                (Place::Outside, b'[') => self.enter(Place::Array),
                (Place::Outside, b'{') => match self.document()? {
                    Document::Record(from, to) => return Ok(Some(self.record(from, to))),
                    Document::Page | Document::NoJson => {}
                    Document::Broken(problem) => return Ok(Some(self.broken(&problem))),
                },
                (Place::Page, b']') => self.enter(Place::Document { page: true }),
                (Place::Array, b']') | (Place::Document { .. }, b'}') => self.enter(Place::Outside),
                (Place::Array | Place::Page | Place::Document { .. }, b',') => self.at += 1,
                (Place::Document { .. }, _) => {
                    if let Some(problem) = self.member()? {
                        return Ok(Some(self.broken(&problem)));
                    }
                }
                (Place::Array | Place::Page, _) => {
                    return match self.value()? {
                        Value::Whole(from, to) => Ok(Some(self.record(from, to))),
                        other => Ok(Some(self.broken(&other))),
                    };
                }
                (Place::Outside | Place::Lines, _) => return self.no_json(),
            }
        }
    }

    fn enter(&mut self, place: Place) {
        self.place = place;
        self.at += 1;
    }

    fn record(&self, from: usize, to: usize) -> Piece<'_> {
        let before = self.buffer.get(self.start..from).unwrap_or_default();
        let line = self.line + memchr_iter(b'\n', before).count() as u64;
        let page = if self.place == Place::Array { Page::none() } else { &self.page };
        Piece::Record { line, bytes: self.buffer.get(from..to).unwrap_or_default(), page }
    }

    /// The end of the input: fine between documents, not inside one.
    fn at_end(&mut self) -> Option<Piece<'_>> {
        if self.place == Place::Outside {
            return None;
        }
        self.place = Place::Outside;
        let reason = "the file ends before its JSON does: fetch it again";
        Some(Piece::Broken { line: self.line, reason, bytes: &[] })
    }

    fn broken(&mut self, value: &Value) -> Piece<'_> {
        let (reason, ends) = match value {
            Value::TooLong => ("the record is longer than 16 MiB", false),
            _ => ("the file ends before its JSON does: fetch it again", true),
        };
        if ends {
            self.place = Place::Outside;
            self.at = self.buffer.len();
        }
        let line = self.line;
        let bytes = self.buffer.get(self.start..self.at.min(self.start + 4096)).unwrap_or_default();
        Piece::Broken { line, reason, bytes }
    }

    /// A line that is no JSON where a document should begin; the next may be one.
    fn no_json(&mut self) -> io::Result<Option<Piece<'_>>> {
        self.place = Place::Lines;
        self.next_line()
    }

    fn document(&mut self) -> io::Result<Document> {
        let begin = self.at;
        self.at += 1;
        self.page = Page::default();
        loop {
            if self.at - begin > RECORD {
                self.place = Place::Document { page: false };
                return Ok(Document::Broken(Value::TooLong));
            }
            match self.skip_space()? {
                Some(b'}') => {
                    self.at += 1;
                    let whole = (begin, self.at);
                    self.set_lines(whole)?;
                    return Ok(Document::Record(begin, whole.1));
                }
                Some(b',') => self.at += 1,
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
        let begin = self.start;
        let broken = |splitter: &mut Self, problem| {
            splitter.place = Place::Document { page: false };
            Some(Document::Broken(problem))
        };
        let key = match self.value()? {
            Value::Whole(from, to) => self.key(from, to),
            problem => return Ok(broken(self, problem)),
        };
        match self.skip_space()? {
            Some(b':') => self.at += 1,
            None => return Ok(broken(self, Value::Unfinished)),
            Some(_) => return Ok(Some(self.no_document(begin))),
        }
        if self.skip_space()? == Some(b'[') && PAGES.contains(&key.as_slice()) {
            self.enter(Place::Page);
            return Ok(Some(Document::Page));
        }
        Ok(match self.value()? {
            Value::Whole(from, to) => {
                self.note(&key, from, to);
                None
            }
            problem => broken(self, problem),
        })
    }

    /// What begins like a document and is none: lines are looked for from there on.
    fn no_document(&mut self, begin: usize) -> Document {
        self.at = begin;
        self.place = Place::Lines;
        Document::NoJson
    }

    fn note(&mut self, key: &[u8], from: usize, to: usize) {
        self.page.note(key, self.buffer.get(from..to).unwrap_or_default());
    }

    fn key(&self, from: usize, to: usize) -> Vec<u8> {
        self.buffer.get(from + 1..to.max(from + 2) - 1).unwrap_or_default().to_vec()
    }

    /// A member beside a page's records: noted if it is small, else passed over.
    fn member(&mut self) -> io::Result<Option<Value>> {
        match self.value()? {
            Value::Whole(from, to) => {
                let key = self.key(from, to);
                if self.skip_space()? == Some(b':') {
                    self.at += 1;
                    if self.skip_space()? == Some(b'[') && PAGES.contains(&key.as_slice()) {
                        self.place = Place::Page;
                        self.at += 1;
                        return Ok(None);
                    }
                    return Ok(match self.value()? {
                        Value::Whole(from, to) => {
                            self.note(&key, from, to);
                            None
                        }
                        other => Some(other),
                    });
                }
                Ok(None)
            }
            other => Ok(Some(other)),
        }
    }

    /// After a first document on one line with a line end behind it, every line is one.
    fn set_lines(&mut self, (from, to): (usize, usize)) -> io::Result<()> {
        self.fill_to(to)?;
        let document = self.buffer.get(from..to).unwrap_or_default();
        let after = self.buffer.get(to..).unwrap_or_default();
        let after = after.strip_prefix(b"\r").unwrap_or(after);
        if memchr(b'\n', document).is_none() && after.first() == Some(&b'\n') {
            self.place = Place::Lines;
        }
        Ok(())
    }

    fn next_line(&mut self) -> io::Result<Option<Piece<'_>>> {
        loop {
            self.done_until(self.at);
            let Some(end) = self.line_end()? else {
                return Ok((self.at > self.start).then(|| Piece::Broken {
                    line: self.line,
                    reason: "the line is longer than 16 MiB",
                    bytes: self.buffer.get(self.start..self.start + 4096).unwrap_or_default(),
                }));
            };
            let (start, line) = (self.start, self.line);
            let content = self.buffer.get(start..end).unwrap_or_default().trim_ascii();
            self.at = (end + 1).min(self.buffer.len());
            if content.is_empty() {
                if self.ended && self.at >= self.buffer.len() {
                    return Ok(None);
                }
                continue;
            }
            let offset = start
                + (end - start - self.buffer.get(start..end).unwrap_or_default().trim_ascii_start().len());
            let bytes = self.buffer.get(offset..offset + content.len()).unwrap_or_default();
            return Ok(Some(match bytes.first() {
                Some(b'{') => Piece::Record { line, bytes, page: Page::none() },
                _ => Piece::Broken {
                    line,
                    reason: "the line is no JSON object",
                    bytes: bytes.get(..4096).unwrap_or(bytes),
                },
            }));
        }
    }

    /// The end of the line at `start`; `None` when it is longer than a record may be: it was passed over.
    fn line_end(&mut self) -> io::Result<Option<usize>> {
        let mut from = self.start;
        loop {
            if let Some(found) = memchr(b'\n', self.buffer.get(from..).unwrap_or_default()) {
                return Ok(Some(from + found));
            }
            if self.ended {
                return Ok(Some(self.buffer.len()));
            }
            from = self.buffer.len();
            if from - self.start > RECORD {
                self.pass_line()?;
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Reads on to the end of a line without keeping it, but for its beginning.
    fn pass_line(&mut self) -> io::Result<()> {
        let kept = self.start + 4096;
        loop {
            self.buffer.truncate(kept);
            if self.ended {
                break;
            }
            self.fill()?;
            if let Some(found) = memchr(b'\n', self.buffer.get(kept..).unwrap_or_default()) {
                self.at = kept + found;
                return Ok(());
            }
        }
        self.at = self.buffer.len();
        Ok(())
    }

    /// The value at `at`; afterwards `at` is behind it.
    fn value(&mut self) -> io::Result<Value> {
        let from = self.at;
        let (mut depth, mut at) = (0_usize, from);
        self.too_long = false;
        loop {
            let Some(byte) = self.byte(at)? else {
                return Ok(Value::Unfinished);
            };
            match byte {
                b'"' => match self.string_end(at + 1)? {
                    Some(end) => at = end,
                    None => return Ok(Value::Unfinished),
                },
                b'{' | b'[' => {
                    depth += 1;
                    at += 1;
                }
                b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => break,
                b'}' | b']' => {
                    depth -= 1;
                    at += 1;
                }
                _ => at += 1,
            }
            if depth == 0 && matches!(byte, b'"' | b'}' | b']') {
                break;
            }
            if at - from > RECORD {
                at = self.forget(from, at);
            }
        }
        // What cannot begin a value is one by itself, so that reading goes on.
        let at = at.max(from + 1);
        self.at = at;
        Ok(if self.too_long { Value::TooLong } else { Value::Whole(from, at) })
    }

    /// Drops the middle of a value that is too long, so that it takes no room; tells where `at` is then.
    fn forget(&mut self, from: usize, at: usize) -> usize {
        self.too_long = true;
        let kept = from + 4096;
        let dropped = self.buffer.get(kept..at).unwrap_or_default();
        self.line += memchr_iter(b'\n', dropped).count() as u64;
        self.buffer.drain(kept..at);
        kept
    }

    /// The place behind the string whose first byte is at `at`.
    fn string_end(&mut self, mut at: usize) -> io::Result<Option<usize>> {
        loop {
            match memchr2(b'"', b'\\', self.buffer.get(at..).unwrap_or_default()) {
                Some(found) if self.buffer.get(at + found) == Some(&b'"') => return Ok(Some(at + found + 1)),
                Some(found) => at += found + 2,
                None => {
                    at = at.max(self.buffer.len());
                    if self.ended {
                        return Ok(None);
                    }
                    if at - self.start > RECORD + CHUNK {
                        at = self.forget(self.at, at);
                    }
                    self.fill()?;
                }
            }
        }
    }

    fn skip_space(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.byte(self.at)? {
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf) => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    fn byte(&mut self, at: usize) -> io::Result<Option<u8>> {
        while at >= self.buffer.len() && !self.ended {
            self.fill()?;
        }
        Ok(self.buffer.get(at).copied())
    }

    fn fill_to(&mut self, at: usize) -> io::Result<()> {
        // Two bytes more than asked for: a line may end with two.
        while self.buffer.len() < at + 2 && !self.ended {
            self.fill()?;
        }
        Ok(())
    }

    /// Reads some more behind what is there.
    fn fill(&mut self) -> io::Result<()> {
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let read = loop {
            match self.inner.read(self.buffer.get_mut(filled..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        Ok(())
    }

    /// Is done with everything before a place: counts its lines and, now and then, makes room.
    fn done_until(&mut self, at: usize) {
        let done = self.buffer.get(self.start..at).unwrap_or_default();
        self.line += memchr_iter(b'\n', done).count() as u64;
        self.start = at;
        if self.start >= CHUNK {
            self.buffer.drain(..self.start);
            self.at -= self.start;
            self.start = 0;
        }
    }
}
