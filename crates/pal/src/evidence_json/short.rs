//! Values as JSON texts: ids, times and words, of which evidence is full.

use std::fmt;
use std::ops::Deref;

use pal_rules::text::{self, Written};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text.
#[derive(Debug)]
pub(crate) struct Text<'a>(text::Text<'a>);

/// The text of a value.
pub(super) fn text(value: &(impl Written + ?Sized)) -> Text<'_> {
    Text(value.text())
}

impl<'a> Text<'a> {
    /// It as it is outside of JSON.
    pub(super) fn plain(&self) -> &text::Text<'a> {
        &self.0
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = text::Text<'static>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, read: &str) -> Result<Self::Value, E> {
                Ok(text::Text::owned(read))
            }
        }
        deserializer.deserialize_str(Read).map(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, text};

    #[test]
    fn texts_survive_the_way_to_json_and_back() {
        for whole in ["", "a", "\"quoted\"\n\\ä\u{1}", &"ä".repeat(19), &"ä".repeat(20), &"x\"".repeat(100)]
        {
            let json = serde_json::to_string(&text(whole)).unwrap();
            assert_eq!(json, serde_json::to_string(whole).unwrap());
            let read: Text<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(&*read, whole);
        }
    }
}
