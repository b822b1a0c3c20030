//! Local dates: `9/20/2023 4:05:03 AM`. They can be meant in several ways, so they are read only as their owner says
//! (`--dates`), and only where a source gives nothing better (`formats.md` §10.5).

use pal_rules::time::{Day, Timestamp};

use super::Dates;

/// Reads a local date with a time, if there is one; `None` for anything else.
pub(super) fn local(text: &str, dates: Dates) -> Option<Timestamp> {
    let (date, clock) = text.trim().split_once([' ', 'T']).unwrap_or((text.trim(), ""));
    let mut parts = date.split(['/', '.', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (day, month) = if dates.day_first { (first, second) } else { (second, first) };
    let whole = parts.next().is_none() && year.len() == 4 && day.len() <= 2 && month.len() <= 2;
    let day = Day::parse(&format!("{year}-{month:0>2}-{day:0>2}")).filter(|_| whole)?;
    let minutes = clock_seconds(clock.trim())? - dates.zone_minutes * 60;
    Some(Timestamp::from_micros(day.start().micros() + minutes * 1_000_000))
}

/// The seconds since midnight of `4:05`, `16:05:03`, `4:05:03 PM`; 0 where there is no time.
fn clock_seconds(clock: &str) -> Option<i64> {
    if clock.is_empty() {
        return Some(0);
    }
    // Between the time and its half of the day, some programs write a narrow space.
    let clock = clock.replace('\u{202f}', " ").to_ascii_uppercase();
    let (clock, half) =
        clock.split_once(' ').map_or((clock.as_str(), ""), |(clock, half)| (clock, half.trim()));
    let mut parts = clock.split(':');
    let mut two = |missing: Option<i64>| match parts.next() {
        Some(digits) if matches!(digits.len(), 1 | 2) => digits.parse::<u8>().ok().map(i64::from),
        Some(_) => None,
        None => missing,
    };
    let (hour, minute, second) = (two(None)?, two(None)?, two(Some(0))?);
    let hour = match half {
        "" => hour,
        "AM" | "PM" if (1..=12).contains(&hour) => hour % 12 + if half == "PM" { 12 } else { 0 },
        _ => return None,
    };
    let whole = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    whole.then_some(hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::local;
    use crate::outside::Dates;

    #[test]
    fn a_local_date_is_read_as_its_owner_says() {
        let mdy = Dates { day_first: false, zone_minutes: 0 };
        let dmy = Dates { day_first: true, zone_minutes: 60 };
        for (text, dates, expected) in [
            ("9/20/2023 4:05:03 AM", mdy, "2023-09-20T04:05:03Z"),
            ("9/20/2023 12:05:03 AM", mdy, "2023-09-20T00:05:03Z"),
            ("9/20/2023 12:05\u{202f}pm", mdy, "2023-09-20T12:05:00Z"),
            ("9/2/2023", mdy, "2023-09-02T00:00:00Z"),
            ("02.09.2023 00:30:00", dmy, "2023-09-01T23:30:00Z"),
        ] {
            assert_eq!(local(text, dates).unwrap().to_string(), expected, "{text}");
        }
        for text in [
            "20/9/2023",
            "9/20/23",
            "9/20/2023 25:00",
            "9/20/2023 13:00 PM",
            "9/20/2023 4:05:03 XM",
            "9/20/2023 4",
            "",
        ] {
            assert_eq!(local(text, mdy), None, "{text}");
        }
    }
}
