//! The fast path: the members of an audit record straight from its text, without a tree of values in between. Whatever is
//! unusual about a record is left to the general path, so that both give the same.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::fields::{Cell, Fields, NAMES, Name};
use super::{flow, power_apps};
use crate::outside::power_bi;

/// The members without which a record is no audit record.
const REQUIRED: [Name; 4] = [Name::CreationTime, Name::Operation, Name::Id, Name::RecordType];

/// Record types that facts are made of.
const TYPES: [i64; 5] = [20, 21, 30, 45, 256];

/// Reads the members of the record in a text. None where it is no audit record, or written in a way that needs a closer
/// look; what was read is to be thrown away then.
pub(super) fn read<'a>(bytes: &'a [u8], into: &mut Fields<'a>) -> Option<()> {
    let mut deserializer = serde_json::Deserializer::from_str(std::str::from_utf8(bytes).ok()?);
    deserializer.deserialize_map(Members(into)).ok()?;
    deserializer.end().ok()
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
        for (name, text) in NAMES {
            if text.len() == key.len() && text.eq_ignore_ascii_case(key) {
                let usual = *text == key || (*name == Name::UserUpn && key == "UserUpn");
                return if usual { Key::Known(*name) } else { Key::Odd };
            }
        }
        Key::Other
    }
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
        Ok(Key::of(key))
    }
}

struct Members<'a, 'de>(&'a mut Fields<'de>);

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let fields = self.0;
        let mut seen = 0_u64;
        while let Some(key) = map.next_key_seed(Key::Other)? {
            let name = match key {
                Key::Known(name) => name,
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Key::Odd => return Err(A::Error::custom("another casing")),
            };
            let bit = 1 << name as u64;
            if seen & bit != 0 {
                return Err(A::Error::custom("a member twice"));
            }
            seen |= bit;
            if needed(name, fields) {
                let cell = map.next_value_seed(Member)?;
                fields.set(name, cell);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if REQUIRED.iter().any(|name| seen & (1 << *name as u64) == 0) {
            return Err(A::Error::custom("no audit record"));
        }
        Ok(())
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

/// The value of a member.
struct Member;

impl<'de> DeserializeSeed<'de> for Member {
    type Value = Cell<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member {
    type Value = Cell<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.to_owned().into()))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Cell<'de>, E> {
        Ok(Cell::Truth(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Cell<'de>, E> {
        Ok(i64::try_from(number).map_or(Cell::Absent, Cell::Number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Cell<'de>, E> {
        Ok(Cell::Absent)
    }

    fn visit_unit<E: Error>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Cell<'de>, A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(Cell::Owned(Box::new(value)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell<'de>, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Cell::Owned(Box::new(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Name, read};

    #[test]
    fn what_is_usual_is_read_quickly_and_the_rest_left_to_a_closer_look() {
        let usual = r#"{"CreationTime":"a","Id":"b","Operation":"LaunchPowerApp","RecordType":45,"X":[{}]}"#;
        let mut fields = Fields::default();
        read(usual.as_bytes(), &mut fields).unwrap();
        assert_eq!((fields.text(Name::Id), fields.number(Name::RecordType)), (Some("b"), Some(45)));
        for (from, to) in [
            (r#""Id""#, r#""ID""#),
            (r#","RecordType":45"#, ""),
            (r#""X":[{}]"#, r#""Id":"c""#),
            ("[{}]}", "[{}]"),
            ("[{}]}", "[{}]},"),
            ("[{}]}", "[{]}"),
        ] {
            let other = usual.replace(from, to);
            assert!(read(other.as_bytes(), &mut Fields::default()).is_none(), "{other}");
        }
        assert!(read(b"{\"Id\":\"\xff\"}", &mut Fields::default()).is_none());
    }
}
