//! One server at a time on a registry that is a file.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::RegistryFault;
use crate::lock;

/// Held by a server for as long as it serves, and while a registry is put in the place of another. Commands that only
/// write a change need none: the database itself makes them wait for each other.
#[derive(Debug)]
pub struct RegistryLock {
    _file: File,
}

/// Why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockProblem {
    /// Somebody holds it.
    #[error("the registry in `{}` is in use by {holder}", folder.display())]
    Held {
        /// The data folder.
        folder: PathBuf,
        /// Who says to hold it.
        holder: String,
    },
    /// The operating system says no.
    #[error(transparent)]
    Fault(#[from] RegistryFault),
}

impl RegistryLock {
    /// Takes the lock of a data folder (`registry.lock`).
    ///
    /// # Errors
    ///
    /// [`LockProblem`]; nobody waits for a server to end.
    pub fn take(folder: &Path, doing: &str) -> Result<Self, LockProblem> {
        let path = folder.join("registry.lock");
        let mut holder = String::new();
        let refuses = |by: &str| {
            by.clone_into(&mut holder);
            false
        };
        let taken = lock::take(&path, doing, refuses).map_err(|source| RegistryFault::io(&path, source))?;
        taken
            .map(|file| Self { _file: file })
            .ok_or_else(|| LockProblem::Held { folder: folder.to_owned(), holder })
    }
}
