//! Activity on its way into a workspace: canonical Parquet, one file per month.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use arrow_array::builder::BinaryBuilder;
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use pal_rules::facts::{Address, Row, Table, Value};
use pal_rules::text::Written;
use pal_rules::time::Month;

use super::month_file::{MonthFiles, place_of};

/// Why activity cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", path.display())]
pub struct Unwritable {
    pub(super) path: PathBuf,
    #[source]
    pub(super) source: Box<dyn std::error::Error + Send + Sync>,
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

/// Writes rows of `activity` into `FOLDER/activity/YYYY-MM/NAME.parquet`. Files are encoded in a thread of their own,
/// which takes about as long as to read and check what they are made of.
#[derive(Debug)]
pub struct ActivityWriter {
    name: String,
    /// The rows of each month that are not sent yet.
    pending: BTreeMap<Month, Vec<(Address, Row)>>,
    /// Takes rows to the thread, and `None` where there are no more: if this goes without that, the files are given up.
    send: Option<SyncSender<Option<(Month, RecordBatch)>>>,
    files: Option<JoinHandle<Result<Vec<WrittenMonth>, Unwritable>>>,
}

/// Rows of a month that are encoded together.
const BATCH: usize = 1 << 11;
/// How many batches may wait to be encoded.
const WAITING: usize = 16;

impl ActivityWriter {
    /// A writer of files of this name.
    pub fn new(folder: &Path, name: &str) -> Self {
        let (send, receive) = sync_channel(WAITING);
        let files = MonthFiles::new(folder, name);
        let files = thread::spawn(move || files.write(&receive));
        Self { name: name.to_owned(), pending: BTreeMap::new(), send: Some(send), files: Some(files) }
    }

    /// Adds a row with the address where it was read, which is kept with it.
    ///
    /// # Errors
    ///
    /// [`Unwritable`] when a file cannot be made or written; that may have been one of an earlier row. Nothing can be
    /// written after that.
    pub fn push(&mut self, address: Address, row: Row) -> Result<(), Unwritable> {
        let Some(month) = row.time(0).map(pal_rules::time::Timestamp::month) else { return Ok(()) };
        let rows = self.pending.entry(month).or_insert_with(|| Vec::with_capacity(BATCH));
        rows.push((address, row));
        if rows.len() < BATCH {
            return Ok(());
        }
        let sent = batch(rows);
        rows.clear();
        self.send(month, sent)
    }

    fn send(&mut self, month: Month, batch: Result<RecordBatch, ArrowError>) -> Result<(), Unwritable> {
        let batch = batch
            .map_err(|source| Unwritable { path: place_of(month, &self.name), source: Box::new(source) })?;
        match &self.send {
            Some(send) if send.send(Some((month, batch))).is_ok() => Ok(()),
            // The thread ended early, and says why.
            _ => self.end().map(|_| ()),
        }
    }

    /// Ends all files and syncs them.
    ///
    /// # Errors
    ///
    /// [`Unwritable`] when a file cannot be written.
    pub fn finish(mut self) -> Result<Vec<WrittenMonth>, Unwritable> {
        for (month, rows) in std::mem::take(&mut self.pending) {
            if !rows.is_empty() {
                self.send(month, batch(&rows))?;
            }
        }
        self.end()
    }

    /// Lets the thread end its files, and waits for it.
    fn end(&mut self) -> Result<Vec<WrittenMonth>, Unwritable> {
        // Where it ended early, nobody takes this.
        let _ = self.send.take().map(|send| send.send(None));
        let gone = || Unwritable { path: PathBuf::from("activity"), source: "an earlier row failed".into() };
        let files = self.files.take().ok_or_else(gone)?;
        files.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for ActivityWriter {
    /// Nothing writes on behind the back of whoever gives it up.
    fn drop(&mut self) {
        self.send = None;
        // Whether that failed is of no matter: no commit lists what was written.
        let _ = self.files.take().map(JoinHandle::join);
    }
}

/// The columns that keep where a row was first read, behind those of the table.
pub(super) const SOURCE_FILE: &str = "source_file";
pub(super) const SOURCE_LINE: &str = "source_line";

/// The columns of a file.
pub(super) fn schema() -> Arc<Schema> {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = Table::Activity.columns().iter().enumerate().map(|(place, column)| {
        Field::new(column.name, if place == 0 { utc.clone() } else { DataType::Utf8 }, false)
    });
    let source = [(SOURCE_FILE, DataType::UInt32), (SOURCE_LINE, DataType::UInt64)]
        .map(|(name, of)| Field::new(name, of, false));
    Arc::new(Schema::new(fields.chain(source).collect::<Vec<_>>()))
}

/// The columns of rows, as [`schema`] has them.
fn batch(rows: &[(Address, Row)]) -> Result<RecordBatch, ArrowError> {
    let times = rows.iter().filter_map(|(_, row)| row.time(0)).map(pal_rules::time::Timestamp::micros);
    let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"));
    let texts = (1..Table::Activity.columns().len()).map(|place| -> Result<ArrayRef, ArrowError> {
        // A GUID has 36 letters. Whether all of it is UTF-8 is asked once, not of each.
        let mut texts = BinaryBuilder::with_capacity(rows.len(), rows.len() * 36);
        for value in rows.iter().filter_map(|(_, row)| row.values().get(place)) {
            match value {
                Value::Id(id) => texts.append_value(id.text().as_bytes()),
                Value::Word(word) => texts.append_value(word),
                other => texts.append_value(other.text()),
            }
        }
        Ok(Arc::new(StringArray::try_from_binary(texts.finish())?))
    });
    let files = UInt32Array::from_iter_values(rows.iter().map(|(address, _)| address.file));
    let lines = UInt64Array::from_iter_values(rows.iter().map(|(address, _)| address.line));
    let source: [ArrayRef; 2] = [Arc::new(files), Arc::new(lines)];
    let columns = std::iter::once(Ok(times)).chain(texts).chain(source.map(Ok));
    RecordBatch::try_new(schema(), columns.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use pal_rules::facts::{Address, Row, Table};

    use super::{ActivityWriter, BATCH, Unwritable, WAITING};

    fn row() -> Row {
        let places: Vec<usize> = (0..5).collect();
        let cells = ["2026-03-02T00:00:00Z", "tenant", "app", "ann", "use"];
        Row::parse(Table::Activity, &places, cells.into_iter()).unwrap()
    }

    /// Pushes until that fails, or there are so many rows.
    fn push(writer: &mut ActivityWriter, rows: usize) -> Result<(), Unwritable> {
        (0..rows).try_for_each(|_| writer.push(Address { file: 0, line: 1 }, row()))
    }

    #[test]
    fn a_month_that_cannot_be_written_is_told_while_rows_come_or_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("activity"), "in the way").unwrap();
        let begin = || ActivityWriter::new(folder.path(), "000001");
        let while_rows_come = push(&mut begin(), BATCH * (WAITING + 2)).unwrap_err();
        let mut writer = begin();
        push(&mut writer, 1).unwrap();
        let at_the_end = writer.finish().unwrap_err();
        for told in [while_rows_come, at_the_end] {
            assert!(told.to_string().ends_with("activity/2026-03/000001.parquet`"), "{told}");
        }
    }

    #[test]
    fn a_writer_that_is_given_up_leaves_its_files_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = ActivityWriter::new(folder.path(), "000001");
        push(&mut writer, BATCH * 3).unwrap();
        drop(writer);
        // It has its beginning and no end: to end it takes long, and is for nothing.
        let written = fs::read(folder.path().join("activity/2026-03/000001.parquet")).unwrap();
        assert_eq!(written, b"PAR1");
        fs::remove_dir_all(folder.path()).unwrap();
    }

    #[test]
    fn after_a_failure_nothing_is_taken_for_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("activity"), "in the way").unwrap();
        let mut writer = ActivityWriter::new(folder.path(), "000001");
        push(&mut writer, BATCH * (WAITING + 2)).unwrap_err();
        push(&mut writer, BATCH).unwrap_err();
        writer.finish().unwrap_err();
    }
}
