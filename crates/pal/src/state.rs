//! The metered state of a workspace: read from its files, brought up to date, and what of it should be kept.

use std::collections::BTreeSet;
use std::fs;

use anyhow::anyhow;
use pal_import::facts::{FactFile, Format};
use pal_metering::{Run, State, Unmetered};
use pal_rules::facts::Table;
use pal_rules::time::Month;
use pal_rules::usage::Window;
use pal_store::workspace::{ActivityFile, StateRun, Workspace};

use crate::activity::{ActivityFiles, Asked, Machine};
use crate::exit::{Exit, Failure};
use crate::output_files::OutputFile;
use crate::progress::Progress;
use crate::render::tell;
use crate::shell::{RESTORE_OR_IMPORT, workspace_failure};

/// So many runs are made into one.
const RUNS: usize = 8;

/// What a state should be kept as.
#[derive(Debug)]
pub(crate) struct NewRun {
    pub(crate) last_import: i64,
    pub(crate) files: Vec<OutputFile>,
    /// Whether it stands in the place of all that is kept.
    pub(crate) alone: bool,
}

/// How a state is brought up to date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Updating<'a> {
    pub(crate) windows: &'a [Window],
    pub(crate) machine: Machine,
    /// Whether what is new will be kept.
    pub(crate) keep: bool,
}

/// The state of all activity of the imports up to one, as far as some windows ask for it.
pub(crate) fn current(
    workspace: &Workspace,
    last_import: i64,
    asked: &Asked,
    updating: &Updating<'_>,
    progress: &mut Progress,
) -> Result<(State, Option<NewRun>), Failure> {
    let runs = workspace.state_runs().map_err(workspace_failure)?;
    let runs: Vec<StateRun> = runs.into_iter().take_while(|run| run.last_import <= last_import).collect();
    let whole = updating.keep && runs.len() >= RUNS;
    let (mut state, covered) = match kept(&runs, updating, whole) {
        Ok(state) if answers(&state, asked) => (state, runs.last().map_or(0, |run| run.last_import)),
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
    let mut files = files(workspace, covered, last_import)?;
    // What a writer leaves there when it is killed is swept by the next.
    files.scratch = updating.keep.then(|| workspace.folder().join("state"));
    progress.expect(files.files.iter().map(|(_, file)| file.path.as_path()));
    let (run, refusals) = files.meter(&state, asked, updating.machine, progress)?;
    if let Some(first) = refusals.first() {
        let message =
            format!("{} stored rows of activity cannot be read: {}", refusals.len(), first.advice());
        return Err(Failure::new(Exit::Fault, message, RESTORE_OR_IMPORT));
    }
    let mut files = if updating.keep && !whole { parts(&run) } else { Vec::new() };
    state.add(run).map_err(|_| anyhow!("a run does not stand on the state that it was made on"))?;
    if whole {
        files = parts(&state.whole());
    }
    let new = updating.keep.then_some(NewRun { last_import, files, alone: whole || covered == 0 });
    Ok((state, new))
}

fn parts(run: &Run) -> Vec<OutputFile> {
    run.parts().into_iter().map(|part| (part.name, part.bytes)).collect()
}

/// The state as it is kept: the months of the windows, or the whole of it.
fn kept(runs: &[StateRun], updating: &Updating<'_>, whole: bool) -> Result<State, Unmetered> {
    let windows = updating.windows;
    let months = windows.first().zip(windows.last()).map(|(first, last)| (first.month, last.month));
    let months = months.filter(|_| !whole);
    let mut state = State::new();
    for run in runs {
        let name = run.folder.display().to_string();
        let read = Run::read(&name, months, &mut |part| fs::read(run.folder.join(part)))?;
        let wrong =
            |_| Unmetered::Damaged { name, what: "it does not stand on the run before it".to_owned() };
        state.add(read).map_err(wrong)?;
    }
    Ok(state)
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
