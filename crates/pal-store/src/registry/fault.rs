//! What can go wrong with a registry.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

use super::postgres::{PostgresFault, PostgresProblem};

/// Why the registry cannot answer. The domain's own "no" is never a fault.
#[derive(Debug, thiserror::Error)]
pub enum RegistryFault {
    /// The operating system says no.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its tables are those of another version of the program.
    #[error("the registry `{place}` is of version {found}; this program works with version {known}")]
    Version {
        /// The database.
        place: String,
        /// Its version; 0 where there are no tables.
        found: i64,
        /// The version that this program works with.
        known: i64,
    },
    /// The database says no. Shared, because one commit answers many callers.
    #[error("the database of the registry")]
    Sql(#[source] Arc<rusqlite::Error>),
    /// PostgreSQL says no, or cannot be reached.
    #[error("the database of the registry")]
    Postgres(#[source] PostgresFault),
    /// PostgreSQL cannot be used as it is set up or asked for.
    #[error(transparent)]
    PostgresSettings(#[from] PostgresProblem),
    /// No connection to PostgreSQL became free, or was made, in time.
    #[error("no connection to the database of the registry in time")]
    Busy,
    /// The PostgreSQL database cannot hold every name.
    #[error("the database `{place}` has encoding {encoding}; the registry needs UTF8")]
    Encoding {
        /// The database.
        place: String,
        /// Its encoding.
        encoding: String,
    },
    /// A registry is copied into an empty database only.
    #[error("the database `{place}` holds a registry already")]
    NotEmpty {
        /// The database.
        place: String,
    },
    /// A registry whose audit chains are not whole is not copied.
    #[error("the registry is not sound, so it was not copied: {first}, and {more} more")]
    NotSound {
        /// The first that is wrong.
        first: String,
        /// How much else is.
        more: usize,
    },
    /// The thread that writes, or one that reads, has ended.
    #[error("the registry is closed")]
    Stopped,
    /// A stored row cannot be read back.
    #[error("`{table}` of the registry holds a row that cannot be read: `{value}`")]
    DamagedRow {
        /// Its table.
        table: &'static str,
        /// The value that makes no sense.
        value: String,
    },
    /// The file of the key that signs checkpoints holds something else.
    #[error("`{}` holds no key of 64 hexadecimal digits", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
}

impl RegistryFault {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn damaged(table: &'static str, value: &impl ToString) -> Self {
        Self::DamagedRow { table, value: value.to_string() }
    }

    /// Whether the same call may succeed later: the database is locked or out of
    /// reach, its disk is full, or the registry is closing.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Stopped | Self::Busy => true,
            Self::Postgres(fault) => fault.may_pass(),
            Self::Sql(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull)
            ),
            Self::Io { .. }
            | Self::Version { .. }
            | Self::DamagedRow { .. }
            | Self::Key { .. }
            | Self::PostgresSettings(_)
            | Self::Encoding { .. }
            | Self::NotEmpty { .. }
            | Self::NotSound { .. } => false,
        }
    }
}

impl From<rusqlite::Error> for RegistryFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(Arc::new(error))
    }
}
