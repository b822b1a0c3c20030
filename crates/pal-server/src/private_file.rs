//! Files with keys in them, and what belongs beside them: whole or not there, and keys for their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Makes a file that is not there yet; `false` when somebody else made it first.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let draft = draft(path, bytes)?;
    let made = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match made {
        Ok(()) => sync_folder(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a file, or puts a new one in its place.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::rename(draft(path, bytes)?, path)?;
    sync_folder(path)
}

/// Makes a file that everybody may read, or puts a new one in its place.
pub(crate) fn publish(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft(path, bytes)?;
    #[cfg(unix)]
    fs::set_permissions(&draft, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    fs::rename(draft, path)?;
    sync_folder(path)
}

/// Reads a file that only its owner can read.
///
/// # Errors
/// `PermissionDenied` when others can read it, too.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    if open_to_others(&fs::metadata(path)?) {
        let reason = "others can read it: a key must have the mode 0600";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    Ok(bytes)
}

fn draft(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let name = format!(".{}.draft", Uuid::new_v4());
    let draft = path.parent().unwrap_or(Path::new(".")).join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(draft)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
fn open_to_others(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> bool {
    false
}
