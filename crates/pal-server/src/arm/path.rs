//! The raw path, read once, before anything else looks at the request (`wire.md` §8).
//!
//! **Absent:** rewriting. A decoded segment may hold a `/`, so what is read here is never made a path again.

use std::borrow::Cow;

/// A first segment that the provider and its front door answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// `/metadata`: the cloud's description, for everybody.
    Metadata,
    /// `/providers`: resources of the tenant.
    Providers,
    /// `/subscriptions`.
    Subscriptions,
    /// `/tenants`.
    Tenants,
}

/// A path taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path<'a> {
    /// Which part of the front door it belongs to; `None` leads to our own pages and API.
    pub(crate) area: Option<Area>,
    /// The segments (after the first, if that named an area), each decoded once.
    pub(crate) segments: Vec<Cow<'a, str>>,
}

/// The beginning of a path.
#[derive(Debug)]
pub(crate) struct First<'a> {
    /// The part of the front door that it names.
    pub(crate) area: Option<Area>,
    /// The segment, decoded once.
    pub(crate) segment: Cow<'a, str>,
    /// What stands behind the `/` after it, if something does.
    rest: Option<&'a str>,
}

/// More than the segments that paths of the provider have.
const SEGMENTS: usize = 4;

/// A path that no route may see: it has dot segments, empty inner segments, NUL, or escapes that are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPath;

/// Reads a raw path: splits it on `/`, drops one empty last segment, decodes each segment once, and
/// lower-cases the fixed words of each area. Ids stay as they came.
pub(crate) fn read(raw: &str) -> Result<Path<'_>, BadPath> {
    let Some(First { area, segment: first, rest }) = first(raw)? else {
        return Ok(Path { area: None, segments: Vec::new() });
    };
    let parts = rest.into_iter().flat_map(|rest| rest.strip_suffix('/').unwrap_or(rest).split('/'));
    let mut segments = Vec::with_capacity(SEGMENTS);
    if area.is_none() {
        segments.push(first);
    }
    for part in parts {
        segments.push(segment(part)?);
    }
    for (segment, words) in segments.iter_mut().zip(area.map_or(&[][..], fixed_words)) {
        if let Some(word) = words.iter().find(|word| segment.eq_ignore_ascii_case(word)) {
            *segment = Cow::Borrowed(word);
        }
    }
    Ok(Path { area, segments })
}

/// Reads the first segment of a raw path, by which alone an area is known; the root has none.
pub(crate) fn first(raw: &str) -> Result<Option<First<'_>>, BadPath> {
    let inner = raw.strip_prefix('/').ok_or(BadPath)?;
    if inner.is_empty() {
        return Ok(None);
    }
    let (first, rest) = inner.split_once('/').map_or((inner, None), |(first, rest)| (first, Some(rest)));
    let segment = segment(first)?;
    Ok(Some(First { area: area(&segment), segment, rest: rest.filter(|rest| !rest.is_empty()) }))
}

fn area(first: &str) -> Option<Area> {
    [
        ("metadata", Area::Metadata),
        ("providers", Area::Providers),
        ("subscriptions", Area::Subscriptions),
        ("tenants", Area::Tenants),
    ]
    .into_iter()
    .find_map(|(word, area)| first.eq_ignore_ascii_case(word).then_some(area))
}

/// The words that stand at each place after the first; anything else there is somebody's name.
fn fixed_words(area: Area) -> &'static [&'static [&'static str]] {
    match area {
        Area::Metadata => &[&["endpoints"]],
        Area::Providers => &[&["microsoft.managementpartner"], &["partners", "operations"]],
        Area::Subscriptions | Area::Tenants => &[],
    }
}

fn segment(raw: &str) -> Result<Cow<'_, str>, BadPath> {
    let decoded = decode(raw)?;
    if matches!(&*decoded, "" | "." | "..") || decoded.contains('\0') {
        return Err(BadPath);
    }
    Ok(decoded)
}

/// Undoes percent-encoding, once; a `%` without two hexadecimal digits, or bytes that are no UTF-8, are bad.
pub(super) fn decode(raw: &str) -> Result<Cow<'_, str>, BadPath> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2).ok_or(BadPath)?;
        rest = tail;
        bytes.push(digits.iter().try_fold(0, |value, digit| Some(value << 4 | hex(*digit)?)).ok_or(BadPath)?);
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadPath)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

    use super::{Area, BadPath, Cow, Path, read};

    fn path<'a>(area: Option<Area>, segments: &[&'a str]) -> Path<'a> {
        Path { area, segments: segments.iter().map(|segment| Cow::Borrowed(*segment)).collect() }
    }

    #[test]
    fn a_path_is_split_then_decoded_and_only_fixed_words_lose_their_case() {
        fn providers<'a>(rest: &[&'a str]) -> Path<'a> {
            let partners = ["microsoft.managementpartner", "partners"];
            path(Some(Area::Providers), &[&partners[..], rest].concat())
        }
        for (raw, expected) in [
            ("/providers/Microsoft.ManagementPartner/partners/123", providers(&["123"])),
            ("/PROVIDERS/MICROSOFT.MANAGEMENTPARTNER/PARTNERS/123/", providers(&["123"])),
            ("/providers/microsoft.managementpartner/partners/", providers(&[])),
            ("/%70roviders/microsoft%2Emanagementpartner/partner%73/1%32", providers(&["12"])),
            ("/providers/microsoft.managementpartner/partners/a%2Fb%20c", providers(&["a/b c"])),
            ("/providers/microsoft.managementpartner/partners/PARTNERS", providers(&["PARTNERS"])),
            ("/providers/microsoft.managementpartner/partners/%2531", providers(&["%31"])),
            ("/providers/microsoft.managementpartner/partners/1+2", providers(&["1+2"])),
            (
                "/providers/Contoso.Things/Partners",
                path(Some(Area::Providers), &["Contoso.Things", "partners"]),
            ),
            ("/Metadata/EndPoints", path(Some(Area::Metadata), &["endpoints"])),
            ("/Subscriptions/Ab", path(Some(Area::Subscriptions), &["Ab"])),
            ("/TENANTS/", path(Some(Area::Tenants), &[])),
            ("/Contoso/oauth2/Token", path(None, &["Contoso", "oauth2", "Token"])),
            ("/", path(None, &[])),
            ("/caf%C3%A9", path(None, &["café"])),
        ] {
            assert_eq!(read(raw), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_path() {
        for raw in [
            "",
            "*",
            "//",
            "/providers//microsoft.managementpartner/partners",
            "/providers/microsoft.managementpartner/partners//",
            "/providers/./partners",
            "/providers/../tenants",
            "/providers/%2e%2E/tenants",
            "/providers/%2e",
            "/providers/a%00b",
            "/providers/%",
            "/providers/%4",
            "/providers/%zz",
            "/providers/%+1",
            "/providers/%ff",
            "/providers/..",
        ] {
            assert_eq!(read(raw), Err(BadPath), "{raw}");
        }
    }

    /// A segment, and one of the ways to write it.
    fn written_segment() -> impl Strategy<Value = (String, String)> {
        let odd = prop_oneof![Just("Partners".to_owned()), Just("%41".to_owned()), Just("a/b".to_owned())];
        let text = prop_oneof![3 => "[^\\x00]{1,8}", 1 => odd]
            .prop_filter("no dot segment", |text| !matches!(text.as_str(), "." | ".."));
        (text, prop::collection::vec(any::<bool>(), 64)).prop_map(|(text, escaped)| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~ +".contains(&byte);
            let written = text.bytes().zip(escaped.into_iter().cycle()).map(|(byte, escaped)| {
                if plain(byte) && !escaped { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            });
            let written = written.collect();
            (text, written)
        })
    }

    proptest! {
        #[test]
        fn however_a_path_is_written_its_segments_are_the_same(
            parts in prop::collection::vec(written_segment(), 0..6),
            slash in any::<bool>(),
        ) {
            let slash = slash || parts.is_empty();
            let written: Vec<&str> = parts.iter().map(|(_, written)| written.as_str()).collect();
            let raw = format!("/x/{}{}", written.join("/"), if slash && !parts.is_empty() { "/" } else { "" });
            let read = read(&raw).unwrap();
            prop_assert_eq!(&read.segments[1..], &parts.into_iter().map(|(text, _)| text).collect::<Vec<_>>()[..]);
        }

        #[test]
        fn no_text_is_read_as_a_path_that_hides_something(raw in "/?[a-zA-Z%0-9./\\x00é]{0,40}") {
            if let Ok(path) = read(&raw) {
                for segment in path.segments {
                    prop_assert!(!matches!(&*segment, "" | "." | "..") && !segment.contains('\0'));
                }
            }
        }
    }
}
