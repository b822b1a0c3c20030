//! A PostgreSQL server of a test's own, which may be stopped and started (`tests/postgres.sh`).

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::place::server;

/// A server; it ends with the test.
pub(crate) struct Cluster {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
}

impl Cluster {
    /// A running server, where there is PostgreSQL to test with.
    pub(crate) fn start() -> Option<Self> {
        server()?;
        let folder = tempfile::Builder::new().prefix("pal-cluster").tempdir_in("/tmp").unwrap();
        let url = Self::script("start", folder.path(), "").unwrap();
        Some(Self { folder, url })
    }

    /// Ends it and starts it with other options.
    pub(crate) fn restart_with(&self, options: &str) {
        Self::script("stop", self.folder.path(), "").unwrap();
        Self::script("start", self.folder.path(), options).unwrap();
    }

    /// Ends it, by `stop` or `crash`, and starts it again.
    pub(crate) fn restart(&self, by: &str) {
        Self::script(by, self.folder.path(), "").unwrap();
        Self::script("start", self.folder.path(), "").unwrap();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn script(what: &str, folder: &Path, options: &str) -> Option<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/postgres.sh");
        let output =
            Command::new(script).arg(what).arg(folder).env("PAL_POSTGRES_OPTIONS", options).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| said.trim_end().to_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        Self::script("crash", self.folder.path(), "");
    }
}
