//! One file per verb.

mod attribute;
mod close;
mod completion;
mod demo;
mod explain;
mod export;
mod import;
mod init;
mod preview;
mod resource;
mod statement;

use crate::cli::{Cli, Verb};
use crate::exit::Outcome;
use crate::shell::Shell;

/// Runs the command that was asked for.
pub(crate) fn run(verb: &Verb, shell: &Shell) -> Outcome {
    match verb {
        Verb::Attribute(arguments) => attribute::run(arguments, shell),
        Verb::Init(_) => init::run(shell),
        Verb::Import(arguments) => import::run(arguments, shell),
        Verb::Preview(arguments) => preview::run(arguments, shell),
        Verb::Close(arguments) => close::run(arguments, shell),
        Verb::Statement(arguments) => statement::run(arguments, shell),
        Verb::Explain(arguments) => explain::run(arguments, shell),
        Verb::Resource(arguments) => resource::run(arguments, shell),
        Verb::Export(arguments) => export::run(arguments, shell),
        Verb::Demo(arguments) => demo::run(arguments, shell),
        Verb::Completion(arguments) => completion::completion(arguments.shell),
        Verb::Version(_) => completion::version(&shell.output),
    }
}

impl Shell {
    /// The surroundings that the command line asks for.
    pub(crate) fn new(
        cli: &Cli,
        elapsed: crate::progress::Elapsed,
        now: fn() -> pal_rules::time::Timestamp,
    ) -> Self {
        let output = crate::render::Output { format: cli.global.output, query: cli.global.query.clone() };
        Self { data: cli.global.data.clone(), output, elapsed, now }
    }
}
