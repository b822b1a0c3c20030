//! Identifiers: text as it came, GUIDs lower-cased and held as numbers.
//!
//! The order of every id is the order of its text, because statements are sorted "as text".

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::text::{Text, Written, put_first};

/// The shared representation of all ids: a GUID in 16 bytes, or any other text.
///
/// A GUID-shaped text is always `Guid`, so equal ids are equal values.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    /// The upper and the lower half: 24 bytes in all, where a `u128` would make 32 of it.
    Guid(u64, u64),
    Other(Arc<str>),
}

/// An identifier of any kind; the typed ids below wrap it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Id(Repr);

impl Id {
    /// Reads an id: 36-character GUIDs in any case become lower-case GUIDs, other text stays as it is.
    pub fn new(text: &str) -> Self {
        match parse_guid(text.as_bytes()) {
            Some((upper, lower)) => Self(Repr::Guid(upper, lower)),
            None => Self(Repr::Other(Arc::from(text))),
        }
    }

    /// Makes an id of a GUID given as its 16 bytes in big-endian order (the order of its text).
    pub fn from_guid(guid: u128) -> Self {
        let halves = guid.to_be_bytes();
        let (upper, lower) = halves.split_at(8);
        let half = |bytes: &[u8]| bytes.iter().fold(0, |half, byte| half << 8 | u64::from(*byte));
        Self(Repr::Guid(half(upper), half(lower)))
    }

    /// The first byte of a text that stands apart; 0 of a GUID, and of an empty one. To ask for it brings the text near.
    pub fn first_byte(&self) -> u8 {
        match &self.0 {
            Repr::Guid(..) => 0,
            Repr::Other(text) => text.as_bytes().first().copied().unwrap_or_default(),
        }
    }

    /// The GUID as a number, if this id is one.
    pub fn guid(&self) -> Option<u128> {
        match self.0 {
            Repr::Guid(upper, lower) => Some(u128::from(upper) << 64 | u128::from(lower)),
            Repr::Other(_) => None,
        }
    }
}

impl Ord for Id {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Guid(a, b), Repr::Guid(c, d)) => (a, b).cmp(&(c, d)),
            _ => cmp_text(self, other),
        }
    }
}

/// The order of ids that are not both GUIDs: apart, because nearly all are.
#[cold]
fn cmp_text(id: &Id, other: &Id) -> Ordering {
    id.text().as_bytes().cmp(other.text().as_bytes())
}

impl PartialOrd for Id {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Written for Id {
    fn text(&self) -> Text<'_> {
        match &self.0 {
            Repr::Guid(upper, lower) => Text::letters(&guid_text(*upper, *lower), 36),
            Repr::Other(text) => Text::borrowed(text),
        }
    }

    fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
        if let Repr::Guid(upper, lower) = self.0 {
            bytes.extend_from_slice(&guid_text(upper, lower));
        }
        matches!(self.0, Repr::Guid(..))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads `8-4-4-4-12` hexadecimal digits as upper and lower half; `None` for any other text.
///
/// On the path of every id of every activity row, so without a branch per digit, and with all digits at once.
fn parse_guid(text: &[u8]) -> Option<(u64, u64)> {
    let text: &[u8; 36] = text.try_into().ok()?;
    if [text[8], text[13], text[18], text[23]] != *b"----" {
        return None;
    }
    let mut digits = [0; 32];
    digits[..8].copy_from_slice(&text[..8]);
    digits[8..12].copy_from_slice(&text[9..13]);
    digits[12..16].copy_from_slice(&text[14..18]);
    digits[16..20].copy_from_slice(&text[19..23]);
    digits[20..].copy_from_slice(&text[24..]);
    for digit in &mut digits {
        let (number, letter) = (digit.wrapping_sub(b'0'), (*digit | 0x20).wrapping_sub(b'a'));
        *digit = if number < 10 {
            number
        } else if letter < 6 {
            letter + 10
        } else {
            0xff
        };
    }
    let seen = digits.iter().fold(0, |seen, value| seen | value);
    let (eights, _) = digits.as_chunks::<8>();
    let [first, second, third, fourth] = *eights else { return None };
    let halves = (
        u64::from(packed(first)) << 32 | u64::from(packed(second)),
        u64::from(packed(third)) << 32 | u64::from(packed(fourth)),
    );
    (seen < 16).then_some(halves)
}

/// Eight digits as one number.
fn packed(digits: [u8; 8]) -> u32 {
    let mut number = u64::from_be_bytes(digits);
    number = (number | number >> 4) & 0x00ff_00ff_00ff_00ff;
    number = (number | number >> 8) & 0x0000_ffff_0000_ffff;
    u32::try_from((number | number >> 16) & 0xffff_ffff).unwrap_or_default()
}

/// Writes a GUID as its 36 lower-case characters.
fn guid_text(upper: u64, lower: u64) -> [u8; 36] {
    let [first, second, third, fourth] = [upper >> 32, upper, lower >> 32, lower].map(hexadecimal);
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&first);
    text[9..13].copy_from_slice(&second[..4]);
    text[14..18].copy_from_slice(&second[4..]);
    text[19..23].copy_from_slice(&third[..4]);
    text[24..28].copy_from_slice(&third[4..]);
    text[28..].copy_from_slice(&fourth);
    text
}

/// The lower 32 bits in hexadecimal, all eight digits at once: each half byte to a byte of its own, then to its letter.
fn hexadecimal(number: u64) -> [u8; 8] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let number = number & 0xffff_ffff;
    let number = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let number = (number | number << 8) & 0x00ff_00ff_00ff_00ff;
    let number = (number | number << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = (number + 6 * EACH) >> 4 & EACH;
    (number + u64::from(b'0') * EACH + letters * u64::from(b'a' - b'0' - 10)).to_be_bytes()
}

/// Declares the typed ids: one newtype per noun, so that a tenant is never taken for a resource.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Id);

        impl $name {
            /// Reads the id from its text.
            pub fn new(text: &str) -> Self {
                Self(Id::new(text))
            }
        }

        impl Written for $name {
            fn text(&self) -> Text<'_> {
                self.0.text()
            }

            fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
                self.0.put_plain(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

ids! {
    /// A customer's directory.
    TenantId
    /// A principal (person, service principal, group) within its tenant.
    ObjectId
    /// An app, flow, dataset or Customer Insights instance.
    ResourceId
    /// An environment; of a dataset, its workspace.
    EnvironmentId
    /// An ownership event.
    EventId
    /// A solution import.
    ImportId
}

/// A partner id: 1 to 10 decimal digits, kept as text (leading zeros included).
///
/// Ordered as text; [`PartnerId::number`] gives the numeric order that decision D7 asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartnerId([u8; 10]);

impl PartnerId {
    /// Reads a partner id; `None` unless the text is 1 to 10 decimal digits.
    pub fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.is_empty() || bytes.len() > 10 || !bytes.iter().all(u8::is_ascii_digit) {
            return None;
        }
        // Padded with zero bytes, which sort before every digit: the order of arrays is the order as text.
        let mut padded = [0; 10];
        for (place, byte) in padded.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Some(Self(padded))
    }

    /// The id as a number.
    pub fn number(self) -> u64 {
        self.digits().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    fn digits(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().take_while(|byte| *byte != 0)
    }
}

impl Written for PartnerId {
    fn text(&self) -> Text<'_> {
        Text::letters(&self.0, self.digits().count())
    }

    fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
        put_first(bytes, &self.0, self.digits().count());
        true
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Id, PartnerId};

    #[test]
    fn a_guid_is_lower_cased_and_other_text_kept() {
        assert_eq!(
            Id::new("0AD67E72-B1A4-44F9-BB91-E572EBE718DF").to_string(),
            "0ad67e72-b1a4-44f9-bb91-e572ebe718df"
        );
        assert_eq!(Id::new("upn:A@b.example").to_string(), "upn:A@b.example");
        assert_eq!(
            Id::new("0AD67E72+B1A4-44F9-BB91-E572EBE718DF").to_string(),
            "0AD67E72+B1A4-44F9-BB91-E572EBE718DF"
        );
    }

    #[test]
    fn a_guid_has_nothing_but_digits() {
        let text = "0ad67e72-b1a4-44f9-bb91-e572ebe718df";
        for place in 0..text.len() {
            for byte in 0..128_u8 {
                let mut other = text.to_owned();
                other.replace_range(place..=place, char::from(byte).encode_utf8(&mut [0; 4]));
                let guid = u128::from_str_radix(&other.replace('-', ""), 16).ok();
                let hyphens = [8, 13, 18, 23].iter().all(|place| other.as_bytes()[*place] == b'-');
                let digits = other.bytes().filter(u8::is_ascii_hexdigit).count() == 32;
                assert_eq!(Id::new(&other).guid(), guid.filter(|_| hyphens && digits), "{other:?}");
            }
        }
    }

    #[test]
    fn ids_are_ordered_as_their_text() {
        let mut texts = vec![
            "0ad67e72-b1a4-44f9-bb91-e572ebe718df",
            "ffd67e72-b1a4-44f9-bb91-e572ebe718df",
            "upn:a@b.example",
            "0ad6",
            "0ad67e72-b1a4-44f9-bb91-e572ebe718dg",
            "",
            "-",
        ];
        let mut ids: Vec<Id> = texts.iter().map(|text| Id::new(text)).collect();
        texts.sort_unstable();
        ids.sort_unstable();
        assert_eq!(ids.iter().map(Id::to_string).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn partner_ids_are_one_to_ten_digits_ordered_as_text() {
        let id = |text| PartnerId::new(text);
        assert!(id("").is_none() && id("40x").is_none() && id("12345678901").is_none());
        assert!(id("1000001") < id("999999"));
        assert_eq!(id("0012").map(PartnerId::number), Some(12));
        assert_eq!(id("0012").map(|partner| partner.to_string()), Some("0012".to_owned()));
    }
}
