//! Activity on its way into a workspace: canonical Parquet, one file per month.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use pal_rules::facts::{Address, Row, Table};
use pal_rules::time::Month;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::checksums;

/// Why activity cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", path.display())]
pub struct Unwritable {
    path: PathBuf,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// A file of one month's activity, written and synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenMonth {
    /// The month.
    pub month: Month,
    /// Its path below the folder given.
    pub path: PathBuf,
    /// How many rows it has.
    pub rows: u64,
    /// The checksum of its footer, which has those of all the rest.
    pub checksum: u32,
}

/// Writes rows of `activity` into `FOLDER/activity/YYYY-MM/NAME.parquet`.
#[derive(Debug)]
pub struct ActivityWriter {
    folder: PathBuf,
    name: String,
    months: BTreeMap<Month, MonthFile>,
}

#[derive(Debug)]
struct MonthFile {
    path: PathBuf,
    writer: ArrowWriter<File>,
    pending: Vec<(Address, Row)>,
    rows: u64,
}

/// Rows buffered per month before they are encoded.
const BATCH: usize = 1 << 11;
/// How many bytes all months together may hold encoded and unwritten; past that the largest is written.
const HELD: usize = 64 << 20;

impl ActivityWriter {
    /// A writer of files of this name.
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned(), months: BTreeMap::new() }
    }

    /// Adds a row with the address where it was read, which is kept with it.
    ///
    /// # Errors
    ///
    /// [`Unwritable`] when a file cannot be made or written.
    pub fn push(&mut self, address: Address, row: Row) -> Result<(), Unwritable> {
        let Some(month) = row.time(0).map(pal_rules::time::Timestamp::month) else { return Ok(()) };
        if !self.months.contains_key(&month) {
            self.months.insert(month, MonthFile::open(&self.folder, month, &self.name)?);
        }
        let Some(file) = self.months.get_mut(&month) else { return Ok(()) };
        file.pending.push((address, row));
        if file.pending.len() < BATCH {
            return Ok(());
        }
        file.flush()?;
        self.write_largest()
    }

    /// Writes what the largest month holds, where all hold too much: a year's rows may come in any order.
    fn write_largest(&mut self) -> Result<(), Unwritable> {
        let held = |file: &MonthFile| file.writer.memory_size();
        if self.months.values().map(held).sum::<usize>() <= HELD {
            return Ok(());
        }
        let Some(largest) = self.months.values_mut().max_by_key(|file| held(file)) else { return Ok(()) };
        largest.writer.flush().map_err(|source| unwritable(&largest.path, source))
    }

    /// Ends all files and syncs them.
    ///
    /// # Errors
    ///
    /// [`Unwritable`] when a file cannot be written.
    pub fn finish(self) -> Result<Vec<WrittenMonth>, Unwritable> {
        self.months.into_iter().map(|(month, file)| file.close(month)).collect()
    }
}

impl MonthFile {
    fn open(folder: &Path, month: Month, name: &str) -> Result<Self, Unwritable> {
        let path = Path::new("activity").join(month.to_string()).join(format!("{name}.parquet"));
        let whole = folder.join(&path);
        let fault = |source: io::Error| Unwritable { path: whole.clone(), source: source.into() };
        if let Some(parent) = whole.parent() {
            fs::create_dir_all(parent).map_err(fault)?;
        }
        // Lines rise, so their differences are small and a dictionary of them is not.
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_column_dictionary_enabled(SOURCE_LINE.into(), false)
            .set_column_encoding(SOURCE_LINE.into(), Encoding::DELTA_BINARY_PACKED)
            // No indexes of pages: nothing stands between the columns and the footer, and all of it has a checksum.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        // Read as well, for its checksums.
        let made = File::options().read(true).write(true).create(true).truncate(true).open(&whole);
        let writer = ArrowWriter::try_new(made.map_err(fault)?, schema(), Some(properties))
            .map_err(|source| unwritable(&whole, source))?;
        Ok(Self { path, writer, pending: Vec::with_capacity(BATCH), rows: 0 })
    }

    fn flush(&mut self) -> Result<(), Unwritable> {
        let batch = batch(&self.pending).map_err(|source| unwritable(&self.path, source))?;
        self.writer.write(&batch).map_err(|source| unwritable(&self.path, source))?;
        self.rows += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    fn close(mut self, month: Month) -> Result<WrittenMonth, Unwritable> {
        self.flush()?;
        let checksum = self.end().map_err(|source| unwritable(&self.path, source))?;
        Ok(WrittenMonth { month, path: self.path, rows: self.rows, checksum })
    }

    /// Writes the rest and the footer, and syncs it; the footer's checksum.
    fn end(&mut self) -> Result<u32, ParquetError> {
        self.writer.flush()?;
        self.writer.sync()?;
        let mut file = self.writer.inner().try_clone()?;
        let entry = checksums::entry(&mut file, self.writer.flushed_row_groups())?;
        // The two share where they are in the file.
        file.seek(SeekFrom::End(0))?;
        self.writer.append_key_value_metadata(entry);
        self.writer.finish()?;
        file.sync_all()?;
        Ok(checksums::of_footer(&mut file, &self.path)?)
    }
}

fn unwritable(path: &Path, source: ParquetError) -> Unwritable {
    Unwritable { path: path.to_owned(), source: source.into() }
}

/// The columns that keep where a row was first read, behind those of the table.
pub(super) const SOURCE_FILE: &str = "source_file";
pub(super) const SOURCE_LINE: &str = "source_line";

fn schema() -> Arc<Schema> {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = Table::Activity.columns().iter().enumerate().map(|(place, column)| {
        Field::new(column.name, if place == 0 { utc.clone() } else { DataType::Utf8 }, false)
    });
    let source = [(SOURCE_FILE, DataType::UInt32), (SOURCE_LINE, DataType::UInt64)]
        .map(|(name, of)| Field::new(name, of, false));
    Arc::new(Schema::new(fields.chain(source).collect::<Vec<_>>()))
}

fn batch(rows: &[(Address, Row)]) -> Result<RecordBatch, ParquetError> {
    let times = rows.iter().filter_map(|(_, row)| row.time(0)).map(pal_rules::time::Timestamp::micros);
    let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"));
    let texts = (1..Table::Activity.columns().len()).map(|place| -> ArrayRef {
        let cells = rows.iter().filter_map(|(_, row)| row.values().get(place));
        Arc::new(StringArray::from_iter_values(cells.map(pal_rules::facts::Value::text)))
    });
    let files = UInt32Array::from_iter_values(rows.iter().map(|(address, _)| address.file));
    let lines = UInt64Array::from_iter_values(rows.iter().map(|(address, _)| address.line));
    let source: [ArrayRef; 2] = [Arc::new(files), Arc::new(lines)];
    let columns = std::iter::once(times).chain(texts).chain(source).collect();
    RecordBatch::try_new(schema(), columns).map_err(Into::into)
}
