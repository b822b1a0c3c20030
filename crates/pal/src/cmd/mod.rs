//! One file per verb.

mod admin;
mod attribute;
mod close;
mod completion;
pub(crate) mod config;
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
mod statement;

use crate::cli::Verb;
use crate::exit::{Exit, Failure, Outcome};
use crate::shell::{RESTORE, Shell};

/// Runs the command that was asked for.
pub(crate) fn run(verb: &Verb, shell: &Shell) -> Outcome {
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
        Verb::Link(arguments) => link::run(arguments, shell),
        Verb::ManagementPartner(arguments) => managementpartner::run(arguments, shell),
        Verb::Serve(arguments) => serve::run(arguments, shell),
        Verb::Admin(arguments) => admin::run(arguments, shell),
        Verb::Demo(arguments) => demo::run(arguments, shell),
        Verb::Config(arguments) => config::run(arguments, shell),
        Verb::Completion(arguments) => completion::completion(arguments.shell),
        Verb::Version(_) => completion::version(&shell.output),
    }
}

/// A fault of a verb that reads closed statements: without advice of its own it is a file missing or damaged there, and
/// no user wrote those.
fn damage(failure: Failure) -> Failure {
    if failure.exit == Exit::Fault { failure.or_advise(RESTORE) } else { failure }
}
