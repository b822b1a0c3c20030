//! Local dates: read only as the owner of the file says that they are written (`--dates`).

use pal_rules::time::{Day, Timestamp};

use super::context::Dates;

const MINUTE: i64 = 60_000_000;

/// Reads a date as people write it, `9/20/2023 4:05:03 AM` or `20.09.2023 16:05`; without a clock, the day's beginning.
pub(super) fn local(text: &str, dates: Dates) -> Option<Timestamp> {
    let text = text.trim();
    let (date, clock) = text.split_once([' ', 'T', ',']).unwrap_or((text, ""));
    let separator = date.chars().find(|char| !char.is_ascii_digit())?;
    let parts: Vec<&str> = date.split(separator).collect();
    let [first, second, year] = *parts.as_slice() else { return None };
    if !matches!(separator, '/' | '.' | '-') || year.len() != 4 {
        return None;
    }
    let (day, month) = if dates.day_first { (first, second) } else { (second, first) };
    let day = format!("{year}-{:02}-{:02}", number(month)?, number(day)?);
    zoned(Day::parse(&day)?, clock.trim(), dates)
}

/// Reads a date that is written year first but names no zone.
pub(super) fn without_zone(text: &str, dates: Dates) -> Option<Timestamp> {
    let text = text.trim();
    let (date, clock) = text.split_at_checked(10)?;
    zoned(Day::parse(date)?, clock.trim_start_matches(['T', 't', ' ']), dates)
}

fn zoned(day: Day, clock: &str, dates: Dates) -> Option<Timestamp> {
    let minutes = dates.zone_minutes.checked_mul(MINUTE)?;
    let micros = day.start().micros() + clock_micros(clock)?;
    Timestamp::told(micros.checked_sub(minutes)?)
}

/// `4:05:03 AM`, `16:05`, or nothing at all.
fn clock_micros(clock: &str) -> Option<i64> {
    if clock.is_empty() {
        return Some(0);
    }
    let lower = clock.to_lowercase();
    let afternoon = if lower.ends_with("pm") { Some(true) } else { lower.ends_with("am").then_some(false) };
    let digits = lower.trim_end_matches(['a', 'p', 'm']).trim_end();
    let whole = digits.split_once('.').map_or(digits, |(whole, _)| whole);
    let mut parts = whole.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number)?;
    let hour = match afternoon {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
    };
    let sensible = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    sensible.then_some((hour * 3600 + minute * 60 + second) * 1_000_000)
}

fn number(text: &str) -> Option<i64> {
    let short = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    short.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::{Dates, local, without_zone};

    #[test]
    fn a_local_date_is_read_as_it_is_declared() {
        let berlin = Dates { day_first: true, zone_minutes: 60 };
        let seattle = Dates { day_first: false, zone_minutes: -480 };
        for (text, dates, expected) in [
            ("20.09.2023 16:05", berlin, "2023-09-20T15:05:00Z"),
            ("1.2.2026", berlin, "2026-01-31T23:00:00Z"),
            ("9/20/2023 4:05:03 AM", seattle, "2023-09-20T12:05:03Z"),
            ("9/20/2023 12:00:00 PM", seattle, "2023-09-20T20:00:00Z"),
            ("9/20/2023 12:00 am", seattle, "2023-09-20T08:00:00Z"),
        ] {
            assert_eq!(local(text, dates).unwrap().to_string(), expected, "{text}");
        }
        for text in ["20/9/2023", "9/20/23", "9/20/2023 25:00", "9/20/2023 13:00 PM", "soon", "", "9-20"] {
            assert_eq!(local(text, seattle), None, "{text}");
        }
        assert_eq!(without_zone("2026-02-01", berlin).unwrap().to_string(), "2026-01-31T23:00:00Z");
        assert_eq!(
            without_zone("2026-02-01 12:30:00.5", berlin).unwrap().to_string(),
            "2026-02-01T11:30:00Z"
        );
        assert_eq!(without_zone("2026-02-30", berlin), None);
    }
}
