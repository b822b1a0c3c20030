//! Texts of JSON: ids, times and words, of which evidence is full.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use pal_rules::text::Written;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Put;
use crate::eights;

/// The text of a value that stands elsewhere, made when it is written.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a>(&'a dyn Written);

/// The text of a value.
pub(super) fn text(value: &impl Written) -> Value<'_> {
    Value(value)
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text())
    }
}

impl Put for Value<'_> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        let escaped =
            |eight| eights::has_below(eight, b' ') | eights::has(eight, b'"') | eights::has(eight, b'\\');
        bytes.push(b'"');
        if !self.0.put_plain(bytes) {
            let text = self.0.text();
            if eights::anywhere(text.as_bytes(), escaped) {
                bytes.pop();
                return serde_json::to_writer(bytes, &*text);
            }
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.push(b'"');
        Ok(())
    }
}

/// A text that was read: where it stands, if it stands there as it is.
#[derive(Debug, Default)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, read: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(read))
            }

            fn visit_str<E: Error>(self, read: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(read.to_owned()))
            }
        }
        deserializer.deserialize_str(Read).map(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Put, Text, text};

    #[test]
    fn texts_survive_the_way_to_json_and_back() {
        for whole in ["", "a", "\"quoted\"\n\\ä\u{1}", &"ä".repeat(19), &"ä".repeat(20), &"x\"".repeat(100)]
        {
            let (whole, mut put) = (whole.to_owned(), Vec::new());
            text(&whole).put(&mut put).unwrap();
            let json = serde_json::to_string(&text(&whole)).unwrap();
            assert_eq!(json, serde_json::to_string(&whole).unwrap());
            assert_eq!(json.as_bytes(), put);
            let read: Text<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(&*read, whole);
        }
    }
}
