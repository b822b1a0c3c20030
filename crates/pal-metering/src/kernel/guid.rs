//! GUIDs: 36 characters of text, 16 bytes.

use std::fmt;

use pal_rules::id::Id;

/// An id of 16 bytes, in the order of its text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Guid {
    /// The first 16 digits.
    pub upper: u64,
    /// The last 16 digits.
    pub lower: u64,
}

impl Guid {
    /// Of its 16 bytes in the order of its text.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from(u128::from_be_bytes(bytes))
    }

    /// Its 16 bytes in the order of its text.
    pub fn to_bytes(self) -> [u8; 16] {
        u128::from(self).to_be_bytes()
    }

    /// Reads 36 characters in either case; `None` for any other text.
    pub fn parse(text: &[u8]) -> Option<Self> {
        parse(text.try_into().ok()?)
    }

    /// Its 36 characters, in lower case.
    pub fn text(self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        let places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
        for (place, byte) in places.into_iter().zip(self.to_bytes()) {
            if let (Some(digits), Some(two)) = (text.get_mut(place..place + 2), DIGITS.get(usize::from(byte)))
            {
                digits.copy_from_slice(two);
            }
        }
        text
    }

    /// As the rules have it.
    pub fn id(self) -> Id {
        Id::from_guid(self.into())
    }
}

impl From<u128> for Guid {
    fn from(number: u128) -> Self {
        let bytes = number.to_be_bytes();
        let half = |bytes: &[u8]| bytes.iter().fold(0, |half, byte| half << 8 | u64::from(*byte));
        let (upper, lower) = bytes.split_at(8);
        Self { upper: half(upper), lower: half(lower) }
    }
}

impl From<Guid> for u128 {
    fn from(guid: Guid) -> Self {
        Self::from(guid.upper) << 64 | Self::from(guid.lower)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The two digits of each byte.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses an index out of bounds"
)]
const DIGITS: [[u8; 2]; 256] = {
    const HEXADECIMAL: [u8; 16] = *b"0123456789abcdef";
    let (mut digits, mut byte) = ([[0; 2]; 256], 0);
    while byte < 256 {
        digits[byte] = [HEXADECIMAL[byte >> 4], HEXADECIMAL[byte & 0xf]];
        byte += 1;
    }
    digits
};

/// Reads values of a plain page of Parquet, each 36 characters behind their length; `None` if one is something else.
pub(crate) fn parse_all(bytes: &[u8], count: usize, to: &mut Vec<Guid>) -> Option<()> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the one call into code for AVX2")]
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { super::wide::parse_all(bytes, count, to) };
    }
    parse_each(bytes, count, to)
}

/// As [`parse_all`], on any processor.
fn parse_each(bytes: &[u8], count: usize, to: &mut Vec<Guid>) -> Option<()> {
    let (values, _) = bytes.get(..count.checked_mul(40)?)?.as_chunks::<40>();
    for value in values {
        let (length, text) = value.split_first_chunk::<4>()?;
        to.push(parse(text.first_chunk::<36>().filter(|_| u32::from_le_bytes(*length) == 36)?)?);
    }
    Some(())
}

/// Reads a GUID eight digits at a time.
#[inline]
pub(crate) fn parse(text: &[u8; 36]) -> Option<Guid> {
    if [text[8], text[13], text[18], text[23]] != *b"----" {
        return None;
    }
    let eight = |start: usize, gap: usize| {
        let (left, right) = (text.get(start..start + 4)?, text.get(start + 4 + gap..start + 8 + gap)?);
        Some(digits(u32::from_be_bytes(left.try_into().ok()?), u32::from_be_bytes(right.try_into().ok()?)))
    };
    let (first, one) = eight(0, 0)?;
    let (second, two) = eight(9, 1)?;
    let (third, three) = eight(19, 1)?;
    let (fourth, four) = eight(28, 0)?;
    let guid = Guid { upper: first << 32 | second, lower: third << 32 | fourth };
    (one & two & three & four).then_some(guid)
}

/// The value of eight hexadecimal digits, and whether they are that.
#[inline]
fn digits(left: u32, right: u32) -> (u64, bool) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let text = u64::from(left) << 32 | u64::from(right);
    // A bit per byte that no digit has would carry into the next byte's range checks.
    let ascii = text & (0x80 * EACH) == 0;
    let lower = text | (0x20 * EACH);
    // Adding makes the top bit of a byte tell on which side of a bound it is.
    let from = |text: u64, bound: u64| ((text & (0x7f * EACH)) + (0x80 - bound) * EACH) & (0x80 * EACH);
    let digit = from(text, 0x30) & !from(text, 0x3a);
    let letter = from(lower, 0x61) & !from(lower, 0x67);
    let valid = ascii && (digit | letter) == 0x80 * EACH;
    let nibbles = (text & (0x0f * EACH)) + (letter >> 7) * 9;
    // Pairs of nibbles to bytes, bytes to halves, halves to the whole.
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let halves = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    ((halves | halves >> 16) & 0xffff_ffff, valid)
}

#[cfg(test)]
mod tests {
    use pal_rules::id::Id;
    use proptest::prelude::*;

    use super::{Guid, parse, parse_all, parse_each};

    /// Texts that are GUIDs, nearly GUIDs, and anything of their length.
    fn texts() -> impl Strategy<Value = [u8; 36]> {
        let changed = (any::<u128>(), any::<bool>(), 0..36_usize, any::<u8>(), any::<bool>());
        changed.prop_map(|(number, upper, place, byte, change)| {
            let mut text = Guid::from(number).text();
            if upper {
                text.make_ascii_uppercase();
            }
            if change {
                text[place] = byte;
            }
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        #[test]
        fn what_is_read_is_what_the_rules_read(text in texts()) {
            let expected = str::from_utf8(&text).ok().and_then(|text| Id::new(text).guid()).map(Guid::from);
            prop_assert_eq!(parse(&text), expected);
            let value: Vec<u8> = 36_u32.to_le_bytes().into_iter().chain(text).collect();
            let (mut one, mut other) = (Vec::new(), Vec::new());
            prop_assert_eq!(parse_all(&value, 1, &mut one).is_some(), expected.is_some());
            prop_assert_eq!(parse_each(&value, 1, &mut other).is_some(), expected.is_some());
            if let Some(expected) = expected {
                prop_assert_eq!(&one, &vec![expected]);
                prop_assert_eq!(&other, &one);
            }
        }
    }

    #[test]
    fn every_byte_at_every_place_is_read_as_the_rules_read_it() {
        let text = Guid::from(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128).text();
        for place in 0..36 {
            for byte in 0..=127 {
                let mut text = text;
                text[place] = byte;
                let expected = Id::new(str::from_utf8(&text).unwrap()).guid().map(Guid::from);
                assert_eq!(parse(&text), expected, "{text:?}");
                let value: Vec<u8> = 36_u32.to_le_bytes().into_iter().chain(text).collect();
                let mut read = Vec::new();
                assert_eq!(parse_all(&value, 1, &mut read).map(|()| read[0]), expected, "{text:?}");
            }
        }
    }
}
