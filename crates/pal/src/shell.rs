//! What every command gets: where its data is, how it answers, what time it is.

use std::path::PathBuf;

use pal_rules::time::Timestamp;
use pal_store::workspace::{Workspace, WorkspaceFault, WriteLock};

use crate::exit::{Exit, Failure};
use crate::progress::{Elapsed, Progress};
use crate::render::{Output, tell};

/// The surroundings of a command.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) data: PathBuf,
    pub(crate) output: Output,
    pub(crate) elapsed: Elapsed,
    /// The wall clock, made in `main`.
    pub(crate) now: fn() -> Timestamp,
}

impl Shell {
    /// Progress on stderr.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.elapsed)
    }

    /// Opens the workspace to read.
    pub(crate) fn read(&self) -> Result<Workspace, Failure> {
        tell(format!("data: {}", self.data.display()));
        Workspace::open(&self.data).map_err(workspace_failure)
    }

    /// Opens the workspace to write; waits for another writer, and says for whom.
    pub(crate) fn write(&self, doing: &str) -> Result<(Workspace, WriteLock), Failure> {
        tell(format!("data: {}", self.data.display()));
        Workspace::write(&self.data, doing, |holder| tell(format!("waiting for {holder}")))
            .map_err(workspace_failure)
    }
}

/// A workspace that cannot be used, with what to do.
pub(crate) fn workspace_failure(fault: WorkspaceFault) -> Failure {
    let (exit, hint) = match &fault {
        WorkspaceFault::Missing { .. } => {
            (Exit::NotFound, Some("make one with `pal init`, or name it with `--data DIR`"))
        }
        WorkspaceFault::Exists { .. } => {
            (Exit::Conflict, Some("use it as it is, or name another with `--data DIR`"))
        }
        WorkspaceFault::Version { .. } => (Exit::Conflict, Some("use the version of pal that made it")),
        WorkspaceFault::DamagedRow { .. } => (Exit::Fault, Some("restore the data folder from a backup")),
        WorkspaceFault::Io { .. } | WorkspaceFault::Sql(_) => (Exit::Fault, None),
    };
    Failure { exit, error: fault.into(), hint: hint.map(str::to_owned) }
}
