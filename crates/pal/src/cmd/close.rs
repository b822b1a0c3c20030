//! `pal close`: fix a month's statement as a numbered version that never changes.

use std::mem::ManuallyDrop;

use pal_rules::names::Names;
use pal_rules::time::Month;
use pal_rules::usage::Window;
use pal_store::workspace::{BegunClosing, Closing, NewClosing, Workspace, WorkspaceFault};

use super::attribute::window;
use super::config::{links_from_word, told_links};
use crate::activity::Machine;
use crate::adjust::{EarlierFacts, Kept, Since, adjustments};
use crate::cli::{Close, Months};
use crate::exit::{Exit, Failure, Outcome};
use crate::judge::Statement;
use crate::output_files::{OutputFile, manifest, refused_file, statement_files};
use crate::parallel::both;
use crate::render::{Answer, Items, draw, tell};
use crate::shell::{Shell, workspace_failure};
use crate::state::{NewRuns, Updating, told_unkept};
use crate::stored::{EVIDENCE_FILE, Judged, closed_file, exported_hashes, judge_months, packed_evidence};
use crate::view;

pub(crate) fn run(close: &Close, shell: &Shell) -> Outcome {
    let (mut workspace, _lock) = shell.write(&format!("pal close {}", close.month))?;
    let closed = close_months(&mut workspace, &close.month, close.machine.settle(), shell)?;
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
    machine: Machine,
    shell: &Shell,
) -> Result<Vec<Closed>, Failure> {
    let windows = finished_windows(months, shell)?;
    let mut progress = shell.progress();
    let updating = Updating { windows: &windows, machine, keep: true };
    // A million lines and their facts are given back faster by the end of the process than one by one.
    let judged = ManuallyDrop::new(judge_months(workspace, &updating, shell, &mut progress)?);
    drop(progress);
    if let Some(NewRuns { last_import, runs, alone }) = &judged.new_runs {
        workspace.commit_state_runs(*last_import, runs, *alone).unwrap_or_else(told_unkept);
    }
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

/// What becomes of a month's files.
#[derive(Debug)]
enum Version {
    /// No line changed.
    Stands(Closing),
    /// They are another version, after the last one.
    New(BegunClosing, Option<Closing>),
}

impl Version {
    fn of(workspace: &Workspace, month: Month, files: &[OutputFile]) -> Result<Self, Failure> {
        let last = workspace.latest_closing(month).map_err(workspace_failure)?;
        match last {
            Some(last) if unchanged(&last, &LINES, files)? => Ok(Self::Stands(last)),
            last => Ok(Self::New(workspace.begin_closing(month).map_err(workspace_failure)?, last)),
        }
    }

    /// Writes files of a new version; says how many were written.
    fn write(&self, files: &[OutputFile]) -> Result<usize, WorkspaceFault> {
        match self {
            Self::Stands(_) => Ok(0),
            Self::New(begun, _) => begun.write(files).map(|()| files.len()),
        }
    }
}

fn close_month(
    workspace: &mut Workspace,
    judged: &Judged,
    statement: &Statement,
    earlier: &mut EarlierFacts,
    shell: &Shell,
) -> Result<Closed, Failure> {
    let month = statement.window.month;
    let links_from = links_from_word(shell.links_from());
    let mut files = statement_files(statement, Some(Names(&judged.facts)))?;
    files.push(refused_file(&judged.refusals)?);
    let version = Version::of(workspace, month, &files)?;
    // What there is of a new version goes to the disk while its evidence is made.
    let (written, evidence) = both(|| version.write(&files), || packed_evidence(statement));
    let (written, (evidence, evidence_hash)) = (written.map_err(workspace_failure)?, evidence?);
    files.push((EVIDENCE_FILE.to_owned(), evidence));
    files.extend(judged.registry.packed()?);
    let mut adjusted = 0;
    match &version {
        Version::New(_, Some(last)) => {
            let since = Since::read(workspace, judged, last, shell.links_from(), earlier)?;
            let before = Kept::of_closing(last)?;
            let (json, lines) = adjustments(&since, statement.window, &before, &Kept::of_files(&files))?;
            adjusted = lines;
            files.push((ADJUSTMENTS_FILE.to_owned(), json));
        }
        Version::Stands(last) if last.version > 1 => {
            files.push((ADJUSTMENTS_FILE.to_owned(), closed_file(last, ADJUSTMENTS_FILE)?));
        }
        _ => {}
    }
    let hashes = exported_hashes(&files, &evidence_hash)?;
    files.push(manifest(statement, Some(links_from), &hashes)?);
    let (closed_at, last_import, digest) = (shell.now(), judged.last_import, statement.digest.as_str());
    let files = files.get(written..).unwrap_or_default();
    let new = NewClosing { closed_at, last_import, links_from, digest, files };
    let is_new = matches!(version, Version::New(..));
    let closing = match version {
        Version::Stands(last) => renew(workspace, last, &new)?,
        Version::New(begun, _) => {
            let closing = workspace.commit_closing(begun, &new).map_err(workspace_failure)?;
            let told = told_links(links_from).map(|words| format!("; {words}")).unwrap_or_default();
            tell(format!("{month}: closed as version {}{}", closing.version, told));
            closing
        }
    };
    let credited = statement.lines.iter().filter(|attribution| attribution.line.credit().is_some()).count();
    Ok(Closed { closing, new: is_new, adjustments: adjusted, lines: statement.lines.len(), credited })
}

/// Leaves a version as it is, since no line of it changed; what stands beside its lines is made anew where facts that
/// came since say more.
fn renew(workspace: &mut Workspace, last: Closing, new: &NewClosing<'_>) -> Result<Closing, Failure> {
    let (month, version) = (last.month, last.version);
    if unchanged(&last, &BESIDE, new.files)? {
        tell(format!("{month}: no line or roll-up changed; version {version} stands"));
        return Ok(last);
    }
    workspace.commit_renewal(&last, new).map_err(workspace_failure)?;
    tell(format!("{month}: no line or roll-up changed; version {version} stands, its evidence is renewed"));
    let newest = workspace.latest_closing(month).map_err(workspace_failure)?;
    Ok(newest.unwrap_or(last))
}

/// The file of a later version that says what changed, and because of which facts.
const ADJUSTMENTS_FILE: &str = "adjustments.json";

/// The files that make a version: it changes only when one of them does.
const LINES: [&str; 3] = ["statement.csv", "rollup.csv", "company.csv"];

/// The files that stand beside the lines and may say more later.
const BESIDE: [&str; 4] = [EVIDENCE_FILE, "coverage.csv", "statement.named.csv", "refused.csv"];

/// Whether none of these files differs from the newest version's.
fn unchanged(last: &Closing, names: &[&str], files: &[(String, Vec<u8>)]) -> Result<bool, Failure> {
    for name in names {
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
