//! Physical line numbers of CSV records.
//!
//! The `csv` crate counts a line break when it comes to it, which for CRLF is one record late, and not at all inside
//! quotes. Addresses are what people look up in an editor, so lines are counted here, over the bytes themselves.

use std::io::{self, Read};

/// Passes bytes through and remembers those not yet counted.
pub(super) struct Lines<R> {
    inner: R,
    window: Vec<u8>,
    /// Offset in the file of the window's first byte.
    base: u64,
    /// How far into the window line breaks are counted.
    counted: usize,
    /// Line breaks counted so far.
    breaks: u64,
}

impl<R: Read> Lines<R> {
    /// Above this many counted bytes the window is cut.
    const KEEP: usize = 1 << 16;

    pub(super) fn new(inner: R) -> Self {
        Self { inner, window: Vec::new(), base: 0, counted: 0, breaks: 0 }
    }

    /// The line, from 1, of the record that the `csv` crate says starts at this byte: blank lines before it, and what
    /// is left of the last record's end, are passed over. Starts never go back.
    pub(super) fn line_at(&mut self, start: u64) -> u64 {
        let start = usize::try_from(start.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let passed = self.window.get(self.counted..start.min(self.window.len())).unwrap_or_default();
        self.breaks += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.counted.max(start.min(self.window.len()));
        while let Some(byte @ (b'\r' | b'\n')) = self.window.get(self.counted) {
            self.breaks += u64::from(*byte == b'\n');
            self.counted += 1;
        }
        if self.counted > Self::KEEP {
            self.window.drain(..self.counted);
            self.base += self.counted as u64;
            self.counted = 0;
        }
        self.breaks + 1
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.window.extend_from_slice(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use csv::{ByteRecord, ReaderBuilder};

    fn lines(text: &str) -> Vec<(u64, String)> {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(7)
            .from_reader(Lines::new(text.as_bytes()));
        let mut record = ByteRecord::new();
        let mut found = Vec::new();
        while reader.read_byte_record(&mut record).unwrap() {
            let start = record.position().unwrap().byte();
            let line = reader.get_mut().line_at(start);
            found.push((line, String::from_utf8_lossy(&record[0]).into_owned()));
        }
        found
    }

    #[test]
    fn a_record_has_the_line_on_which_it_starts_whatever_ends_the_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,x", "\"two\nlines\n\",y", "", "", "2,z", "\"3\",\"q\"\"\n\""].join(end);
            let expected = [(1, "a"), (2, "1"), (3, "two\nlines\n"), (8, "2"), (9, "3")];
            let expected: Vec<_> = expected.into_iter().map(|(line, cell)| (line, cell.to_owned())).collect();
            assert_eq!(lines(&text), expected);
        }
    }

    #[test]
    fn lines_are_counted_over_more_than_one_window() {
        let text = "x,\"long\n\n cell\"\n".repeat(20_000);
        let last = lines(&text).pop().unwrap();
        assert_eq!(last.0, 19_999 * 3 + 1);
    }
}
