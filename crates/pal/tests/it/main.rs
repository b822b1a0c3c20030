#![cfg(test)]
//! The integration tests of `pal`.

mod demo_world;
mod naive;
mod naive_worlds;
mod worldgen;
mod worldgen_reach;
