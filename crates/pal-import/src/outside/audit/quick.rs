//! The fast path: the members of an audit record straight from its text, without a tree of values in between. Whatever is
//! unusual about a record is left to the general path, so that both give the same.

use serde_json::Value;

use super::fields::{Cell, Fields, NAMES, Name};
use super::scan::{Between, Scan, Scanned, outside};
use super::{crm, flow, power_apps};
use crate::outside::power_bi;
use crate::outside::quick::Places;

/// The members without which a record is no audit record.
const REQUIRED: [Name; 4] = [Name::CreationTime, Name::Operation, Name::Id, Name::RecordType];

/// Record types that facts are made of.
const TYPES: [i64; 5] = [20, 21, 30, 45, 256];

/// Reads the members of the record that begins at a place of a text. None where it is no audit record, or written in a way
/// that needs a closer look; what was read is to be thrown away then.
pub(super) fn read<'a, const QUOTE: usize>(
    (bytes, from, places): (&'a [u8], usize, &Places),
    into: &mut Fields<'a>,
) -> Option<()> {
    let mut scan = Scan::<QUOTE>::new(bytes, from, places)?;
    let (mut seen, mut passed, mut wanted) = (0, 0, ALL);
    let text = scan.text();
    scan.expect(b'{')?;
    loop {
        let key = scan.key()?;
        let value = scan.value()?;
        match Key::of(text.as_bytes().get(key.from..)?, key.to - key.from) {
            Key::Other => {}
            Key::Odd => return None,
            Key::Known(name) => {
                let bit = name.bit();
                if seen & bit != 0 {
                    return None;
                }
                seen |= bit;
                if wanted & bit == 0 {
                    passed |= bit;
                } else {
                    into.set(name, cell::<QUOTE>(text, value)?);
                    if matches!(name, Name::RecordType | Name::Operation | Name::Message) {
                        wanted = self::wanted(into, true);
                    }
                }
            }
        }
        if !scan.more(b'}')? {
            break;
        }
    }
    scan.end()?;
    let required = REQUIRED.iter().fold(0, |all, name| all | name.bit());
    let whole = seen & required == required && (passed == 0 || passed & self::wanted(into, false) == 0);
    whole.then_some(())
}

/// A value of a text as a member's.
#[inline]
fn cell<const QUOTE: usize>(text: &str, value: Scanned) -> Option<Cell<'_>> {
    Some(match value {
        Scanned::Text(Between { from, to, escaped: false }) => Cell::Text(text.get(from..to)?.into()),
        Scanned::Text(Between { from, to, .. }) => unescaped::<QUOTE>(text.get(from - QUOTE..to + QUOTE)?)?,
        Scanned::Whole(number) => Cell::Number(number),
        Scanned::Truth(truth) => Cell::Truth(truth),
        Scanned::Nothing => Cell::Absent,
        Scanned::Nested(from, to) => tree::<QUOTE>(text.get(from..to)?)?,
    })
}

#[inline(never)]
fn unescaped<const QUOTE: usize>(json: &str) -> Option<Cell<'_>> {
    Some(Cell::Text(serde_json::from_str::<String>(&outside::<QUOTE>(json)).ok()?.into()))
}

#[inline(never)]
fn tree<const QUOTE: usize>(json: &str) -> Option<Cell<'_>> {
    Some(Cell::Owned(Box::new(serde_json::from_str::<Value>(&outside::<QUOTE>(json)).ok()?)))
}

/// A known name: its length, and its letters eight at a time, because comparing them one by one is most of what telling names
/// takes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Known {
    name: Name,
    length: usize,
    /// The first eight letters, or what there is of them.
    first: u64,
    /// The last eight, if there are more than eight.
    last: u64,
    /// The eight behind the first, if there are more than sixteen.
    second: u64,
}

/// The known names, each in a place that follows from its length and its ends, in any case; no two share one.
const PLACES: [Option<Known>; 64] = places();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses an index out of bounds"
)]
const fn places() -> [Option<Known>; 64] {
    let mut places = [None; 64];
    let mut next = 0;
    while next < NAMES.len() {
        let (name, text) = (NAMES[next].0, NAMES[next].1.as_bytes());
        let length = text.len();
        let place = place(length, text[0], text[length - 1]);
        assert!(places[place].is_none(), "two names share a place: choose other factors");
        assert!(length <= 24, "a name has letters that are not compared");
        let last = if length > 8 { eight(text, length - 8) } else { 0 };
        let second = if length > 16 { eight(text, 8) } else { 0 };
        places[place] = Some(Known { name, length, first: eight(text, 0), last, second });
        next += 1;
    }
    places
}

/// Eight letters of a name from a place on, or what there is of them.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses an index out of bounds"
)]
const fn eight(text: &[u8], from: usize) -> u64 {
    let (mut letters, mut place) = (0, from);
    while place < text.len() && place < from + 8 {
        letters |= (text[place] as u64) << (8 * (place - from));
        place += 1;
    }
    letters
}

const fn place(length: usize, first: u8, last: u8) -> usize {
    (4 * length + 5 * (first & 31) as usize + 3 * (last & 31) as usize) % 64
}

/// What the name of a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Known(Name),
    Other,
    /// A known name in another casing.
    Odd,
}

impl Key {
    /// By so many bytes of a text.
    #[inline]
    fn of(text: &[u8], length: usize) -> Key {
        let (Some(first), Some(last)) = (text.first(), text.get(length.wrapping_sub(1))) else {
            return Key::Other;
        };
        match PLACES.get(place(length, *first, *last)) {
            Some(Some(known)) if known.length == length => {
                known.of(text).unwrap_or_else(|| known.closely(text.get(..length).unwrap_or_default()))
            }
            _ => Key::Other,
        }
    }
}

impl Known {
    /// What a name of the same length is that a text begins with; nothing if a closer look is needed.
    #[inline]
    fn of(&self, text: &[u8]) -> Option<Key> {
        /// What letters differ in besides their case.
        const LETTERS: u64 = 0xdfdf_dfdf_dfdf_dfdf;
        let eight = |from: usize| text.get(from..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let behind = u64::BITS.saturating_sub(8 * u32::try_from(self.length).ok()?);
        let differ = (eight(0)? ^ self.first) << behind;
        if differ & LETTERS != 0 {
            return Some(Key::Other);
        }
        let same = differ == 0
            && (self.length <= 8 || eight(self.length - 8)? == self.last)
            && (self.length <= 16 || eight(8)? == self.second);
        same.then_some(Key::Known(self.name))
    }

    /// What a name of the same length is, letter by letter.
    #[cold]
    fn closely(&self, key: &[u8]) -> Key {
        let text = NAMES.get(self.name as usize).map_or("", |(_, text)| text).as_bytes();
        if text == key || self.name.is_also(key) {
            Key::Known(self.name)
        } else if text.eq_ignore_ascii_case(key) {
            Key::Odd
        } else {
            Key::Other
        }
    }
}

/// All members.
const ALL: u32 = u32::MAX;

/// The members that are looked at, by what is known of the record already: what is nested or escaped costs most. Where one
/// that was passed over turns out to be wanted, the record needs a closer look.
///
/// - `more`: whether members may follow.
fn wanted(fields: &Fields<'_>, more: bool) -> u32 {
    let number = fields.number(Name::RecordType);
    let nothing = Name::Operation.bit();
    if number.is_some_and(|number| !TYPES.contains(&number)) {
        return nothing;
    }
    if number == Some(21) {
        match fields.text(Name::Message).or_else(|| fields.text(Name::Operation)) {
            // Few of them are imports.
            _ if more && fields.text(Name::Message).is_none() => return nothing | Name::Message.bit(),
            Some(message) if !crm::imports(message) => return nothing,
            _ => {}
        }
    }
    let Some(operation) = fields.text(Name::Operation) else { return ALL };
    let app = power_apps::act(operation);
    let mut wanted = ALL;
    if !matches!(app, Some(power_apps::Act::Share | power_apps::Act::Unshare | power_apps::Act::SetOwner)) {
        wanted &= !Name::AdditionalInfo.bit();
    }
    if app.is_none() && flow::act(operation).is_none() {
        wanted &= !(Name::PropertyCollection.bit() | Name::JsonPropertiesCollection.bit());
    }
    if power_bi::act(operation).is_err() {
        wanted &= !Name::Datasets.bit();
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::{Fields, Key, NAMES, Name, Places, read};

    #[test]
    fn what_is_usual_is_read_quickly_and_the_rest_left_to_a_closer_look() {
        let usual = r#"{"CreationTime":"a","Id":"b","Operation":"LaunchPowerApp","RecordType":45,"X":[{}]}"#;
        let reads = |json: &[u8]| {
            let (places, mut fields) = (Places::of(json), Fields::default());
            read::<1>((json, 0, &places), &mut fields)?;
            Some((fields.text(Name::Id).unwrap().to_owned(), fields.number(Name::RecordType)))
        };
        assert_eq!(reads(usual.as_bytes()), Some(("b".to_owned(), Some(45))));
        for (from, to) in [
            (r#""Id""#, r#""ID""#),
            (r#""Id""#, r#""I\u0064""#),
            (r#""Id":"b""#, r#""Id":"b\x""#),
            (r#""Id":"b""#, r#""Id":"b\u00"0"#),
            (r#""Id":"b""#, r#""Id":\"b""#),
            (r#","RecordType":45"#, ""),
            (r#""X":[{}]"#, r#""Id":"c""#),
            (r#""X":[{}]"#, r#""X":"c"#),
            ("[{}]}", "[{}]"),
            ("[{}]}", "[{}]},"),
            ("[{}]}", "[{}]}\""),
            ("[{}]}", "[{]}"),
        ] {
            let other = usual.replace(from, to);
            assert!(other != usual && reads(other.as_bytes()).is_none(), "{other}");
        }
        assert!(reads(b"{\"Id\":\"\xff\"}").is_none());
    }

    #[test]
    fn a_name_is_told_by_all_of_its_letters_and_no_more() {
        for (name, text) in NAMES {
            // Behind a name there is much, little or nothing.
            for behind in ["\":\"something\"}", "\":1}", ""] {
                let of = |text: &str| Key::of(format!("{text}{behind}").as_bytes(), text.len());
                assert_eq!(of(text), Key::Known(*name));
                assert_eq!(of(&text.to_lowercase()), Key::Odd);
                assert_eq!(of(&text[1..]), Key::Other);
                for place in 0..text.len() {
                    for letter in ["x", "\u{5}", " "] {
                        let mut other = (*text).to_owned();
                        other.replace_range(place..=place, letter);
                        let same = NAMES.iter().any(|(_, text)| text.eq_ignore_ascii_case(&other));
                        assert_eq!(of(&other) == Key::Other, !same, "{other:?}");
                    }
                }
            }
        }
        assert_eq!(Key::of(b"UserUpn\":1", 7), Key::Known(Name::UserUpn));
        assert_eq!(Key::of(b"\":1", 0), Key::Other);
    }
}
