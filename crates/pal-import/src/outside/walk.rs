//! Which files there are to read: folders, gzip and zip undone. What looks like an attack is refused by name.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

/// The most entries of an archive.
const ENTRIES: usize = 100_000;
/// The most bytes that an entry may give for each of its own, once it gives more than [`SMALL`].
const RATIO: u64 = 200;
/// Entries that give no more than this may be packed as tight as they like.
const SMALL: u64 = 16 << 20;
/// The most bytes that an archive may give in all.
const TOTAL: u64 = 64 << 30;

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
    /// An entry of a zip archive, by its place there; whether it is gzip itself.
    Entry(usize, bool),
    /// A spreadsheet, whole.
    Spreadsheet,
    /// A solution package, whole.
    Package,
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
}

/// Finds the files below these paths, by name. Folders are walked; names that begin with `.` or `_` are other programs'
/// marks.
///
/// # Errors
///
/// [`Unopened`] for a path that is not there or an archive that cannot be read.
pub fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>, Unopened> {
    let mut found = Vec::new();
    for path in paths {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
        let first = found.len();
        walk(path, &name, &mut found)?;
        if let (false, Some(input)) = (path.is_dir(), found.get_mut(first)) {
            input.named = !matches!(input.content, Content::Entry(..));
        }
    }
    Ok(found)
}

fn walk(path: &Path, name: &str, found: &mut Vec<Input>) -> Result<(), Unopened> {
    let fault = |source| Unopened::Io { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(fault)?.is_dir() {
        return file(path, name, found);
    }
    let mut entries: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(path).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    entries.sort();
    for (below, path) in entries.into_iter().filter(|(below, _)| !below.starts_with(['.', '_'])) {
        walk(&path, &format!("{name}/{below}"), found)?;
    }
    Ok(())
}

fn file(path: &Path, name: &str, found: &mut Vec<Input>) -> Result<(), Unopened> {
    let fault = |source| Unopened::Io { path: path.to_owned(), source };
    let mut start = [0; 4];
    let read = read_start(&mut File::open(path).map_err(fault)?, &mut start).map_err(fault)?;
    let content = match start.get(..read) {
        Some([0x1f, 0x8b, ..]) => Content::Gzip,
        Some(b"PK\x03\x04" | b"PK\x05\x06") => return archive(path, name, found),
        _ => Content::Plain,
    };
    found.push(Input { name: name.to_owned(), path: path.to_owned(), content, named: false });
    Ok(())
}

fn read_start(from: &mut impl Read, start: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = start.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn archive(path: &Path, name: &str, found: &mut Vec<Input>) -> Result<(), Unopened> {
    let mut archive = open_archive(path)?;
    let has = |wanted: &str| {
        let mut names = archive.file_names().flatten();
        names.any(|name| name.eq_ignore_ascii_case(wanted))
    };
    let (package, spreadsheet) = (has("solution.xml"), has("xl/workbook.xml"));
    let whole = |content| Input { name: name.to_owned(), path: path.to_owned(), content, named: false };
    if package {
        found.push(whole(Content::Package));
        return Ok(());
    }
    if spreadsheet {
        found.push(whole(Content::Spreadsheet));
        return Ok(());
    }
    let mut entries = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(|source| damaged(path, source))?;
        let below = entry.name().map_err(|source| damaged(path, source))?.into_owned();
        let hidden = below.split('/').any(|part| part.starts_with(['.', '_']));
        if entry.is_file() && !hidden {
            let gzip = below.to_lowercase().ends_with(".gz");
            entries.push((below, place, gzip));
        }
    }
    entries.sort();
    for (below, place, gzip) in entries {
        let content = Content::Entry(place, gzip);
        found.push(Input { name: format!("{name}!{below}"), path: path.to_owned(), content, named: false });
    }
    Ok(())
}

fn damaged(path: &Path, source: zip::result::ZipError) -> Unopened {
    Unopened::Archive { path: path.to_owned(), source }
}

/// Opens an archive whose entries are within bounds and have names that lead nowhere else.
pub(super) fn open_archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, Unopened> {
    let file = File::open(path).map_err(|source| Unopened::Io { path: path.to_owned(), source })?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|source| damaged(path, source))?;
    let refuse = |reason: String| Err(Unopened::Unsafe { path: path.to_owned(), reason });
    if archive.len() > ENTRIES {
        return refuse(format!("it has {} entries, more than {ENTRIES}", archive.len()));
    }
    let mut total = 0_u64;
    for place in 0..archive.len() {
        let entry = archive.by_index_raw(place).map_err(|source| damaged(path, source))?;
        let name = entry.name().map_err(|source| damaged(path, source))?.into_owned();
        let (size, packed) = (entry.size(), entry.compressed_size());
        if entry.enclosed_name().is_none() || leads_elsewhere(&name) {
            return refuse(format!("its entry `{}` has a name that leads elsewhere", name.escape_debug()));
        }
        if size > SMALL && size / packed.max(1) > RATIO {
            return refuse(format!("its entry `{name}` would grow to more than {RATIO} times its size"));
        }
        total = total.saturating_add(size);
    }
    if total > TOTAL {
        return refuse(format!("its entries would grow to {} GiB in all", total >> 30));
    }
    Ok(archive)
}

/// Whether a name is absolute or climbs, written for whatever system.
fn leads_elsewhere(name: &str) -> bool {
    let drive = name.get(1..2) == Some(":");
    drive || name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

impl Input {
    /// Whether a file that was only come across has a name that exports do not have: then what is not recognised in it is
    /// no export that went wrong, but something else, such as a description.
    pub(super) fn is_beside(&self) -> bool {
        const EXPORTS: [&str; 8] = ["csv", "tsv", "json", "jsonl", "ndjson", "xlsx", "gz", "zip"];
        let file = self.name.rsplit(['/', '!']).next().unwrap_or_default();
        let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        !self.named && ending.is_none_or(|ending| !EXPORTS.contains(&ending.as_str()))
    }

    /// Lets `take` read the file's bytes, out of whatever they are packed in. Not for what is read whole.
    ///
    /// # Errors
    ///
    /// [`Unopened`]; what goes wrong while reading is the reader's to tell.
    pub fn with_bytes<T>(&self, take: impl FnOnce(&mut dyn Read) -> T) -> Result<T, Unopened> {
        let fault = |source| Unopened::Io { path: self.path.clone(), source };
        if let Content::Entry(place, gzip) = self.content {
            let mut archive = open_archive(&self.path)?;
            let entry = archive.by_index(place).map_err(|source| damaged(&self.path, source))?;
            // What the archive's list says of an entry's size was checked; what comes out is held to it.
            let declared = entry.size();
            let mut bytes = entry.take(declared);
            return Ok(if gzip { take(&mut MultiGzDecoder::new(bytes)) } else { take(&mut bytes) });
        }
        let file = File::open(&self.path).map_err(fault)?;
        Ok(match self.content {
            Content::Gzip => take(&mut MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file))),
            _ => take(&mut { file }),
        })
    }

    /// The size on disk, for progress.
    pub fn size(&self) -> u64 {
        File::open(&self.path).and_then(|mut file| file.seek(SeekFrom::End(0))).unwrap_or(0)
    }
}
