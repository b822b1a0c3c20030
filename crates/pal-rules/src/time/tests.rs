use super::{Day, Month, Timestamp, is_on};

fn read(text: &str) -> Option<String> {
    Timestamp::parse(text).map(|at| at.to_string())
}

#[test]
fn times_are_rfc_3339_converted_to_utc_and_cut_to_the_microsecond() {
    for (text, expected) in [
        ("2026-03-06T12:00:00+02:00", "2026-03-06T10:00:00Z"),
        ("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00Z"),
        ("2026-03-06T12:00:00.1234567Z", "2026-03-06T12:00:00.123456Z"),
        ("2026-03-06t12:00:00.1000z", "2026-03-06T12:00:00.1Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
        ("2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00Z"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn anything_else_is_no_time() {
    for text in [
        "2026-03-01T00:00:00",
        "2026-02-30T00:00:00Z",
        "2026-03-05T25:00:00Z",
        "2026-03-05",
        "01/02/2026",
        "yesterday",
        "2026-03-05T10:00Z",
        "2026-03-05T10:00:00.Z",
        "2026-03-05T10:00:00+0200",
        "2026-03-05T10:00:00Z ",
        "9999-12-31T23:59:59.999999-00:01",
        "0000-01-01T00:00:59+00:01",
        "",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    // What is read can be read again.
    for text in ["9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z"] {
        assert_eq!(read(text).as_deref(), Some(text));
    }
    assert_eq!((Day::told(-719_529), Day::told(2_932_897)), (None, None));
    assert_eq!(Day::told(2_932_896).map(|day| day.to_string()).as_deref(), Some("9999-12-31"));
}

#[test]
fn every_day_of_twelve_centuries_survives_the_way_there_and_back() {
    for (first, last) in
        [("0000-01-01", "0201-01-01"), ("1600-01-01", "2400-01-01"), ("9799-01-01", "9999-12-31")]
    {
        let mut day = Day::parse(first).unwrap();
        while day < Day::parse(last).unwrap() {
            assert_eq!(Day::parse(&day.to_string()), Some(day));
            day = day.next();
        }
    }
}

#[test]
fn days_outside_of_all_years_have_one() {
    for (days, date) in [(-719_529, (-1, 12, 31)), (-865_566, (-400, 2, 29)), (2_932_897, (10_000, 1, 1))] {
        assert_eq!(Day::from_days(days).civil(), date);
    }
}

#[test]
fn months_are_half_open() {
    let month = Month::parse("2025-12").unwrap();
    assert_eq!(month.start().to_string(), "2025-12-01T00:00:00Z");
    assert_eq!(month.end().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(month.next().previous(), month);
    assert_eq!(month.days().count(), 31);
    assert_eq!(Month::parse("2025-13"), None);
}

#[test]
fn on_is_the_state_just_before() {
    let at = Timestamp::from_micros;
    assert!(is_on(at(1), Some(at(5)), at(5)) && is_on(at(4), None, at(5)));
    assert!(!is_on(at(5), None, at(5)) && !is_on(at(1), Some(at(4)), at(5)));
}

#[test]
fn times_are_written_as_the_plain_way_writes_them() {
    let plain = |micros: i64| {
        let of_day = micros.rem_euclid(super::DAY);
        let (seconds, fraction) = (of_day / super::SECOND, of_day % super::SECOND);
        let day = Timestamp::from_micros(micros).day();
        let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
        let fraction = fraction.trim_end_matches('0');
        format!("{day}T{:02}:{:02}:{:02}{fraction}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
    };
    let mut micros = 1_i64;
    for step in 0..20_000_i64 {
        micros = micros.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let near = micros >> (step % 50) >> 8;
        for micros in [near, near - near % 1000, near - near % super::SECOND] {
            assert_eq!(Timestamp::from_micros(micros).to_string(), plain(micros));
        }
    }
}
