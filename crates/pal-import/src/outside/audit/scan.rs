//! JSON told apart as it is passed over: what a value is and where it ends, and that it is written as JSON must be. Where its
//! quotes and escapes stand is known before. What is rare (exponents, numbers of many digits, half characters, deep nesting)
//! is not looked into: it needs the general path.

use std::borrow::Cow;

use crate::outside::quick::{Ahead, Places};

/// The deepest that values are nested in one another.
const DEPTH: u32 = 64;
/// The most digits of a number.
const DIGITS: usize = 18;

/// A text of JSON, and how far it was looked at. What is done seldom gets a copy of it and gives one back, or gets a place
/// and gives one: so a compiler keeps the one that reads a record in registers.
///
/// `QUOTE` is how many bytes a quote is: two in a cell, where each is doubled.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a, 'p, const QUOTE: usize> {
    text: &'a str,
    at: usize,
    ahead: Ahead<'p>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    Text(Between),
    /// A whole number.
    Whole(i64),
    Truth(bool),
    /// Null, or a number with a fraction.
    Nothing,
    /// An object or a list, from its first byte to behind its last.
    Nested(usize, usize),
}

/// Where a text stands: behind its first quote, and at its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Between {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether there are escapes in it.
    pub(super) escaped: bool,
}

impl<'a, 'p, const QUOTE: usize> Scan<'a, 'p, QUOTE> {
    /// The JSON that a text has from a place on. None where it is no UTF-8, or has a control character.
    #[inline]
    pub(super) fn new(bytes: &'a [u8], from: usize, places: &'p Places) -> Option<Self> {
        if places.control {
            return None;
        }
        Some(Self { text: std::str::from_utf8(bytes).ok()?, at: from, ahead: places.ahead(from) })
    }

    /// All of the text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no space.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.byte()?;
        if byte != b' ' {
            return Some(byte);
        }
        self.at = behind_spaces(self.text, self.at);
        self.byte()
    }

    /// Passes over a byte that must come next.
    #[inline]
    pub(super) fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then(|| self.at += 1)
    }

    /// Whether something follows in an object or list, which ends with `end` else.
    #[inline]
    pub(super) fn more(&mut self, end: u8) -> Option<bool> {
        let byte = self.next()?;
        self.at += 1;
        match byte {
            b',' => Some(true),
            byte if byte == end => Some(false),
            _ => None,
        }
    }

    /// Nothing but spaces may be left.
    pub(super) fn end(mut self) -> Option<()> {
        self.next().is_none().then_some(())
    }

    /// The name of a member, and the colon behind it; names with escapes are rare.
    #[expect(clippy::inline_always, reason = "a part of `Scan::value` and of what reads members")]
    #[inline(always)]
    pub(super) fn key(&mut self) -> Option<Between> {
        self.next()?;
        let key = self.string().filter(|key| !key.escaped)?;
        self.expect(b':')?;
        Some(key)
    }

    /// The value that is next.
    #[expect(
        clippy::inline_always,
        reason = "half of what reading a record is; saving registers costs as much again"
    )]
    #[inline(always)]
    pub(super) fn value(&mut self) -> Option<Scanned> {
        let byte = self.next()?;
        if byte == b'"' {
            return self.string().map(Scanned::Text);
        }
        if matches!(byte, b'{' | b'[') {
            let begin = self.at;
            *self = self.nested(0)?;
            return Some(Scanned::Nested(begin, self.at));
        }
        let (value, behind) = plain(self.text.as_bytes(), self.at)?;
        self.at = behind;
        Some(value)
    }

    /// The text whose quote is next.
    #[expect(clippy::inline_always, reason = "a part of `Scan::value`")]
    #[inline(always)]
    fn string(&mut self) -> Option<Between> {
        if self.ahead.quote()? != self.at {
            return None;
        }
        let (from, to) = (self.at + QUOTE, self.ahead.quote()?);
        self.at = to + QUOTE;
        let escaped = self.ahead.escapes(to);
        if escaped {
            self.ahead = behind_escapes(self.ahead, self.text.as_bytes(), to)?;
        }
        Some(Between { from, to, escaped })
    }

    /// Passes over an object or a list.
    fn nested(mut self, depth: u32) -> Option<Self> {
        if depth == DEPTH {
            return None;
        }
        let object = self.next()? == b'{';
        let end = if object { b'}' } else { b']' };
        self.at += 1;
        if self.next()? == end {
            self.at += 1;
            return Some(self);
        }
        loop {
            if object {
                self.next()?;
                self.string()?;
                self.expect(b':')?;
            }
            match self.next()? {
                b'"' => self.string().map(|_| ())?,
                b'{' | b'[' => self = self.nested(depth + 1)?,
                _ => self.at = plain(self.text.as_bytes(), self.at)?.1,
            }
            if !self.more(end)? {
                return Some(self);
            }
        }
    }
}

#[cold]
fn behind_spaces(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| **byte == b' ').count()
}

/// Passes over escapes up to a place. What is escaped must be something that is.
#[inline(never)]
fn behind_escapes<'p>(mut ahead: Ahead<'p>, text: &[u8], to: usize) -> Option<Ahead<'p>> {
    while let Some(escape) = ahead.escape(to) {
        match text.get(escape + 1..)? {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => {}
            [b'u', digits @ ..] => whole_character(*digits.first_chunk()?)?,
            _ => return None,
        }
    }
    Some(ahead)
}

/// A number or a word at a place, and where what follows begins.
#[inline(never)]
fn plain(text: &[u8], at: usize) -> Option<(Scanned, usize)> {
    let rest = text.get(at..)?;
    let below = match rest.first()? {
        b'-' => 1,
        b'0'..=b'9' => 0,
        _ => return word(rest).map(|(value, length)| (value, at + length)),
    };
    let (number, digits) = whole(rest.get(below..)?)?;
    let behind = below + digits;
    match rest.get(behind) {
        Some(b'.') => {
            let (_, digits) = whole_of_any(rest.get(behind + 1..)?)?;
            let behind = behind + 1 + digits;
            let exponent = matches!(rest.get(behind), Some(b'e' | b'E'));
            (!exponent).then_some((Scanned::Nothing, at + behind))
        }
        Some(b'e' | b'E') => None,
        // Below zero only what is not: "-0" is no whole number.
        _ if below == 1 && number == 0 => None,
        _ => Some((Scanned::Whole(if below == 1 { -number } else { number }), at + behind)),
    }
}

/// A number of digits, the first of which is zero only if it is the only one; and how many there are.
fn whole(text: &[u8]) -> Option<(i64, usize)> {
    let (number, digits) = whole_of_any(text)?;
    (digits == 1 || text.first() != Some(&b'0')).then_some((number, digits))
}

/// A number of digits, of which there is one at least; and how many there are.
fn whole_of_any(text: &[u8]) -> Option<(i64, usize)> {
    let (mut number, mut digits) = (0, 0);
    for byte in text.iter().take_while(|byte| byte.is_ascii_digit()) {
        digits += 1;
        if digits > DIGITS {
            return None;
        }
        number = 10 * number + i64::from(byte - b'0');
    }
    (digits > 0).then_some((number, digits))
}

/// A word, and how long it is.
fn word(text: &[u8]) -> Option<(Scanned, usize)> {
    let words: [(&[u8], Scanned); 3] =
        [(b"true", Scanned::Truth(true)), (b"false", Scanned::Truth(false)), (b"null", Scanned::Nothing)];
    let (word, value) = words.into_iter().find(|(word, _)| text.starts_with(word))?;
    Some((value, word.len()))
}

/// A part of JSON as it is outside of a cell.
pub(super) fn outside<const QUOTE: usize>(json: &str) -> Cow<'_, str> {
    if QUOTE == 1 { json.into() } else { json.replace("\"\"", "\"").into() }
}

/// Whether four hexadecimal digits are a character, and no half of one.
fn whole_character(digits: [u8; 4]) -> Option<()> {
    let text = std::str::from_utf8(&digits).ok()?;
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    let number = u32::from_str_radix(text, 16).ok().filter(|_| plain)?;
    char::from_u32(number).map(|_| ())
}
