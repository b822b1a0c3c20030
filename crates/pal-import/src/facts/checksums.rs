//! Checksums of the activity files that an import writes. Each column of each row group has one, in the file's footer;
//! that of the footer is kept by whoever lists the file. So whatever reads a part of a file can tell that this part, of
//! this file, is as it was written. Metering checks what it reads anyway; row by row, a file is read once more for it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

use super::{FactFile, Unreadable};

/// CRC-32 of the bytes of each column of each row group.
pub type Checksums = Vec<Vec<u32>>;

/// What the footer keeps them under.
const KEY: &str = "checksums";
/// What a Parquet file begins and ends with.
const MARK: [u8; 4] = *b"PAR1";
/// The length of the footer and the mark behind it.
const END: usize = 8;
const BLOCK: usize = 1 << 18;
/// No footer that an import writes is longer.
const LONGEST_FOOTER: u64 = 1 << 26;

/// What is not as it was written.
#[derive(Debug, thiserror::Error)]
#[error("{0} does not match its checksum")]
struct Altered(&'static str);

/// The checksums of a stored file whose beginning and footer are as they were written; `None` of a file that no import
/// wrote.
///
/// # Errors
///
/// [`Unreadable::Io`], and [`Unreadable::Damaged`] where they are not.
pub fn checksums(file: &FactFile) -> Result<Option<Checksums>, Unreadable> {
    Ok(open(file)?.map(|(_, metadata)| kept(&metadata)))
}

/// Fails unless all that is read of a stored file is as it was written: its ends, its footer, its columns.
pub(super) fn check(file: &FactFile) -> Result<(), Unreadable> {
    let Some((mut opened, metadata)) = open(file)? else { return Ok(()) };
    let failed = |source| Unreadable::Io { path: file.path.clone(), source };
    let found = sums(&mut opened, metadata.row_groups()).map_err(failed)?;
    if found == kept(&metadata) { Ok(()) } else { Err(damaged(file, Altered("its data"))) }
}

/// A stored file and its footer, which is as it was written, and so is what the file begins with.
fn open(file: &FactFile) -> Result<Option<(File, ParquetMetaData)>, Unreadable> {
    let Some(expected) = file.checksum() else { return Ok(None) };
    let failed = |source| Unreadable::Io { path: file.path.clone(), source };
    let mut opened = File::open(&file.path).map_err(failed)?;
    let footer = read_footer(&mut opened).map_err(failed)?;
    let footer = footer.filter(|footer| crc32fast::hash(footer) == expected);
    let Some(footer) = footer else { return Err(damaged(file, Altered("its footer"))) };
    let mut mark = Vec::new();
    opened.seek(SeekFrom::Start(0)).map_err(failed)?;
    (&opened).take(MARK.len() as u64).read_to_end(&mut mark).map_err(failed)?;
    if mark != MARK {
        return Err(damaged(file, Altered("its beginning")));
    }
    let thrift = footer.get(..footer.len() - END).unwrap_or_default();
    let metadata = ParquetMetaDataReader::decode_metadata(thrift).map_err(|source| damaged(file, source))?;
    Ok(Some((opened, metadata)))
}

/// The checksums that a footer has; none where it has none.
fn kept(metadata: &ParquetMetaData) -> Checksums {
    let mut entries = metadata.file_metadata().key_value_metadata().into_iter().flatten();
    let text = entries.find(|entry| entry.key == KEY).and_then(|entry| entry.value.as_deref());
    text.and_then(read).unwrap_or_default()
}

/// The entry of the footer for row groups that were written.
pub(super) fn entry(opened: &mut File, groups: &[RowGroupMetaData]) -> io::Result<KeyValue> {
    let of_group =
        |sums: &Vec<u32>| sums.iter().map(|sum| format!("{sum:08x}")).collect::<Vec<_>>().join(" ");
    let text: Vec<String> = sums(opened, groups)?.iter().map(of_group).collect();
    Ok(KeyValue::new(KEY.to_owned(), text.join("\n")))
}

/// What [`entry`] wrote.
fn read(text: &str) -> Option<Checksums> {
    let of_group = |line: &str| line.split(' ').map(|sum| u32::from_str_radix(sum, 16).ok()).collect();
    text.lines().map(of_group).collect()
}

/// The checksum of a file's footer.
pub(super) fn of_footer(opened: &mut File, path: &Path) -> io::Result<u32> {
    let cut = || io::Error::new(io::ErrorKind::InvalidData, format!("`{}` has no footer", path.display()));
    Ok(crc32fast::hash(&read_footer(opened)?.ok_or_else(cut)?))
}

/// The footer with its length and the mark behind it; `None` if the file has none.
fn read_footer(opened: &mut File) -> io::Result<Option<Vec<u8>>> {
    let size = opened.seek(SeekFrom::End(0))?;
    let Some(before) = size.checked_sub(END as u64) else { return Ok(None) };
    let mut end = [0; END];
    opened.seek(SeekFrom::Start(before))?;
    opened.read_exact(&mut end)?;
    let length = end.first_chunk::<4>().map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
    let start = before.checked_sub(length).filter(|_| length <= LONGEST_FOOTER);
    let Some(start) = start else { return Ok(None) };
    opened.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    opened.read_to_end(&mut footer)?;
    Ok(Some(footer).filter(|footer| footer.ends_with(&MARK) && footer.len() >= END))
}

fn sums(opened: &mut File, groups: &[RowGroupMetaData]) -> io::Result<Checksums> {
    let of_group = |group: &RowGroupMetaData| {
        group.columns().iter().map(|column| sum(opened, column.byte_range())).collect()
    };
    groups.iter().map(of_group).collect()
}

/// The checksum of so many bytes from a place on; of as many as there are.
fn sum(opened: &mut File, (start, length): (u64, u64)) -> io::Result<u32> {
    opened.seek(SeekFrom::Start(start))?;
    let (mut sum, mut ahead) = (crc32fast::Hasher::new(), opened.take(length));
    let mut block = vec![0; BLOCK];
    loop {
        let read = ahead.read(&mut block)?;
        if read == 0 {
            return Ok(sum.finalize());
        }
        sum.update(block.get(..read).unwrap_or_default());
    }
}

fn damaged(file: &FactFile, source: impl std::error::Error + Send + Sync + 'static) -> Unreadable {
    Unreadable::Damaged { name: file.name.clone(), format: "Parquet", source: Box::new(source) }
}
