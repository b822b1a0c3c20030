//! `pal close`: fix a month's statement as a numbered version that never changes.

use pal_rules::names::Names;
use pal_rules::usage::Window;
use pal_store::workspace::{Closing, NewClosing, Workspace};

use super::attribute::window;
use super::config::links_from_word;
use crate::adjust::{Adjustment, EarlierFacts, Since, adjustments, adjustments_json};
use crate::cli::{Close, Months};
use crate::exit::{Exit, Failure, Outcome};
use crate::judge::Statement;
use crate::output_files::{csv, refused_table, statement_files};
use crate::render::{Answer, Items, draw, tell};
use crate::shell::{Shell, workspace_failure};
use crate::stored::{EVIDENCE_FILE, Judged, closed_file, judge_months, packed_evidence};
use crate::view;

pub(crate) fn run(close: &Close, shell: &Shell) -> Outcome {
    let (mut workspace, _lock) = shell.write(&format!("pal close {}", close.month))?;
    let closed = close_months(&mut workspace, &close.month, shell)?;
    shell.output.write(&answer(&closed))?;
    Ok(Exit::Ok)
}

/// What became of one month.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) closing: Closing,
    /// Whether a version was made; else the newest one stands.
    pub(crate) new: bool,
    pub(crate) adjustments: usize,
    pub(crate) lines: usize,
    pub(crate) credited: usize,
}

/// Closes months over one pass of the activity, each in a commit of its own.
pub(crate) fn close_months(
    workspace: &mut Workspace,
    months: &Months,
    shell: &Shell,
) -> Result<Vec<Closed>, Failure> {
    let windows = finished_windows(months, shell)?;
    let judged = judge_months(workspace, &windows, shell.links_from(), &mut shell.progress())?;
    view::tell_refusals(&judged.refusals);
    view::tell_warnings(&judged.facts, &judged.statements, &judged.waiting);
    let (mut closed, mut earlier) = (Vec::new(), EarlierFacts::default());
    for statement in &judged.statements {
        closed.push(close_month(workspace, &judged, statement, &mut earlier, shell)?);
    }
    Ok(closed)
}

fn finished_windows(months: &Months, shell: &Shell) -> Result<Vec<Window>, Failure> {
    let now = shell.now();
    let mut windows = Vec::new();
    for month in months.each() {
        if now < month.end() {
            return Err(Failure::new(
                Exit::Conflict,
                format!("{month} is not over"),
                format!("look at it with `pal preview {month}`; close it from {} on", month.end()),
            ));
        }
        windows.push(window(month, None)?);
    }
    Ok(windows)
}

fn close_month(
    workspace: &mut Workspace,
    judged: &Judged,
    statement: &Statement,
    earlier: &mut EarlierFacts,
    shell: &Shell,
) -> Result<Closed, Failure> {
    let month = statement.window.month;
    let mut files = statement_files(statement, Some(Names(&judged.facts)))?;
    let credited = statement.lines.iter().filter(|attribution| attribution.line.credit().is_some()).count();
    let mut made: Vec<Adjustment> = Vec::new();
    if let Some(last) = workspace.latest_closing(month).map_err(workspace_failure)? {
        if unchanged(&last, &files)? {
            tell(format!("{month}: no line or roll-up changed; version {} stands", last.version));
            let lines = statement.lines.len();
            return Ok(Closed { closing: last, new: false, adjustments: 0, lines, credited });
        }
        let since = Since::read(workspace, judged, &last, shell.links_from(), earlier)?;
        made = adjustments(&since, statement)?;
        files.push(("adjustments.json".to_owned(), adjustments_json(&made, &last)?.into_bytes()));
    }
    files.push((EVIDENCE_FILE.to_owned(), packed_evidence(statement)?));
    files.push(("refused.csv".to_owned(), csv(&refused_table(&judged.refusals))?));
    let closing = workspace
        .commit_closing(&NewClosing {
            month,
            closed_at: shell.now(),
            last_import: judged.last_import,
            links_from: links_from_word(shell.links_from()),
            digest: &statement.digest,
            files: &files,
        })
        .map_err(workspace_failure)?;
    tell(format!("{month}: closed as version {}", closing.version));
    Ok(Closed { closing, new: true, adjustments: made.len(), lines: statement.lines.len(), credited })
}

/// Whether no line and no roll-up differs from the newest version.
fn unchanged(last: &Closing, files: &[(String, Vec<u8>)]) -> Result<bool, Failure> {
    for name in ["statement.csv", "rollup.csv", "company.csv"] {
        let new = files.iter().find(|(file, _)| file == name).map(|(_, bytes)| bytes);
        if new != Some(&closed_file(last, name)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn answer(closed: &[Closed]) -> Answer {
    let mut items =
        Items::new(["month", "version", "new", "resources", "credited", "adjustments", "digest", "folder"]);
    for one in closed {
        let closing = &one.closing;
        items.push(vec![
            closing.month.to_string().into(),
            closing.version.into(),
            one.new.into(),
            one.lines.into(),
            one.credited.into(),
            one.adjustments.into(),
            closing.digest.clone().into(),
            closing.folder.display().to_string().into(),
        ]);
    }
    let mut shown = items.table();
    for row in &mut shown.rows {
        row.truncate(6);
    }
    shown.columns.truncate(6);
    Answer { view: draw(&shown), ..Answer::list(Vec::new(), "closed", &items) }
}
