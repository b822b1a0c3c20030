//! One file per verb.

mod account;
mod admin;
mod attribute;
mod bench;
mod close;
mod completion;
pub(crate) mod config;
mod coverage;
mod demo;
mod explain;
mod export;
mod import;
mod init;
mod link;
mod managementpartner;
mod preview;
mod resource;
mod serve;
mod solution;
mod statement;
mod what_if;

use std::path::Path;

use crate::cli::Verb;
use crate::exit::{Exit, Failure, Outcome};
use crate::shell::{RESTORE, Shell};

/// Runs the command that was asked for.
pub(crate) fn run(verb: &Verb, shell: &Shell) -> Outcome {
    if !matches!(verb, Verb::Bench(_) | Verb::Config(_) | Verb::Completion(_) | Verb::Version(_)) {
        refuse_no_folder(shell.data())?;
    }
    match verb {
        Verb::Attribute(arguments) => attribute::run(arguments, shell),
        Verb::Init(_) => init::run(shell),
        Verb::Import(arguments) => import::run(arguments, shell),
        Verb::Preview(arguments) => preview::run(arguments, shell),
        Verb::Close(arguments) => close::run(arguments, shell).map_err(damage),
        Verb::Statement(arguments) => statement::run(arguments, shell).map_err(damage),
        Verb::Explain(arguments) => explain::run(arguments, shell).map_err(damage),
        Verb::Resource(arguments) => resource::run(arguments, shell),
        Verb::Export(arguments) => export::run(arguments, shell).map_err(damage),
        Verb::WhatIf(arguments) => what_if::run(arguments, shell),
        Verb::Coverage(arguments) => coverage::run(arguments, shell),
        Verb::Solution(arguments) => solution::run(arguments, shell),
        Verb::Link(arguments) => link::run(arguments, shell),
        Verb::ManagementPartner(arguments) => managementpartner::run(arguments, shell),
        Verb::Serve(arguments) => serve::run(arguments, shell),
        Verb::Admin(arguments) => admin::run(arguments, shell),
        Verb::Bench(arguments) => bench::run(arguments, shell),
        Verb::Demo(arguments) => demo::run(arguments, shell),
        Verb::Config(arguments) => config::run(arguments, shell),
        Verb::Completion(arguments) => completion::completion(arguments.shell),
        Verb::Version(_) => completion::version(&shell.output),
    }
}

/// A data folder that is something else was named by mistake.
fn refuse_no_folder(data: &Path) -> Result<(), Failure> {
    if !data.exists() || data.is_dir() {
        return Ok(());
    }
    let message = format!("the data folder `{}` is no folder", data.display());
    Err(Failure::new(Exit::Usage, message, "name a folder with `--data`"))
}

/// A fault of a verb that reads closed statements: without advice of its own it is a file missing or damaged there, and
/// no user wrote those.
fn damage(failure: Failure) -> Failure {
    if failure.exit == Exit::Fault { failure.or_advise(RESTORE) } else { failure }
}
