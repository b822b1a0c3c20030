//! One writing command at a time.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use super::WorkspaceFault;
use crate::lock;

/// Held while a command writes.
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
        let waits = |holder: &str| {
            waiting(holder);
            true
        };
        let taken = lock::take(&path, doing, waits).map_err(fault)?;
        taken.map(|file| Self { _file: file }).ok_or_else(|| fault(ErrorKind::WouldBlock.into()))
    }
}
