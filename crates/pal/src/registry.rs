//! The registry of the data folder, for commands on the machine itself.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pal_store::registry::{
    FILE_NAME, LockProblem, PartnerPolicy, Registry, RegistryFault, RegistryLock, Request,
};
use uuid::Uuid;

use crate::exit::{Exit, Failure, io_exit};
use crate::render::tell;
use crate::shell::Shell;

/// What to do about damage in the registry.
const RESTORE: &str = "look with `pal admin verify`; put a backup in its place with `pal admin restore`";

/// The registry's file; says which data folder it is in.
pub(crate) fn file(shell: &Shell) -> PathBuf {
    tell(format!("data: {}", shell.data().display()));
    shell.data().join(FILE_NAME)
}

/// Refuses a command on the registry's file where PostgreSQL holds the registry.
pub(crate) fn must_be_a_file(shell: &Shell, instead: &str) -> Result<(), Failure> {
    match &shell.settings.store.value {
        None => Ok(()),
        Some(database) => {
            Err(Failure::new(Exit::Usage, format!("the registry is in {database}, not in a file"), instead))
        }
    }
}

/// Asks the registry, whether a server has it open or not.
pub(crate) fn on_registry<T>(
    shell: &Shell,
    ask: impl AsyncFnOnce(&Registry) -> Result<T, RegistryFault>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let registry = shell.registry(PartnerPolicy::Directory).await?;
        ask(&registry).await.map_err(failure)
    })
}

/// The registry's file, which must be there.
pub(crate) fn existing_file(shell: &Shell) -> Result<PathBuf, Failure> {
    let file = file(shell);
    if file.exists() {
        return Ok(file);
    }
    Err(Failure::new(
        Exit::NotFound,
        format!("`{}` holds no registry", shell.data().display()),
        "`pal serve` makes one; name another data folder with `--data DIR`",
    ))
}

/// A registry that cannot be used, with what to do.
pub(crate) fn failure(fault: RegistryFault) -> Failure {
    let (exit, hint) = match &fault {
        RegistryFault::Io { source, .. } if source.kind() == ErrorKind::AlreadyExists => {
            (Exit::Conflict, Some("name another file"))
        }
        RegistryFault::Io { source, .. } => (io_exit(source), None),
        RegistryFault::Version { .. } => (Exit::Conflict, Some("use the version of pal that made it")),
        RegistryFault::Key { .. } => (Exit::Fault, Some("put the key back from a copy, or remove the file")),
        RegistryFault::PostgresSettings(_) => (Exit::Usage, Some("see docs/operating.md, PostgreSQL")),
        RegistryFault::Encoding { .. } => (Exit::Conflict, Some("make the database with encoding UTF8")),
        RegistryFault::NotEmpty { .. } => (Exit::Conflict, Some("name an empty database")),
        RegistryFault::NotSound { .. } => (Exit::Conflict, Some(RESTORE)),
        RegistryFault::Postgres(_) => (
            Exit::Fault,
            Some("see whether `psql` can connect with the same URL; docs/operating.md has the steps"),
        ),
        fault if fault.may_pass() => (Exit::Conflict, Some("run it again when nobody else writes")),
        _ => (Exit::Fault, Some(RESTORE)),
    };
    Failure::of(exit, fault.into()).or_advise(hint)
}

/// Takes the lock that a server holds while it serves.
pub(crate) fn lock(folder: &Path, doing: &str) -> Result<RegistryLock, Failure> {
    RegistryLock::take(folder, doing).map_err(|problem| match problem {
        LockProblem::Fault(fault) => failure(fault),
        held @ LockProblem::Held { .. } => {
            Failure::new(Exit::Conflict, held, "stop that one first, or name another data folder")
        }
    })
}

/// Who asks for a change that nobody signed in for.
pub(crate) fn own_request() -> Request {
    Request {
        client_request_id: None,
        request_id: Uuid::new_v4(),
        caller_name: None,
        client_id: None,
        via: "cli",
    }
}
