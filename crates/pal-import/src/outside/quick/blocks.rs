//! A table's text in blocks that end where a row does, as far as its quotes are what they should be: every other one ends
//! what the one before began.

use std::io::{self, Cursor, Read};

use memchr::{memchr_iter, memchr2_iter, memrchr2};

/// How much is worked on together, as a rule.
pub(super) const BLOCK: usize = 1 << 18;

/// A part of a table's text.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) text: Vec<u8>,
    /// Whether it ends where a row does. Else there is a row in it that is longer than a row may be, or that the input
    /// breaks off in.
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
    /// How much is read for a block, if rows are no longer than that, and the longest row.
    sizes: (usize, usize),
}

impl<'a> Blocks<'a> {
    /// - `sizes`: how much is read for a block, and the longest row.
    pub(super) fn new(inner: Box<dyn Read + 'a>, sizes: (usize, usize)) -> Self {
        Self { inner, rest: Vec::new(), ended: false, fault: None, sizes }
    }

    /// The next block; nothing at the end. What was read before an error comes first.
    ///
    /// - `text`: a text that is done with, whose room is used again.
    pub(super) fn next(&mut self, mut text: Vec<u8>) -> io::Result<Option<Block>> {
        let (size, longest) = self.sizes;
        let room = size.max((2 * self.rest.len()).min(longest + 1));
        text.resize(room.max(self.rest.len() + 1), 0);
        let mut filled = self.rest.len();
        for (to, byte) in text.iter_mut().zip(self.rest.drain(..)) {
            *to = byte;
        }
        let (mut known, mut inside) = (0, false);
        loop {
            filled = self.fill(&mut text, filled);
            let all = self.ended && self.fault.is_none();
            let new = text.get(known..filled).unwrap_or_default();
            // Behind a long row, or where one left much to read, short ones may stand by the million.
            let end = match text.get(..size).filter(|_| known == 0 && filled > size) {
                None if all && known == 0 => None,
                _ if known > 0 => first_end(new, inside),
                Some(begin) => last_end(begin).or_else(|| first_end(new, false)),
                None => last_end(new),
            };
            if let Some(end) = end {
                self.rest.extend(text.get(known + end..filled).unwrap_or_default());
                text.truncate(known + end);
                return Ok(Some(Block { text, whole: true }));
            }
            if all {
                text.truncate(filled);
                return Ok((filled > 0).then_some(Block { text, whole: true }));
            }
            inside ^= is_odd(new);
            if filled == 0
                && let Some(error) = self.fault.take()
            {
                return Err(error);
            }
            if filled > longest || self.fault.is_some() {
                text.truncate(filled);
                return Ok(Some(Block { text, whole: false }));
            }
            known = filled;
            text.resize((2 * filled).min(longest + 1), 0);
        }
    }

    /// Fails with something once what was read before it is used up.
    pub(super) fn fail(&mut self, error: io::Error) {
        self.fault = Some(error);
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

/// Whether a cell in quotes is open at one end of a text, and not at the other.
fn is_odd(text: &[u8]) -> bool {
    memchr_iter(b'"', text).count() % 2 == 1
}

/// Where the last row ends in a text, at whose beginning no cell in quotes is open.
fn last_end(text: &[u8]) -> Option<usize> {
    let (mut end, mut inside) = (text.len(), is_odd(text));
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

/// Where the first row ends in a text, at whose beginning a cell in quotes is open or not.
fn first_end(text: &[u8], mut inside: bool) -> Option<usize> {
    for found in memchr2_iter(b'"', b'\n', text) {
        match text.get(found) {
            Some(b'"') => inside = !inside,
            _ if !inside => return Some(found + 1),
            _ => {}
        }
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

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use proptest::prelude::*;

    use super::super::rows::each_row;
    use super::{Blocks, memchr_iter};
    use crate::outside::tables;

    const DELIMITER: u8 = b',';

    /// Gives few bytes at a time, as networks and decompressors do, and fails at the end, if it is to.
    struct Slow<'a>(&'a [u8], usize, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() && std::mem::take(&mut self.2) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let number = self.1.min(buffer.len());
            self.0.take(number as u64).read(buffer).inspect(|read| self.0 = &self.0[*read..])
        }
    }

    /// The cells of all rows, and what ends them early.
    type Found = (Vec<Vec<Vec<u8>>>, Option<io::ErrorKind>);

    fn cells(record: &csv::ByteRecord) -> Vec<Vec<u8>> {
        record.iter().map(<[u8]>::to_vec).collect()
    }

    /// The rows as they are read one by one.
    fn thoroughly(from: impl Read) -> Found {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(from);
        let (mut found, mut record) = (Vec::new(), csv::ByteRecord::new());
        loop {
            match reader.read_byte_record(&mut record) {
                Ok(true) => found.push(cells(&record)),
                Ok(false) => return (found, None),
                Err(error) => match error.into_kind() {
                    csv::ErrorKind::Io(error) => return (found, Some(error.kind())),
                    other => panic!("{other:?}"),
                },
            }
        }
    }

    /// The rows as they are read in blocks, as long as none is in doubt, and thoroughly from there on.
    fn in_blocks(from: Slow<'_>, sizes: (usize, usize)) -> Found {
        let mut blocks = Blocks::new(Box::new(from), sizes);
        let mut found = Vec::new();
        loop {
            let block = match blocks.next(vec![b'"'; 3]) {
                Ok(Some(block)) => block,
                Ok(None) => return (found, None),
                Err(error) => return (found, Some(error.kind())),
            };
            let text = &block.text;
            let add = |row: &super::super::rows::Row| {
                let bytes = &text[row.at.clone()];
                let cut = tables::cut(bytes, DELIMITER, 99).cells;
                for (place, cell) in cut.iter().enumerate() {
                    let (number, quoted) = row.cell(bytes, DELIMITER, place);
                    assert_eq!(number, cut.len());
                    assert_eq!(quoted.is_some(), has_quotes(bytes, &cut, place));
                    let quoted = quoted.map(|at| String::from_utf8_lossy(&bytes[at]).replace("\"\"", "\""));
                    assert!(quoted.is_none_or(|quoted| quoted.as_bytes() == cell));
                }
                found.push(cells(&cut));
            };
            let regular = if block.whole { each_row(text, DELIMITER, add) } else { 0 };
            if regular < text.len() {
                let left = blocks.left(text[regular..].to_vec());
                let (rest, ends) = thoroughly(b"\n".chain(left));
                found.extend(rest);
                return (found, ends);
            }
        }
    }

    #[test]
    fn a_row_longer_than_a_row_may_be_is_left_to_be_refused() {
        for (length, whole) in [(100, true), (128, true), (130, false), (200, false), (1000, false)] {
            let long = format!("\"{}\"\n", "x".repeat(length - 3));
            let text = format!("one,two\n{long}three,four\n");
            let mut blocks = Blocks::new(Box::new(Slow(text.as_bytes(), 7, false)), (16, 128));
            let mut found = Vec::new();
            while let Some(block) = blocks.next(Vec::new()).unwrap() {
                assert!(block.text.len() <= 129, "no more than one row is held");
                found.push(block.whole);
                if !block.whole {
                    break;
                }
            }
            assert_eq!(found.last(), Some(&whole), "{length}");
        }
    }

    /// Whether a cell of a row is in quotes, by the lengths of those before it.
    fn has_quotes(row: &[u8], cells: &csv::ByteRecord, wanted: usize) -> bool {
        let mut at = 0;
        for (place, cell) in cells.iter().enumerate() {
            let quoted = row.get(at) == Some(&b'"');
            if place == wanted {
                return quoted;
            }
            let doubled = if quoted { 2 + memchr_iter(b'"', cell).count() } else { 0 };
            at += cell.len() + doubled + 1;
        }
        false
    }

    /// What rows are made of, most of it as it should be.
    fn text() -> impl Strategy<Value = String> {
        let regular = prop::sample::select(vec![
            "a,\"{\"\"b\"\":\"\"c\"\"}\",\n",
            "\"\"\"\"\r\n",
            "\n",
            "\r\n",
            "\"a\r\nb\",\"\",c\n",
            ",\"\\\"\"\",\\\n",
            "\u{feff}a,b\n",
            "long long long long long long long long long long long long long,\"\"\r\n",
        ]);
        let any = prop::sample::select(vec!["\"", "\"\"", ",", "\n", "\r", "a", "é", " ", "\\", "\t"]);
        let part = prop_oneof![9 => regular, 1 => any];
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    #[test]
    fn behind_a_long_row_blocks_are_as_small_as_before() {
        let long = format!("\"{}\",1\n", "x\n".repeat(3000));
        let text = format!("a,b\n{long}{}{long}{}", "c,d\n".repeat(2000), "e,f\n".repeat(500));
        let mut blocks = Blocks::new(Box::new(text.as_bytes()), (100, 100_000));
        let (mut all, mut most) = (Vec::new(), 0);
        while let Some(block) = blocks.next(Vec::new()).unwrap() {
            let rows = memchr_iter(b',', &block.text).count();
            most = most.max(rows);
            all.extend(block.text);
        }
        assert_eq!(String::from_utf8(all).unwrap(), text);
        assert!(most <= 26, "{most} rows in a block");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn rows_are_the_same_in_blocks_and_one_by_one(
            text in text(),
            size in 1..200_usize,
            at_a_time in 1..300_usize,
            fails in any::<bool>(),
        ) {
            let slow = || Slow(text.as_bytes(), at_a_time, fails);
            // What follows a byte-order mark at the beginning is for others.
            let whole = thoroughly(b"\n".chain(slow()));
            prop_assert_eq!(in_blocks(slow(), (size, 1 << 20)), whole.clone());
            prop_assert_eq!(in_blocks(slow(), (size, size)), whole);
        }
    }
}
