//! The inner loops: reading ids, numbering them, sorting and packing numbers. The only place with `unsafe`.

pub(crate) mod guid;
pub(crate) mod memory;
pub(crate) mod narrow;
pub(crate) mod packed;
pub(crate) mod radix;
pub(crate) mod sorted;
pub(crate) mod table;
pub(crate) mod varint;
#[cfg(target_arch = "x86_64")]
mod wide;
