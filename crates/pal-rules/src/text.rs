//! The text of a value as it stands in files: made in place or borrowed. Statements and evidence are full of ids, times
//! and words, and the machinery of `Display` takes several times as long.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// How many bytes stand in place: those of a GUID, of a time, of any number. With them a text takes forty bytes.
const SHORT: usize = 37;

/// The text of a value.
#[derive(Clone)]
pub struct Text<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Short { letters: [u8; SHORT], length: u8, plain: bool },
    Long(Cow<'a, str>),
}

/// A value that has a text of its own in files; its `Display` says the same.
pub trait Written {
    /// The text.
    fn text(&self) -> Text<'_>;
}

impl<'a> Text<'a> {
    /// What stands for what is absent.
    pub const EMPTY: Self = Self::borrowed("");

    /// A text that stands elsewhere.
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Repr::Long(Cow::Borrowed(text)))
    }

    /// A text that stands nowhere else.
    pub fn owned(text: &str) -> Self {
        let (mut letters, length) = ([0; SHORT], text.len());
        match (letters.get_mut(..length), u8::try_from(length)) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Repr::Short { letters, length, plain: false })
            }
            _ => Self(Repr::Long(Cow::Owned(text.to_owned()))),
        }
    }

    /// The first of some letters, which fit in place: those of a GUID, a time or a number.
    pub(crate) fn letters<const N: usize>(first: &[u8; N], length: usize) -> Self {
        const { assert!(N <= SHORT, "they do not fit") };
        let mut letters = [0; SHORT];
        if let Some(place) = letters.get_mut(..N) {
            place.copy_from_slice(first);
        }
        Self(Repr::Short { letters, length: u8::try_from(length).unwrap_or_default(), plain: true })
    }

    /// Whether it is known to be digits, letters and `-`, `:`, `.` alone, which no file has to quote.
    pub fn needs_no_quotes(&self) -> bool {
        matches!(self.0, Repr::Short { plain: true, .. })
    }

    /// Adds the text to bytes.
    pub fn put(&self, bytes: &mut Vec<u8>) {
        match &self.0 {
            // All places at once: a copy whose size is known is some moves.
            Repr::Short { letters, length, .. } => {
                let end = bytes.len() + usize::from(*length);
                bytes.extend_from_slice(letters);
                bytes.truncate(end);
            }
            Repr::Long(text) => bytes.extend_from_slice(text.as_bytes()),
        }
    }

    /// The bytes of the text.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short { letters, length, .. } => letters.get(..usize::from(*length)).unwrap_or_default(),
            Repr::Long(text) => text.as_bytes(),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Repr::Short { .. } => str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Repr::Long(text) => text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text<'_> {}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Written for str {
    fn text(&self) -> Text<'_> {
        Text::borrowed(self)
    }
}

impl Written for u64 {
    fn text(&self) -> Text<'_> {
        let (mut letters, mut number, mut length) = ([b'0'; 20], *self, 0);
        for place in letters.iter_mut().rev() {
            (*place, number) = (digit(number), number / 10);
            length += 1;
            if number == 0 {
                break;
            }
        }
        letters.rotate_right(length);
        Text::letters(&letters, length)
    }
}

/// The last digits of a number.
pub(crate) fn digits<const N: usize>(mut number: u64) -> [u8; N] {
    let mut digits = [b'0'; N];
    for place in digits.iter_mut().rev() {
        (*place, number) = (digit(number), number / 10);
    }
    digits
}

fn digit(number: u64) -> u8 {
    let [last, ..] = (number % 10).to_le_bytes();
    b'0' + last
}

#[cfg(test)]
mod tests {
    use super::{Text, Written, digits};
    use crate::id::{Id, PartnerId};
    use crate::time::Timestamp;

    #[test]
    fn texts_of_any_length_are_kept() {
        for length in [0, 1, 36, 37, 38, 39, 300] {
            let whole: String = "ä".repeat(length / 2) + &"x".repeat(length % 2);
            for text in [Text::owned(&whole), Text::borrowed(&whole)] {
                assert_eq!(
                    (&*text, text.as_bytes(), text.to_string()),
                    (&*whole, whole.as_bytes(), whole.clone())
                );
            }
        }
    }

    #[test]
    fn what_is_said_to_need_no_quotes_needs_none() {
        let (times, ids) = ([i64::MIN, -1, 0, 1_700_000_000_000_001, i64::MAX], [0, 1 << 77, u128::MAX]);
        let times = times.map(Timestamp::from_micros);
        let ids = ids.map(Id::from_guid);
        let months = times.map(Timestamp::month);
        let partner = PartnerId::new("0123456789").unwrap();
        let texts = times.iter().map(Written::text).chain(ids.iter().map(Written::text));
        let texts = texts.chain(months.iter().map(Written::text)).chain([partner.text(), u64::MAX.text()]);
        let mut plain = 0;
        for text in texts.filter(Text::needs_no_quotes) {
            plain += 1;
            let is_plain = |letter: &u8| letter.is_ascii_alphanumeric() || b"-:.".contains(letter);
            assert!(text.as_bytes().iter().all(is_plain), "{text}");
        }
        assert!(plain > 7, "{plain}");
        for other in [Text::owned(","), Text::borrowed("a"), Text::EMPTY, Id::new("\"").text()] {
            assert!(!other.needs_no_quotes());
        }
    }

    #[test]
    fn numbers_are_written_as_display_writes_them() {
        for number in [0, 1, 9, 10, 12_345, 99_999_999_999, u64::MAX] {
            assert_eq!(&*number.text(), number.to_string());
        }
        assert_eq!((digits::<4>(25), digits::<2>(123)), (*b"0025", *b"23"));
    }
}
