#![cfg(test)]
//! The integration tests of `pal-import`.

mod facts_directory;
mod outside_audit;
mod split;
