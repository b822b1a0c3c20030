//! The fast path: the members of an audit record straight from its text, without a tree of values in between. Whatever is
//! unusual about a record is left to the general path, so that both give the same.

use serde_json::Value;

use super::fields::{Cell, Fields, NAMES, Name};
use super::scan::{Scan, Scanned, outside};
use super::{crm, flow, power_apps};
use crate::outside::power_bi;

/// The members without which a record is no audit record.
const REQUIRED: [Name; 4] = [Name::CreationTime, Name::Operation, Name::Id, Name::RecordType];

/// Record types that facts are made of.
const TYPES: [i64; 5] = [20, 21, 30, 45, 256];

/// Reads the members of a record. None where it is no audit record, or written in a way that needs a closer look; what was
/// read is to be thrown away then.
pub(super) fn read<'a, const QUOTE: usize>(
    mut scan: Scan<'a, '_, QUOTE>,
    into: &mut Fields<'a>,
) -> Option<()> {
    let (mut seen, mut passed, mut wanted) = (0, 0, ALL);
    scan.expect(b'{')?;
    loop {
        match Key::of(scan.key()?) {
            Key::Other => scan.pass()?,
            Key::Odd => return None,
            Key::Known(name) => {
                let bit = name.bit();
                if seen & bit != 0 {
                    return None;
                }
                seen |= bit;
                if wanted & bit == 0 {
                    passed |= bit;
                    scan.pass()?;
                } else {
                    into.set(name, cell::<QUOTE>(scan.value()?)?);
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
    let whole = seen & required == required && passed & self::wanted(into, false) == 0;
    whole.then_some(())
}

/// A value as a member's.
fn cell<const QUOTE: usize>(value: Scanned<'_>) -> Option<Cell<'_>> {
    let outside = |json| outside::<QUOTE>(json);
    Some(match value {
        Scanned::Text(text) => Cell::Text(text.into()),
        Scanned::Escaped(json) => Cell::Text(serde_json::from_str::<String>(&outside(json)).ok()?.into()),
        Scanned::Whole(number) => Cell::Number(number),
        Scanned::Truth(truth) => Cell::Truth(truth),
        Scanned::Nothing => Cell::Absent,
        Scanned::Nested(json) => Cell::Owned(Box::new(serde_json::from_str::<Value>(&outside(json)).ok()?)),
    })
}

/// The known names, each in a place that follows from its length and its ends, in any case; no two share one.
const PLACES: [Option<(Name, &str)>; 64] = places();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses an index out of bounds"
)]
const fn places() -> [Option<(Name, &'static str)>; 64] {
    let mut places = [None; 64];
    let mut next = 0;
    while next < NAMES.len() {
        let name = NAMES[next].1.as_bytes();
        let place = place(name.len(), name[0], name[name.len() - 1]);
        assert!(places[place].is_none(), "two names share a place: choose other factors");
        places[place] = Some(NAMES[next]);
        next += 1;
    }
    places
}

const fn place(length: usize, first: u8, last: u8) -> usize {
    (4 * length + 5 * (first & 31) as usize + 3 * (last & 31) as usize) % 64
}

/// What the name of a member is.
enum Key {
    Known(Name),
    Other,
    /// A known name in another casing.
    Odd,
}

impl Key {
    fn of(key: &[u8]) -> Key {
        let (Some(first), Some(last)) = (key.first(), key.last()) else { return Key::Other };
        let place = place(key.len(), *first, *last);
        match PLACES.get(place) {
            Some(Some((name, text))) if text.as_bytes() == key => Key::Known(*name),
            Some(Some((name, text))) if text.as_bytes().eq_ignore_ascii_case(key) => {
                if name.is_also(key) {
                    Key::Known(*name)
                } else {
                    Key::Odd
                }
            }
            _ => Key::Other,
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
    use super::{Fields, Name, Scan, read};
    use crate::outside::quick::Places;

    #[test]
    fn what_is_usual_is_read_quickly_and_the_rest_left_to_a_closer_look() {
        let usual = r#"{"CreationTime":"a","Id":"b","Operation":"LaunchPowerApp","RecordType":45,"X":[{}]}"#;
        let reads = |json: &[u8]| {
            let (places, mut fields) = (Places::of(json), Fields::default());
            read::<1>(Scan::new(json, 0, &places)?, &mut fields)?;
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
}
