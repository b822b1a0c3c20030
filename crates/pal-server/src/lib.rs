//! The registration service: the provider's wire, our own API beside it, and sign-in.
#![forbid(unsafe_code)]

mod caller;
mod clock;
pub mod identity;

pub use caller::{Caller, Kind, Role};
pub use clock::Clock;
