//! Tables as Parquet, in the physical forms that writers use.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, FixedSizeBinaryArray, Int64Array,
    LargeStringArray, RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::naive::{Kind, Row, SCHEMAS, Table, time};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// All text, as CSV has it: empty cells, times with their offsets. Not compressed.
    Text,
    /// Large text; times in the coarsest unit that loses nothing. Zstandard, small row groups.
    Large,
    /// String views; times in milliseconds where that loses nothing. Snappy.
    View,
    /// Dictionaries; times in nanoseconds, the last three digits noise.
    Dictionary,
    /// Ids as 16 fixed bytes where all are GUIDs, booleans, whole numbers, dates, microseconds.
    Typed,
    /// Timestamps without a zone, which is a mistake.
    NoZone,
    /// A folder of files, one of them without rows, ids as bytes of any length, small row groups.
    Folder,
}

impl Form {
    /// The forms that are read as they are.
    pub(crate) const ALL: [Self; 6] =
        [Self::Text, Self::Large, Self::View, Self::Dictionary, Self::Typed, Self::Folder];

    fn properties(self) -> WriterProperties {
        let (compression, rows) = match self {
            Self::Text | Self::Typed | Self::NoZone => (Compression::UNCOMPRESSED, None),
            Self::Large | Self::Folder => (Compression::ZSTD(ZstdLevel::default()), Some(7)),
            Self::View | Self::Dictionary => (Compression::SNAPPY, None),
        };
        WriterProperties::builder().set_compression(compression).set_max_row_group_row_count(rows).build()
    }
}

/// Writes a table into a folder, and says of which types its columns are. Rows of another length than the header have
/// no place in Parquet.
pub(crate) fn write(folder: &Path, name: &str, table: &Table, form: Form) -> BTreeSet<String> {
    let rows: Vec<&Row> = table.rows.iter().filter(|row| row.cells.len() == table.header.len()).collect();
    if form != Form::Folder {
        return write_file(&folder.join(format!("{name}.parquet")), name, &table.header, &rows, form);
    }
    let parts = folder.join(name);
    fs::create_dir_all(&parts).unwrap();
    let mut types = write_file(&parts.join("part-none.parquet"), name, &table.header, &[], form);
    for (number, rows) in rows.chunks((rows.len() / 3).max(1)).enumerate() {
        let path = parts.join(format!("part-{number}.parquet"));
        types.extend(write_file(&path, name, &table.header, rows, form));
    }
    types
}

fn write_file(path: &Path, table: &str, header: &[String], rows: &[&Row], form: Form) -> BTreeSet<String> {
    let schema = SCHEMAS.iter().find(|schema| schema.name == table).unwrap();
    let columns = header.iter().enumerate().map(|(place, name)| {
        let kind = schema.columns.iter().find(|column| column.name == name).unwrap().kind;
        let cells: Vec<&str> = rows.iter().map(|row| row.cells[place].as_str()).collect();
        (name, array(kind, &cells, form), true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(form.properties())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    batch.schema().fields().iter().map(|field| field.data_type().to_string()).collect()
}

fn array(kind: Kind, cells: &[&str], form: Form) -> ArrayRef {
    let typed = match (form, kind) {
        (Form::Text, _) => None,
        (_, Kind::Time) => times(cells, form),
        (Form::Typed, Kind::Id) => guids(cells).map(|ids| -> ArrayRef {
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids.into_iter(), 16).unwrap())
        }),
        (Form::Folder, Kind::Id) => guids(cells).map(|ids| -> ArrayRef {
            let bytes = ids.iter().map(|id| id.as_ref().map(<[u8; 16]>::as_slice));
            Arc::new(bytes.collect::<BinaryArray>())
        }),
        (Form::Typed | Form::Folder, Kind::Flag) => all(cells, |cell| cell.parse::<bool>().ok())
            .map(|flags| -> ArrayRef { Arc::new(flags.into_iter().collect::<BooleanArray>()) }),
        (Form::Typed, Kind::Count) => all(cells, |cell| cell.parse::<u64>().ok())
            .map(|counts| -> ArrayRef { Arc::new(counts.into_iter().collect::<UInt64Array>()) }),
        (Form::Typed, Kind::Partner) => all(cells, plain_number)
            .map(|ids| -> ArrayRef { Arc::new(ids.into_iter().collect::<Int64Array>()) }),
        (Form::Typed, Kind::Day) => {
            all(cells, day).map(|days| -> ArrayRef { Arc::new(days.into_iter().collect::<Date32Array>()) })
        }
        _ => None,
    };
    typed.unwrap_or_else(|| text(cells, form))
}

/// Every cell read, empty ones as nothing; `None` where one cannot be read.
fn all<T>(cells: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
    cells.iter().map(|cell| if cell.is_empty() { Some(None) } else { read(cell).map(Some) }).collect()
}

fn text(cells: &[&str], form: Form) -> ArrayRef {
    let present = cells.iter().map(|cell| (!cell.is_empty()).then_some(*cell));
    match form {
        Form::Text | Form::Typed | Form::NoZone => Arc::new(StringArray::from_iter_values(cells)),
        Form::Large => Arc::new(present.collect::<LargeStringArray>()),
        Form::View => Arc::new(present.collect::<StringViewArray>()),
        Form::Dictionary => Arc::new(present.collect::<DictionaryArray<Int32Type>>()),
        Form::Folder => Arc::new(present.collect::<StringArray>()),
    }
}

fn times(cells: &[&str], form: Form) -> Option<ArrayRef> {
    let micros = all(cells, time)?;
    let whole = |unit: i64| micros.iter().flatten().all(|micros| micros % unit == 0);
    let scaled = |unit: i64| micros.iter().map(move |micros| micros.map(|micros| micros / unit));
    Some(match form {
        Form::Large if whole(1_000_000) => {
            Arc::new(scaled(1_000_000).collect::<TimestampSecondArray>().with_timezone("+00:00"))
        }
        Form::Large | Form::View if whole(1000) => {
            Arc::new(scaled(1000).collect::<TimestampMillisecondArray>().with_timezone("UTC"))
        }
        Form::Dictionary => {
            let nanos =
                (0..).zip(&micros).map(|(row, micros)| micros.map(|micros| micros * 1000 + row % 1000));
            Arc::new(nanos.collect::<TimestampNanosecondArray>().with_timezone("UTC"))
        }
        Form::NoZone => Arc::new(scaled(1).collect::<TimestampMicrosecondArray>()),
        _ => Arc::new(scaled(1).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
    })
}

fn guids(cells: &[&str]) -> Option<Vec<Option<[u8; 16]>>> {
    all(cells, |cell| pal_rules::id::Id::new(cell).guid().map(u128::to_be_bytes))
}

/// A number that reads back as the same text.
fn plain_number(cell: &str) -> Option<i64> {
    cell.parse::<i64>().ok().filter(|number| number.to_string() == cell)
}

fn day(cell: &str) -> Option<i32> {
    i32::try_from(time(&format!("{cell}T00:00:00Z"))? / 86_400_000_000).ok()
}
