//! The values of arguments: months, ranges of months, instants, queries.

use std::fmt;
use std::num::NonZeroU32;

use pal_rules::id::PartnerId;
use pal_rules::time::{Day, Month, Timestamp};
use pal_store::registry::audit::PublicKey;

/// One month or a range of them, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Months {
    pub(crate) first: Month,
    pub(crate) last: Month,
    /// Whether it was given as a range: a range of one month still writes a subfolder.
    pub(crate) range: bool,
}

impl Months {
    /// The months, in order.
    pub(crate) fn each(&self) -> impl Iterator<Item = Month> {
        let last = self.last;
        std::iter::successors(Some(self.first), |month| Some(month.next()))
            .take_while(move |month| *month <= last)
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.range { write!(f, "{}..{}", self.first, self.last) } else { write!(f, "{}", self.first) }
    }
}

/// Reads a month, or a range of months.
pub(crate) fn months(text: &str) -> Result<Months, String> {
    let wrong =
        || format!("`{text}` is neither a month such as 2026-03 nor a range such as 2026-01..2026-03");
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (Month::parse(first).ok_or_else(wrong)?, Month::parse(last).ok_or_else(wrong)?);
    if last < first {
        return Err(format!("the range `{text}` ends before it begins"));
    }
    Ok(Months { first, last, range: text.contains("..") })
}

/// Days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) first: Day,
    pub(crate) last: Day,
}

/// Reads a day, a month, or a range of either.
pub(crate) fn days(text: &str) -> Result<Days, String> {
    let span = |text: &str| {
        let of_month = || Month::parse(text).map(|month| (month.start().day(), month.end().day().plus(-1)));
        Day::parse(text).map(|day| (day, day)).or_else(of_month)
    };
    let (from, until) = text.split_once("..").unwrap_or((text, text));
    match (span(from), span(until)) {
        (Some((first, _)), Some((_, last))) if first <= last => Ok(Days { first, last }),
        (Some(_), Some(_)) => Err(format!("the range `{text}` ends before it begins")),
        _ => Err(format!("`{text}` is no day, month or range such as 2026-03-01..2026-03-17")),
    }
}

/// Reads a query, so that one that cannot be read stops a command before it does anything.
pub(crate) fn query(text: &str) -> Result<String, String> {
    jmespath::compile(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Reads a month.
pub(crate) fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| format!("`{text}` is no month such as 2026-03"))
}

/// Reads an instant.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| format!("`{text}` is no time with a zone, such as 2026-03-17T12:00:00Z"))
}

/// Reads how often a tenant may do something in an hour.
pub(crate) fn an_hour(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is no number from 1 to {}; `--no-quota` sets no bound at all", NonZeroU32::MAX)
    })
}

/// Reads a public key.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse(text).ok_or_else(|| format!("`{text}` is no public key of 64 hexadecimal digits"))
}

/// Reads a partner id; leading zeros stay.
pub(crate) fn partner_id(text: &str) -> Result<String, String> {
    PartnerId::new(text)
        .map(|_| text.to_owned())
        .ok_or_else(|| format!("`{text}` is no partner id: 1 to 10 digits"))
}

/// How local dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dates {
    pub(crate) day_first: bool,
    /// Minutes east of UTC.
    pub(crate) zone_minutes: i64,
}

/// Reads how local dates are written: `dmy` or `mdy`, and a zone behind it, UTC if none.
pub(crate) fn dates(text: &str) -> Result<Dates, String> {
    let wrong =
        || format!("`{text}` is neither dmy nor mdy, with a zone such as +01:00 behind it if it is not UTC");
    let (order, zone) = text.split_at_checked(3).ok_or_else(wrong)?;
    let day_first = match order {
        "dmy" => true,
        "mdy" => false,
        _ => return Err(wrong()),
    };
    if zone.is_empty() {
        return Ok(Dates { day_first, zone_minutes: 0 });
    }
    // The offset of an instant in that zone is the difference to the same one in UTC.
    let at = |zone: &str| Timestamp::parse(&format!("2026-01-01T12:00:00{zone}"));
    let (there, here) = (at(zone).ok_or_else(wrong)?, at("Z").ok_or_else(wrong)?);
    Ok(Dates { day_first, zone_minutes: (here.micros() - there.micros()) / 60_000_000 })
}
