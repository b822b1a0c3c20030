//! Folders of files on their way to be listed: made anew, filled, and brought to the disk before a commit lists them.

use std::fs::{self, File};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::{self, Builder};

use super::{WorkspaceFault, entries};

/// Makes a folder anew.
pub(super) fn begin_folder(folder: &Path) -> Result<(), WorkspaceFault> {
    remove_rest(folder)?;
    fs::create_dir_all(folder).map_err(|source| WorkspaceFault::io(folder, source))
}

/// Removes an unlisted rest of an interrupted closing: sweeping goes by folders, so it may still stand there.
pub(super) fn remove_rest(folder: &Path) -> Result<(), WorkspaceFault> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|source| WorkspaceFault::io(folder, source))?;
    }
    Ok(())
}

/// Writes files into it, which are brought to the disk when it ends.
pub(super) fn write_files(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), WorkspaceFault> {
    let write = |(name, bytes): &(String, Vec<u8>)| fs::write(folder.join(name), bytes);
    files.iter().try_for_each(write).map_err(|source| WorkspaceFault::io(folder, source))
}

/// So many files are synced at once.
const SYNCED_AT_ONCE: usize = 1 << 2;

/// Syncs the files in it, it with their names, and the folders it is in up to the data folder, which may be as new.
///
/// Several at once: the disk waits for all of them together. What was synced as it was written has nothing left to wait for.
pub(super) fn end_folder(folder: &Path, data: &Path) -> Result<(), WorkspaceFault> {
    let mut paths = entries(folder)?;
    paths.extend(folder.ancestors().take_while(|path| path.starts_with(data)).map(Path::to_owned));
    let sync = |path: &PathBuf| {
        let synced = File::open(path).and_then(|opened| opened.sync_all());
        synced.map_err(|source| WorkspaceFault::io(path, source))
    };
    let sync = |part: &[PathBuf]| part.iter().try_for_each(sync);
    thread::scope(|scope| {
        let parts: Vec<_> = paths.chunks(paths.len().div_ceil(SYNCED_AT_ONCE)).collect();
        let begin = |part| (part, Builder::new().spawn_scoped(scope, move || sync(part)));
        // All are begun before one is waited for. Where there may be no more threads, this one does it.
        let begun: Vec<_> = parts.into_iter().map(begin).collect();
        let synced = begun.into_iter().map(|(part, begun)| match begun {
            Ok(begun) => begun.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => sync(part),
        });
        synced.collect()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::end_folder;

    /// What cannot be brought to the disk is told, be it a file or a folder; so each of them is.
    #[test]
    fn every_file_is_brought_to_the_disk() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("state/000001");
        fs::create_dir_all(&folder).unwrap();
        for number in 0..40 {
            fs::write(folder.join(number.to_string()), "x").unwrap();
        }
        end_folder(&folder, data.path()).unwrap();
        symlink("nowhere", folder.join("17a")).unwrap();
        assert!(end_folder(&folder, data.path()).unwrap_err().to_string().contains("17a"));
    }
}
