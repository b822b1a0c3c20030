//! `pal close`: fix a month's statement as a numbered version that never changes.

use std::mem::ManuallyDrop;
use std::path::Path;

use pal_rules::names::Names;
use pal_rules::usage::Window;
use pal_store::workspace::{BegunClosing, Closing, NewClosing, Workspace, WorkspaceFault};
use serde_json::{Map, Value};

use super::attribute::window;
use super::config::{links_from_word, told_links};
use crate::activity::Machine;
use crate::adjust::{EarlierFacts, Kept, Since, adjustments, kept_adjustments};
use crate::cli::{Close, Months};
use crate::closed_files::{
    EVIDENCE_FILE, LINES, closed_file, evidence_hash, kept_hash, listed_hash, manifest_if_whole,
    not_as_listed,
};
use crate::digest::sha256;
use crate::exit::{Exit, Failure, Outcome};
use crate::judge::{Counts, Lines, Statement};
use crate::line_files::{Closings, LineMaker, NAMES_FILE, WrittenLines};
use crate::output_files::{self, OutputFile, manifest, refused_file, sum_files};
use crate::parallel::both;
use crate::render::{Answer, Items, draw, tell};
use crate::shell::{Shell, workspace_failure};
use crate::state::{NewRuns, Updating, told_unkept};
use crate::stored::{Judged, Ready};
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
    let (judged, written) = judge(workspace, &Updating { windows: &windows, machine, keep: true }, shell)?;
    // The facts are given back faster by the end of the process than one by one.
    let judged = ManuallyDrop::new(judged);
    view::tell_refusals(&judged.refusals);
    view::tell_warnings(&judged.facts, &judged.statements, &judged.waiting);
    let (mut closed, mut earlier) = (Vec::new(), EarlierFacts::default());
    for (statement, lines) in judged.statements.iter().zip(written) {
        closed.push(close_month(workspace, (&judged, statement), lines, &mut earlier, shell)?);
    }
    Ok(closed)
}

/// Judges months; their lines go to the disk, each month's as what may be its next version.
fn judge(
    workspace: &Workspace,
    updating: &Updating<'_>,
    shell: &Shell,
) -> Result<(Judged, Vec<WrittenLines>), Failure> {
    let mut progress = shell.progress();
    let ready = Ready::read(workspace, updating, shell, &mut progress)?;
    let maker = LineMaker::new(Some(Names(&ready.facts)), true);
    let mut closings = Closings::new(workspace, updating.windows, &maker);
    let (judging, metered) = ready.judging(updating.windows);
    let make = |parts: &mut dyn Iterator<Item = Lines>| maker.make(parts);
    let judge = || {
        judging.judge_into(metered, &mut progress, make, |window, made| match made.transpose()? {
            Some(made) => closings.take(window, made),
            None => closings.end(window),
        })
    };
    // Whatever becomes of the months, no activity is metered twice; they wait for no disk meanwhile.
    let (folder, new) = (workspace.folder(), ready.new_runs.as_ref());
    let (kept, months) = both(|| new.map_or(Ok(()), |new| keep(folder, new)), judge);
    kept.unwrap_or_else(told_unkept);
    let (months, written) = (months?, closings.finish()?);
    Ok((ready.judged(months), written))
}

/// Keeps what was metered.
fn keep(folder: &Path, NewRuns { last_import, runs, alone }: &NewRuns) -> Result<(), WorkspaceFault> {
    Workspace::open(folder)?.commit_state_runs(*last_import, runs, *alone)
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
    (judged, statement): (&Judged, &Statement),
    written: WrittenLines,
    earlier: &mut EarlierFacts,
    shell: &Shell,
) -> Result<Closed, Failure> {
    let last = workspace.latest_closing(statement.window.month).map_err(workspace_failure)?;
    let mut sums = sum_files(statement)?;
    sums.push(refused_file(&judged.refusals)?);
    let mut hashes = written.hashes(&sums);
    let stands = match last {
        Some(last) if lines_stand(&last, &hashes)? => Ok(last),
        last => Err(last),
    };
    let (is_new, mut adjustments) = (stands.is_err(), 0);
    let closing = match stands {
        Ok(last) if rest_stands(&last, &hashes, written.begun.folder())? => stand(last),
        stands => {
            let mut more = judged.registry.packed()?.into_iter().collect::<Vec<_>>();
            match &stands {
                Err(Some(last)) => {
                    let (file, lines) =
                        adjusted(workspace, (judged, statement), (last, &written), earlier, shell)?;
                    adjustments = lines;
                    more.push(file);
                }
                Ok(last) if last.version > 1 => more.push(kept_adjustments(last)?),
                _ => {}
            }
            hashes.extend(output_files::hashes(&more));
            sums.extend(more);
            commit(workspace, (judged, statement), stands.ok(), (written, &hashes, sums), shell)?
        }
    };
    let Counts { lines, credited, .. } = statement.counts;
    Ok(Closed { closing, new: is_new, adjustments, lines, credited })
}

/// What a version that was written changes against the last one, as a file and in lines.
fn adjusted(
    workspace: &Workspace,
    (judged, statement): (&Judged, &Statement),
    (last, written): (&Closing, &WrittenLines),
    earlier: &mut EarlierFacts,
    shell: &Shell,
) -> Result<(OutputFile, usize), Failure> {
    let since = Since::read(workspace, judged, last, shell.links_from(), earlier)?;
    let (before, after) = (Kept::in_folder(&last.folder)?, Kept::in_folder(written.begun.folder())?);
    adjustments(&since, statement.window, &before, &after)
}

/// Commits what was written, and what goes with it: as a new version, or as what stands beside the lines of one.
///
/// - `stands`: the version that stands.
/// - `hashes`: of what was written and of the other files.
fn commit(
    workspace: &mut Workspace,
    (judged, statement): (&Judged, &Statement),
    stands: Option<Closing>,
    (written, hashes, mut files): (WrittenLines, &Map<String, Value>, Vec<OutputFile>),
    shell: &Shell,
) -> Result<Closing, Failure> {
    let links_from = links_from_word(shell.links_from());
    files.push(manifest(statement, Some(links_from), hashes)?);
    let (closed_at, last_import, digest) = (shell.now(), judged.last_import, statement.digest.as_str());
    let new = NewClosing { closed_at, last_import, links_from, digest, files: &files };
    if let Some(last) = stands {
        return renew(workspace, last, written.begun, &new);
    }
    let closing = workspace.commit_closing(written.begun, &new).map_err(workspace_failure)?;
    let told = told_links(links_from).map(|words| format!("; {words}")).unwrap_or_default();
    tell(format!("{}: closed as version {}{}", closing.month, closing.version, told));
    Ok(closing)
}

/// Leaves a version as it is: nothing changed.
fn stand(last: Closing) -> Closing {
    tell(format!("{}: no line or roll-up changed; version {} stands", last.month, last.version));
    last
}

/// Leaves a version as it is, since no line of it changed; what stands beside its lines is made anew where facts that
/// came since say more.
fn renew(
    workspace: &mut Workspace,
    last: Closing,
    begun: BegunClosing,
    new: &NewClosing<'_>,
) -> Result<Closing, Failure> {
    let (month, version) = (last.month, last.version);
    workspace.commit_renewal(&last, begun, new).map_err(workspace_failure)?;
    tell(format!("{month}: no line or roll-up changed; version {version} stands, its evidence is renewed"));
    let newest = workspace.latest_closing(month).map_err(workspace_failure)?;
    Ok(newest.unwrap_or(last))
}

/// The files that stand beside the lines and may say more later; evidence does, too.
const BESIDE: [&str; 3] = [NAMES_FILE, "coverage.csv", "refused.csv"];

/// Whether none of the files that make a version differs from the newest one's.
///
/// - `hashes`: of the new ones.
///
/// # Errors
///
/// Where one is missing, or no longer what was closed: that is no change of the month.
fn lines_stand(last: &Closing, hashes: &Map<String, Value>) -> Result<bool, Failure> {
    let manifest = manifest_if_whole(last)?;
    let mut stand = true;
    for name in LINES {
        let kept = sha256(&closed_file(last, name)?);
        let is_as_now = hashes.get(name).and_then(Value::as_str) == Some(kept.as_str());
        if !is_as_now && listed_hash(&manifest, name).is_some_and(|listed| listed != kept) {
            return Err(not_as_listed(last, name));
        }
        stand &= is_as_now;
    }
    Ok(stand)
}

/// Whether all that is kept of the newest version is as its manifest lists it, and none of the files beside the lines differs
/// from the new ones. What is not there is made anew, as is what earlier builds did not keep.
///
/// - `new`: the folder of the new ones.
fn rest_stands(last: &Closing, hashes: &Map<String, Value>, new: &Path) -> Result<bool, Failure> {
    let manifest = manifest_if_whole(last)?;
    let hash = |name: &str| hashes.get(name).and_then(Value::as_str);
    if LINES.into_iter().chain(BESIDE).any(|name| listed_hash(&manifest, name) != hash(name)) {
        return Ok(false);
    }
    let listed = manifest.get("files").and_then(Value::as_object).into_iter().flatten();
    // The lines were looked at before; evidence that cannot be read is made anew.
    for (name, listed) in listed.filter(|(name, _)| *name != EVIDENCE_FILE && !LINES.contains(&name.as_str()))
    {
        if kept_hash(&last.folder, name)?.as_deref() != listed.as_str() {
            return Ok(false);
        }
    }
    let Some(kept) = kept_hash(&last.folder, EVIDENCE_FILE).unwrap_or_default() else { return Ok(false) };
    let as_listed = listed_hash(&manifest, EVIDENCE_FILE) == Some(kept.as_str());
    Ok(as_listed && (hash(EVIDENCE_FILE) == Some(kept.as_str()) || is_packed_otherwise(last, new)))
}

/// Whether kept evidence says the same as the new, which another build packs otherwise.
fn is_packed_otherwise(last: &Closing, new: &Path) -> bool {
    let says = evidence_hash(&last.folder);
    says.is_some() && says == evidence_hash(new)
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
