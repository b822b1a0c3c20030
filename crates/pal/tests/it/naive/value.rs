//! Cells and times: how a text is read as its type.

/// One value; two texts that say the same (`Z` or an offset, upper or lower case) are equal values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell {
    Absent,
    Text(String),
    /// Microseconds since 1970, UTC.
    Time(i64),
    Count(u64),
    Flag(bool),
}

/// The type of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Text,
    Id,
    Partner,
    Time,
    Day,
    Count,
    Flag,
    Word(&'static [&'static str]),
}

/// Reads a cell that is not empty; `None` when it cannot be read as its type.
pub(crate) fn read(kind: Kind, text: &str) -> Option<Cell> {
    match kind {
        Kind::Id if guid(text) => Some(Cell::Text(text.to_ascii_lowercase())),
        Kind::Text | Kind::Id => Some(Cell::Text(text.to_owned())),
        Kind::Partner => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            (digits && text.len() <= 10).then(|| Cell::Text(text.to_owned()))
        }
        Kind::Time => time(text).map(Cell::Time),
        Kind::Day => day(text.as_bytes()).map(Cell::Time),
        Kind::Count => text
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse().ok().map(Cell::Count))
            .flatten(),
        Kind::Flag => match text {
            "true" => Some(Cell::Flag(true)),
            "false" => Some(Cell::Flag(false)),
            _ => None,
        },
        Kind::Word(words) => words.contains(&text).then(|| Cell::Text(text.to_owned())),
    }
}

fn guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(position, byte)| match position {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Reads an RFC 3339 time, a blank in place of its `T` too; digits finer than a microsecond are cut.
pub(crate) fn time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !matches!(bytes[10], b'T' | b't' | b' ') || bytes[13] != b':' || bytes[16] != b':'
    {
        return None;
    }
    let (hour, minute, second) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = &bytes[19..];
    let mut micros = 0;
    if rest[0] == b'.' {
        let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for position in 0..6 {
            micros = micros * 10 + if position < digits { i64::from(rest[1 + position] - b'0') } else { 0 };
        }
        rest = &rest[1 + digits..];
    }
    let local = day(&bytes[..10])? + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
    Some(local - offset(rest)?)
}

fn offset(text: &[u8]) -> Option<i64> {
    match text {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), hours @ .., b':', m1, m2] if hours.len() == 2 => {
            let (hours, minutes) = (number(hours)?, number(&[*m1, *m2])?);
            let size = (hours * 60 + minutes) * 60_000_000;
            (hours <= 23 && minutes <= 59).then_some(if *sign == b'-' { -size } else { size })
        }
        _ => None,
    }
}

/// Reads `YYYY-MM-DD` as the microsecond at which the day starts.
fn day(text: &[u8]) -> Option<i64> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    Some(days(year, month, day) * MICROS_PER_DAY)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, counted one year and one month at a time.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let before = |year: i64| 365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    before(year) - before(1970) + months + day - 1
}

/// The calendar month `YYYY-MM`, from its start to its end.
pub(crate) fn month(text: &str) -> (i64, i64) {
    let start = time(&format!("{text}-01T00:00:00Z")).unwrap();
    let length = days_in(text[..4].parse().unwrap(), text[5..].parse().unwrap());
    (start, start + length * MICROS_PER_DAY)
}

/// Writes a time as statements do: UTC, `Z`, only the fraction digits that say something.
pub(crate) fn format(micros: i64) -> String {
    let (mut date, clock) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
    // A year that is certainly not too late; the loop below counts up from it.
    let early = if date < 0 { date.div_euclid(365) } else { date / 366 };
    let (mut year, mut month) = (1970 + early, 1);
    date -= days(year, 1, 1);
    while date >= 365 + i64::from(leap(year)) {
        date -= 365 + i64::from(leap(year));
        year += 1;
    }
    while date >= days_in(year, month) {
        date -= days_in(year, month);
        month += 1;
    }
    let (seconds, fraction) = (clock / 1_000_000, clock % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}", date + 1);
    if fraction > 0 {
        text.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
    text + "Z"
}
