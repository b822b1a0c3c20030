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
        let url = Self::script(&["start"], folder.path()).unwrap();
        Some(Self { folder, url })
    }

    pub(crate) fn restart(&self, mode: &str) {
        self.stop(mode);
        Self::script(&["start"], self.folder.path()).unwrap();
    }

    /// Ends it: `fast`, or `immediate` as in a crash.
    pub(crate) fn stop(&self, mode: &str) {
        Self::script(&["stop", mode], self.folder.path()).unwrap();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn script(what: &[&str], folder: &Path) -> Option<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/postgres.sh");
        let mut command = Command::new(script);
        command.arg(what[0]).arg(folder).args(&what[1..]);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| said.trim_end().to_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        Self::script(&["stop", "immediate"], self.folder.path());
    }
}
