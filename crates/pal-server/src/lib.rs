//! The registration service: the provider's wire, our own API beside it, and sign-in.
#![forbid(unsafe_code)]

mod caller;
mod clock;
pub mod identity;
mod private_file;
pub mod tls;

pub use caller::{Caller, Kind, Role};
pub use clock::Clock;
