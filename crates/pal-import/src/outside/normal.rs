//! Ids, times and names as sources write them, made one way (`formats.md` §10). What is ambiguous is never guessed.

use pal_rules::id::Id;
use pal_rules::time::Timestamp;

/// The platform itself as an actor: never a user.
const SYSTEM: u128 = 0x5157_eaa0_2fcd;

/// Reads a GUID: trimmed, without braces, the last one of a `/providers/…` path, also as 32 digits. `None` for anything
/// else, and for the one that is all zeros.
pub fn guid(text: &str) -> Option<Id> {
    if text.len() == 36 {
        let id = Id::new(text);
        if let Some(number) = id.guid() {
            return (number != 0).then_some(id);
        }
    }
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    let text = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let id = match text.len() {
        36 => Id::new(text),
        32 if text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Id::from_guid(u128::from_str_radix(text, 16).ok()?)
        }
        _ => return None,
    };
    (id.guid()? != 0).then_some(id)
}

/// Whether an id is the platform itself.
pub fn system(id: &Id) -> bool {
    id.guid() == Some(SYSTEM)
}

/// Reads the id of an environment: lower-case, `default-` kept. `None` for what says "unknown".
pub fn environment(text: &str) -> Option<Id> {
    let text = text.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    let sensible = !matches!(text.as_str(), "" | "~default") && !text.contains(char::is_control);
    sensible.then(|| Id::new(&text))
}

/// The alias of an environment by the host of its address (`https://contoso.crm.dynamics.com/`).
pub fn host(address: &str) -> Option<Id> {
    let address = address.trim().to_lowercase();
    let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let sensible = host.contains('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    sensible.then(|| Id::new(&format!("url:{host}")))
}

/// Reads a user principal name: trimmed, lower-case, `%23` undone. `None` for what is none.
pub fn upn(text: &str) -> Option<String> {
    let text = text.trim();
    let text = if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() };
    let text = if text.contains('%') { text.replace("%23ext%23", "#ext#") } else { text };
    let sensible = text.contains('@') && !text.starts_with("nt authority\\") && text != "app@sharepoint";
    // Most names are of letters that need no closer look.
    let strange = |letter: char| letter == '|' || letter.is_whitespace() || letter.is_control();
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'|');
    (sensible && (plain || !text.contains(strange))).then_some(text)
}

/// The alias of somebody known by a name only (`facts.md`, Aliases); of a deleted account, whose name begins with its id,
/// the id itself.
pub fn person(text: &str) -> Option<Id> {
    let upn = upn(text)?;
    if let Some((digits, _)) = upn.split_at_checked(32)
        && let Some(deleted) = guid(digits)
    {
        return Some(deleted);
    }
    Some(Id::new(&format!("upn:{upn}")))
}

/// The alias of a user of a Dataverse environment.
pub fn dataverse(environment: &Id, user: &Id) -> Id {
    Id::new(&format!("dataverse:{environment}/{user}"))
}

/// The alias of a thing that is known by its name in an environment: schema name, unique name, `workflowid`.
pub fn named(environment: &Id, name: &str) -> Id {
    Id::new(&format!("name:{environment}/{}", name.trim().to_lowercase()))
}

/// Reads a time that a source writes in UTC: RFC 3339, with a zone or without, `/Date(ms)/`, or milliseconds since 1970.
/// `None` for anything else, a local date above all, and for what lies before 2015 or over a day ahead of `now`.
pub fn utc(text: &str, now: Timestamp) -> Option<Timestamp> {
    const FIRST: i64 = 1_420_070_400_000_000;
    const DAY: i64 = 86_400_000_000;
    let text = text.trim();
    // Most texts name no zone, and end before there could be one.
    let whole = if text.len() > "0000-00-00T00:00:00".len() { Timestamp::parse(text) } else { None };
    let at = whole
        .or_else(|| zoned(text))
        .or_else(|| milliseconds(text.strip_prefix("/Date(")?.strip_suffix(")/")?))
        .or_else(|| milliseconds(text))?;
    (at.micros() >= FIRST && at.micros() <= now.micros() + DAY).then_some(at)
}

/// A time that says no zone, as one in UTC; on the path of every audit record.
fn zoned(text: &str) -> Option<Timestamp> {
    let mut held = [b'Z'; 40];
    match held.get_mut(..text.len()) {
        Some(place) if text.len() < 40 => place.copy_from_slice(text.as_bytes()),
        _ => return Timestamp::parse(&format!("{text}Z")),
    }
    Timestamp::parse(std::str::from_utf8(held.get(..=text.len())?).ok()?)
}

fn milliseconds(text: &str) -> Option<Timestamp> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && (12..=14).contains(&text.len());
    digits.then(|| text.parse::<i64>().ok()?.checked_mul(1000).map(Timestamp::from_micros)).flatten()
}

#[cfg(test)]
mod tests {
    use pal_rules::id::Id;
    use pal_rules::time::Timestamp;

    use super::{environment, guid, host, person, upn, utc};

    const ID: &str = "7e06b566-15f3-4013-8bf8-79874d52e68a";

    #[test]
    fn a_guid_is_read_however_it_is_written() {
        for text in [
            ID,
            "{7E06B566-15F3-4013-8BF8-79874D52E68A}",
            " 7e06b56615f340138bf879874d52e68a ",
            "/providers/Microsoft.PowerApps/apps/7e06b566-15f3-4013-8bf8-79874d52e68a/",
        ] {
            assert_eq!(guid(text), Some(Id::new(ID)), "{text}");
        }
        for text in ["", "x", "00000000-0000-0000-0000-000000000000", "g632bb64-0000-4000-8000-000000000000"]
        {
            assert_eq!(guid(text), None, "{text}");
        }
    }

    #[test]
    fn environments_keep_their_default() {
        let default = environment("/x/environments/Default-99CA106F-36DF-429E-9998-B6131EA7CC86").unwrap();
        assert_eq!(default.to_string(), "default-99ca106f-36df-429e-9998-b6131ea7cc86");
        assert_eq!((environment("~Default"), environment(" ")), (None, None));
    }

    #[test]
    fn what_could_not_be_read_again_is_no_id() {
        assert_eq!((environment("1557f771\0"), person("a\0@b.example")), (None, None));
        assert_eq!((host("contoso\0.crm.dynamics.com"), guid("\0")), (None, None));
    }

    #[test]
    fn an_environment_is_known_by_the_host_of_its_address() {
        for text in [
            "https://Contoso.crm.dynamics.com/",
            "contoso.crm.dynamics.com",
            "http://contoso.crm.dynamics.com:80/x",
        ] {
            assert_eq!(host(text), Some(Id::new("url:contoso.crm.dynamics.com")), "{text}");
        }
        assert_eq!((host(""), host("https:///x"), host("contoso")), (None, None, None));
    }

    #[test]
    fn names_of_people_are_lower_case_and_those_of_the_platform_are_none() {
        assert_eq!(upn(" John@Contoso.com ").as_deref(), Some("john@contoso.com"));
        assert_eq!(upn("a_b.example%23EXT%23@c.example").as_deref(), Some("a_b.example#ext#@c.example"));
        for text in
            ["Unknown", "", "NT AUTHORITY\\SYSTEM (x@y)", "app@sharepoint", "i:0i.t|0000|app@sharepoint"]
        {
            assert_eq!(upn(text), None, "{text}");
        }
        assert_eq!(person("7e06b56615f340138bf879874d52e68ajohn@contoso.com"), Some(Id::new(ID)));
        assert_eq!(person("John@Contoso.com"), Some(Id::new("upn:john@contoso.com")));
    }

    #[test]
    fn only_a_time_that_can_be_meant_in_one_way_is_read() {
        let now = Timestamp::parse("2026-03-06T12:00:00Z").unwrap();
        for (text, expected) in [
            ("2020-04-10T21:05:31", "2020-04-10T21:05:31Z"),
            ("2020-04-10T21:05:31.1234567Z ", "2020-04-10T21:05:31.123456Z"),
            ("2020-04-10T21:05:31+02:00", "2020-04-10T19:05:31Z"),
            ("/Date(1586552731000)/", "2020-04-10T21:05:31Z"),
            ("1586552731000", "2020-04-10T21:05:31Z"),
        ] {
            assert_eq!(utc(text, now).unwrap().to_string(), expected, "{text}");
        }
        for text in ["9/20/2023 4:05:03 AM", "2014-12-31T23:59:59Z", "2026-03-07T12:00:01Z", "", "yesterday"]
        {
            assert_eq!(utc(text, now), None, "{text}");
        }
    }
}
