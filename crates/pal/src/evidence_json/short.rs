//! Text that mostly needs no memory of its own: ids, times and words have at most 38 letters, and evidence is full of them.

use std::fmt::{self, Display, Write};
use std::ops::Deref;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many bytes stand in place.
const SHORT: usize = 38;

/// A text.
#[derive(Clone)]
pub(crate) enum Text {
    Short { letters: [u8; SHORT], length: u8 },
    Long(String),
}

/// The text of a value.
pub(super) fn text(value: &impl Display) -> Text {
    let mut text = Text::Short { letters: [0; SHORT], length: 0 };
    // Writing into memory does not fail.
    let _ = write!(text, "{value}");
    text
}

impl Write for Text {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if let Self::Long(text) = self {
            text.push_str(more);
            return Ok(());
        }
        if let Self::Short { letters, length } = self {
            let from = usize::from(*length);
            let place = letters.get_mut(from..from + more.len());
            if let (Some(place), Ok(end)) = (place, u8::try_from(from + more.len())) {
                place.copy_from_slice(more.as_bytes());
                *length = end;
                return Ok(());
            }
        }
        *self = Self::Long(format!("{}{more}", &**self));
        Ok(())
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Short { letters, length } => letters
                .get(..usize::from(*length))
                .and_then(|letters| str::from_utf8(letters).ok())
                .unwrap_or_default(),
            Self::Long(text) => text,
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, read: &str) -> Result<Text, E> {
                Ok(text(&read))
            }
        }
        deserializer.deserialize_str(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn texts_of_any_length_are_kept() {
        for length in [0, 1, 37, 38, 39, 40, 300] {
            let whole: String = "ä".repeat(length / 2) + &"x".repeat(length % 2);
            assert_eq!(&*text(&whole), whole);
            let parts = format_args!("{whole}-{whole}").to_string();
            assert_eq!(&*text(&format_args!("{whole}-{whole}")), parts);
            let json = serde_json::to_string(&text(&whole)).unwrap();
            let read: super::Text = serde_json::from_str(&json).unwrap();
            assert_eq!(&*read, whole);
        }
    }
}
