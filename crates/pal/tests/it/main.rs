#![cfg(test)]
//! The integration tests of `pal`.

mod naive;
mod naive_worlds;
