//! Tables as they are exported: CSV with its variations, and spreadsheets. A row becomes a record with the header's names.

use std::io::{self, BufRead, BufReader, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};
use serde_json::{Map, Value};

/// The longest row.
pub(super) const ROW: usize = 8 << 20;
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
pub(super) struct Table<'a> {
    reader: Reader<Gauge<'a>>,
    delimiter: u8,
    header: Vec<String>,
    /// The number of the row that was read last, from 1 below the header.
    number: u64,
}

/// A row, cut into cells and no more.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) cells: ByteRecord,
    /// Why it cannot be used, if it cannot.
    broken: Option<&'static str>,
}

impl<'a> Table<'a> {
    /// Reads the header. None where there is not even that.
    ///
    /// # Errors
    ///
    /// What the reader says.
    pub(super) fn open(from: &'a mut dyn Read) -> io::Result<Option<Self>> {
        let mut buffered = BufReader::with_capacity(1 << 18, from);
        skip_mark(&mut buffered)?;
        let delimiter = delimiter(&mut buffered)?;
        let held = io::Cursor::new(buffered.buffer().to_vec());
        let mut reader = reader(Gauge::new(Box::new(held.chain(buffered.into_inner()))), delimiter);
        let mut record = ByteRecord::new();
        if !reader.read_byte_record(&mut record).map_err(fault)? {
            return Ok(None);
        }
        let header = record.iter().take(COLUMNS + 1);
        let header = header.map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok(Some(Self { reader, delimiter, header, number: 0 }))
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// What stands between cells.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The number of the row that was read last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next row, and its number.
    ///
    /// # Errors
    ///
    /// What the reader says.
    pub(super) fn next_row(&mut self) -> io::Result<Option<(u64, Cut)>> {
        self.reader.get_mut().left = ROW;
        let cut = Cut::read(&mut self.reader, self.header.len())?;
        self.number += u64::from(cut.is_some());
        Ok(cut.map(|cut| (self.number, cut)))
    }

    /// Takes out all that follows the row that was read last; until [`Table::go_on`] there is nothing to read.
    pub(super) fn take(&mut self) -> Box<dyn Read + 'a> {
        let behind = self.reader.position().byte();
        let nothing = reader(Gauge::new(Box::new(io::empty())), self.delimiter);
        std::mem::replace(&mut self.reader, nothing).into_inner().from(behind)
    }

    /// Goes on with the rows that follow the one of a number.
    pub(super) fn go_on(&mut self, number: u64, with: Box<dyn Read + 'a>) {
        self.number = number;
        self.reader = reader(Gauge::new(Box::new(AFTER.chain(with))), self.delimiter);
    }
}

/// What is read before rows that are not a file's first: a byte-order mark is no more than a cell's text there.
const AFTER: &[u8] = b"\n";

fn reader<R: Read>(from: R, delimiter: u8) -> Reader<R> {
    let mut settings = ReaderBuilder::new();
    settings.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(1 << 16);
    settings.from_reader(from)
}

/// The cells of one row.
///
/// - `columns`: how many the header has.
pub(super) fn cut(row: &[u8], delimiter: u8, columns: usize) -> Cut {
    let read = Cut::read(&mut reader(AFTER.chain(row), delimiter), columns);
    read.ok().flatten().unwrap_or_else(|| Cut { cells: ByteRecord::new(), broken: Some(LONG) })
}

impl Cut {
    fn read(reader: &mut Reader<impl Read>, columns: usize) -> io::Result<Option<Self>> {
        let mut cells = ByteRecord::with_capacity(CELLS, columns);
        if !reader.read_byte_record(&mut cells).map_err(fault)? {
            return Ok(None);
        }
        let broken = if cells.len() > columns {
            Some("the row has more cells than the header")
        } else if memchr::memchr(0, cells.as_slice()).is_some() {
            Some("the row has a zero byte: the file is damaged, fetch it again")
        } else {
            None
        };
        Ok(Some(Cut { cells, broken }))
    }

    /// The row as a record with the header's names.
    pub(super) fn line(&self, number: u64, header: &[String]) -> Line<'_> {
        match self.broken.map_or_else(|| row(header, &self.cells), Err) {
            Ok(value) => Line::Row(number, value, &self.cells),
            Err(reason) => Line::Broken(number, reason, &self.cells),
        }
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
struct Gauge<'a> {
    inner: Box<dyn Read + 'a>,
    left: usize,
    /// How much it gave, and what it gave last.
    given: u64,
    last: Vec<u8>,
}

impl<'a> Gauge<'a> {
    fn new(inner: Box<dyn Read + 'a>) -> Self {
        Self { inner, left: ROW, given: 0, last: Vec::new() }
    }

    /// All from a place on, which is in what it gave last or behind that.
    fn from(mut self, behind: u64) -> Box<dyn Read + 'a> {
        let ahead = usize::try_from(self.given.saturating_sub(behind)).unwrap_or(0);
        self.last.drain(..self.last.len().saturating_sub(ahead));
        Box::new(io::Cursor::new(self.last).chain(self.inner))
    }
}

impl Read for Gauge<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read);
        self.given += read as u64;
        self.last.clear();
        self.last.extend_from_slice(buffer.get(..read).unwrap_or_default());
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
