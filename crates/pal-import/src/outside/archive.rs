//! Zip archives: what is in them, and whether they are safe to read. Nothing is unpacked here.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::unpack::{RATIO, SMALL};
use super::walk::{Content, Input, Unopened};

/// The most entries of an archive.
const ENTRIES: usize = 100_000;
/// The most bytes that an archive may give in all.
const TOTAL: u64 = 64 << 30;
/// The most bytes that an archive's own list of its entries may have.
const LIST: u64 = 16 << 20;

/// An open archive.
pub(super) type Archive = ZipArchive<BufReader<Limited>>;

/// An entry of an archive: where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where in the file they begin.
    pub(super) start: u64,
    /// How many there are.
    pub(super) packed: u64,
    /// How many they give.
    pub(super) size: u64,
    /// The checksum of those.
    pub(super) checksum: u32,
    /// Whether they are deflated; stored as they are, else.
    pub(super) deflated: bool,
}

/// A file that gives no more bytes than it may.
#[derive(Debug)]
pub(super) struct Limited {
    file: File,
    left: Rc<Cell<u64>>,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let left = self.left.get().checked_sub(read as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.left.set(left);
        Ok(read)
    }
}

impl Seek for Limited {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Opens an archive whose entries are within bounds and have names that lead nowhere else.
pub(super) fn open(path: &Path) -> Result<Archive, Unopened> {
    let io = |source| Unopened::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let held = file.metadata().map_err(io)?.len();
    // What an archive lists takes more room once it is read: the list itself is held short.
    let left = Rc::new(Cell::new(LIST));
    let limited = Limited { file, left: Rc::clone(&left) };
    let opened = ZipArchive::new(BufReader::new(limited));
    let mut archive = opened.map_err(|source| damaged(path, source))?;
    left.set(u64::MAX);
    if let Some(reason) = unsafe_reason(&mut archive, held).map_err(|source| damaged(path, source))? {
        return Err(Unopened::Unsafe { path: path.to_owned(), reason });
    }
    Ok(archive)
}

/// Why an archive of so many bytes is not safe to read, if it is not.
fn unsafe_reason(archive: &mut Archive, held: u64) -> Result<Option<String>, ZipError> {
    if archive.len() > ENTRIES {
        return Ok(Some(format!("it has {} entries, more than {ENTRIES}", archive.len())));
    }
    let (mut total, mut places) = (0_u64, Vec::new());
    for place in 0..archive.len() {
        let entry = archive.by_index_raw(place)?;
        let elsewhere = entry.enclosed_name().is_none() || leads_elsewhere(&entry.name()?);
        let name = entry.name()?.escape_debug().to_string();
        let (size, packed) = (entry.size(), entry.compressed_size());
        if elsewhere {
            return Ok(Some(format!("its entry `{name}` has a name that leads elsewhere")));
        }
        if entry.encrypted() {
            return Ok(Some(format!("its entry `{name}` is encrypted")));
        }
        if size > SMALL && size / packed.max(1) > RATIO {
            return Ok(Some(format!("its entry `{name}` would grow to more than {RATIO} times its size")));
        }
        total = total.saturating_add(size);
        let start = entry.data_start().unwrap_or_default();
        places.push((start, start.saturating_add(packed)));
    }
    if total > TOTAL {
        return Ok(Some(format!("its entries would grow to {} GiB in all", total >> 30)));
    }
    if total > SMALL && total / held.max(1) > RATIO {
        return Ok(Some(format!("it would grow to more than {RATIO} times its size")));
    }
    places.sort_unstable();
    let overlap = places.iter().zip(places.iter().skip(1)).any(|(one, next)| next.0 < one.1);
    Ok(overlap.then(|| "its entries share bytes, as in a zip bomb".to_owned()))
}

/// Whether a name is absolute or climbs, written for whatever system.
fn leads_elsewhere(name: &str) -> bool {
    let drive = name.get(1..2) == Some(":");
    drive || name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

/// Finds what there is to read in an archive: itself, where it is a spreadsheet or a package; else its entries, by name.
pub(super) fn inputs(path: &Path, name: &str, found: &mut Vec<Input>) -> Result<(), Unopened> {
    let mut archive = open(path)?;
    let has = |wanted: &str| {
        let mut names = archive.file_names().flatten();
        names.any(|name| name.eq_ignore_ascii_case(wanted))
    };
    if has("solution.xml") {
        found.push(Input::new(name, path, Content::Package));
        return Ok(());
    }
    if has("xl/workbook.xml") {
        found.push(Input::new(name, path, Content::Spreadsheet));
        return Ok(());
    }
    let mut entries = Vec::new();
    for place in 0..archive.len() {
        if let Some((below, content)) = entry(&mut archive, place).map_err(|source| damaged(path, source))? {
            entries.push((below, place, content));
        }
    }
    entries.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    found.extend(entries.into_iter().map(|(below, _, content)| {
        let name = format!("{name}!{below}");
        Input::new(&name, path, content)
    }));
    Ok(())
}

/// An entry that is to be read, with its name.
fn entry(archive: &mut Archive, place: usize) -> Result<Option<(String, Content)>, ZipError> {
    let entry = archive.by_index_raw(place)?;
    let name = entry.name()?.into_owned();
    let hidden = name.split('/').any(|part| part.starts_with(['.', '_']));
    if !entry.is_file() || hidden {
        return Ok(None);
    }
    let deflated = match entry.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        other => {
            let reason = format!("it is packed by {other}, which is not read: pack it anew, deflated");
            return Ok(Some((name, Content::Refused(reason))));
        }
    };
    let start = entry.data_start().unwrap_or_default();
    let (packed, size, checksum) = (entry.compressed_size(), entry.size(), entry.crc32());
    Ok(Some((name, Content::Entry(Entry { start, packed, size, checksum, deflated }))))
}

fn damaged(path: &Path, source: ZipError) -> Unopened {
    Unopened::Archive { path: path.to_owned(), source }
}
