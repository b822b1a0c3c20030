//! `pal`: Partner Admin Link, self-hosted. The composition root: the only clock, environment and exit code.
#![forbid(unsafe_code)]

mod activity;
mod adjust;
mod checkpoints;
mod cli;
mod closed_files;
mod cmd;
mod config;
mod digest;
mod eights;
mod evidence_json;
mod exit;
mod judge;
mod line_files;
mod line_rows;
mod load;
mod losses;
mod output_files;
mod outside_facts;
mod packing;
mod parallel;
mod progress;
mod prose;
mod registry;
mod registry_facts;
mod render;
mod shell;
mod sources;
mod spare;
mod state;
mod stored;
mod streamed;
mod view;
mod wrong_tenant;

use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use pal_rules::time::Timestamp;

fn main() -> ExitCode {
    elapsed();
    let exit = run().unwrap_or_else(|failure| {
        render::tell(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

fn run() -> exit::Outcome {
    let cli = cli::Cli::parse();
    // A server answers what is under way before it ends.
    if !matches!(cli.verb, cli::Verb::Serve(_)) {
        end_when_interrupted()?;
    }
    let variable: fn(&str) -> Option<String> =
        |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let here = std::env::current_dir().unwrap_or_default();
    let around = config::Surroundings { variable: &variable, here: &here };
    let settings = config::Settings::new(&cli.global, cli.verb.connection(), around)?;
    let program = std::env::args().next().unwrap_or_else(|| "pal".to_owned());
    let shell = shell::Shell::new(&cli, settings, shell::Clocks { elapsed, now }, program, variable);
    cmd::run(&cli.verb, &shell)
}

/// Whatever is killed leaves a workspace as before or as after, so there is nothing to tidy up first.
fn end_when_interrupted() -> Result<(), exit::Failure> {
    ctrlc::set_handler(|| {
        render::tell("\ninterrupted: what was not finished was not kept; run it again");
        std::process::exit(exit::Exit::Interrupted as i32);
    })?;
    Ok(())
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
