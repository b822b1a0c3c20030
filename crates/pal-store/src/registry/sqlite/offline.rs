//! What commands ask of a database file, whether a server has it open or not.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use pal_rules::time::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use uuid::Uuid;

use super::database::in_place;
use super::{open, snapshot};
use crate::registry::audit::{Checkpoint, CheckpointHead, CheckpointKey};
use crate::registry::rows::{self, RegistryRow};
use crate::registry::{RegistryFault, read};

/// How far each audit chain of a database file has come.
///
/// # Errors
///
/// [`RegistryFault`].
pub fn heads_of_file(path: &Path) -> Result<BTreeMap<Uuid, CheckpointHead>, RegistryFault> {
    in_place(read::checkpoint_heads(&open::to_read(path)?))
}

/// The heads of all audit chains of a database file, signed.
///
/// # Errors
///
/// [`RegistryFault`].
pub fn checkpoint_file(
    path: &Path,
    made_at: Timestamp,
    key: &CheckpointKey,
) -> Result<Checkpoint, RegistryFault> {
    Ok(Checkpoint::sign(made_at, heads_of_file(path)?, key))
}

/// The partner directory of a database file, and all links if asked for, as facts of one instant.
///
/// # Errors
///
/// [`RegistryFault`].
pub fn rows_of_file(path: &Path, with_links: bool) -> Result<Vec<RegistryRow>, RegistryFault> {
    snapshot(path, |connection| in_place(rows::all(connection, with_links)))
}

/// Copies a database file as it is at one instant, log and all, while others write to it. The copy is for its owner
/// only, and on the disk when this returns; nothing is left of one that fails.
///
/// # Errors
///
/// [`RegistryFault::Io`] where there is a file already, and [`RegistryFault`].
pub fn copy_file(from: &Path, to: &Path) -> Result<(), RegistryFault> {
    let fault = |source| RegistryFault::io(to, source);
    let source = open::to_read(from)?;
    // Nothing is written to the source; to the copy it must be possible.
    source.pragma_update(None, "query_only", false)?;
    let name = to.to_str().ok_or_else(|| fault(io::ErrorKind::InvalidFilename.into()))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(to).map_err(fault)?;
    let copied = source.execute("vacuum into ?1", [name]).map_err(RegistryFault::from);
    let copied = copied.and_then(|_| file.sync_all().and_then(|()| sync_folder(to)).map_err(fault));
    if copied.is_err() {
        // What went wrong is told; a rest that cannot be removed either is for whoever mends that.
        let _ = fs::remove_file(to);
    }
    copied
}

/// Puts a finished database file in the place of another, in one step: before it there is the old one, after it the new
/// one, whenever the machine stops. The log of the old one is settled first, so that it stands alone.
///
/// - `aside`: where the old one is kept, if there is one.
///
/// # Errors
///
/// [`RegistryFault`]; somebody writing to the old one is [`RegistryFault::may_pass`].
pub fn replace_file(new: &Path, old: &Path, aside: &Path) -> Result<(), RegistryFault> {
    let fault = |source| RegistryFault::io(old, source);
    if old.exists() {
        settle_log(old)?;
        fs::hard_link(old, aside).map_err(|source| RegistryFault::io(aside, source))?;
    }
    let (log, index) = (beside(old, "-wal"), beside(old, "-shm"));
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        // Only a damaged one keeps its log; it stays with it.
        fs::rename(&log, beside(aside, "-wal")).map_err(fault)?;
    }
    for rest in [log, index] {
        match fs::remove_file(&rest) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(fault(source)),
            _ => {}
        }
    }
    sync_folder(old).map_err(fault)?;
    fs::rename(new, old).map_err(fault)?;
    sync_folder(old).map_err(fault)
}

/// Takes what stands in the log into the database itself; leaves one alone that is damaged.
fn settle_log(path: &Path) -> Result<(), RegistryFault> {
    let mut head = [0; 16];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    if read.is_err() || head != *b"SQLite format 3\0" {
        // Even opening it would change what stands beside it.
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let settled = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(open::PATIENCE)?;
        let busy: i64 = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        Ok(busy != 0)
    });
    let in_use = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None);
    match settled {
        Ok(false) => Ok(()),
        Ok(true) => Err(in_use.into()),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Ok(()),
            _ => Err(error.into()),
        },
    }
}

/// A file that belongs to a database.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}
