//! Activity of a workspace, read back in parts that several threads can read at once, without making a row of each.

use std::fs::File;
use std::ops::Range;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow_schema::{DataType, Field};
use pal_rules::facts::Table;
use pal_rules::time::Timestamp;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};

use super::activity_file::{SOURCE_FILE, SOURCE_LINE};
use super::pairs::{self, Sought};
use super::parquet::damaged;
use super::{FactFile, Unreadable, checksums};

/// A file that [`super::ActivityWriter`] wrote, opened and found to be as it was written.
#[derive(Debug)]
pub struct StoredActivity {
    file: FactFile,
    metadata: ArrowReaderMetadata,
    /// The same with tenants and resources as places among those of a row group.
    places: ArrowReaderMetadata,
}

/// Some rows of a row group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityPart {
    group: usize,
    rows: Range<usize>,
}

/// A row as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRow<'a> {
    /// When.
    pub at: Timestamp,
    /// The tenant.
    pub tenant: &'a str,
    /// The resource.
    pub resource: &'a str,
    /// Who.
    pub object: &'a str,
    /// What.
    pub kind: &'a str,
    /// The number of the file where it was first read.
    pub file: u32,
    /// Its line there.
    pub line: u64,
}

/// A file whose columns are not those that an import writes.
#[derive(Debug, thiserror::Error)]
#[error("its columns are not those of stored activity")]
struct OtherColumns;

impl StoredActivity {
    /// So many rows are a part, at most.
    const PART: usize = pairs::ROWS;

    /// Opens a file, and holds all of it against its checksums.
    ///
    /// # Errors
    ///
    /// [`Unreadable::Io`], and [`Unreadable::Damaged`] where it is not as it was written.
    pub fn open(file: &FactFile) -> Result<Self, Unreadable> {
        checksums::check(file)?;
        let opened = open(file)?;
        let told = ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new())
            .map_err(|source| damaged(file, source))?;
        // Texts stay where they were unpacked.
        let view = |field: &Field| (*field.data_type() == DataType::Utf8).then_some(DataType::Utf8View);
        let metadata = pairs::with_types(&told, view).map_err(|source| damaged(file, source))?;
        let places = pairs::with_places(&told).map_err(|source| damaged(file, source))?;
        Ok(Self { file: file.clone(), metadata, places })
    }

    /// How many row groups it has.
    pub fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// The parts of a row group that have a row which is looked for.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] as [`StoredActivity::open`].
    pub fn parts_with(&self, group: usize, sought: &impl Sought) -> Result<Vec<ActivityPart>, Unreadable> {
        let batches = pairs::batches(open(&self.file)?, &self.places, Some(group));
        let mut parts = Vec::new();
        // A batch has the rows of a part.
        let of_group = self.parts().into_iter().filter(|part| part.group == group);
        for (part, batch) in of_group.zip(batches.map_err(|source| damaged(&self.file, source))?) {
            let batch = batch.map_err(|source| damaged(&self.file, source))?;
            if pairs::has(&batch, sought).ok_or_else(|| damaged(&self.file, OtherColumns))? {
                parts.push(part);
            }
        }
        Ok(parts)
    }

    /// The parts of the file.
    pub fn parts(&self) -> Vec<ActivityPart> {
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        let parts = groups.flat_map(|(group, of)| {
            let rows = usize::try_from(of.num_rows()).unwrap_or(0);
            let starts = (0..rows).step_by(Self::PART);
            starts.map(move |start| ActivityPart { group, rows: start..rows.min(start + Self::PART) })
        });
        parts.collect()
    }

    /// Reads a part.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] as [`StoredActivity::open`].
    pub fn read(&self, part: &ActivityPart, take: &mut dyn FnMut(StoredRow<'_>)) -> Result<(), Unreadable> {
        let Range { start, end } = part.rows;
        let of_table = Table::Activity.columns().iter().map(|column| column.name);
        let columns = ProjectionMask::columns(
            self.metadata.metadata().file_metadata().schema_descr(),
            of_table.chain([SOURCE_FILE, SOURCE_LINE]),
        );
        let rows = [RowSelector::skip(start), RowSelector::select(end.saturating_sub(start))];
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(open(&self.file)?, self.metadata.clone())
                .with_row_groups(vec![part.group])
                .with_row_selection(RowSelection::from(rows.to_vec()))
                .with_projection(columns)
                .with_batch_size(1 << 13)
                .build();
        for batch in reader.map_err(|source| damaged(&self.file, source))? {
            let batch = batch.map_err(|source| damaged(&self.file, source))?;
            each_row(&batch, take).ok_or_else(|| damaged(&self.file, OtherColumns))?;
        }
        Ok(())
    }
}

/// Passes every row of a batch; `None` if its columns are not those of stored activity.
fn each_row(batch: &RecordBatch, take: &mut dyn FnMut(StoredRow<'_>)) -> Option<()> {
    let mut texts = Table::Activity.columns().iter().map(|column| batch.column_by_name(column.name));
    let at = texts.next()??.as_primitive_opt::<TimestampMicrosecondType>()?;
    let [tenant, resource, object, kind] = [texts.next()??, texts.next()??, texts.next()??, texts.next()??]
        .map(|text| text.as_string_view_opt());
    let (tenant, resource, object, kind) = (tenant?, resource?, object?, kind?);
    let files = batch.column_by_name(SOURCE_FILE)?.as_primitive_opt::<UInt32Type>()?;
    let lines = batch.column_by_name(SOURCE_LINE)?.as_primitive_opt::<UInt64Type>()?;
    let source = files.values().iter().zip(lines.values());
    for (row, (at, (file, line))) in at.values().iter().zip(source).enumerate() {
        take(StoredRow {
            at: Timestamp::from_micros(*at),
            tenant: tenant.value(row),
            resource: resource.value(row),
            object: object.value(row),
            kind: kind.value(row),
            file: *file,
            line: *line,
        });
    }
    Some(())
}

fn open(file: &FactFile) -> Result<File, Unreadable> {
    File::open(&file.path).map_err(|source| Unreadable::Io { path: file.path.clone(), source })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use pal_rules::facts::{Address, Row, Table};
    use pal_rules::id::Id;

    use super::StoredActivity;
    use crate::facts::{ActivityWriter, FactFile, Format, Options, Sought, read};

    /// More rows than a part has, of more people than a dictionary.
    const ROWS: u64 = 70_001;

    struct Pair<'a> {
        tenant: &'a str,
        app: &'a str,
    }

    impl Sought for Pair<'_> {
        fn may_be_of(&self, resource: &str) -> bool {
            resource == self.app
        }

        fn may_have(&self, tenant: &str, resource: &str) -> bool {
            (tenant, resource) == (self.tenant, self.app)
        }
    }

    #[test]
    fn parts_have_the_rows_that_the_file_has() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = ActivityWriter::new(folder.path(), "000001");
        let places: Vec<usize> = (0..5).collect();
        for line in 0..ROWS {
            let at = format!("2026-03-0{}T00:00:{:02}Z", 1 + line % 9, line % 60);
            let app = if line + 1 == ROWS { "the last app".to_owned() } else { format!("app-{}", line % 7) };
            let person = Id::from_guid(u128::from(line) << 90).to_string();
            let kind = if line % 5 == 0 { "make" } else { "use" };
            let cells = [at.as_str(), "tenant", &app, &person, kind];
            let row = Row::parse(Table::Activity, &places, cells.into_iter()).unwrap();
            let file = u32::try_from(line / 40_000).unwrap();
            writer.push(Address { file, line }, row).unwrap();
        }
        let written = writer.finish().unwrap().remove(0);
        let format = Format::Stored { checksum: written.checksum };
        let path = folder.path().join(&written.path);
        let file = FactFile { table: Table::Activity, name: "it".to_owned(), path, format };
        let mut expected = Vec::new();
        read(&file, 0, Options::default(), &Cell::new(0), &mut |(address, row)| {
            let row = row.unwrap();
            let cells: Vec<String> = row.values().iter().skip(1).map(pal_rules::facts::Value::text).collect();
            expected.push((row.time(0).unwrap(), cells, address));
        })
        .unwrap();
        let stored = StoredActivity::open(&file).unwrap();
        let mut found = Vec::new();
        let parts = stored.parts();
        assert!(parts.len() > 1);
        for part in &parts {
            let mut take = |row: super::StoredRow<'_>| {
                let cells = [row.tenant, row.resource, row.object, row.kind].map(str::to_owned);
                found.push((row.at, cells.to_vec(), Address { file: row.file, line: row.line }));
            };
            stored.read(part, &mut take).unwrap();
        }
        assert!(expected == found && found.len() as u64 == ROWS);
        let parts_with = |app: &str, tenant: &str| {
            let groups = (0..stored.groups())
                .flat_map(|group| stored.parts_with(group, &Pair { tenant, app }).unwrap());
            groups.collect::<Vec<_>>()
        };
        assert_eq!(parts_with("app-3", "tenant"), parts);
        assert_eq!([parts_with("app-3", "another"), parts_with("app-9", "tenant")], [vec![], vec![]]);
        // One row of all has it.
        let last = parts.last().cloned();
        assert_eq!(parts_with("the last app", "tenant"), Vec::from_iter(last));
        let other = FactFile { format: Format::Stored { checksum: written.checksum ^ 1 }, ..file };
        assert!(StoredActivity::open(&other).is_err());
    }
}
