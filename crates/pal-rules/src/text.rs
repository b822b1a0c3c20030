//! The text of a value as it stands in files: made in place or borrowed. Statements and evidence are full of ids, times
//! and words, and the machinery of `Display` takes several times as long.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// How many bytes stand in place: those of a GUID, of a time, of any number. With them a text takes forty bytes.
const SHORT: usize = 37;

/// The text of a value.
#[derive(Clone)]
pub struct Text<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Short { letters: [u8; SHORT], length: u8 },
    Long(Cow<'a, str>),
}

/// A value that has a text of its own in files; its `Display` says the same.
pub trait Written {
    /// The text.
    fn text(&self) -> Text<'_>;

    /// Adds the text to bytes if it is known, without a look at it, to be digits, letters and `-`, `_`, `:`, `.` alone,
    /// which no file has to quote. Says whether it did.
    fn put_plain(&self, _bytes: &mut Vec<u8>) -> bool {
        false
    }
}

/// What is absent, in a file whose cells are never missing.
pub const ABSENT: &dyn Written = &"";

impl<'a> Text<'a> {
    /// A text that stands elsewhere.
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Repr::Long(Cow::Borrowed(text)))
    }

    /// A text that stands nowhere else.
    pub(crate) fn owned(text: &str) -> Self {
        let (mut letters, length) = ([0; SHORT], text.len());
        match (letters.get_mut(..length), u8::try_from(length)) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Repr::Short { letters, length })
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
        Self(Repr::Short { letters, length: u8::try_from(length).unwrap_or_default() })
    }

    /// The bytes of the text.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short { letters, length } => letters.get(..usize::from(*length)).unwrap_or_default(),
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

impl Written for String {
    fn text(&self) -> Text<'_> {
        Text::borrowed(self)
    }
}

impl Written for &str {
    fn text(&self) -> Text<'_> {
        Text::borrowed(self)
    }
}

impl Written for Arc<str> {
    fn text(&self) -> Text<'_> {
        Text::borrowed(self)
    }
}

/// Whether a text is digits, letters and `-`, `_`, `:`, `.` alone.
pub(crate) const fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [letter, after @ ..] = rest {
        if !letter.is_ascii_alphanumeric() && !matches!(*letter, b'-' | b'_' | b':' | b'.') {
            return false;
        }
        rest = after;
    }
    true
}

/// Adds the first of some letters to bytes: all of them at first, because a copy whose size is known is some moves.
pub(crate) fn put_first<const N: usize>(bytes: &mut Vec<u8>, letters: &[u8; N], length: usize) {
    let end = bytes.len() + length;
    bytes.extend_from_slice(letters);
    bytes.truncate(end);
}

impl Written for u64 {
    fn text(&self) -> Text<'_> {
        let (letters, length) = decimal(*self);
        Text::letters(&letters, length)
    }

    fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
        // Most numbers of users are small.
        if *self < 10 {
            bytes.push(digit(*self));
        } else {
            let (letters, length) = decimal(*self);
            put_first(bytes, &letters, length);
        }
        true
    }
}

/// The digits of a number, and how many there are.
fn decimal(mut number: u64) -> ([u8; 20], usize) {
    let (mut letters, mut length) = ([b'0'; 20], 0);
    for place in letters.iter_mut().rev() {
        (*place, number) = (digit(number), number / 10);
        length += 1;
        if number == 0 {
            break;
        }
    }
    letters.rotate_right(length);
    (letters, length)
}

/// The two digits of a number below a hundred, found beside each other.
pub(crate) const fn two_digits(number: u64) -> [u8; 2] {
    let tens = (number * 103) >> 10;
    let [tens_digit, ..] = tens.to_le_bytes();
    let [ones_digit, ..] = (number - 10 * tens).to_le_bytes();
    [b'0' + tens_digit, b'0' + ones_digit]
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
    use super::{Text, Written, digits, is_plain, two_digits};
    use crate::id::{Id, PartnerId};
    use crate::time::Timestamp;
    use crate::word::{Basis, Product};

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
    fn what_is_put_without_a_look_is_the_text_and_needs_no_quotes() {
        let (times, ids) = ([i64::MIN, -1, 0, 1_700_000_000_000_001, i64::MAX], [0, 1 << 77, u128::MAX]);
        let times = times.map(Timestamp::from_micros);
        let ids = ids.map(Id::from_guid);
        let months = times.map(Timestamp::month);
        let partner = PartnerId::new("0123456789").unwrap();
        let products = ["power_bi", "customer_insights", "a,b"].map(Product::new);
        let (other, empty) = (Id::new("\""), Id::new(""));
        let mut values: Vec<&dyn Written> =
            vec![&partner, &0, &9, &10, &u64::MAX, &Basis::CoOwner, &other, &empty];
        values.extend(times.iter().map(|time| time as &dyn Written));
        values.extend(ids.iter().map(|id| id as &dyn Written));
        values.extend(months.iter().map(|month| month as &dyn Written));
        values.extend(products.iter().map(|product| product as &dyn Written));
        let mut put = 0;
        for value in values {
            let (text, mut bytes) = (value.text(), b"before".to_vec());
            if !value.put_plain(&mut bytes) {
                assert_eq!(bytes, b"before");
                continue;
            }
            put += 1;
            assert_eq!(bytes, [b"before", text.as_bytes()].concat());
            assert!(is_plain(&text), "{text}");
        }
        assert_eq!(put, 17);
    }

    #[test]
    fn numbers_are_written_as_display_writes_them() {
        for number in [0, 1, 9, 10, 12_345, 99_999_999_999, u64::MAX] {
            assert_eq!(&*number.text(), number.to_string());
        }
        assert_eq!((digits::<4>(25), digits::<2>(123)), (*b"0025", *b"23"));
        for number in 0..100 {
            assert_eq!(two_digits(number), digits(number));
        }
    }
}
