//! `pal solution inspect`: what a package says, where it is installed, who holds it, and who would after an import.

mod answer;
mod supposed;

use pal_import::outside::{Package, Unopened, package};
use pal_store::workspace::{Workspace, WorkspaceFault};

use self::supposed::Supposed;
use super::import::unopened;
use crate::cli::{Inspect, Solution};
use crate::config::Origin;
use crate::exit::{Exit, Failure, Outcome};
use crate::render::tell;
use crate::shell::{Shell, workspace_failure};

pub(crate) fn run(solution: &Solution, shell: &Shell) -> Outcome {
    let Solution::Inspect(inspect) = solution;
    let package = package::open(&inspect.file).map_err(|problem| unreadable(inspect, problem))?;
    let workspace = workspace(inspect, shell)?;
    let supposed = workspace.map(|workspace| Supposed::new(&workspace, &package, inspect, shell));
    let supposed = supposed.transpose()?;
    tell_nothing_there(&package, supposed.as_ref(), inspect);
    shell.output.write(&answer::answer(&package, supposed.as_ref(), inspect.account.is_some()))?;
    Ok(Exit::Ok)
}

fn unreadable(inspect: &Inspect, problem: Unopened) -> Failure {
    match problem {
        Unopened::Unsafe { ref reason, .. } => Failure::new(
            Exit::Usage,
            format!("`{}` is no solution package that can be read: {reason}", inspect.file.display()),
            "export the solution anew: make.powerapps.com, Solutions, Export, or `pac solution export`",
        ),
        other => unopened(other),
    }
}

/// The workspace. There need not be one, unless it was named or something is asked that only it knows.
fn workspace(inspect: &Inspect, shell: &Shell) -> Result<Option<Workspace>, Failure> {
    let asked = inspect.account.is_some() || inspect.environment.is_some() || inspect.at.is_some();
    match Workspace::open(shell.data()) {
        Err(WorkspaceFault::Missing { .. }) if !asked && shell.settings.data.origin == Origin::Default => {
            tell("no workspace here: where the package is installed, and who holds what, is not known");
            Ok(None)
        }
        Err(fault) => Err(workspace_failure(fault)),
        Ok(workspace) => {
            tell(format!("data: {}", shell.data().display()));
            Ok(Some(workspace))
        }
    }
}

/// Says what the answer leaves open.
fn tell_nothing_there(package: &Package, supposed: Option<&Supposed>, inspect: &Inspect) {
    let Some(supposed) = supposed else { return };
    if package.components.is_empty() {
        tell("nothing in the package can be attributed");
    } else if supposed.is_nowhere(package) {
        let place = inspect.environment.as_deref().unwrap_or("any environment that is known");
        tell(format!(
            "nothing of the package is in {place}: what an import makes new, its account holds then; if it is there \
             already, import the inventory of the environment"
        ));
    }
    for warning in &supposed.warnings {
        tell(format!("warning: {warning}"));
    }
}
