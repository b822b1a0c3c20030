//! The client of other people's endpoints of Azure Resource Manager's shape: Microsoft's, or a server of ours.
//!
//! [`endpoint`] says whom one talks to and where a link is known, [`http`] asks and asks again, [`cloud`] finds out
//! where to sign in, [`sign_in`] does, [`links`] makes, reads and removes links, [`registry`] speaks our own API.
//!
//! **Absent:** no SQL, no HTML, no facts. The clock, waiting, random ids and words for the user are arguments
//! ([`machine::Machine`]); the environment is read by the caller.
#![forbid(unsafe_code)]

pub mod cloud;
pub mod endpoint;
pub mod http;
pub mod links;
pub mod machine;
pub mod problem;
pub mod redact;
pub mod registry;
pub mod sign_in;
