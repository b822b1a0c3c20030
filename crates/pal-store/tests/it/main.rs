#![cfg(test)]
//! Tests of the registry: one conformance suite, written against any engine, and what is only SQLite's.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests stand in for authentication, and have no other scopes"
)]

mod checkpoint;
mod cluster;
mod concurrent;
mod conformance;
mod engines;
mod files;
mod migrate;
mod model;
mod partner_csv;
mod place;
mod postgres;
mod postgres_tls;
mod rows;
mod sqlite;
mod tamper;
mod tampered;
mod world;
