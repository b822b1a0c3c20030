//! A table's text in blocks that end where a row does, as far as its quotes are what they should be: every other one ends
//! what the one before began.

use std::io::{self, Cursor, Read};

use memchr::{memchr_iter, memrchr2};

/// How much is worked on together.
const BLOCK: usize = 1 << 18;

/// A part of a table's text.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) text: Vec<u8>,
    /// Whether it ends where a row does. Else there is a row in it that is longer than a row may be.
    pub(super) whole: bool,
}

/// What is left of a text, and how much of it is read already.
pub(super) struct Blocks<'a> {
    inner: Box<dyn Read + 'a>,
    /// What was read behind the last block.
    rest: Vec<u8>,
    ended: bool,
    /// What reading on fails with.
    fault: Option<io::Error>,
    /// The longest row.
    longest: usize,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(inner: Box<dyn Read + 'a>, longest: usize) -> Self {
        Self { inner, rest: Vec::new(), ended: false, fault: None, longest }
    }

    /// The next block; nothing at the end. What was read before an error comes first.
    ///
    /// - `text`: a text that is done with, whose room is used again.
    pub(super) fn next(&mut self, mut text: Vec<u8>) -> io::Result<Option<Block>> {
        text.resize(BLOCK.max(2 * self.rest.len()), 0);
        let mut filled = self.rest.len();
        for (to, byte) in text.iter_mut().zip(self.rest.drain(..)) {
            *to = byte;
        }
        let (mut known, mut inside) = (0, false);
        loop {
            filled = self.fill(&mut text, filled);
            if self.ended && self.fault.is_none() {
                text.truncate(filled);
                return Ok((filled > 0).then_some(Block { text, whole: true }));
            }
            let new = text.get(known..filled).unwrap_or_default();
            inside ^= memchr_iter(b'"', new).count() % 2 == 1;
            if let Some(end) = last_end(new, inside) {
                self.rest.extend(text.get(known + end..filled).unwrap_or_default());
                text.truncate(known + end);
                return Ok(Some(Block { text, whole: true }));
            }
            if let Some(error) = self.fault.take() {
                return Err(error);
            }
            if filled > self.longest {
                text.truncate(filled);
                return Ok(Some(Block { text, whole: false }));
            }
            known = filled;
            text.resize(2 * filled, 0);
        }
    }

    /// Fills a text from a place on, until there is no more to be had; up to where.
    fn fill(&mut self, text: &mut [u8], mut filled: usize) -> usize {
        while let Some(room) = text.get_mut(filled..).filter(|room| !room.is_empty() && !self.ended) {
            match self.inner.read(room) {
                Ok(0) => self.ended = true,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => (self.ended, self.fault) = (true, Some(error)),
            }
        }
        filled
    }

    /// All that is left, behind what was read of it already.
    pub(super) fn left(self, mut read: Vec<u8>) -> Box<dyn Read + 'a> {
        read.extend(self.rest);
        let fault = Ends(self.fault);
        Box::new(Cursor::new(read).chain(fault).chain(self.inner))
    }
}

/// Where the last row ends in a text, at whose end a cell in quotes is open or not.
fn last_end(text: &[u8], mut inside: bool) -> Option<usize> {
    let mut end = text.len();
    while let Some(found) = memrchr2(b'"', b'\n', text.get(..end)?) {
        match text.get(found) {
            Some(b'"') => inside = !inside,
            _ if !inside => return Some(found + 1),
            _ => {}
        }
        end = found;
    }
    None
}

/// Fails once, if it has something to fail with, and is at its end.
struct Ends(Option<io::Error>);

impl Read for Ends {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
