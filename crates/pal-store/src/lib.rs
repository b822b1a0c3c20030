//! The registry: who is linked to which partner, what it was before, and the proof of it.
#![forbid(unsafe_code)]

mod lock;
mod read_only;
pub mod registry;
mod scope;
pub mod workspace;

pub use scope::{PrincipalScope, ReadScope};
