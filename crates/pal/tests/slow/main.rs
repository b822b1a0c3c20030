#![cfg(test)]
//! The slow suites of `pal`: run once by `test.sh`.

mod client;
#[path = "../it/command.rs"]
#[expect(dead_code, reason = "the slow suites need only a part of it")]
mod command;
mod hostile;
mod kill;
mod kill_server;
mod kill_state;
mod memory;
mod server;
