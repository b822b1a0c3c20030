//! JSON told apart as it is passed over: what a value is and where it ends, and that it is written as JSON must be. Where its
//! quotes and escapes stand is known before. What is rare (exponents, numbers of many digits, half characters, deep nesting)
//! is not looked into: it needs the general path.

use std::borrow::Cow;

use crate::outside::quick::{Ahead, Places};

/// The deepest that values are nested in one another.
const DEPTH: u32 = 64;
/// The most digits of a number.
const DIGITS: usize = 18;

/// A text of JSON, and how far it was looked at.
///
/// `QUOTE` is how many bytes a quote is: two in a cell, where each is doubled.
pub(super) struct Scan<'a, 'p, const QUOTE: usize> {
    text: &'a str,
    at: usize,
    ahead: Ahead<'p>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanned<'a> {
    /// A text, between its quotes.
    Text(&'a str),
    /// A text with escapes, its quotes included.
    Escaped(&'a str),
    /// A whole number.
    Whole(i64),
    Truth(bool),
    /// Null, or a number with a fraction.
    Nothing,
    /// An object or a list.
    Nested(&'a str),
}

/// Where a text stands: behind its first quote, and at its last.
#[derive(Clone, Copy)]
struct Between {
    from: usize,
    to: usize,
    /// Whether there are escapes in it.
    escaped: bool,
}

impl<'a, 'p, const QUOTE: usize> Scan<'a, 'p, QUOTE> {
    /// The JSON that a text has from a place on. None where it is no UTF-8, or has a control character.
    pub(super) fn new(bytes: &'a [u8], from: usize, places: &'p Places) -> Option<Self> {
        if places.control {
            return None;
        }
        Some(Self { text: std::str::from_utf8(bytes).ok()?, at: from, ahead: places.ahead(from) })
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no space.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes over a byte that must come next.
    pub(super) fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then(|| self.at += 1)
    }

    /// Whether something follows in an object or list, which ends with `end` else.
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
    pub(super) fn key(&mut self) -> Option<&'a [u8]> {
        self.next()?;
        let key = self.string().filter(|key| !key.escaped)?;
        self.expect(b':')?;
        self.text.as_bytes().get(key.from..key.to)
    }

    pub(super) fn value(&mut self) -> Option<Scanned<'a>> {
        match self.next()? {
            b'"' => {
                let Between { from, to, escaped } = self.string()?;
                Some(if escaped {
                    Scanned::Escaped(self.text.get(from - QUOTE..to + QUOTE)?)
                } else {
                    Scanned::Text(self.text.get(from..to)?)
                })
            }
            b'{' | b'[' => {
                let begin = self.at;
                self.nested(0)?;
                Some(Scanned::Nested(self.text.get(begin..self.at)?))
            }
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    /// Passes over a value.
    pub(super) fn pass(&mut self) -> Option<()> {
        match self.next()? {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' => self.nested(0),
            b'-' | b'0'..=b'9' => self.number().map(|_| ()),
            _ => self.word().map(|_| ()),
        }
    }

    /// The text whose quote is next.
    #[expect(
        clippy::inline_always,
        reason = "half of what passing over a record is; saving registers cost as much again"
    )]
    #[inline(always)]
    fn string(&mut self) -> Option<Between> {
        let (open, to) = self.ahead.quotes()?;
        if open != self.at {
            return None;
        }
        self.at = to + QUOTE;
        let mut escaped = false;
        while let Some(escape) = self.ahead.escape(to) {
            self.may_escape(escape + 1)?;
            escaped = true;
        }
        Some(Between { from: open + QUOTE, to, escaped })
    }

    /// What is escaped must be something that is.
    fn may_escape(&self, at: usize) -> Option<()> {
        match self.text.as_bytes().get(at..)? {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(()),
            [b'u', digits @ ..] => whole_character(*digits.first_chunk()?),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Scanned<'a>> {
        let begin = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let digits = self.digits()?;
        if digits > 1 && self.text.as_bytes().get(self.at - digits) == Some(&b'0') {
            return None;
        }
        let whole = self.text.get(begin..self.at)?;
        match self.byte() {
            Some(b'.') => {
                self.at += 1;
                self.digits()?;
                let exponent = matches!(self.byte(), Some(b'e' | b'E'));
                (!exponent).then_some(Scanned::Nothing)
            }
            Some(b'e' | b'E') => None,
            // Below zero only what is not: "-0" is no whole number.
            _ if whole == "-0" => None,
            _ => whole.parse().ok().map(Scanned::Whole),
        }
    }

    /// Passes over digits, of which there is one at least; how many there are.
    fn digits(&mut self) -> Option<usize> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        (1..=DIGITS).contains(&digits).then_some(digits)
    }

    fn word(&mut self) -> Option<Scanned<'a>> {
        let words: [(&[u8], Scanned<'a>); 3] =
            [(b"true", Scanned::Truth(true)), (b"false", Scanned::Truth(false)), (b"null", Scanned::Nothing)];
        let (word, value) = words.into_iter().find(|(word, _)| self.rest().starts_with(word))?;
        self.at += word.len();
        Some(value)
    }

    /// Passes over an object or a list.
    fn nested(&mut self, depth: u32) -> Option<()> {
        if depth == DEPTH {
            return None;
        }
        let object = self.next()? == b'{';
        let end = if object { b'}' } else { b']' };
        self.at += 1;
        if self.next()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            if object {
                self.next()?;
                self.string()?;
                self.expect(b':')?;
            }
            match self.next()? {
                b'{' | b'[' => self.nested(depth + 1)?,
                _ => self.pass()?,
            }
            if !self.more(end)? {
                return Some(());
            }
        }
    }
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
