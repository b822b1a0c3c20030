//! The files of an import's activity, one for each month, encoded batch by batch.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

use arrow_array::RecordBatch;
use pal_rules::time::Month;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::activity_file::{SOURCE_LINE, Unwritable, WrittenMonth, schema};
use super::checksums;

/// The files of an import, by month.
#[derive(Debug)]
pub(super) struct MonthFiles {
    folder: PathBuf,
    name: String,
    months: BTreeMap<Month, MonthFile>,
}

#[derive(Debug)]
struct MonthFile {
    path: PathBuf,
    writer: ArrowWriter<File>,
    rows: u64,
}

/// How many bytes all months together may hold encoded and unwritten; past that the largest is written.
const HELD: usize = 64 << 20;

impl MonthFiles {
    /// Files of this name.
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned(), months: BTreeMap::new() }
    }

    /// Writes all that comes, and ends the files; leaves them as they are where nobody says that this was all.
    pub(super) fn write(
        mut self,
        batches: &Receiver<Option<(Month, RecordBatch)>>,
    ) -> Result<Vec<WrittenMonth>, Unwritable> {
        loop {
            let Ok(more) = batches.recv() else { return Ok(Vec::new()) };
            let Some((month, batch)) = more else { break };
            let file = match self.months.entry(month) {
                Entry::Occupied(file) => file.into_mut(),
                Entry::Vacant(place) => place.insert(MonthFile::open(&self.folder, month, &self.name)?),
            };
            file.write(&batch)?;
            self.write_largest()?;
        }
        self.months.into_iter().map(|(month, file)| file.close(month)).collect()
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
}

impl MonthFile {
    fn open(folder: &Path, month: Month, name: &str) -> Result<Self, Unwritable> {
        let path = place_of(month, name);
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
        Ok(Self { path, writer, rows: 0 })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Unwritable> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|source| unwritable(&self.path, source))
    }

    fn close(mut self, month: Month) -> Result<WrittenMonth, Unwritable> {
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

/// Where a month's file of a name stands.
pub(super) fn place_of(month: Month, name: &str) -> PathBuf {
    Path::new("activity").join(month.to_string()).join(format!("{name}.parquet"))
}
