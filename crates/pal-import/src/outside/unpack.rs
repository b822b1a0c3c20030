//! The bytes of a file, out of whatever they are packed in, and no more of them than the packing is good for.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};

use super::archive::Entry;
use super::walk::{Content, Input, Unopened};

/// The most bytes that packed ones may give for each of their own, once they give more than [`SMALL`].
pub(super) const RATIO: u64 = 200;
/// What gives no more than this may be packed as tight as it likes.
pub(super) const SMALL: u64 = 16 << 20;
/// How much is read at a time.
const CHUNK: usize = 1 << 18;

impl Input {
    /// Lets `take` read the file's bytes, out of whatever they are packed in. Not for what is read whole.
    ///
    /// - `passed`: told how many bytes of the file are behind.
    ///
    /// # Errors
    ///
    /// [`Unopened`]; what goes wrong while reading is the reader's to tell.
    pub(super) fn with_bytes<T>(
        &self,
        passed: &mut dyn FnMut(u64),
        take: impl FnOnce(&mut dyn Read) -> T,
    ) -> Result<T, Unopened> {
        let fault = |source| Unopened::Io { path: self.path.clone(), source };
        let mut file = File::open(&self.path).map_err(fault)?;
        let packed = Cell::new(0);
        if let Content::Entry(entry) = &self.content {
            file.seek(SeekFrom::Start(entry.start)).map_err(fault)?;
            let held = Counted { inner: file.take(entry.packed), count: &packed, passed };
            return Ok(with_entry(entry, BufReader::with_capacity(CHUNK, held), &packed, take));
        }
        let counted = Counted { inner: file, count: &packed, passed };
        Ok(match self.content {
            Content::Gzip => {
                let unpacked = MultiGzDecoder::new(BufReader::with_capacity(CHUNK, counted));
                take(&mut Held::new(unpacked, &packed))
            }
            _ => take(&mut { counted }),
        })
    }
}

fn with_entry<T>(
    entry: &Entry,
    packed: impl BufRead,
    count: &Cell<u64>,
    take: impl FnOnce(&mut dyn Read) -> T,
) -> T {
    let (crc, left) = (Crc::new(), entry.size);
    let stored: Box<dyn Read + '_> =
        if entry.deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
    let mut checked =
        BufReader::with_capacity(CHUNK, Checked { inner: stored, crc, left, checksum: entry.checksum });
    // What cannot be read at all says so when it is read again.
    let gzip = checked.fill_buf().is_ok_and(|start| start.starts_with(&[0x1f, 0x8b]));
    if gzip {
        take(&mut Held::new(MultiGzDecoder::new(checked), count))
    } else {
        take(&mut Held::new(checked, count))
    }
}

/// Counts what is read.
struct Counted<'a, R> {
    inner: R,
    count: &'a Cell<u64>,
    passed: &'a mut dyn FnMut(u64),
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let count = self.count.get() + read as u64;
        self.count.set(count);
        (self.passed)(count);
        Ok(read)
    }
}

/// Gives no more than so many times the bytes it is made of.
struct Held<'a, R> {
    inner: R,
    packed: &'a Cell<u64>,
    given: u64,
}

impl<'a, R> Held<'a, R> {
    fn new(inner: R, packed: &'a Cell<u64>) -> Self {
        Self { inner, packed, given: 0 }
    }
}

impl<R: Read> Read for Held<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.given += read as u64;
        if self.given > SMALL && self.given / self.packed.get().max(1) > RATIO {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, TOO_TIGHT));
        }
        Ok(read)
    }
}

const TOO_TIGHT: &str =
    "the file grows to more than 200 times its size: if you trust it, unpack it yourself and name the folder";

/// Why a file is not read to its end, of what its reader says.
pub(super) fn reason(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::FileTooLarge => TOO_TIGHT,
        _ => "the file breaks off or is damaged: fetch it again",
    }
}

/// Holds what comes out of an entry against what the archive says of it.
struct Checked<R> {
    inner: R,
    crc: Crc,
    left: u64,
    checksum: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        let left = self.left.checked_sub(read as u64);
        self.left = left.ok_or(io::ErrorKind::InvalidData)?;
        let ended = read == 0 && !buffer.is_empty();
        if ended && (self.left > 0 || self.crc.sum() != self.checksum) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(read)
    }
}
