//! The workspace: facts as they were told, and the closings made of them (`workspace.sqlite` and the files it lists).
//!
//! Nothing stored is overwritten. Files are written and synced under new names first; the commit that lists them *is*
//! the import or the closing, and what is not listed is swept when the next writer opens. One writer at a time;
//! readers are never blocked.
//!
//! **Absent:** what a row means or whether it holds is for `pal-rules`; how its files look is for the caller.

mod closing;
mod facts;
mod fault;
mod import;
mod lock;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

pub use closing::{Closing, NewClosing};
pub use facts::{NewRow, StoredFacts};
pub use fault::WorkspaceFault;
pub use import::{ActivityFile, Import, ImportFile, ImportRow, NewImport, Tally};
pub use lock::WriteLock;

/// An open workspace.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    connection: Connection,
}

impl Workspace {
    /// Makes a workspace in a folder, which is made if need be.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Exists`] where one is already; [`WorkspaceFault::Io`] and [`WorkspaceFault::Sql`].
    pub fn init(folder: &Path) -> Result<Self, WorkspaceFault> {
        let path = schema::path(folder);
        if path.exists() {
            return Err(WorkspaceFault::Exists { folder: folder.to_owned() });
        }
        fs::create_dir_all(folder).map_err(|source| WorkspaceFault::io(folder, source))?;
        // Made under another name and renamed whole: a kill on the way leaves no half workspace behind.
        let unfinished = folder.join("workspace.sqlite.new");
        let _ = fs::remove_file(&unfinished);
        schema::create(&unfinished)?;
        fs::rename(&unfinished, &path).map_err(|source| WorkspaceFault::io(&path, source))?;
        Self::open(folder)
    }

    /// Opens a workspace to read.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Missing`] where there is none, [`WorkspaceFault::Version`] for one of another version.
    pub fn open(folder: &Path) -> Result<Self, WorkspaceFault> {
        let path = schema::path(folder);
        if !path.exists() {
            return Err(WorkspaceFault::Missing { folder: folder.to_owned() });
        }
        let connection = match connect(&path, "", folder) {
            Err(WorkspaceFault::Sql(error)) if cannot_write(&error) && !has_log(&path) => {
                connect(&path, "?immutable=1", folder)?
            }
            other => other?,
        };
        Ok(Self { folder: folder.to_owned(), connection })
    }

    /// Opens a workspace to write, once no other writer holds it, and sweeps what an interrupted writer left.
    ///
    /// - `waiting`: told once who holds it, if somebody does.
    ///
    /// # Errors
    ///
    /// As [`Workspace::open`].
    pub fn write(
        folder: &Path,
        doing: &str,
        waiting: impl FnMut(&str),
    ) -> Result<(Self, WriteLock), WorkspaceFault> {
        let workspace = Self::open(folder)?;
        let lock = WriteLock::take(folder, doing, waiting)?;
        workspace.sweep()?;
        Ok((workspace, lock))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes files and folders that no commit lists.
    fn sweep(&self) -> Result<(), WorkspaceFault> {
        let mut listed = self.activity_paths()?;
        listed.extend(self.closing_folders()?);
        for month in entries(&self.folder.join("activity"))?
            .into_iter()
            .chain(entries(&self.folder.join("statements"))?)
        {
            for entry in entries(&month)? {
                if !listed.iter().any(|path| self.folder.join(path) == entry) {
                    remove(&entry)?;
                }
            }
        }
        Ok(())
    }
}

/// Connects to the database. `immutable=1` reads one that nobody can write, such as a copy on a read-only disk, where
/// SQLite could not make the files beside it that even a reader needs.
fn connect(path: &Path, parameters: &str, folder: &Path) -> Result<Connection, WorkspaceFault> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let connection = Connection::open_with_flags(format!("file:{escaped}{parameters}"), flags)?;
    schema::prepare(&connection, folder)?;
    Ok(connection)
}

/// Whether commits stand beside the database that are not in it yet: reading it alone would miss them.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

fn cannot_write(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

/// The entries of a folder; none where it is missing or a file.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, WorkspaceFault> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let fault = |source| WorkspaceFault::io(folder, source);
    let entries = fs::read_dir(folder).map_err(fault)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(fault)).collect()
}

fn remove(path: &Path) -> Result<(), WorkspaceFault> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|source| WorkspaceFault::io(path, source))
}
