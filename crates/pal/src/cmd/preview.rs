//! `pal preview`: what a month's statement would be now.

use pal_rules::names::Names;

use super::attribute::window;
use crate::cli::Preview;
use crate::exit::{Exit, Failure, Outcome};
use crate::shell::Shell;
use crate::stored::judge_months;
use crate::{render, view};

pub(crate) fn run(preview: &Preview, shell: &Shell) -> Outcome {
    let workspace = shell.read()?;
    let now = shell.now();
    if now <= preview.month.start() {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{} has not begun", preview.month),
            format!("look at it after {}", preview.month.start()),
        ));
    }
    let running = (now < preview.month.end()).then_some(now);
    let window = window(preview.month, preview.as_of.or(running))?;
    let judged = judge_months(&workspace, &[window], shell.links_from(), &mut shell.progress())?;
    view::tell_refusals(&judged.refusals);
    view::tell_warnings(&judged.facts, &judged.statements, &judged.waiting);
    if let Some(as_of) = window.as_of {
        render::tell(format!("{} is judged as of {as_of}: its numbers will change", window.month));
    }
    shell.output.write(&view::statements_answer(&judged.statements, Names(&judged.facts)))?;
    Ok(Exit::Ok)
}
