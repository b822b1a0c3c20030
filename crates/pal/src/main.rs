//! `pal`: Partner Admin Link, self-hosted. The composition root: the only clock, environment and exit code.
#![forbid(unsafe_code)]

mod adjust;
mod cli;
mod cmd;
mod digest;
mod evidence_json;
mod exit;
mod judge;
mod load;
mod output_files;
mod progress;
mod prose;
mod render;
mod shell;
mod stored;
mod view;

use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use pal_rules::time::Timestamp;

fn main() -> ExitCode {
    elapsed();
    let cli = cli::Cli::parse();
    let exit = cmd::run(&cli.verb, &shell::Shell::new(&cli, elapsed, now)).unwrap_or_else(|failure| {
        render::tell(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

/// Time since the start, from the one monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the one monotonic clock of the program")]
fn elapsed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// The time of day, from the one wall clock.
#[expect(clippy::disallowed_methods, reason = "the one wall clock of the program")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
