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
            if let Some([first, second]) = text.get_mut(place..place + 2) {
                (*first, *second) = (digit(byte >> 4), digit(byte & 0xf));
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

const fn digit(half: u8) -> u8 {
    half + if half < 10 { b'0' } else { b'a' - 10 }
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
