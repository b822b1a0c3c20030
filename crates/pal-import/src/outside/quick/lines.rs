//! Lines that are JSON records: where each stands, and where its quotes and escapes do.

use super::marks::{Places, escapes, marks, places};

/// A line.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Its number, from 0 for the first of the text.
    pub(super) number: u64,
    /// Where it begins.
    pub(super) from: usize,
    /// Where its end begins.
    pub(super) to: usize,
    /// Where its quotes and escapes stand.
    pub(super) places: &'a Places,
}

/// Looks at every line, the empty ones too; how many there are.
pub(super) fn each_line(text: &[u8], mut take: impl FnMut(&Line<'_>)) -> u64 {
    let (mut found, mut carried, mut number, mut from) = (Places::default(), 0, 0, 0);
    let whole = marks(text, |base, marks| {
        let (begin, escaped) = escapes(marks.backslashes, &mut carried);
        let (mut quotes, mut begin) = (marks.quotes & !escaped, begin);
        for place in places(marks.controls) {
            let (at, before) = (base + place as usize, (1 << place) - 1);
            match text.get(at..) {
                Some([b'\n', ..]) => {}
                // The end of a line as Windows writes it.
                Some([b'\r', b'\n', ..]) => continue,
                _ => {
                    found.control = true;
                    continue;
                }
            }
            found.add(base, from, (quotes & before, begin & before));
            take(&Line { number, from, to: at, places: &found });
            found.clear();
            (quotes, begin) = (quotes & !before, begin & !before);
            (number, from) = (number + 1, at + 1);
        }
        found.add(base, from, (quotes, begin));
        Some(())
    });
    debug_assert_eq!(whole, Some(()));
    if from < text.len() {
        take(&Line { number, from, to: text.len(), places: &found });
        number += 1;
    }
    number
}
