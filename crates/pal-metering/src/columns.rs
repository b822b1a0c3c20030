//! Activity in columns, ids as numbers: what both readers make, and what is appended.

use crate::kernel::guid::Guid;

/// What a row says; `UNREADABLE` rows are only counted out.
pub(crate) const USE: u8 = 0;
pub(crate) const MAKE: u8 = 1;
pub(crate) const UNREADABLE: u8 = 2;

/// Numbers at and above are of texts that are no GUIDs ([`crate::registry::Registry::text`]).
pub(crate) const TEXT: u32 = 1 << 31;
/// Stands for an id that cannot be read.
pub(crate) const NO_ID: u32 = u32::MAX;

/// Some rows, column by column; all columns are equally long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns<'a> {
    /// Microseconds since 1970.
    pub(crate) at: &'a [i64],
    /// Numbers of tenants.
    pub(crate) tenant: &'a [u32],
    /// Numbers of resources.
    pub(crate) resource: &'a [u32],
    /// Who, where it is a GUID.
    pub(crate) object: &'a [Guid],
    /// Per row the number of a text where `object` is none, else 0; empty if every one is.
    pub(crate) object_text: &'a [u32],
    /// `USE`, `MAKE` or `UNREADABLE`.
    pub(crate) kind: &'a [u8],
}
