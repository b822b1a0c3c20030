//! Files in, rows of canonical facts out.
//!
//! [`facts`] reads the facts directory of `facts.md`. The exports that partners and customers have get one file per
//! format beside it, and all end in the same tables.
//!
//! **Absent:** no SQL, no HTTP, no rules: what a row means, and whether it holds, is for `pal-rules`.
#![forbid(unsafe_code)]

pub mod facts;
pub mod outside;
