//! Instants, months and days: UTC, to the microsecond, half-open.
//!
//! Own code because it is the hot path of every activity row, and because RFC 3339 must be read strictly:
//! a time without zone is refused, finer digits are cut (`facts.md`, Files).

use std::fmt;
use std::ops::Range;

use crate::text::{Text, Written, digits, put_first, two_digits};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// An instant in UTC, in microseconds since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before every other instant: the time of what was always there.
    pub const MIN: Self = Self(i64::MIN);

    /// Makes an instant of microseconds since 1970-01-01 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01 UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// A time that somebody told: one of the years 0 to 9999 in UTC. No text says another, so it could not be kept.
    #[inline]
    pub fn told(micros: i64) -> Option<Self> {
        let told = Day::TOLD.start * DAY..Day::TOLD.end * DAY;
        told.contains(&micros).then_some(Self(micros))
    }

    /// Reads RFC 3339 with `Z` or an offset; digits below the microsecond are cut. `None` for anything else, and for what
    /// its offset takes out of the years 0 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (date, rest) = bytes.split_at_checked(10)?;
        let day = Day::parse_bytes(date)?;
        let (clock, rest) = rest.split_at_checked(9)?;
        let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
        let (hour, minute, second) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (micros, zone) = fraction(rest)?;
        let offset = offset_minutes(zone)?;
        let seconds = hour * 3600 + (minute - offset) * 60 + second;
        Self::told(day.start().0 + seconds * SECOND + micros)
    }

    /// The UTC day on which the instant lies.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(DAY))
    }

    /// The calendar month in which the instant lies.
    pub fn month(self) -> Month {
        let (year, month, _) = self.day().civil();
        Month { year, month }
    }
}

/// Reads `.ddd…`, if there, as microseconds; returns what follows.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = bytes else { return Some((0, bytes)) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(length)?;
    if digits.is_empty() {
        return None;
    }
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Some((padded.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')), rest))
}

/// Reads `Z` or `±hh:mm` as minutes east of UTC.
fn offset_minutes(zone: &[u8]) -> Option<i64> {
    match *zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
            let offset = hours * 60 + minutes;
            (hours <= 23 && minutes <= 59).then_some(if sign == b'-' { -offset } else { offset })
        }
        _ => None,
    }
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

impl Written for Timestamp {
    /// RFC 3339 in UTC; trailing zeros of the fraction are dropped (`cli.md`).
    fn text(&self) -> Text<'_> {
        let (letters, length, dated) = self.letters();
        if dated {
            return Text::letters(&letters, length);
        }
        let clock = Text::letters(&letters, length);
        Text::owned(&format!("{}{}", self.day(), clock.get(10..).unwrap_or_default()))
    }

    fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
        let (letters, length, dated) = self.letters();
        if dated {
            put_first(bytes, &letters, length);
        }
        dated
    }
}

impl Timestamp {
    /// The letters of its text, how many there are, and whether the date is among them: years of four digits are.
    fn letters(self) -> ([u8; 27], usize, bool) {
        let of_day = self.0.rem_euclid(DAY).unsigned_abs();
        let (seconds, micros) = (of_day / SECOND.unsigned_abs(), of_day % SECOND.unsigned_abs());
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        text[11..13].copy_from_slice(&two_digits(seconds / 3600));
        text[14..16].copy_from_slice(&two_digits(seconds / 60 % 60));
        text[17..19].copy_from_slice(&two_digits(seconds % 60));
        let mut length = 19;
        if micros != 0 {
            text[20..26].copy_from_slice(&digits::<6>(micros));
            length = text[..26].iter().rposition(|letter| *letter != b'0').unwrap_or_default() + 1;
        }
        if let Some(end) = text.get_mut(length) {
            *end = b'Z';
        }
        let (year, month, day) = self.day().civil();
        let date = date(year, month, day);
        if let Some(date) = &date {
            text[..10].copy_from_slice(date);
        }
        (text, length + 1, date.is_some())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A UTC calendar day, counted from 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The years 0 to 9999, in days since 1970-01-01.
    const TOLD: Range<i64> = days_from_civil(0, 1, 1)..days_from_civil(10_000, 1, 1);

    /// Reads `YYYY-MM-DD`; `None` for anything else, the 30th of February included.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_bytes(text.as_bytes())
    }

    fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else { return None };
        let (year, month, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Some(Self(days_from_civil(year, month, day)))
    }

    /// Makes a day of days since 1970-01-01.
    pub const fn from_days(days: i64) -> Self {
        Self(days)
    }

    /// A day that somebody told: one of the years 0 to 9999, as [`Timestamp::told`].
    pub fn told(days: i64) -> Option<Self> {
        Self::TOLD.contains(&days).then_some(Self(days))
    }

    /// The instant at which the day begins.
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0 * DAY)
    }

    /// The day after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The day so many days later; before, where that is negative.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// How many days it is after another.
    pub const fn days_after(self, other: Self) -> i64 {
        self.0 - other.0
    }

    /// Year, month (1 to 12) and day of the month.
    pub fn civil(self) -> (i64, i64, i64) {
        civil_from_days(self.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A calendar month in UTC, `[start, end)`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: i64,
    month: i64,
}

impl Month {
    /// The last month that can be written.
    pub const LAST: Self = Self { year: 9999, month: 12 };

    /// Reads `YYYY-MM`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2] = *text.as_bytes() else { return None };
        let (year, month) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?);
        (1..=12).contains(&month).then_some(Self { year, month })
    }

    /// The first instant of the month.
    pub fn start(self) -> Timestamp {
        Day(days_from_civil(self.year, self.month, 1)).start()
    }

    /// The first instant after the month.
    pub fn end(self) -> Timestamp {
        self.next().start()
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year - 1, month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }

    /// The days of the month.
    pub fn days(self) -> impl Iterator<Item = Day> {
        let (first, last) = (self.start().day(), self.end().day());
        (first.0..last.0).map(Day)
    }
}

impl Written for Month {
    fn text(&self) -> Text<'_> {
        match date(self.year, self.month, 1) {
            Some(date) => Text::letters(&date, 7),
            None => Text::owned(&format!("{:04}-{:02}", self.year, self.month)),
        }
    }

    fn put_plain(&self, bytes: &mut Vec<u8>) -> bool {
        let date = date(self.year, self.month, 1);
        if let Some(date) = &date {
            put_first(bytes, date, 7);
        }
        date.is_some()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Whether the half-open interval `[from, until)` is *on* at `at`: the state just before it (`attribution.md` §1).
pub fn is_on(from: Timestamp, until: Option<Timestamp>, at: Timestamp) -> bool {
    from < at && until.is_none_or(|until| until >= at)
}

/// `YYYY-MM-DD`, where the year has four digits.
fn date(year: i64, month: i64, day: i64) -> Option<[u8; 10]> {
    let year = u64::try_from(year).ok().filter(|year| *year <= 9999)?;
    let mut text = *b"0000-00-00";
    text[..2].copy_from_slice(&two_digits(year / 100));
    text[2..4].copy_from_slice(&two_digits(year % 100));
    text[5..7].copy_from_slice(&two_digits(month.unsigned_abs()));
    text[8..].copy_from_slice(&two_digits(day.unsigned_abs()));
    Some(text)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, in eras of 400 years that begin in March.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`], after Neri and Schneider, "Euclidean affine functions and their application to
/// calendar algorithms" (2022): each division is by a constant, and most are by a power of two. Evidence has millions.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let quarters = 4 * days.rem_euclid(146_097).unsigned_abs() + 3;
    let (century, of_century) = (quarters / 146_097, quarters % 146_097 / 4);
    let years = 2_939_745 * (4 * of_century + 3);
    let day_of_year = (years & u64::from(u32::MAX)) / 2_939_745 / 4;
    // Years begin in March here, so that the last day of February is the last of the year.
    let months = 2141 * day_of_year + 197_913;
    let (month, day) = (months >> 16, (months & u64::from(u16::MAX)) / 2141 + 1);
    let (month, next) = if day_of_year < 306 { (month, 0) } else { (month - 12, 1) };
    let year = days.div_euclid(146_097) * 400 + (100 * century + (years >> 32) + next).cast_signed();
    (year, month.cast_signed(), day.cast_signed())
}

#[cfg(test)]
mod tests;
