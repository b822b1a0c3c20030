//! `pal init`: make a workspace.

use pal_store::workspace::Workspace;

use crate::exit::{Exit, Outcome};
use crate::render::tell;
use crate::shell::{Shell, workspace_failure};

pub(crate) fn run(shell: &Shell) -> Outcome {
    Workspace::init(shell.data()).map_err(workspace_failure)?;
    tell(format!("made a workspace in `{}`", shell.data().display()));
    tell("next: pal import facts FACTS_DIR");
    Ok(Exit::Ok)
}
