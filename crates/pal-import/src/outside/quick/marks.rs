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
    #[expect(
        clippy::inline_always,
        reason = "what a chunk takes is few instructions, and a call is many of them"
    )]
    #[inline(always)]
    fn of(chunk: &[u8; CHUNK]) -> Marks {
        let quotes = bits(chunk, |byte| byte == b'"');
        // Most chunks have neither backslashes nor control characters, which is told in few instructions.
        let mut rare = [0; CHUNK];
        for (rare, byte) in rare.iter_mut().zip(chunk) {
            *rare = if *byte == b'\\' || *byte < b' ' { u8::MAX } else { 0 };
        }
        let (eights, _) = rare.as_chunks::<8>();
        if eights.iter().fold(0, |any, eight| any | u64::from_le_bytes(*eight)) != 0 {
            return Marks::with_rare(quotes, chunk);
        }
        Marks { quotes, backslashes: 0, controls: 0 }
    }

    #[inline(never)]
    fn with_rare(quotes: u64, chunk: &[u8; CHUNK]) -> Marks {
        let backslashes = bits(chunk, |byte| byte == b'\\');
        Marks { quotes, backslashes, controls: bits(chunk, |byte| byte < b' ') }
    }
}

/// A bit for each byte of which something is true.
#[inline]
fn bits(chunk: &[u8; CHUNK], is: impl Fn(u8) -> bool) -> u64 {
    let mut hits = [0; CHUNK];
    for ((hit, byte), weight) in hits.iter_mut().zip(chunk).zip(&WEIGHTS) {
        *hit = if is(*byte) { *weight } else { 0 };
    }
    let (sixteens, _) = hits.as_chunks::<16>();
    let square = sixteens.iter().fold(0, |square, sixteen| square | u128::from_le_bytes(*sixteen));
    let halves = square.to_le_bytes();
    let (halves, _) = halves.as_chunks::<8>();
    // Bit k of byte j stands for byte 8k + j now: rows and columns change places, by halves of halves.
    let mut square = halves.iter().fold(0, |square, half| square | u64::from_le_bytes(*half));
    for (step, moved) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0xf0f0_f0f0)] {
        let changed = (square ^ (square >> step)) & moved;
        square ^= changed ^ (changed << step);
    }
    square
}

/// Hands on the marks of a text, chunk by chunk, with the place of each chunk's first byte, until `take` has nothing to say.
/// What is behind the text has no marks.
#[inline]
pub(super) fn marks(text: &[u8], mut take: impl FnMut(usize, Marks) -> Option<()>) -> Option<()> {
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    let last = (!rest.is_empty()).then(|| {
        let mut padded = [b' '; CHUNK];
        for (to, byte) in padded.iter_mut().zip(rest) {
            *to = *byte;
        }
        padded
    });
    let mut place = 0;
    loop {
        let Some(chunk) = chunks.get(place).or(last.as_ref().filter(|_| place == chunks.len())).copied()
        else {
            return Some(());
        };
        take(CHUNK * place, Marks::of(&chunk))?;
        place += 1;
    }
}

/// Which of a chunk's backslashes begin an escape, and which of its bytes are escaped.
///
/// - `carried`: whether the last byte of the chunk before begins one; afterwards, whether the last of this does.
#[inline]
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

/// Where the quotes and escapes of a text of JSON stand.
#[derive(Debug, Default)]
pub(in crate::outside) struct Places {
    /// A bit for each byte of the text, and before the first as many as `lead`, which is set for the quotes around texts.
    /// Where the JSON stands in a cell, in which every quote is doubled, it is set for the first of two.
    quotes: Vec<u64>,
    lead: usize,
    /// The backslashes that begin an escape, counted from the text's first byte.
    escapes: Vec<u32>,
    /// Whether there is a control character: a line end or tab between values, if it is good for anything.
    pub(in crate::outside) control: bool,
}

impl Places {
    /// Finds those of a whole text.
    pub(in crate::outside) fn of(text: &[u8]) -> Places {
        let (mut found, mut carried) = (Places::default(), 0);
        let whole = marks(text, |base, marks| {
            let (begin, escaped) = escapes(marks.backslashes, &mut carried);
            found.add(base, 0, (marks.quotes & !escaped, begin));
            found.control |= marks.controls != 0;
            Some(())
        });
        debug_assert_eq!(whole, Some(()));
        found
    }

    /// Adds those of a chunk at a place, of a text that begins at another, in this chunk or one before.
    #[inline]
    pub(super) fn add(&mut self, base: usize, begin: usize, (quotes, escapes): (u64, u64)) {
        if self.quotes.is_empty() {
            self.lead = begin.saturating_sub(base);
        }
        self.quotes.push(quotes);
        if escapes != 0 {
            self.add_escapes(base.wrapping_sub(begin), escapes);
        }
    }

    #[inline(never)]
    fn add_escapes(&mut self, from: usize, escapes: u64) {
        let escapes = places(escapes).map(|place| from.wrapping_add(place as usize));
        self.escapes.extend(escapes.map(|place| u32::try_from(place).unwrap_or(u32::MAX)));
    }

    /// Forgets them, for the next text.
    pub(super) fn clear(&mut self) {
        self.quotes.clear();
        self.escapes.clear();
        self.control = false;
    }

    /// Those from a place on.
    pub(in crate::outside) fn ahead(&self, from: usize) -> Ahead<'_> {
        let bit = from + self.lead;
        let skipped = bit / CHUNK;
        let (first, rest) = self.quotes.get(skipped..).and_then(<[u64]>::split_first).unwrap_or((&0, &[]));
        // What is before it in a text is other cells, and few escapes if any.
        let before = self.escapes.iter().take_while(|place| (**place as usize) < from).count();
        let mut ahead = Ahead {
            base: (skipped * CHUNK).wrapping_sub(self.lead),
            quotes: first & (u64::MAX << (bit % CHUNK)),
            rest,
            escape: usize::MAX,
            escapes: self.escapes.get(before..).unwrap_or_default(),
        };
        ahead.next_escape();
        ahead
    }
}

/// Quotes and escapes that are ahead.
#[derive(Clone, Copy, Debug)]
pub(in crate::outside) struct Ahead<'a> {
    /// The place of the lowest bit of `quotes`.
    base: usize,
    quotes: u64,
    rest: &'a [u64],
    /// The next escape; further than any place in a block where there is none.
    escape: usize,
    escapes: &'a [u32],
}

impl Ahead<'_> {
    /// The place of the next quote.
    #[inline]
    pub(in crate::outside) fn quote(&mut self) -> Option<usize> {
        while self.quotes == 0 {
            let (quotes, rest) = self.rest.split_first()?;
            (self.quotes, self.rest) = (*quotes, rest);
            self.base = self.base.wrapping_add(CHUNK);
        }
        let place = self.base.wrapping_add(self.quotes.trailing_zeros() as usize);
        self.quotes &= self.quotes - 1;
        Some(place)
    }

    /// Whether there is an escape before a place.
    #[inline]
    pub(in crate::outside) fn escapes(&self, before: usize) -> bool {
        self.escape < before
    }

    /// The place of the next escape, if it is before another place.
    pub(in crate::outside) fn escape(&mut self, before: usize) -> Option<usize> {
        let escape = self.escape;
        (escape < before).then(|| {
            self.next_escape();
            escape
        })
    }

    fn next_escape(&mut self) {
        let (escape, escapes) = self.escapes.split_first().unwrap_or((&u32::MAX, &[]));
        (self.escape, self.escapes) = (*escape as usize, escapes);
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
            for from in 0..=before {
                let mut ahead = found.ahead(from);
                let quotes: Vec<usize> = std::iter::from_fn(|| ahead.quote()).collect();
                assert_eq!(quotes, [before, before + 7], "{before}");
                let escapes: Vec<usize> = std::iter::from_fn(|| ahead.escape(1 << 20)).collect();
                assert_eq!(escapes, [2, 5, 8, 10].map(|place| before + place), "{before}");
            }
            let mut ahead = found.ahead(before + 3);
            assert_eq!((ahead.escape(before + 6), ahead.escape(before + 8)), (Some(before + 5), None));
            assert_eq!((ahead.quote(), ahead.quote()), (Some(before + 7), None));
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
