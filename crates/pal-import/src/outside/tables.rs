//! Tables as they are exported: CSV with its variations, and spreadsheets. A row becomes a record with the header's names.

use std::io::{self, BufRead, BufReader, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};
use serde_json::{Map, Value};

/// The longest row.
const ROW: usize = 8 << 20;
/// How long rows are as a rule.
const CELLS: usize = 1024;
/// The most columns of a table.
pub(super) const COLUMNS: usize = 2000;

pub(super) const WIDE: &str = "the table has more than 2000 columns: export fewer";
const LONG: &str = "the row is longer than 8 MiB, or a quote in it is never closed: what follows is not read";

/// What a table gives.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// A row: its number, from 1 below the header, and the record.
    Row(u64, Value, &'a ByteRecord),
    /// A row that cannot be used.
    Broken(u64, &'static str, &'a ByteRecord),
}

/// A CSV file, row by row.
pub(super) struct Table<R> {
    reader: Reader<Gauge<R>>,
    header: Vec<String>,
    /// The number of the row that was read last, from 1 below the header.
    number: u64,
}

/// A row, cut into cells and no more.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) number: u64,
    pub(super) cells: ByteRecord,
    /// Why it cannot be used, if it cannot.
    broken: Option<&'static str>,
}

impl<R: Read> Table<BufReader<R>> {
    /// Reads the header. None where there is not even that.
    ///
    /// # Errors
    ///
    /// What the reader says.
    pub(super) fn open(from: R) -> io::Result<Option<Self>> {
        let mut buffered = BufReader::with_capacity(1 << 18, from);
        skip_mark(&mut buffered)?;
        let delimiter = delimiter(&mut buffered)?;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(Gauge { inner: buffered, left: ROW });
        let mut record = ByteRecord::new();
        if !reader.read_byte_record(&mut record).map_err(fault)? {
            return Ok(None);
        }
        let header = record.iter().take(COLUMNS + 1);
        let header = header.map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok(Some(Self { reader, header, number: 0 }))
    }
}

impl<R: Read> Table<R> {
    /// The names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row.
    ///
    /// # Errors
    ///
    /// What the reader says.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Cut>> {
        let mut cells = ByteRecord::with_capacity(CELLS, self.header.len());
        self.reader.get_mut().left = ROW;
        if !self.reader.read_byte_record(&mut cells).map_err(fault)? {
            return Ok(None);
        }
        self.number += 1;
        let broken = if cells.len() > self.header.len() {
            Some("the row has more cells than the header")
        } else if memchr::memchr(0, cells.as_slice()).is_some() {
            Some("the row has a zero byte: the file is damaged, fetch it again")
        } else {
            None
        };
        Ok(Some(Cut { number: self.number, cells, broken }))
    }
}

impl Cut {
    /// The row as a record with the header's names.
    pub(super) fn line(&self, header: &[String]) -> Line<'_> {
        let number = self.number;
        match self.broken.map_or_else(|| row(header, &self.cells), Err) {
            Ok(value) => Line::Row(number, value, &self.cells),
            Err(reason) => Line::Broken(number, reason, &self.cells),
        }
    }

    /// Whether nothing is known against it.
    pub(super) fn usable(&self) -> bool {
        self.broken.is_none()
    }
}

/// Why a table is not read on, of what its reader says.
pub(super) fn reason(error: &io::Error) -> Option<&'static str> {
    (error.kind() == io::ErrorKind::QuotaExceeded).then_some(LONG)
}

/// What the reader below says, where it is that which fails.
fn fault(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::ErrorKind::InvalidData.into(),
    }
}

fn row(header: &[String], record: &ByteRecord) -> Result<Value, &'static str> {
    let mut members = Map::new();
    for (name, cell) in header.iter().zip(record) {
        let cell = std::str::from_utf8(cell).map_err(|_| "the row is not UTF-8: save the file as UTF-8")?;
        members.insert(name.clone(), Value::from(cell));
    }
    Ok(Value::Object(members))
}

/// Gives no more than is left, so that no row takes more room than it may.
struct Gauge<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Gauge<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read);
        Ok(read)
    }
}

/// Skips a byte-order mark, and the line with which Windows PowerShell says what type it exported.
fn skip_mark(from: &mut impl BufRead) -> io::Result<()> {
    if from.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]) {
        from.consume(3);
    }
    if from.fill_buf()?.starts_with(b"#TYPE ") {
        from.skip_until(b'\n')?;
    }
    Ok(())
}

/// A comma, or what stands in the first line where no comma does.
fn delimiter(from: &mut impl BufRead) -> io::Result<u8> {
    let buffer = from.fill_buf()?;
    let line = buffer.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok([b',', b';', b'\t'].into_iter().find(|delimiter| line.contains(delimiter)).unwrap_or(b','))
}
