#![cfg(test)]
//! The integration tests of `pal`.

mod cli_reference;
mod command;
mod demo_world;
mod exit_codes;
mod naive;
mod naive_worlds;
mod rules;
mod rules_against_naive;
mod rules_worlds;
mod same;
mod tidy;
mod worldgen;
mod worldgen_reach;
