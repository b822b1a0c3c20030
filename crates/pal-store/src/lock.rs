//! A lock file that says who holds it; the operating system frees it when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Takes a lock for as long as the file is open, and writes into it who holds it; `None` where somebody else does.
///
/// - `wait`: told who that is; says whether to wait until it is free.
pub(crate) fn take(path: &Path, doing: &str, wait: impl FnOnce(&str) -> bool) -> io::Result<Option<File>> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(source),
        Err(TryLockError::WouldBlock) => {
            if !wait(&holder(&mut file)?) {
                return Ok(None);
            }
            file.lock()?;
        }
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {}: {doing}", std::process::id())?;
    Ok(Some(file))
}

/// Who says that it holds the lock. Between taking it and saying so lies a moment, which is waited for.
fn holder(file: &mut File) -> io::Result<String> {
    for _ in 0..10 {
        let mut said = String::new();
        file.rewind()?;
        file.read_to_string(&mut said)?;
        // The line is whole once it ends.
        if said.ends_with('\n') {
            return Ok(said.trim().to_owned());
        }
        sleep(Duration::from_millis(10));
    }
    Ok("another process".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::holder;

    #[test]
    fn a_holder_that_has_not_said_its_name_is_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("workspace.lock");
        for (said, expected) in
            [("", "another process"), ("process 7: pal close 2026-03\n", "process 7: pal close 2026-03")]
        {
            fs::write(&path, said).unwrap();
            assert_eq!(holder(&mut File::open(&path).unwrap()).unwrap(), expected);
        }
    }
}
