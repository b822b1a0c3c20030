//! A table as Parquet: the same columns, typed.

use std::cell::Cell;
use std::error::Error;
use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{DataType, TimeUnit};
use pal_rules::facts::{Address, BadValue, Column, ColumnKind, Row, Table, Value};
use pal_rules::id::Id;
use pal_rules::time::{Day, Timestamp};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::activity_file::{SOURCE_FILE, SOURCE_LINE};
use super::{FactFile, Options, Record, Unreadable, checksums, places};

/// Reads all rows; they are numbered from 1.
pub(super) fn read(
    file: &FactFile,
    number: u32,
    options: Options,
    passed: &Cell<u64>,
    take: &mut dyn FnMut(Record),
) -> Result<(), Unreadable> {
    let opened =
        File::open(&file.path).map_err(|source| Unreadable::Io { path: file.path.clone(), source })?;
    let size = opened.metadata().map_or(0, |about| about.len());
    // Before anything of it is believed, its footer too.
    checksums::check(file)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(opened).map_err(|source| damaged(file, source))?;
    let stored = file.checksum().is_some();
    let is_source = |name: &String| stored && [SOURCE_FILE, SOURCE_LINE].contains(&name.as_str());
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let header: Vec<String> = names.iter().filter(|name| !is_source(name)).cloned().collect();
    let places = places(file, &header)?;
    let columns = file.table.columns();
    let fields = builder.schema().fields().iter().filter(|field| !is_source(field.name()));
    for (field, place) in fields.zip(&places) {
        if let Some(column) = columns.get(*place) {
            check_type(file, column, field.data_type(), options)?;
        }
    }
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let reader = builder.build().map_err(|source| damaged(file, source))?;
    let mut line = 0;
    for batch in reader {
        let batch = batch.map_err(|source| damaged(file, source))?;
        let of_table = names.iter().zip(batch.columns()).filter(|(name, _)| !is_source(name));
        let cells: Vec<Cells> = of_table.map(|(_, array)| Cells::new(array)).collect();
        let source = Source::of(&batch).filter(|_| stored);
        for position in 0..batch.num_rows() {
            line += 1;
            let row = row(file.table, &places, &cells, position);
            let address = source.as_ref().and_then(|source| source.address(position));
            take((address.unwrap_or(Address { file: number, line }), row));
        }
        passed.set(share(size, line, rows));
    }
    Ok(())
}

/// The bytes of a file of this size that are behind after so many of its rows.
fn share(size: u64, done: u64, rows: u64) -> u64 {
    let share = u128::from(size) * u128::from(done.min(rows)) / u128::from(rows.max(1));
    u64::try_from(share).unwrap_or(size)
}

/// Where the rows of a stored batch were first read.
struct Source<'a> {
    files: &'a UInt32Array,
    lines: &'a UInt64Array,
}

impl<'a> Source<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        let files = batch.column_by_name(SOURCE_FILE)?.as_primitive_opt()?;
        Some(Self { files, lines: batch.column_by_name(SOURCE_LINE)?.as_primitive_opt()? })
    }

    fn address(&self, position: usize) -> Option<Address> {
        Some(Address { file: *self.files.values().get(position)?, line: *self.lines.values().get(position)? })
    }
}

pub(super) fn damaged(file: &FactFile, source: impl Error + Send + Sync + 'static) -> Unreadable {
    Unreadable::Damaged { name: file.name.clone(), format: "Parquet", source: Box::new(source) }
}

/// Refuses the file if a column cannot hold its values.
fn check_type(
    file: &FactFile,
    column: &Column,
    found: &DataType,
    options: Options,
) -> Result<(), Unreadable> {
    let refuse = |advice| {
        Err(Unreadable::ColumnType {
            name: file.name.clone(),
            column: column.name,
            found: found.to_string(),
            advice,
        })
    };
    let text = is_text(found);
    match column.kind {
        ColumnKind::Time => match found {
            DataType::Timestamp(_, Some(_)) => Ok(()),
            DataType::Timestamp(_, None) if options.assume_utc => Ok(()),
            DataType::Timestamp(_, None) => {
                refuse("it has no zone: write it in UTC, or pass `--assume-utc` if it is")
            }
            _ if text => Ok(()),
            _ => refuse("write a timestamp in UTC, or RFC 3339 text"),
        },
        ColumnKind::Id if text || is_uuid(found) => Ok(()),
        ColumnKind::Id => refuse("write text, or 16 bytes"),
        ColumnKind::Flag if text || *found == DataType::Boolean => Ok(()),
        ColumnKind::Flag => refuse("write booleans, or `true` and `false`"),
        ColumnKind::Count | ColumnKind::Partner if text || found.is_integer() => Ok(()),
        ColumnKind::Count | ColumnKind::Partner => refuse("write whole numbers, or text"),
        ColumnKind::Day if text || *found == DataType::Date32 => Ok(()),
        ColumnKind::Day => refuse("write dates, or `YYYY-MM-DD`"),
        ColumnKind::Text | ColumnKind::Word(_) if text => Ok(()),
        ColumnKind::Text | ColumnKind::Word(_) => refuse("write text"),
    }
}

/// Whether a column holds text.
pub(super) fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn is_uuid(found: &DataType) -> bool {
    match found {
        DataType::FixedSizeBinary(16) | DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            true
        }
        DataType::Dictionary(_, values) => is_uuid(values),
        _ => false,
    }
}

fn row(table: Table, places: &[usize], cells: &[Cells], position: usize) -> Result<Row, BadValue> {
    let columns = table.columns();
    let read = |(cells, place): (&Cells, &usize)| {
        let value = columns.get(*place).and_then(|column| cells.read(column, position));
        (*place, value.ok_or_else(|| cells.text(position)))
    };
    Row::read(table, cells.iter().zip(places).map(read))
}

/// One column of a batch; of a dictionary, its values and for each row the place of its value.
struct Cells {
    values: ArrayRef,
    keys: Option<Vec<Option<usize>>>,
}

impl Cells {
    fn new(array: &ArrayRef) -> Self {
        let Some(dictionary) = array.as_any_dictionary_opt() else {
            return Self { values: array.clone(), keys: None };
        };
        let places = dictionary.normalized_keys();
        let keys = places.into_iter().enumerate().map(|(row, place)| array.is_valid(row).then_some(place));
        Self { values: dictionary.values().clone(), keys: Some(keys.collect()) }
    }

    /// What stands in a row, for a message; nothing where it is not text.
    fn text(&self, position: usize) -> String {
        let place = self.keys.as_ref().map_or(Some(position), |keys| keys.get(position).copied().flatten());
        let Some(place) = place.filter(|place| self.values.is_valid(*place)) else { return String::new() };
        match self.values.data_type() {
            DataType::Utf8 => self.values.as_string::<i32>().value(place).to_owned(),
            DataType::LargeUtf8 => self.values.as_string::<i64>().value(place).to_owned(),
            DataType::Utf8View => self.values.as_string_view().value(place).to_owned(),
            other => format!("a value of type {other}"),
        }
    }

    fn read(&self, column: &Column, position: usize) -> Option<Value> {
        match self.keys.as_ref().map(|keys| keys.get(position).copied().flatten()) {
            None => read_cell(column, &self.values, position),
            Some(Some(place)) => read_cell(column, &self.values, place),
            Some(None) => Value::parse(column, ""),
        }
    }
}

/// Reads one cell; `None` if it cannot be read as its column's type.
fn read_cell(column: &Column, array: &ArrayRef, position: usize) -> Option<Value> {
    if array.is_null(position) {
        return Value::parse(column, "");
    }
    match array.data_type() {
        DataType::Utf8 => Value::parse(column, array.as_string::<i32>().value(position)),
        DataType::LargeUtf8 => Value::parse(column, array.as_string::<i64>().value(position)),
        DataType::Utf8View => Value::parse(column, array.as_string_view().value(position)),
        DataType::Null => Value::parse(column, ""),
        DataType::FixedSizeBinary(_) => uuid(array.as_fixed_size_binary().value(position)),
        DataType::Binary => uuid(array.as_binary::<i32>().value(position)),
        DataType::LargeBinary => uuid(array.as_binary::<i64>().value(position)),
        DataType::BinaryView => uuid(array.as_binary_view().value(position)),
        DataType::Boolean => Some(Value::Flag(array.as_boolean().value(position))),
        DataType::Date32 => {
            let days = i64::from(array.as_primitive::<Date32Type>().value(position));
            Day::told(days).map(Value::Day)
        }
        DataType::Timestamp(unit, _) => Some(Value::Time(micros(*unit, array, position)?)),
        _ => Value::parse(column, &whole_number(array, position)?),
    }
}

fn uuid(bytes: &[u8]) -> Option<Value> {
    Some(Value::Id(Id::from_guid(u128::from_be_bytes(bytes.try_into().ok()?))))
}

/// The instant, cut to the microsecond.
fn micros(unit: TimeUnit, array: &ArrayRef, position: usize) -> Option<Timestamp> {
    Timestamp::told(match unit {
        TimeUnit::Second => {
            array.as_primitive::<TimestampSecondType>().value(position).checked_mul(1_000_000)?
        }
        TimeUnit::Millisecond => {
            array.as_primitive::<TimestampMillisecondType>().value(position).checked_mul(1000)?
        }
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(position),
        TimeUnit::Nanosecond => {
            array.as_primitive::<TimestampNanosecondType>().value(position).div_euclid(1000)
        }
    })
}

fn whole_number(array: &ArrayRef, position: usize) -> Option<String> {
    Some(match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(position).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(position).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(position).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(position).to_string(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(position).to_string(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(position).to_string(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(position).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(position).to_string(),
        _ => return None,
    })
}
