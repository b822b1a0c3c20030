//! The registry of the data folder, for commands on the machine itself.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pal_store::registry::{
    FILE_NAME, LockProblem, PartnerPolicy, PostgresSettings, Registry, RegistryFault, RegistryLock, Request,
};
use uuid::Uuid;

use crate::exit::{Exit, Failure, io_exit};
use crate::output_files::write_files;
use crate::render::tell;
use crate::shell::Shell;

/// What to do about damage in the registry.
const RESTORE: &str = "look with `pal admin verify`; put a backup in its place with `pal admin restore`";

/// The registry's file; says which data folder it is in, and whether others can read it.
pub(crate) fn file(shell: &Shell) -> PathBuf {
    tell(format!("data: {}", shell.data().display()));
    openness(shell.data()).into_iter().for_each(tell);
    shell.data().join(FILE_NAME)
}

/// What `pal admin migrate` leaves beside the file, so that nobody goes on with it by accident.
const MIGRATED: &str = "registry.sqlite.migrated";

/// Makes the data folder, for its owner only; one that is there stays as it is.
pub(crate) fn make_data_folder(shell: &Shell) -> Result<(), Failure> {
    let data = shell.data();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(|error| {
        let exit = io_exit(&error);
        let error = anyhow::Error::new(error).context(format!("cannot make the folder `{}`", data.display()));
        Failure::of(exit, error).or_advise("name another folder with `--data`")
    })
}

/// A warning where other accounts of the machine can read the registry's file.
#[cfg(unix)]
pub(crate) fn openness(data: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let open = |path: &Path| fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    let file = data.join(FILE_NAME);
    (open(data) && open(&file)).then(|| {
        let (file, data) = (file.display(), data.display());
        format!("warning: other accounts can read `{file}`: `chmod 600` it, or `chmod 700` `{data}`")
    })
}

/// A warning where other accounts of the machine can read the registry's file; only known on Unix.
#[cfg(not(unix))]
pub(crate) fn openness(_: &Path) -> Option<String> {
    None
}

/// Leaves a mark beside the registry's file that it went into a database.
pub(crate) fn mark_migrated(shell: &Shell, database: &PostgresSettings) -> Result<(), Failure> {
    let line = format!("{}: copied into {database}\n", shell.now());
    write_files(shell.data(), &[(MIGRATED.to_owned(), line.into_bytes())])
}

/// Refuses to go on with a file that went into a database: what the two said from then on would differ.
pub(crate) fn refuse_migrated(data: &Path) -> Result<(), Failure> {
    let mark = data.join(MIGRATED);
    let Ok(said) = fs::read_to_string(&mark) else { return Ok(()) };
    let said = said.lines().next().unwrap_or_default();
    Err(Failure::new(
        Exit::Conflict,
        format!("the registry of `{}` went elsewhere ({said})", data.display()),
        format!(
            "name that database with `--store`; to go back to the file for good, remove `{}`",
            mark.display()
        ),
    ))
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
