#![cfg(test)]
//! The integration tests of `pal-metering`.

mod files;
mod model;
mod readers;
mod states;
