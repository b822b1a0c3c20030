//! The metered state of a workspace: read from its files, brought up to date, and what of it should be kept.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use pal_import::facts::{FactFile, Format};
use pal_metering::{Opened, Run, State, Unmetered};
use pal_rules::facts::{Refusal, Table};
use pal_rules::time::Month;
use pal_rules::usage::Window;
use pal_store::workspace::{ActivityFile, NewStateRun, StateRun, Workspace, WorkspaceFault};
use tempfile::TempDir;

use crate::activity::{ActivityFiles, Asked, Machine};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::tell;
use crate::shell::{RESTORE_OR_IMPORT, workspace_failure};

/// So many runs are made into one.
const RUNS: usize = 8;

/// What a state should be kept as: written, and not yet listed.
#[derive(Debug)]
pub(crate) struct NewRuns {
    pub(crate) last_import: i64,
    pub(crate) runs: Vec<NewStateRun>,
    /// Whether they stand in the place of all that is kept.
    pub(crate) alone: bool,
}

/// How a state is brought up to date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Updating<'a> {
    pub(crate) windows: &'a [Window],
    pub(crate) machine: Machine,
    /// Whether what is new will be kept, of the state and of the months: only those have a digest then.
    pub(crate) keep: bool,
}

/// The state of all activity of the imports up to one, as far as some windows ask for it.
pub(crate) fn current(
    workspace: &Workspace,
    last_import: i64,
    asked: &Asked,
    updating: &Updating<'_>,
    progress: &mut Progress,
) -> Result<(State, Option<NewRuns>), Failure> {
    let runs = workspace.state_runs().map_err(workspace_failure)?;
    let runs: Vec<StateRun> = runs.into_iter().take_while(|run| run.last_import <= last_import).collect();
    let covered = runs.last().map_or(0, |run| run.last_import);
    let mut files = files(workspace, covered, last_import)?;
    let whole = updating.keep && covered < last_import && are_many(&runs, &files, updating.machine);
    let (mut state, covered) = match kept(&runs, months(updating.windows).filter(|_| !whole)) {
        Ok(state) if answers(&state, asked) => (state, covered),
        Ok(_) => {
            tell("an instance or an alias is new that had activity before: all activity is metered again");
            (State::new(), 0)
        }
        Err(fault) => {
            tell(format!("warning: {:#}: the activity is metered again", anyhow::Error::from(fault)));
            (State::new(), 0)
        }
    };
    if covered == last_import {
        return Ok((state, None));
    }
    if covered == 0 {
        files = self::files(workspace, 0, last_import)?;
    }
    // What is metered anew is alone anyway.
    let whole = whole && covered > 0;
    // What a writer leaves there when it is killed is swept by the next.
    files.scratch = updating.keep.then(|| workspace.folder().join("state"));
    progress.expect(files.files.iter().map(|(_, file)| file.path.as_path()));
    let keeping = Keeping {
        workspace: Some(workspace).filter(|_| updating.keep && !whole),
        months: months(updating.windows).filter(|_| !whole),
    };
    let (mut runs, refusals) = meter(&mut state, &files, (asked, updating.machine), keeping, progress)?;
    if let Some(first) = refusals.first() {
        let message =
            format!("{} stored rows of activity cannot be read: {}", refusals.len(), first.advice());
        return Err(Failure::new(Exit::Fault, message, RESTORE_OR_IMPORT));
    }
    if whole {
        let all = state.whole().map_err(|fault| files.failure(fault))?;
        runs = write(workspace, 0, &all).map_err(told_unkept).into_iter().collect();
    }
    let new = NewRuns { last_import, runs, alone: whole || covered == 0 };
    Ok((state, Some(new).filter(|new| !new.runs.is_empty())))
}

/// The months that some windows ask for, first and last.
fn months(windows: &[Window]) -> Option<(Month, Month)> {
    windows.first().zip(windows.last()).map(|(first, last)| (first.month, last.month))
}

/// Whether there are so many runs that they should be made into one; not if that, with what is new, takes more memory than
/// there may be.
fn are_many(runs: &[StateRun], new: &ActivityFiles, machine: Machine) -> bool {
    let kept = runs.iter().filter_map(|run| fs::read_dir(&run.folder).ok()).flatten().flatten();
    let kept = kept.filter_map(|file| file.metadata().ok());
    let new = new.files.iter().filter_map(|(_, file)| fs::metadata(&file.path).ok());
    let bytes: u64 = kept.chain(new).map(|about| about.len()).sum();
    runs.len() >= RUNS && 4 * bytes <= machine.memory
}

/// What becomes of that which is metered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeping<'a> {
    /// Where it is kept, if it is.
    pub(crate) workspace: Option<&'a Workspace>,
    /// The months that are asked for; all if there are none.
    pub(crate) months: Option<(Month, Month)>,
}

impl Keeping<'_> {
    /// Nothing is kept; some windows ask.
    pub(crate) fn nothing(windows: &[Window]) -> Self {
        Self { workspace: None, months: months(windows) }
    }
}

/// Meters activity on top of a state and adds what comes of it: a run, or, if one would not fit into memory, several
/// that are written as they come and read back as far as they are asked for.
pub(crate) fn meter(
    state: &mut State,
    activity: &ActivityFiles,
    asked: (&Asked, Machine),
    keeping: Keeping<'_>,
    progress: &mut Progress,
) -> Result<(Vec<NewStateRun>, Vec<Refusal>), Failure> {
    let scratch = activity.scratch()?;
    let mut runs = Runs { keeping, scratch, only: None, new: Vec::new(), folders: Vec::new() };
    let refusals = activity.meter(state, asked, progress, &mut |run| runs.take(run))?;
    Ok((runs.add_to(state)?, refusals))
}

/// Runs as they come from a metering: one is held, several are written.
#[derive(Debug)]
struct Runs<'a> {
    keeping: Keeping<'a>,
    scratch: TempDir,
    only: Option<Run>,
    new: Vec<NewStateRun>,
    folders: Vec<PathBuf>,
}

impl Runs<'_> {
    fn take(&mut self, run: Run) -> Result<(), Failure> {
        if self.folders.is_empty() && self.only.is_none() {
            self.only = Some(run);
            return Ok(());
        }
        if let Some(first) = self.only.take() {
            self.put(&first)?;
        }
        self.put(&run)
    }

    fn put(&mut self, run: &Run) -> Result<(), Failure> {
        if let Some(workspace) = self.keeping.workspace {
            let new = write(workspace, self.new.len(), run).map_err(workspace_failure)?;
            self.folders.push(new.folder().to_owned());
            self.new.push(new);
            return Ok(());
        }
        let folder = self.scratch.path().join(self.folders.len().to_string());
        fs::create_dir(&folder)?;
        run.each_part(&mut |part| fs::write(folder.join(part.name), part.bytes))?;
        self.folders.push(folder);
        Ok(())
    }

    /// Adds them to the state that they were made on; returns what was written to be kept.
    fn add_to(mut self, state: &mut State) -> Result<Vec<NewStateRun>, Failure> {
        if let Some(only) = self.only.take() {
            let kept = self.keeping.workspace.map(|workspace| write(workspace, 0, &only));
            self.new.extend(kept.and_then(|kept| kept.map_err(told_unkept).ok()));
            state.add(only).map_err(|_| anyhow!("a run does not stand on the state that it was made on"))?;
        }
        self.folders.iter().try_for_each(|folder| read(state, folder, self.keeping.months))?;
        Ok(self.new)
    }
}

/// Writes a run where it will be kept.
fn write(workspace: &Workspace, before: usize, run: &Run) -> Result<NewStateRun, WorkspaceFault> {
    let new = workspace.new_state_run(before)?;
    run.each_part(&mut |part| new.write(&part.name, &part.bytes))?;
    Ok(new)
}

/// A closing does not depend on a state that is kept: it can be made again at any time.
pub(crate) fn told_unkept(fault: WorkspaceFault) {
    tell(format!("warning: the metered state is not kept: {:#}", anyhow::Error::from(fault)));
}

/// The state as it is kept, all of it or as far as months are asked for.
fn kept(runs: &[StateRun], months: Option<(Month, Month)>) -> Result<State, Unmetered> {
    let mut state = State::new();
    runs.iter().try_for_each(|run| read(&mut state, &run.folder, months))?;
    Ok(state)
}

/// Adds a run that was written.
fn read(state: &mut State, folder: &Path, months: Option<(Month, Month)>) -> Result<(), Unmetered> {
    let mut open = |part: &str| Ok(Box::new(File::open(folder.join(part))?) as Box<dyn Opened>);
    state.read(&folder.display().to_string(), months, &mut open)
}

/// Whether a state has all that these facts ask for. An instance without activity so far asks for nothing.
fn answers(state: &State, asked: &Asked) -> bool {
    let known: BTreeSet<_> = state.dictionary().resources().iter().map(|resource| resource.id).collect();
    let instances: Vec<_> = asked.instances.iter().filter(|id| known.contains(id)).copied().collect();
    state.answers_for(&instances, &asked.aliases)
}

/// The activity of the imports after one and up to another, of all months.
pub(crate) fn files(workspace: &Workspace, after: i64, until: i64) -> Result<ActivityFiles, Failure> {
    let files = workspace.activity_files(after, until, Month::LAST).map_err(workspace_failure)?;
    let files = files.iter().map(|file| (0, stored(workspace, file)));
    Ok(ActivityFiles { files: files.collect(), ..ActivityFiles::default() })
}

/// An activity file of a workspace, as errors name it; its rows have the addresses where they were first read.
pub(crate) fn stored(workspace: &Workspace, file: &ActivityFile) -> FactFile {
    let below = file.path.strip_prefix(workspace.folder()).unwrap_or(&file.path);
    let name = below.to_string_lossy().into_owned();
    let format = Format::Stored { checksum: file.checksum };
    FactFile { table: Table::Activity, name, path: file.path.clone(), format }
}
