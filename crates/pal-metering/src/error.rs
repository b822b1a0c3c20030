//! Why activity cannot be metered.

use std::io;
use std::path::PathBuf;

/// Why activity cannot be metered, or its state not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unmetered {
    /// A file cannot be read.
    #[error("cannot read `{name}`")]
    Unreadable {
        /// Which.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file of activity is not what it should be.
    #[error("`{name}` is damaged: {what}")]
    Damaged {
        /// Which.
        name: String,
        /// What is wrong, and where.
        what: String,
    },
    /// Scratch files cannot be written or read back.
    #[error("cannot keep what does not fit into memory in `{}`", path.display())]
    Scratch {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A thread ended early; it has told why.
    #[error("a thread of the metering ended early")]
    Thread,
}

impl Unmetered {
    /// A file that is not what it should be.
    pub(crate) fn damaged(name: &str, what: &dyn ToString) -> Self {
        Self::Damaged { name: name.to_owned(), what: what.to_string() }
    }
}
