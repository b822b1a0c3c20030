//! One writing command at a time: a lock file that says who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::WorkspaceFault;

/// Held while a command writes; the operating system frees it when the process ends, however it ends.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl WriteLock {
    pub(super) fn take(
        folder: &Path,
        doing: &str,
        mut waiting: impl FnMut(&str),
    ) -> Result<Self, WorkspaceFault> {
        let path = folder.join("workspace.lock");
        let fault = |source| WorkspaceFault::io(&path, source);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(source)) => return Err(fault(source)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(fault)?;
                waiting(holder.trim());
                file.lock().map_err(fault)?;
            }
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(fault)?;
        writeln!(file, "process {}: {doing}", std::process::id()).map_err(fault)?;
        Ok(Self { _file: file })
    }
}
