//! Databases on a disk that nobody can write to, such as a copy kept as evidence.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// Opens a database as it is, without the files beside it that even a reader needs otherwise.
pub(crate) fn open_immutable(path: &Path) -> Result<Connection, rusqlite::Error> {
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

/// Whether a database could not be used because nothing can be written beside it, and stands there complete.
pub(crate) fn is_complete_but_immutable(path: &Path, error: &rusqlite::Error) -> bool {
    let cannot_write = matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen));
    cannot_write && path.exists() && !has_log(path)
}

/// Whether commits stand beside the database that are not in it yet: reading it alone would miss them.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}
