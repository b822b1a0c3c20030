//! Which files there are to read: folders are walked, archives looked into. What cannot be read is told by name, and the rest
//! is read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::archive::{self, Entry};

/// A file to be read: one on disk, or in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name as addresses show it; `archive.zip!name` inside one.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// How it is read.
    pub content: Content,
    /// Whether it was named itself, and not found in a folder or an archive.
    pub named: bool,
}

/// How a file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// As it is.
    Plain,
    /// Through gzip.
    Gzip,
    /// An entry of a zip archive.
    Entry(Entry),
    /// A spreadsheet, whole.
    Spreadsheet,
    /// A solution package, whole.
    Package,
    /// Not at all, and why.
    Refused(String),
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// The operating system says no.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An archive that is damaged, or none.
    #[error("`{}` is damaged or no zip archive", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        #[source]
        source: zip::result::ZipError,
    },
    /// An archive that would not be safe to read.
    #[error("`{}` is not read: {reason}", path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What is neither a file nor a folder to be walked.
    #[error("`{}` is not read: {reason}", path.display())]
    NoFile {
        /// Where it is.
        path: PathBuf,
        /// What it is.
        reason: &'static str,
    },
}

/// Finds the files below these paths, by name. Folders are walked; names that begin with `.` or `_` are other programs'
/// marks. What is found and cannot be read is [`Content::Refused`].
///
/// # Errors
///
/// [`Unopened::Io`] for a path that is not there or may not be read.
pub fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>, Unopened> {
    let mut found = Vec::new();
    for path in paths {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
        let first = found.len();
        match visit(path, &name, &mut Vec::new(), &mut found) {
            Err(problem @ Unopened::Io { .. }) => return Err(problem),
            Err(problem) => found.push(problem.refused(&name)),
            Ok(()) => {}
        }
        if let (false, Some(input)) = (path.is_dir(), found.get_mut(first)) {
            input.named = !matches!(input.content, Content::Entry(..));
        }
    }
    Ok(found)
}

/// Finds what is below a path; `above` are the folders that lead there.
fn visit(path: &Path, name: &str, above: &mut Vec<PathBuf>, found: &mut Vec<Input>) -> Result<(), Unopened> {
    let fault = |source| Unopened::Io { path: path.to_owned(), source };
    let kind = fs::metadata(path).map_err(fault)?;
    if !kind.is_dir() {
        if kind.is_file() {
            return file(path, name, found);
        }
        let reason = "it is no file but a pipe or a device: save what it gives in a file";
        return Err(Unopened::NoFile { path: path.to_owned(), reason });
    }
    let folder = fs::canonicalize(path).map_err(fault)?;
    if above.contains(&folder) {
        let reason = "it is a link that leads back to a folder above it";
        return Err(Unopened::NoFile { path: path.to_owned(), reason });
    }
    let mut entries: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(path).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    entries.sort();
    above.push(folder);
    for (below, path) in entries.into_iter().filter(|(below, _)| !below.starts_with(['.', '_'])) {
        let name = format!("{name}/{below}");
        if let Err(problem) = visit(&path, &name, above, found) {
            found.push(problem.refused(&name));
        }
    }
    above.pop();
    Ok(())
}

fn file(path: &Path, name: &str, found: &mut Vec<Input>) -> Result<(), Unopened> {
    let fault = |source| Unopened::Io { path: path.to_owned(), source };
    let mut start = Vec::new();
    File::open(path).map_err(fault)?.take(4).read_to_end(&mut start).map_err(fault)?;
    let content = match start.as_slice() {
        [0x1f, 0x8b, ..] => Content::Gzip,
        b"PK\x03\x04" | b"PK\x05\x06" => return archive::inputs(path, name, found),
        _ => Content::Plain,
    };
    found.push(Input::new(name, path, content));
    Ok(())
}

impl Unopened {
    /// The file as one that is not read.
    fn refused(&self, name: &str) -> Input {
        let path = match self {
            Self::Io { path, .. }
            | Self::Archive { path, .. }
            | Self::Unsafe { path, .. }
            | Self::NoFile { path, .. } => path,
        };
        Input::new(name, path, Content::Refused(self.reason()))
    }

    /// Why the file is not read, and what to do about it.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Io { source, .. } => format!("the file cannot be read: {source}"),
            Self::Archive { source, .. } => {
                format!("the archive is damaged or no zip: fetch or write it anew ({source})")
            }
            Self::Unsafe { reason, .. } => {
                format!("{reason}: if you trust it, unpack it yourself and name the folder")
            }
            Self::NoFile { reason, .. } => (*reason).to_owned(),
        }
    }
}

impl Input {
    pub(super) fn new(name: &str, path: &Path, content: Content) -> Self {
        Self { name: name.to_owned(), path: path.to_owned(), content, named: false }
    }

    /// Whether a file that was only come across has a name that exports do not have: then what is not recognised in it is
    /// no export that went wrong, but something else, such as a description.
    pub(super) fn is_beside(&self) -> bool {
        const EXPORTS: [&str; 8] = ["csv", "tsv", "json", "jsonl", "ndjson", "xlsx", "gz", "zip"];
        let file = self.name.rsplit(['/', '!']).next().unwrap_or_default();
        let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        !self.named && ending.is_none_or(|ending| !EXPORTS.contains(&ending.as_str()))
    }

    /// Whether it was only come across, in a folder or an archive.
    pub(super) fn is_found(&self) -> bool {
        !self.named
    }

    /// How many bytes there are to read of it, for progress.
    pub fn size(&self) -> u64 {
        match &self.content {
            Content::Entry(entry) => entry.packed,
            Content::Refused(_) => 0,
            _ => fs::metadata(&self.path).map_or(0, |file| file.len()),
        }
    }
}
