#![cfg(test)]
//! The integration tests of `pal`.

mod attribute_worlds;
mod cli_reference;
mod command;
mod compare;
mod demo_world;
mod documents;
mod exit_codes;
mod explain_evidence;
mod laws;
mod naive;
mod naive_worlds;
mod physical;
mod rules;
mod rules_against_naive;
mod rules_worlds;
mod same;
mod shared_worlds;
mod tidy;
mod workspace;
mod workspace_late;
mod worldgen;
mod worldgen_reach;
