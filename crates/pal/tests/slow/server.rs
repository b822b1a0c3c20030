//! A running `pal serve`, and a running PostgreSQL, that can be killed.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::command::Place;

/// A port of this machine that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server in the clear; ends with the test.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts it and waits until it says that it listens. Always the same port, so that tokens stay good.
    pub(crate) fn start(place: &Place, port: u16, store: Option<&str>) -> Self {
        let address = format!("127.0.0.1:{port}");
        let mut command = place.command(&["serve", "--authority", "sandbox.toml", "--http", "--no-quota"]);
        command.args(["--any-partner-id", "--listen", &address]);
        command.args(store.map(|url| ["--store", url]).into_iter().flatten());
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let words = BufReader::new(process.stderr.take().unwrap());
        let mut lines = words.lines().map(Result::unwrap);
        assert!(lines.any(|line| line.starts_with("listening on ")), "the server ended");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A PostgreSQL of the test's own (`tests/postgres.sh`).
pub(crate) struct Cluster {
    folder: TempDir,
    pub(crate) url: String,
}

impl Cluster {
    /// A running one, where there is PostgreSQL to test with.
    pub(crate) fn new() -> Option<Self> {
        if std::env::var_os("PAL_TEST_POSTGRES").is_none() {
            println!("skipped on PostgreSQL: PAL_TEST_POSTGRES names no server (see tests/postgres.sh)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("pal-cluster").tempdir_in("/tmp").unwrap();
        let url = script("start", folder.path()).unwrap();
        Some(Self { folder, url })
    }

    pub(crate) fn start(&self) {
        script("start", self.folder.path()).unwrap();
    }

    /// Ends it as in a crash.
    pub(crate) fn stop(&self) {
        script("crash", self.folder.path()).unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script("crash", self.folder.path());
    }
}

fn script(what: &str, folder: &Path) -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/postgres.sh");
    let output = Command::new(script).arg(what).arg(folder).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
}
