#![cfg(test)]
//! The integration tests of `pal-metering`.

mod answers;
mod files;
mod model;
mod readers;
mod states;
