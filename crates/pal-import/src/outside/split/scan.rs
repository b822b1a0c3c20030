//! The bytes of JSON as they come in: where a value, a text or a line ends. No more of them is held than one value may
//! have, however long it goes on.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2, memrchr};

/// The longest record: a row of an export is some kilobytes, an inventory entry some hundred. Parsed, it may take thirty
/// times as much.
pub(super) const RECORD: usize = 8 << 20;
/// How much is read at a time.
const CHUNK: usize = 256 << 10;
/// How much is kept of what is too long.
pub(super) const BEGINNING: usize = 4096;

/// What a value was found to be.
pub(super) enum Value {
    /// It stands between these places.
    Whole(usize, usize),
    /// It is longer than a record may be; it was passed over, but for its beginning.
    TooLong,
    /// The input ends inside it.
    Unfinished,
}

/// What is held of the input, and how far it was looked at.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    inner: R,
    buffer: Vec<u8>,
    /// Bytes before this are done with.
    pub(super) start: usize,
    /// The next byte to look at.
    pub(super) at: usize,
    /// Everything was read.
    ended: bool,
    /// What reading on will fail with.
    failed: Option<io::Error>,
    /// The value being looked at is longer than a record may be.
    too_long: bool,
    /// The line of the byte at `start`, from 1.
    pub(super) line: u64,
}

impl<R: Read> Scanner<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            start: 0,
            at: 0,
            ended: false,
            failed: None,
            too_long: false,
            line: 1,
        }
    }

    /// The bytes between two places, as far as they are held.
    pub(super) fn bytes(&self, from: usize, to: usize) -> &[u8] {
        self.buffer.get(from..to.min(self.buffer.len())).unwrap_or_default()
    }

    /// The line of a place that is held.
    pub(super) fn line_of(&self, place: usize) -> u64 {
        self.line + newlines(self.bytes(self.start, place))
    }

    /// Gives up what is held, because the input ended inside a value.
    pub(super) fn give_up(&mut self) {
        self.at = self.buffer.len();
    }

    /// Whether everything was read and looked at.
    pub(super) fn at_end(&self) -> bool {
        self.ended && self.at >= self.buffer.len()
    }

    /// The value at `at`; afterwards `at` is behind it.
    pub(super) fn value(&mut self) -> io::Result<Value> {
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
        let kept = from + BEGINNING;
        self.line += newlines(self.bytes(kept, at));
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

    /// The next byte that is no space, which `at` is set to.
    pub(super) fn skip_space(&mut self) -> io::Result<Option<u8>> {
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

    /// The bytes from a place on, two at least unless the input ends: a line may end with two.
    pub(super) fn after(&mut self, at: usize) -> io::Result<&[u8]> {
        while self.buffer.len() < at + 2 && !self.ended {
            self.fill()?;
        }
        Ok(self.buffer.get(at..).unwrap_or_default())
    }

    /// The end of the line at `start`; `None` when it is longer than a record may be: it was passed over.
    pub(super) fn line_end(&mut self) -> io::Result<Option<usize>> {
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

    /// Is done with a line that ends at a place, and with its end.
    pub(super) fn pass(&mut self, end: usize) {
        self.at = (end + 1).min(self.buffer.len());
    }

    /// Reads on to the end of a line without keeping it, but for its beginning.
    fn pass_line(&mut self) -> io::Result<()> {
        let kept = self.start + BEGINNING;
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

    /// As many whole lines as are held, some if there are any; they are done with, and it is for others to count them.
    /// Nothing where a line is longer than what is read at a time, and at the end.
    ///
    /// - `room`: a text that is done with, whose room is used again.
    pub(super) fn whole_lines(&mut self, mut room: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let held = self.buffer.get(self.at..).unwrap_or_default();
        let mut filled = held.len();
        room.resize(filled.max(CHUNK), 0);
        room.get_mut(..filled).unwrap_or_default().copy_from_slice(held);
        while let Some(free) = room.get_mut(filled..).filter(|free| !free.is_empty())
            && !self.ended
            && self.failed.is_none()
        {
            match self.inner.read(free) {
                Ok(0) => self.ended = true,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.failed = Some(error),
            }
        }
        let whole = memrchr(b'\n', room.get(..filled).unwrap_or_default()).map(|last| last + 1);
        (self.start, self.at) = (0, 0);
        self.buffer.clear();
        self.buffer.extend_from_slice(room.get(whole.unwrap_or(0)..filled).unwrap_or_default());
        match whole {
            Some(whole) => {
                room.truncate(whole);
                Ok(Some(room))
            }
            None => self.failed.take().map_or(Ok(None), Err),
        }
    }

    /// Reads some more behind what is there. What was read before an error comes first.
    fn fill(&mut self) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let filled = self.buffer.len();
        self.buffer.reserve(CHUNK);
        match (&mut self.inner).take(CHUNK as u64).read_to_end(&mut self.buffer) {
            Ok(read) => self.ended = read < CHUNK,
            Err(error) if self.buffer.len() == filled => return Err(error),
            Err(error) => self.failed = Some(error),
        }
        Ok(())
    }

    /// Is done with everything before a place: counts its lines and, now and then, makes room.
    pub(super) fn done_until(&mut self, at: usize) {
        self.line += newlines(self.bytes(self.start, at));
        self.start = at;
        if self.start >= CHUNK {
            self.buffer.drain(..self.start);
            self.at -= self.start;
            self.start = 0;
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
