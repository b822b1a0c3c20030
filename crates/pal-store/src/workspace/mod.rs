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
mod folder;
mod import;
mod lock;
mod outside;
mod schema;
mod solution;
mod state;

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::read_only::{is_complete_but_immutable, open_immutable};

pub use closing::{BegunClosing, Closing, ClosingFile, NewClosing};
pub use facts::{NewRow, StoredFacts};
pub use fault::WorkspaceFault;
pub use import::{ActivityFile, Import, ImportFile, ImportRow, NewImport, Tally};
pub use lock::WriteLock;
pub use outside::{NewOutside, OutsideFile, OutsideImport, RecordTally, Reject, RejectedRecord, SeenRecord};
pub use solution::SolutionPart;
pub use state::{NewStateRun, StateRun};

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
        let connection = match connect(&path, folder) {
            Err(WorkspaceFault::Sql(error)) if is_complete_but_immutable(&path, &error) => {
                let connection = open_immutable(&path)?;
                schema::prepare(&connection, folder)?;
                connection
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
        let runs = self.state_folders()?;
        for run in entries(&self.folder.join("state"))?.iter().filter(|run| !runs.contains(run)) {
            remove(run)?;
        }
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

fn connect(path: &Path, folder: &Path) -> Result<Connection, WorkspaceFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    schema::prepare(&connection, folder)?;
    Ok(connection)
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
