#![cfg(test)]
//! Tests of the registry: one conformance suite, written against any engine, and what is only SQLite's.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests stand in for authentication, and have no other scopes"
)]

mod checkpoint;
mod concurrent;
mod conformance;
mod files;
mod model;
mod partner_csv;
mod rows;
mod sqlite;
mod tamper;
mod tampered;
mod world;
