//! How a command ends: the exit codes, once, and the error that carries one.

use std::fmt;
use std::io::{self, ErrorKind};

/// The exit codes of `cli.md`; `docs/cli.md` has the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Ok = 0,
    /// A fault: ours to fix.
    Fault = 1,
    /// The command line, or a file it names, is not what it should be.
    Usage = 2,
    /// What was asked for is not there.
    NotFound = 3,
    /// Nobody is signed in, or may not do it.
    SignIn = 4,
    /// Something stands against it: a condition does not hold.
    Conflict = 5,
    /// Some items failed or were refused, or a chance to fetch data is about to pass.
    Partial = 6,
    /// Stopped by the one who gave the command.
    Interrupted = 130,
}

/// How a command ends that the operating system kept from a path the user named.
pub(crate) fn io_exit(error: &io::Error) -> Exit {
    match error.kind() {
        ErrorKind::NotFound => Exit::NotFound,
        ErrorKind::PermissionDenied
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::AlreadyExists
        | ErrorKind::InvalidFilename
        | ErrorKind::ReadOnlyFilesystem => Exit::Usage,
        _ => Exit::Fault,
    }
}

/// What to do about it where the operating system is in the way.
pub(crate) fn io_advice(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::PermissionDenied => Some("let this account reach it, or name another path"),
        ErrorKind::ReadOnlyFilesystem => Some("name a path on a disk that can be written"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Some("make room on the disk, then run it again")
        }
        _ => None,
    }
}

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) error: anyhow::Error,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure with a message and the action that mends it.
    pub(crate) fn new(exit: Exit, message: impl fmt::Display, hint: impl Into<String>) -> Self {
        Self { exit, error: anyhow::anyhow!("{message}"), hint: Some(hint.into()) }
    }

    /// A failure with what to do about it where the operating system is the cause.
    pub(crate) fn of(exit: Exit, error: anyhow::Error) -> Self {
        let advice = error.chain().find_map(|cause| cause.downcast_ref()).and_then(io_advice);
        Self { exit, hint: advice.map(str::to_owned), error }
    }

    /// The same with this advice, if it has none.
    pub(crate) fn or_advise<'a>(mut self, hint: impl Into<Option<&'a str>>) -> Self {
        self.hint = self.hint.or_else(|| hint.into().map(str::to_owned));
        self
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(Exit::Fault, error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.error)?;
        for cause in self.error.chain().skip(1) {
            write!(f, "\n  because {cause}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What a command returns.
pub(crate) type Outcome = Result<Exit, Failure>;
