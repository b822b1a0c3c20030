#![cfg(test)]
//! The integration tests of `pal-fleet`.
