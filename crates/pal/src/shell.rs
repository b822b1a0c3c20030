//! What every command gets: where its data is, how it answers, what time it is.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pal_rules::facts::LinksFrom;
use pal_rules::time::Timestamp;
use pal_store::registry::{FILE_NAME, PartnerPolicy, Registry, RegistryFault};
use pal_store::workspace::{Workspace, WorkspaceFault, WriteLock};

use crate::cli::Cli;
use crate::config::Settings;
use crate::exit::{Exit, Failure, io_exit};
use crate::progress::Progress;
use crate::registry::{failure, refuse_migrated};
use crate::render::{Output, tell};

/// The surroundings of a command.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) settings: Settings,
    pub(crate) output: Output,
    pub(crate) clocks: Clocks,
    /// How the program was called, for commands that people are told to try.
    pub(crate) program: String,
    /// A variable of the environment, unless it is unset or empty.
    pub(crate) variable: fn(&str) -> Option<String>,
}

/// The two clocks, made in `main`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// Time since the start.
    pub(crate) elapsed: fn() -> Duration,
    /// The time of day.
    pub(crate) now: fn() -> Timestamp,
}

impl Shell {
    /// The surroundings that the command line asks for.
    pub(crate) fn new(
        cli: &Cli,
        settings: Settings,
        clocks: Clocks,
        program: String,
        variable: fn(&str) -> Option<String>,
    ) -> Self {
        let output = Output { format: settings.output.value, query: cli.global.query.clone() };
        Self { settings, output, clocks, program, variable }
    }

    /// The time of day.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clocks.now)()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.settings.data.value
    }

    /// The folder of signed checkpoints: the one named here, else that of the settings.
    pub(crate) fn checkpoints(&self, named: Option<&Path>) -> PathBuf {
        let set = named.or(self.settings.checkpoints.value.as_deref());
        set.map_or_else(|| self.data().join("checkpoints"), Path::to_owned)
    }

    /// Which links count.
    pub(crate) fn links_from(&self) -> LinksFrom {
        self.settings.links_from.value
    }

    /// Progress on stderr.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.clocks.elapsed, self.settings.color.value)
    }

    /// Opens the registry of links, in the data folder or where the setting `store` says.
    pub(crate) async fn registry(&self, policy: PartnerPolicy) -> Result<Registry, Failure> {
        let Some(database) = &self.settings.store.value else {
            refuse_migrated(self.data())?;
            let file = self.data().join(FILE_NAME);
            return Registry::open(&file, self.clocks.now, policy).await.map_err(failure);
        };
        tell(format!("store: {database}"));
        if let Some(warning) = database.warning() {
            tell(format!("warning: {warning}"));
        }
        let file = self.settings.password_file.as_ref();
        let database = database.clone().with_password_of(file).map_err(RegistryFault::from);
        let database = database.map_err(failure)?;
        Registry::open_postgres(&database, self.clocks.now, policy).await.map_err(failure)
    }

    /// Opens the workspace to read.
    pub(crate) fn read(&self) -> Result<Workspace, Failure> {
        tell(format!("data: {}", self.data().display()));
        Workspace::open(self.data()).map_err(workspace_failure)
    }

    /// Opens the workspace to write; waits for another writer, and says for whom.
    pub(crate) fn write(&self, doing: &str) -> Result<(Workspace, WriteLock), Failure> {
        tell(format!("data: {}", self.data().display()));
        Workspace::write(self.data(), doing, |holder| tell(format!("waiting for {holder}")))
            .map_err(workspace_failure)
    }
}

/// What to do about damage in the data folder.
pub(crate) const RESTORE: &str = "restore the data folder from a backup";

/// What to do about damage to what an import wrote there.
pub(crate) const RESTORE_OR_IMPORT: &str =
    "restore the data folder from a backup, or import everything anew into another";

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
        WorkspaceFault::Damaged { .. } | WorkspaceFault::DamagedRow { .. } => (Exit::Fault, Some(RESTORE)),
        WorkspaceFault::Io { source, .. } if source.kind() != ErrorKind::NotFound => (io_exit(source), None),
        WorkspaceFault::Sql(_) if fault.is_disk_full() => {
            (Exit::Fault, Some("make room on the disk, then run it again"))
        }
        WorkspaceFault::Io { .. } | WorkspaceFault::Sql(_) => {
            (Exit::Fault, Some("check the disk the data folder is on; if it is sound, restore the folder"))
        }
    };
    Failure::of(exit, fault.into()).or_advise(hint)
}
