//! Rows of a table as text: where each stands, where its cells do that are in quotes, and where in these the quotes and
//! escapes of JSON do. Only what is written without a doubt is looked at here: a quote that stands where none may begin or
//! end a cell is left to whoever reads tables thoroughly, and so is all that follows it.

use std::ops::Range;

use memchr::memchr;

use super::marks::{CHUNK, Places, escapes, marks, places};

/// A row.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Where it stands in the text, without its line end.
    pub(super) at: Range<usize>,
    /// Where its cells in quotes begin and end, at their quotes; counted from its first byte, as what follows is.
    cells: Vec<usize>,
    /// In cells in quotes: quotes, each of which is two, and escapes.
    pub(super) places: Places,
}

impl Row {
    /// How many cells it has, and what is between the quotes of the one at a place, if that is in quotes.
    pub(super) fn cell(&self, row: &[u8], delimiter: u8, wanted: usize) -> (usize, Option<Range<usize>>) {
        let (mut quoted, mut begin, mut number, mut found) = (self.cells.as_slice(), 0, 0, None);
        loop {
            let end = match quoted {
                [open, close, rest @ ..] if *open == begin => {
                    quoted = rest;
                    if number == wanted {
                        found = Some(open + 1..*close);
                    }
                    close + 1
                }
                _ => {
                    let left = row.get(begin..).unwrap_or_default();
                    begin + memchr(delimiter, left).unwrap_or(left.len())
                }
            };
            number += 1;
            if end >= row.len() {
                return (number, found);
            }
            begin = end + 1;
        }
    }
}

/// What of a chunk is quotes around cells, and what inside these.
#[derive(Clone, Copy, Debug)]
struct Quotes {
    /// The first of two that stand for one.
    doubled: u64,
    /// Those around cells.
    around: u64,
    /// All that is inside a cell in quotes, with its first quote.
    inside: u64,
}

/// What is known of the chunk before.
#[derive(Debug, Default)]
struct Carried {
    /// All bits where it ends inside a cell in quotes.
    inside: u64,
    /// Whether its last byte is the first of two quotes that stand for one.
    doubled: u64,
    /// Whether its last byte begins an escape.
    escape: u64,
}

impl Carried {
    /// Tells a chunk's quotes apart; `follows` is whether the first byte behind it is a quote.
    #[inline]
    fn quotes(&mut self, quotes: u64, follows: bool) -> Quotes {
        // Every quote changes between inside and outside: a sum over all bits before.
        let inside = [1, 2, 4, 8, 16, 32].iter().fold(quotes, |sum, step| sum ^ (sum << step)) ^ self.inside;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let doubled = closing & (opening >> 1 | u64::from(follows) << 63);
        let second = doubled << 1 | self.doubled;
        self.inside = if inside >> 63 == 1 { u64::MAX } else { 0 };
        self.doubled = doubled >> 63;
        Quotes { doubled, around: (opening & !second) | (closing & !doubled), inside }
    }
}

/// Looks at every row but blank lines, until one is in doubt: how many bytes came before that.
pub(super) fn each_row(text: &[u8], delimiter: u8, mut take: impl FnMut(&Row)) -> usize {
    let mut rows = Rows { text, delimiter, row: Row::default() };
    let mut carried = Carried::default();
    let regular = marks(text, |base, marks| {
        let follows = text.get(base + CHUNK) == Some(&b'"');
        let quotes = carried.quotes(marks.quotes, follows);
        let (begin, escaped) = escapes(marks.backslashes, &mut carried.escape);
        let inside = (quotes.doubled & !escaped, begin & quotes.inside);
        let inside = match quotes.around | marks.controls {
            0 => inside,
            ends => rows.ends(base, (ends, quotes.inside), inside, &mut take)?,
        };
        rows.row.places.add(base, rows.row.at.start, inside);
        Some(())
    });
    if regular.is_some() && carried.inside == 0 {
        rows.finish(text.len(), &mut take);
        return text.len();
    }
    rows.row.at.start
}

/// A text on its way.
struct Rows<'a> {
    text: &'a [u8],
    delimiter: u8,
    /// The row that is being looked at.
    row: Row,
}

impl Rows<'_> {
    /// Looks at a chunk in which a cell in quotes or a row begins or ends, or where something else is to be looked at; nothing
    /// where a row is in doubt. What is left of the doubled quotes and escapes belongs to the last row.
    #[inline(never)]
    fn ends(
        &mut self,
        base: usize,
        (ends, inside): (u64, u64),
        (mut doubled, mut begin): (u64, u64),
        take: &mut impl FnMut(&Row),
    ) -> Option<(u64, u64)> {
        for place in places(ends) {
            let (at, before) = (base + place as usize, (1_u64 << place) - 1);
            let inside = inside >> place & 1 == 1;
            match self.text.get(at) {
                Some(b'"') => self.around(at, inside)?,
                Some(b'\n') if !inside => {
                    self.row.places.add(base, self.row.at.start, (doubled & before, begin & before));
                    self.finish(at, take);
                    (doubled, begin) = (doubled & !before, begin & !before);
                }
                // Alone it would end a row too.
                Some(b'\r') if !inside => {
                    if self.text.get(at + 1).is_some_and(|after| *after != b'\n') {
                        return None;
                    }
                }
                control => self.row.places.control |= inside || control == Some(&0),
            }
        }
        Some((doubled, begin))
    }

    /// A quote that begins or ends a cell; nothing where no cell begins or ends.
    fn around(&mut self, at: usize, begins: bool) -> Option<()> {
        let known = if begins {
            at == self.row.at.start || self.text.get(at - 1) == Some(&self.delimiter)
        } else {
            let after = self.text.get(at + 1);
            after.is_none_or(|after| [self.delimiter, b'\n', b'\r'].contains(after))
        };
        known.then(|| self.row.cells.push(at - self.row.at.start))
    }

    /// Hands on a row, unless it is blank, and begins the next.
    fn finish(&mut self, end: usize, take: &mut impl FnMut(&Row)) {
        let row = &mut self.row;
        let line = self.text.get(row.at.start..end).unwrap_or_default();
        let length = line.strip_suffix(b"\r").unwrap_or(line).len();
        if length > 0 {
            row.at.end = row.at.start + length;
            take(row);
        }
        row.at = end + 1..end + 1;
        row.cells.clear();
        row.places.clear();
    }
}
