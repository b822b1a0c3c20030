//! JSON told apart as it is passed over: what a value is and where it ends, and that it is written as JSON must be. Where its
//! quotes and escapes stand is known before. What is rare (exponents, numbers of many digits, half characters, deep nesting)
//! is not looked into: it needs the general path.

use std::borrow::Cow;

use crate::outside::quick::Places;

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
    /// The quotes ahead.
    quotes: &'p [u32],
    /// The escapes ahead.
    escapes: &'p [u32],
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

impl<'a, 'p, const QUOTE: usize> Scan<'a, 'p, QUOTE> {
    /// The JSON that a text has from a place on. None where it is no UTF-8, or has a control character.
    pub(super) fn new(bytes: &'a [u8], from: usize, places: &'p Places) -> Option<Self> {
        if places.control {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let (quotes, escapes) = (ahead(&places.quotes, from), ahead(&places.escapes, from));
        Some(Self { text, at: from, quotes, escapes })
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no space.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at)? {
                b' ' => self.at += 1,
                byte => return Some(*byte),
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
    pub(super) fn key(&mut self) -> Option<&'a str> {
        self.next()?;
        let Scanned::Text(key) = self.string()? else { return None };
        self.expect(b':')?;
        Some(key)
    }

    pub(super) fn value(&mut self) -> Option<Scanned<'a>> {
        match self.next()? {
            b'"' => self.string(),
            b'{' | b'[' => {
                let begin = self.at;
                self.nested(0)?;
                Some(Scanned::Nested(self.text.get(begin..self.at)?))
            }
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    /// The text whose quote is next.
    fn string(&mut self) -> Option<Scanned<'a>> {
        let [open, close, quotes @ ..] = self.quotes else { return None };
        let (open, close) = (*open as usize, *close as usize);
        if open != self.at {
            return None;
        }
        self.quotes = quotes;
        self.at = close + QUOTE;
        if self.escaped(close)? {
            return Some(Scanned::Escaped(self.text.get(open..self.at)?));
        }
        Some(Scanned::Text(self.text.get(open + QUOTE..close)?))
    }

    /// Whether there are escapes before a place; passes over them, as they must be.
    fn escaped(&mut self, end: usize) -> Option<bool> {
        let mut some = false;
        while let [first, escapes @ ..] = self.escapes
            && (*first as usize) < end
        {
            let escape = self.text.as_bytes().get(*first as usize + 1..)?;
            match escape {
                [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => {}
                [b'u', digits @ ..] => whole_character(*digits.first_chunk()?)?,
                _ => return None,
            }
            (self.escapes, some) = (escapes, true);
        }
        Some(some)
    }

    fn number(&mut self) -> Option<Scanned<'a>> {
        let begin = self.at;
        if self.rest().first() == Some(&b'-') {
            self.at += 1;
        }
        let digits = self.digits()?;
        if digits > 1 && self.text.as_bytes().get(self.at - digits) == Some(&b'0') {
            return None;
        }
        let whole = self.text.get(begin..self.at)?;
        match self.rest().first() {
            Some(b'.') => {
                self.at += 1;
                self.digits()?;
                let exponent = matches!(self.rest().first(), Some(b'e' | b'E'));
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
                _ => {
                    self.value()?;
                }
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

/// The places from one on; few are before it, as a rule.
fn ahead(places: &[u32], from: usize) -> &[u32] {
    let before = places.iter().take_while(|place| (**place as usize) < from).count();
    places.get(before..).unwrap_or_default()
}

/// Whether four hexadecimal digits are a character, and no half of one.
fn whole_character(digits: [u8; 4]) -> Option<()> {
    let text = std::str::from_utf8(&digits).ok()?;
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    let number = u32::from_str_radix(text, 16).ok().filter(|_| plain)?;
    char::from_u32(number).map(|_| ())
}
