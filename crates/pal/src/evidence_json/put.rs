//! Evidence as it is kept, straight into bytes: as `serde_json` writes it, but for fields that say nothing. A month has a
//! million lines, of which most have nothing in most lists, and `serde_json` looks at every letter of every name.

use pal_rules::text::Written;
use serde::{Deserialize, Serialize};

/// A value that adds itself as JSON.
pub(crate) trait Put {
    /// Adds it to bytes.
    ///
    /// # Errors
    ///
    /// Those of [`serde_json::to_writer`]; there are none for these values.
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()>;

    /// Whether it says more than a field that is not there: it is not absent, empty or zero.
    fn says(&self) -> bool {
        true
    }

    /// Adds it and a comma after a name, if it says something.
    // Inlined, the length of the name is known where it is copied.
    #[inline]
    fn put_field(&self, name: &str, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        if self.says() {
            bytes.extend_from_slice(name.as_bytes());
            self.put(bytes)?;
            bytes.push(b',');
        }
        Ok(())
    }
}

/// A value with fields.
pub(crate) trait Fields {
    /// Adds them, a comma after each.
    ///
    /// # Errors
    ///
    /// Those of [`Put::put`].
    fn put_fields(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()>;
}

impl<F: Fields> Put for F {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        bytes.push(b'{');
        self.put_fields(bytes)?;
        end(bytes, b'}');
        Ok(())
    }
}

/// Ends a list or an object: in the place of the last comma, if there is one.
fn end(bytes: &mut Vec<u8>, with: u8) {
    match bytes.last_mut() {
        Some(last) if *last == b',' => *last = with,
        _ => bytes.push(with),
    }
}

/// Fields that stand among those of what has it; so says `#[serde(flatten)]` to serde.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Flat<F>(pub(super) F);

impl<F: Fields> Put for Flat<F> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        self.0.put(bytes)
    }

    fn put_field(&self, _name: &str, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        self.0.put_fields(bytes)
    }
}

impl<T: Put> Put for Vec<T> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        bytes.push(b'[');
        for item in self {
            item.put(bytes)?;
            bytes.push(b',');
        }
        end(bytes, b']');
        Ok(())
    }

    fn says(&self) -> bool {
        !self.is_empty()
    }
}

impl<T: Put> Put for Option<T> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        match self {
            Some(value) => value.put(bytes),
            None => serde_json::to_writer(bytes, &()),
        }
    }

    fn says(&self) -> bool {
        self.is_some()
    }
}

impl Put for u64 {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        self.put_plain(bytes);
        Ok(())
    }

    fn says(&self) -> bool {
        *self > 0
    }
}

/// A number that was counted: no data is not zero, so it stands also where it is 0.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Counted(pub(super) u64);

impl Put for Counted {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        self.0.put(bytes)
    }
}

impl Put for bool {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        bytes.extend_from_slice(if *self { b"true" } else { b"false" });
        Ok(())
    }
}

/// Declares what stands in evidence, for serde and for [`Put`]; an `enum` by the name of the field that tells its kinds,
/// each with its word there. `T` are its texts.
macro_rules! mirror {
    () => {};
    (
        $(#[$meta:meta])* $visibility:vis struct $name:ident<T> {
            $($(#[$about:meta])* $field:ident: $kind:ty,)*
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        $visibility struct $name<T> {
            $($(#[$about])* $field: $kind,)*
        }

        impl<T: $crate::evidence_json::Put> $crate::evidence_json::put::Fields for $name<T> {
            fn put_fields(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
                $($crate::evidence_json::Put::put_field(&self.$field, name!($field), bytes)?;)*
                Ok(())
            }
        }

        mirror! { $($rest)* }
    };
    (
        $(#[$meta:meta])* $visibility:vis enum $name:ident $(<$text:ident>)? by $tag:literal {
            $($variant:ident = $word:literal $({ $($(#[$about:meta])* $field:ident: $kind:ty),* $(,)? })?,)*
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        #[serde(tag = $tag)]
        $visibility enum $name $(<$text>)? {
            $(#[serde(rename = $word)] $variant $({ $($(#[$about])* $field: $kind,)* })?,)*
        }

        impl $(<$text: $crate::evidence_json::Put>)? $crate::evidence_json::put::Fields for $name $(<$text>)? {
            fn put_fields(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        bytes.extend_from_slice(concat!("\"", $tag, "\":\"", $word, "\",").as_bytes());
                        $($($crate::evidence_json::Put::put_field($field, name!($field), bytes)?;)*)?
                    })*
                }
                Ok(())
            }
        }

        mirror! { $($rest)* }
    };
}

/// The name of a field, as it stands before its value.
macro_rules! name {
    ($field:ident) => {
        concat!("\"", stringify!($field), "\":")
    };
}
