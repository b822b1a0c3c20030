//! What can go wrong with a workspace.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a workspace cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceFault {
    /// There is none.
    #[error("`{}` holds no workspace", folder.display())]
    Missing {
        /// The data folder.
        folder: PathBuf,
    },
    /// There is one already.
    #[error("`{}` already holds a workspace", folder.display())]
    Exists {
        /// The data folder.
        folder: PathBuf,
    },
    /// It was made by another version of the program.
    #[error("the workspace in `{}` is of version {found}; this program reads version {expected}", folder.display())]
    Version {
        /// The data folder.
        folder: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this program reads.
        expected: i64,
    },
    /// Its database is none, or damaged.
    #[error("`{}` is damaged or no workspace", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
    },
    /// The operating system says no.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database says no.
    #[error("the database of the workspace")]
    Sql(#[source] rusqlite::Error),
    /// A stored row cannot be read back.
    #[error("`{table}` of the workspace holds a row that cannot be read: {cells}")]
    DamagedRow {
        /// Its table.
        table: &'static str,
        /// Its cells.
        cells: String,
    },
}

impl WorkspaceFault {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// Whether the database found no room on its disk.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull))
    }
}

impl From<rusqlite::Error> for WorkspaceFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}
