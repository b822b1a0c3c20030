//! `pal`: Partner Admin Link, self-hosted. The composition root: the only clock, environment and exit code.
#![forbid(unsafe_code)]

mod cli;
mod cmd;
mod digest;
mod exit;
mod judge;
mod load;
mod output_files;
mod progress;
mod render;
mod view;

use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use clap::Parser;

fn main() -> ExitCode {
    elapsed();
    let exit = match cmd::run(cli::Cli::parse(), elapsed) {
        Ok(exit) => exit,
        Err(failure) => {
            render::tell(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
}

/// Time since the start, from the one monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the one clock of the program")]
fn elapsed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
