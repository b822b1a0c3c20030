//! The pages of one column of a row group, unpacked into a buffer that is kept.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

use super::header::{Header, PageKind};
use super::hybrid;

/// How much is read ahead.
const WINDOW: usize = 1 << 18;
/// Pages beyond this are left to Arrow's reader.
const GREATEST: usize = 1 << 26;

/// How a page's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    /// Places in the dictionary, behind a byte with their width.
    Places,
}

/// A page, unpacked: its values stand in [`Pages::body`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) dictionary: bool,
    pub(crate) values: usize,
    pub(crate) encoding: Encoding,
}

/// The pages of a column.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// What was read of the file and not used yet, in `used..filled`.
    window: Vec<u8>,
    used: usize,
    filled: usize,
    next: u64,
    end: u64,
    packing: Packing,
    optional: bool,
    unpacked: Vec<u8>,
    body: (usize, usize),
    /// The checksum of what was read, where it is asked for.
    sum: Option<crc32fast::Hasher>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Packing {
    #[default]
    None,
    Zstd,
    Snappy,
}

/// What unpacks, one for all columns of a thread.
#[derive(Default)]
pub(crate) struct Unpacker {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Pages {
    /// Begins with a column; `None` if it is not of the sort that is read here.
    ///
    /// - `summed`: whether its checksum is asked for.
    pub(crate) fn begin(&mut self, chunk: &ColumnChunkMetaData, summed: bool) -> Option<()> {
        self.packing = match chunk.compression() {
            Compression::UNCOMPRESSED => Packing::None,
            Compression::ZSTD(_) => Packing::Zstd,
            Compression::SNAPPY => Packing::Snappy,
            _ => return None,
        };
        let column = chunk.column_descr();
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return None;
        }
        self.optional = column.max_def_level() == 1;
        (self.next, self.end) = range(chunk)?;
        self.sum = summed.then(crc32fast::Hasher::new);
        (self.used, self.filled) = (0, 0);
        Some(())
    }

    /// The values of the page that was read last.
    pub(crate) fn body(&self) -> &[u8] {
        self.unpacked.get(self.body.0..self.body.1).unwrap_or_default()
    }

    /// Reads the next page; `None` if there is none, or it is not of the sort that is read here.
    pub(crate) fn read(&mut self, file: &File, unpacker: &mut Unpacker) -> Option<Page> {
        loop {
            let (header, length) = self.header(file)?;
            if header.packed > GREATEST || header.unpacked > GREATEST {
                return None;
            }
            self.used += length;
            self.fill(file, header.packed)?;
            let page = self.window.get(self.used..self.used + header.packed)?;
            if header.crc.is_some_and(|crc| crc32fast::hash(page) != crc) {
                return None;
            }
            let encoding = match (header.kind, header.encoding) {
                (PageKind::Other, _) => {
                    self.used += header.packed;
                    continue;
                }
                (PageKind::Dictionary, 0 | 2) | (_, 0) => Encoding::Plain,
                (_, 2 | 8) => Encoding::Places,
                _ => return None,
            };
            self.unpack(&header, unpacker)?;
            self.used += header.packed;
            let dictionary = header.kind == PageKind::Dictionary;
            return Some(Page { dictionary, values: header.values, encoding });
        }
    }

    /// The header of the next page, and how long it is.
    fn header(&mut self, file: &File) -> Option<(Header, usize)> {
        let mut wanted = 64;
        loop {
            let whole = self.fill(file, wanted);
            let ahead = self.window.get(self.used..self.filled)?;
            let mut bytes = ahead;
            if let Some(header) = Header::take(&mut bytes) {
                return Some((header, ahead.len() - bytes.len()));
            }
            whole?;
            wanted *= 4;
            if wanted > GREATEST {
                return None;
            }
        }
    }

    /// Reads until so many bytes are there; `None` if there are not as many.
    fn fill(&mut self, mut file: &File, wanted: usize) -> Option<()> {
        let ahead = self.filled.checked_sub(self.used)?;
        if ahead >= wanted {
            return Some(());
        }
        self.window.copy_within(self.used..self.filled, 0);
        (self.used, self.filled) = (0, ahead);
        let left = usize::try_from(self.end - self.next).ok()?;
        let more = (wanted - ahead).max(WINDOW).min(left);
        if self.window.len() < ahead + more {
            self.window.resize(ahead + more, 0);
        }
        file.seek(SeekFrom::Start(self.next)).ok()?;
        let read = self.window.get_mut(ahead..ahead + more)?;
        file.read_exact(read).ok()?;
        if let Some(sum) = &mut self.sum {
            sum.update(read);
        }
        self.next += more as u64;
        self.filled += more;
        (ahead + more >= wanted).then_some(())
    }

    /// The checksum of the column, if it was asked for: of all of it, whether pages were made of it or not.
    pub(crate) fn checksum(&mut self, file: &File) -> Option<u32> {
        while self.next < self.end {
            self.used = self.filled;
            self.fill(file, 1)?;
        }
        self.sum.take().map(crc32fast::Hasher::finalize)
    }

    /// Unpacks the page ahead, and finds its values behind its levels.
    fn unpack(&mut self, header: &Header, unpacker: &mut Unpacker) -> Option<()> {
        let page = self.window.get(self.used..self.used + header.packed)?;
        let levels = if header.kind == PageKind::DataV2 { header.definition } else { 0 };
        if header.nulls != 0 || header.repetition != 0 {
            return None;
        }
        let packed = page.get(levels..)?;
        let size = header.unpacked.checked_sub(levels)?;
        if self.unpacked.len() < size {
            self.unpacked.resize(size, 0);
        }
        let to = self.unpacked.get_mut(..size)?;
        let packing = if header.compressed { self.packing } else { Packing::None };
        let written = match packing {
            Packing::None => {
                to.copy_from_slice(packed.get(..size)?);
                size
            }
            Packing::Zstd => unpacker.zstd(packed, to)?,
            Packing::Snappy => snap::raw::Decoder::new().decompress(packed, to).ok()?,
        };
        if written != size {
            return None;
        }
        let mut start = 0;
        if self.optional && header.kind == PageKind::Data {
            let (length, rest) = to.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            if header.levels != 3 || !hybrid::all_set(rest.get(..length)?, header.values) {
                return None;
            }
            start = 4 + length;
        }
        self.body = (start, size);
        Some(())
    }
}

/// Where a column begins and ends in its file. Not `byte_range`: it does not bear offsets that are wrong.
pub(crate) fn range(chunk: &ColumnChunkMetaData) -> Option<(u64, u64)> {
    let start = chunk.dictionary_page_offset().filter(|at| *at > 0).unwrap_or(chunk.data_page_offset());
    let start = u64::try_from(start).ok()?;
    Some((start, start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?))
}

impl Unpacker {
    fn zstd(&mut self, from: &[u8], to: &mut [u8]) -> Option<usize> {
        if self.zstd.is_none() {
            self.zstd = Some(zstd::bulk::Decompressor::new().ok()?);
        }
        self.zstd.as_mut()?.decompress_to_buffer(from, to).ok()
    }
}
