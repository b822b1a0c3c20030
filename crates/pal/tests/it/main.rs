#![cfg(test)]
//! The integration tests of `pal`.

mod attribute;
mod attribute_worlds;
mod cli_reference;
mod close;
mod command;
mod compare;
mod completion;
mod demo;
mod demo_world;
mod exit_codes;
mod explain;
mod explain_evidence;
mod export;
mod facts_files;
mod import;
mod init;
mod naive;
mod naive_worlds;
mod physical;
mod preview;
mod resource;
mod rules;
mod rules_against_naive;
mod rules_worlds;
mod same;
mod shared_worlds;
mod snapshot;
mod statement;
mod tidy;
mod usage;
mod workspace;
mod workspace_late;
mod worldgen;
mod worldgen_reach;
