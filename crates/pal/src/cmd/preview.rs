//! `pal preview`: what a month's statement would be now.

use std::mem::ManuallyDrop;

use pal_rules::names::Names;
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::Window;

use super::attribute::window;
use crate::cli::Preview;
use crate::exit::{Exit, Failure, Outcome};
use crate::shell::Shell;
use crate::state::Updating;
use crate::stored::judge_months;
use crate::{render, view};

pub(crate) fn run(preview: &Preview, shell: &Shell) -> Outcome {
    let workspace = shell.read()?;
    let window = begun(preview.month, preview.as_of, shell.now())?;
    let mut progress = shell.progress();
    let updating = Updating { windows: &[window], machine: preview.machine.settle(), keep: false };
    let (judged, lines) = judge_months(&workspace, &updating, shell, &mut progress)?;
    // The facts are given back faster by the end of the process than one by one.
    let judged = ManuallyDrop::new(judged);
    drop(progress);
    view::tell_refusals(&judged.refusals);
    view::tell_warnings(&judged.facts, &judged.statements, &judged.waiting);
    if let Some(as_of) = window.as_of {
        render::tell(format!("{} is judged as of {as_of}: its numbers will change", window.month));
    }
    shell.output.write(&view::statements_answer(lines, Names(&judged.facts)))?;
    Ok(Exit::Ok)
}

/// The window of a month that has begun, up to now where it is not over.
pub(crate) fn begun(month: Month, as_of: Option<Timestamp>, now: Timestamp) -> Result<Window, Failure> {
    if now <= month.start() {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{month} has not begun"),
            format!("look at it after {}", month.start()),
        ));
    }
    let running = (now < month.end()).then_some(now);
    window(month, as_of.or(running))
}
