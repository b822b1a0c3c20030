//! `pal statement`: closed statements shown, listed and compared.

mod compare;
mod diff;

use pal_rules::names::Names;
use pal_rules::time::Month;
use serde_json::Value;

use super::config::told_links;
use crate::cli::{Shown, Statement};
use crate::closed_files::closed_file;
use crate::exit::{Exit, Failure, Outcome};
use crate::losses::{Loser, losses};
use crate::render::{Answer, Items, draw, tell};
use crate::shell::{Shell, workspace_failure};
use crate::stored::{closing, credited_before, evidence, facts};
use crate::view;

pub(crate) fn run(statement: &Statement, shell: &Shell) -> Outcome {
    let answer = match statement {
        Statement::Show { month, version, shown } => show(shell, *month, *version, shown)?,
        Statement::List => list(shell)?,
        Statement::Diff { month, from, to } => diff::answer(shell, *month, *from, *to)?,
        Statement::Compare { before, after, by } => compare::answer(shell, (*before, *after), *by)?,
    };
    shell.output.write(&answer)?;
    Ok(Exit::Ok)
}

fn show(shell: &Shell, month: Month, version: Option<i64>, shown: &Shown) -> Result<Answer, Failure> {
    let workspace = shell.read()?;
    let closing = closing(&workspace, month, version)?;
    let facts = facts(&workspace, shell)?;
    let (evidence, names) = (evidence(&closing)?, Names(&facts));
    if let Some(words) = told_links(&closing.links_from) {
        tell(format!("{month}: {words}"));
    }
    let head = vec![
        ("month", Value::from(month.to_string())),
        ("version", Value::from(closing.version)),
        ("closed_at", Value::from(closing.closed_at.clone())),
        ("renewed_at", Value::from(closing.renewed_at.clone())),
        ("links_from", Value::from(closing.links_from.clone())),
        ("digest", Value::from(closing.digest.clone())),
    ];
    if let Some(partner) = &shown.lost {
        let loser = Loser::new(partner, &facts)?;
        let items = losses(&evidence, &credited_before(&workspace, month)?, &facts, loser);
        let view = draw(&view::losses_view(&items));
        return Ok(Answer { view, ..Answer::list(head, "losses", &items) });
    }
    let file = match (shown.rollup, shown.company) {
        (true, _) => "rollup.csv",
        (_, true) => "company.csv",
        _ => return Ok(view::lines_answer(head, &evidence, names)),
    };
    let items = view::csv_items(&closed_file(&closing, file)?)?;
    let view = draw(&view::rollup_view(&items, &evidence, names));
    Ok(Answer { view, ..Answer::list(head, "lines", &items) })
}

fn list(shell: &Shell) -> Result<Answer, Failure> {
    let workspace = shell.read()?;
    let mut items = Items::new([
        "month",
        "version",
        "closed_at",
        "renewed_at",
        "last_import",
        "links_from",
        "rules_version",
        "digest",
    ]);
    for closing in workspace.closings().map_err(workspace_failure)? {
        items.push(vec![
            closing.month.to_string().into(),
            closing.version.into(),
            closing.closed_at.into(),
            closing.renewed_at.into(),
            closing.last_import.into(),
            closing.links_from.into(),
            closing.rules_version.into(),
            closing.digest.into(),
        ]);
    }
    if items.is_empty() {
        tell("no month is closed yet: close one with `pal close YYYY-MM`");
    }
    Ok(Answer::list(Vec::new(), "statements", &items))
}
