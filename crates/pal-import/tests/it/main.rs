#![cfg(test)]
//! The integration tests of `pal-import`.

mod facts_directory;
mod outside_audit;
mod outside_dataverse;
mod outside_directory;
mod outside_links;
mod outside_package;
mod outside_samples;
mod split;
