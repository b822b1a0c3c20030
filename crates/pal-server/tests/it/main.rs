#![cfg(test)]
//! The service as its callers see it: requests in, whole answers out, no network unless a test is about it.

mod bodies;
mod front;
mod front_door;
mod headers;
mod isolation;
mod paths;
mod provider;
mod quota;
mod recordings;
mod socket;
mod world;
