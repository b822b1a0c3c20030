//! Where in a text the bytes stand that its structure is made of: sixty-four at a time, a bit for each, because a look at
//! every byte for itself would take most of the time that reading takes.

/// How many bytes are looked at together.
pub(in crate::outside) const CHUNK: usize = 64;

/// For every byte of a chunk the bit of the eight bytes that it is one of.
const WEIGHTS: [u8; CHUNK] = weights();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses an index out of bounds"
)]
const fn weights() -> [u8; CHUNK] {
    let mut weights = [0; CHUNK];
    let mut place = 0;
    while place < CHUNK {
        weights[place] = 1 << (place / 8);
        place += 1;
    }
    weights
}

/// A chunk's quotes, backslashes and control characters: the lowest bit stands for the first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    pub(super) quotes: u64,
    pub(super) backslashes: u64,
    pub(super) controls: u64,
}

impl Marks {
    fn of(chunk: &[u8; CHUNK]) -> Marks {
        // Most chunks have none of these, which is told in few instructions.
        let backslash = chunk.iter().fold(u8::MAX, |least, byte| least.min(*byte ^ b'\\')) == 0;
        let control = chunk.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' ';
        Marks {
            quotes: bits(chunk, |byte| byte == b'"'),
            backslashes: if backslash { bits(chunk, |byte| byte == b'\\') } else { 0 },
            controls: if control { bits(chunk, |byte| byte < b' ') } else { 0 },
        }
    }
}

/// A bit for each byte of which something is true.
fn bits(chunk: &[u8; CHUNK], is: impl Fn(u8) -> bool) -> u64 {
    let mut hits = [0; CHUNK];
    for ((hit, byte), weight) in hits.iter_mut().zip(chunk).zip(&WEIGHTS) {
        *hit = if is(*byte) { *weight } else { 0 };
    }
    let (eights, _) = hits.as_chunks::<8>();
    // Bit k of byte j stands for byte 8k + j now: rows and columns change places, by halves of halves.
    let mut square = eights.iter().fold(0, |square, eight| square | u64::from_le_bytes(*eight));
    for (step, moved) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0xf0f0_f0f0)] {
        let changed = (square ^ (square >> step)) & moved;
        square ^= changed ^ (changed << step);
    }
    square
}

/// The marks of a text, chunk by chunk, with the place of each chunk's first byte. What is behind the text has none.
pub(super) fn marks(text: &[u8]) -> impl Iterator<Item = (usize, Marks)> {
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    let last = (!rest.is_empty()).then(|| {
        let mut padded = [b' '; CHUNK];
        for (to, byte) in padded.iter_mut().zip(rest) {
            *to = *byte;
        }
        Marks::of(&padded)
    });
    chunks.iter().map(Marks::of).chain(last).zip((0..).step_by(CHUNK)).map(|(marks, base)| (base, marks))
}

/// Which of a chunk's backslashes begin an escape, and which of its bytes are escaped.
///
/// - `carried`: whether the last byte of the chunk before begins one; afterwards, whether the last of this does.
pub(super) fn escapes(backslashes: u64, carried: &mut u64) -> (u64, u64) {
    let (mut begin, mut left) = (0, backslashes & !*carried);
    while left != 0 {
        let first = left & left.wrapping_neg();
        begin |= first;
        left &= !(first | first << 1);
    }
    let escaped = begin << 1 | *carried;
    *carried = begin >> 63;
    (begin, escaped)
}

/// The places of the bits that are set, from the lowest.
pub(super) fn places(mut bits: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (place < u64::BITS).then_some(place)
    })
}

/// Where the quotes and escapes of a text of JSON stand, counted from the text's first byte.
#[derive(Debug, Default)]
pub(in crate::outside) struct Places {
    /// The quotes around its texts. Where the JSON stands in a cell, in which every quote is doubled, the first of two.
    pub(in crate::outside) quotes: Vec<u32>,
    /// The backslashes that begin an escape.
    pub(in crate::outside) escapes: Vec<u32>,
    /// Whether there is a control character: a line end or tab between values, if it is good for anything.
    pub(in crate::outside) control: bool,
}

impl Places {
    /// Finds those of a whole text.
    pub(in crate::outside) fn of(text: &[u8]) -> Places {
        let (mut found, mut carried) = (Places::default(), 0);
        for (base, marks) in marks(text) {
            let (begin, escaped) = escapes(marks.backslashes, &mut carried);
            found.add(base, 0, (marks.quotes & !escaped, begin));
            found.control |= marks.controls != 0;
        }
        found
    }

    /// Adds those of a chunk at a place, of a text that begins at another.
    pub(super) fn add(&mut self, base: usize, begin: usize, (quotes, escapes): (u64, u64)) {
        // A chunk may begin before the text does, its bits do not; places in a block fit by far.
        let from = u32::try_from(base).unwrap_or(u32::MAX).wrapping_sub(u32::try_from(begin).unwrap_or(u32::MAX));
        self.quotes.extend(places(quotes).map(|place| from.wrapping_add(place)));
        if escapes != 0 {
            self.escapes.extend(places(escapes).map(|place| from.wrapping_add(place)));
        }
    }

    /// Forgets them, for the next text.
    pub(super) fn clear(&mut self) {
        self.quotes.clear();
        self.escapes.clear();
        self.control = false;
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, escapes};

    #[test]
    fn quotes_and_escapes_are_found_wherever_they_stand() {
        for before in 0..130 {
            let text = format!("{}\"a\\\"b\\\\\"\\\\\\\"\u{1}", " ".repeat(before));
            let found = Places::of(text.as_bytes());
            let from = |place: u32| place + u32::try_from(before).unwrap();
            assert_eq!(found.quotes, [from(0), from(7)], "{before}");
            assert_eq!(found.escapes, [from(2), from(5), from(8), from(10)], "{before}");
            assert!(found.control);
        }
        assert!(!Places::of("\u{20}\u{7f}é".as_bytes()).control);
    }

    #[test]
    fn an_escape_at_the_end_of_a_chunk_escapes_the_next() {
        let mut carried = 0;
        assert_eq!(escapes(0b11 << 62, &mut carried), (1 << 62, 1 << 63));
        assert_eq!(escapes(0b11, &mut carried), (1, 2));
        assert_eq!(escapes(1 << 63, &mut carried), (1 << 63, 0));
        assert_eq!(escapes(0b11, &mut carried), (2, 5));
    }
}
