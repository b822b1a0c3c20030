//! Runs the binary as a user would: in a folder of its own, with an empty environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A folder in which commands run; gone when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
}

/// What a command did.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// The words after `pal`.
    pub(crate) words: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exit: Option<i32>,
}

impl Place {
    pub(crate) fn new() -> Self {
        // Commands sync all they write; in memory that costs nothing, and a disk is not what is tested.
        let memory = std::env::var_os("TMPDIR").is_none().then(|| tempfile::tempdir_in("/dev/shm"));
        memory.and_then(Result::ok).map_or_else(Self::on_disk, |folder| Self { folder })
    }

    /// A place where temporary files are: on a disk, as a rule, whose syncs take their time.
    pub(crate) fn on_disk() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A place with an empty workspace in `pal-data`.
    pub(crate) fn with_workspace() -> Self {
        let place = Self::new();
        place.pal(&["init"]).exits(0);
        place
    }

    /// A path in this place.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        read(&self.path(name))
    }

    /// The files below a folder of this place, by path, each with its bytes.
    pub(crate) fn files(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        walk(&self.path(folder), "", &mut found);
        found.sort();
        found
    }

    /// The paths below a folder of this place.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        self.files(folder).into_iter().map(|(name, _)| name).collect()
    }

    /// The command, not yet run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pal"));
        command.args(arguments).env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path());
        command
    }

    /// Runs `pal` with these arguments.
    pub(crate) fn pal(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, &mut self.command(arguments))
    }
}

impl Ran {
    /// Runs a command to its end.
    pub(crate) fn of(arguments: &[&str], command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            words: arguments.join(" "),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            exit: output.status.code(),
        }
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.exit, Some(code), "pal {}\n{}{}", self.words, self.stdout, self.stderr);
        self
    }

    /// Fails unless stderr holds this text.
    #[track_caller]
    pub(crate) fn tells(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "pal {}: `{text}` is not in\n{}", self.words, self.stderr);
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("pal {}: {error}", self.words))
    }
}

/// The text of a file.
#[track_caller]
pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn walk(folder: &Path, above: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = format!("{above}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            walk(&path, &format!("{name}/"), found);
        } else {
            found.push((name, fs::read(path).unwrap()));
        }
    }
}

/// A file or folder of the examples, as an argument.
pub(crate) fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}
