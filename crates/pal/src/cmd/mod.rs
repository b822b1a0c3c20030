//! One file per verb.

mod attribute;

use crate::cli::{Cli, Verb};
use crate::exit::Outcome;
use crate::progress::Elapsed;
use crate::render::Output;

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli, elapsed: Elapsed) -> Outcome {
    let output = Output { format: cli.global.output, query: cli.global.query };
    match cli.verb {
        Verb::Attribute(attribute) => attribute::run(&attribute, &output, elapsed),
    }
}
