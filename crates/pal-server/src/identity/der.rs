//! The few things that are read from DER: the public key and the end of a certificate, and the numbers of an
//! RSA key. Strict where it matters: definite, minimal lengths and nothing left over.

use pal_rules::time::Timestamp;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

/// Walks over the values of one constructed value.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next value and its tag.
    fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = length(first, rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    /// The next value, which must have this tag.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any().filter(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// The whole input as one value of this tag.
    fn only(input: &'a [u8], tag: u8) -> Option<Reader<'a>> {
        let mut reader = Reader(input);
        let value = reader.next(tag)?;
        reader.0.is_empty().then_some(Reader(value))
    }
}

fn length(first: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if !(1..=3).contains(&digits.len()) || digits.first() == Some(&0) {
        return None;
    }
    let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
    (length >= 0x80).then_some((length, rest))
}

/// What of a certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Certificate<'a> {
    /// `RSAPublicKey` or whatever else the key is, without its algorithm.
    pub(crate) key: &'a [u8],
    /// The instant after which it does not hold.
    pub(crate) not_after: Timestamp,
}

/// Reads a certificate; `None` when it is not one.
pub(crate) fn certificate(der: &[u8]) -> Option<Certificate<'_>> {
    let mut outer = Reader::only(der, SEQUENCE)?;
    let mut body = Reader(outer.next(SEQUENCE)?);
    if body.0.first() == Some(&VERSION) {
        body.any()?;
    }
    body.next(INTEGER)?; // serial number
    body.next(SEQUENCE)?; // signature algorithm
    body.next(SEQUENCE)?; // issuer
    let mut validity = Reader(body.next(SEQUENCE)?);
    body.next(SEQUENCE)?; // subject
    let mut key = Reader(body.next(SEQUENCE)?);
    validity.any()?;
    let not_after = time(validity.any()?)?;
    key.next(SEQUENCE)?; // key algorithm; an RSA key is recognised by its form
    let (&[0], key) = key.next(BIT_STRING)?.split_first_chunk()? else { return None };
    Some(Certificate { key, not_after })
}

/// Reads `UTCTime` or `GeneralizedTime`, which in certificates always end in seconds and `Z`.
fn time((tag, value): (u8, &[u8])) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?;
    let (century, rest) = match tag {
        UTC_TIME if *text < *"50" => ("20", text),
        UTC_TIME => ("19", text),
        GENERALIZED_TIME => text.split_at_checked(2)?,
        _ => return None,
    };
    let part = |from: usize| rest.get(from..from + 2);
    let (year, month, day) = (part(0)?, part(2)?, part(4)?);
    let (hour, minute, second) = (part(6)?, part(8)?, part(10)?);
    let zone = rest.get(12..)?;
    Timestamp::parse(&format!("{century}{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"))
}

/// Modulus and exponent of `RSAPublicKey`, without leading zeros.
pub(crate) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut numbers = Reader::only(der, SEQUENCE)?;
    let (modulus, exponent) = (positive(numbers.next(INTEGER)?)?, positive(numbers.next(INTEGER)?)?);
    numbers.0.is_empty().then_some((modulus, exponent))
}

fn positive(number: &[u8]) -> Option<&[u8]> {
    match number {
        [0, rest @ ..] => rest.first().is_some_and(|byte| *byte >= 0x80).then_some(rest),
        [1..=0x7f, ..] => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_minimal_and_definite() {
        assert_eq!(length(0x7f, &[]), Some((127, &[][..])));
        assert_eq!(length(0x81, &[0x80]), Some((128, &[][..])));
        assert_eq!(length(0x81, &[0x7f]), None);
        assert_eq!(length(0x82, &[0, 0xff]), None);
        assert_eq!(length(0x80, &[]), None);
        assert_eq!(length(0x84, &[1, 1, 1, 1]), None);
    }

    #[test]
    fn times_of_both_centuries() {
        let read = |tag, text: &str| time((tag, text.as_bytes())).map(|time| time.to_string());
        assert_eq!(read(UTC_TIME, "270102030405Z").as_deref(), Some("2027-01-02T03:04:05Z"));
        assert_eq!(read(UTC_TIME, "990102030405Z").as_deref(), Some("1999-01-02T03:04:05Z"));
        assert_eq!(read(GENERALIZED_TIME, "20510102030405Z").as_deref(), Some("2051-01-02T03:04:05Z"));
        assert_eq!(read(GENERALIZED_TIME, "20510102030405"), None);
    }
}
