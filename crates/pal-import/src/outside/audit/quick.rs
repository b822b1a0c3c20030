//! The fast path: the members of an audit record straight from its text, without a tree of values in between. Whatever is
//! unusual about a record is left to the general path, so that both give the same.

use serde_json::Value;

use super::fields::{Cell, Fields, NAMES, Name};
use super::scan::{Scan, Scanned, outside};
use super::{flow, power_apps};
use crate::outside::power_bi;

/// The members without which a record is no audit record.
const REQUIRED: [Name; 4] = [Name::CreationTime, Name::Operation, Name::Id, Name::RecordType];

/// Record types that facts are made of.
const TYPES: [i64; 5] = [20, 21, 30, 45, 256];

/// Reads the members of a record. None where it is no audit record, or written in a way that needs a closer look; what was
/// read is to be thrown away then.
pub(super) fn read<'a, const QUOTE: usize>(mut scan: Scan<'a, '_, QUOTE>, into: &mut Fields<'a>) -> Option<()> {
    let mut seen = 0_u64;
    scan.expect(b'{')?;
    loop {
        let key = scan.key()?;
        match Key::of(key) {
            Key::Other => {
                scan.value()?;
            }
            Key::Odd => return None,
            Key::Known(name) => {
                let bit = 1 << name as u64;
                if seen & bit != 0 {
                    return None;
                }
                seen |= bit;
                let needed = needed(name, into);
                let value = scan.value()?;
                if needed {
                    into.set(name, cell::<QUOTE>(value)?);
                }
            }
        }
        if !scan.more(b'}')? {
            break;
        }
    }
    scan.end()?;
    let required = REQUIRED.iter().all(|name| seen & (1 << *name as u64) != 0);
    required.then_some(())
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

/// For each length the first letters of the known names that are so long: most other names are told apart by that.
const LETTERS: [u32; 32] = letters();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses an index out of bounds"
)]
const fn letters() -> [u32; 32] {
    let mut table = [0; 32];
    let mut place = 0;
    while place < NAMES.len() {
        let name = NAMES[place].1.as_bytes();
        table[name.len()] |= letter(name[0]);
        place += 1;
    }
    table
}

/// A bit for a letter, the same in both cases.
const fn letter(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// What the name of a member is.
enum Key {
    Known(Name),
    Other,
    /// A known name in another casing.
    Odd,
}

impl Key {
    fn of(key: &str) -> Key {
        let letters = LETTERS.get(key.len()).copied().unwrap_or_default();
        let first = key.bytes().next().unwrap_or_default();
        if letters & letter(first) == 0 {
            return Key::Other;
        }
        if let Some(name) = Name::exactly(key) {
            return Key::Known(name);
        }
        let odd = NAMES.iter().any(|(_, text)| text.eq_ignore_ascii_case(key));
        if odd { Key::Odd } else { Key::Other }
    }
}

/// Whether a member is looked at, by what is known of the record already: what is nested costs most.
fn needed(name: Name, fields: &Fields<'_>) -> bool {
    if fields.number(Name::RecordType).is_some_and(|number| !TYPES.contains(&number)) {
        return name == Name::Operation;
    }
    let Some(operation) = fields.text(Name::Operation) else { return true };
    let app = || power_apps::act(operation);
    match name {
        Name::AdditionalInfo => {
            matches!(
                app(),
                Some(power_apps::Act::Share | power_apps::Act::Unshare | power_apps::Act::SetOwner)
            )
        }
        Name::PropertyCollection | Name::JsonPropertiesCollection => {
            app().is_some() || flow::act(operation).is_some()
        }
        Name::Datasets => power_bi::act(operation).is_ok(),
        _ => true,
    }
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
