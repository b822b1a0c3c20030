//! Arrow's batches: every type that ids, times and words may come in.

use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use pal_rules::facts::{Column, Table};
use pal_rules::time::Timestamp;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::column::kind_of;
use super::plan::{COLUMNS, Scale, Task};
use crate::columns::{Columns, NO_ID, UNREADABLE};
use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::worker::Worker;

/// Reads a row group and appends it.
///
/// - `unreadable`: gets the rows of the file, numbered from 1, that cannot be read.
pub(crate) fn read(
    file: &File,
    task: &Task<'_>,
    worker: &mut Worker<'_>,
    unreadable: &mut Vec<u64>,
) -> Result<(), Unmetered> {
    let plan = task.plan;
    let damaged = |error: &dyn ToString| Unmetered::damaged(plan.name(), error);
    let own = file.try_clone().map_err(|error| damaged(&error))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(own, plan.metadata.clone());
    let mask = ProjectionMask::leaves(builder.parquet_schema(), task.places);
    let builder = builder.with_row_groups(vec![task.group]).with_projection(mask).with_batch_size(1 << 13);
    let reader = builder.build().map_err(|error| damaged(&error))?;
    let mut before = task.before;
    for batch in reader {
        let batch = batch.map_err(|error| damaged(&error))?;
        append(&batch, task.places, worker, &mut |row| unreadable.push(before + row as u64 + 1));
        before += batch.num_rows() as u64;
    }
    Ok(())
}

/// Appends a batch with the columns of `activity`, by name; returns the rows that cannot be read. `None` if a column is
/// not there.
pub(crate) fn append_batch(batch: &RecordBatch, worker: &mut Worker<'_>) -> Option<Vec<usize>> {
    let place = |column: &Column| batch.schema().index_of(column.name).ok();
    let places: Vec<usize> = Table::Activity.columns().iter().filter_map(place).collect();
    let batch = batch.project(&places).ok()?;
    let mut unreadable = Vec::new();
    append(&batch, [0, 1, 2, 3, 4], worker, &mut |row| unreadable.push(row))?;
    Some(unreadable)
}

/// Appends a batch whose columns are those of `activity`, in the order of `places`.
fn append(
    batch: &RecordBatch,
    places: [usize; COLUMNS],
    worker: &mut Worker<'_>,
    unreadable: &mut dyn FnMut(usize),
) -> Option<()> {
    // The reader passes the columns in the file's order.
    let column = |which: usize| {
        let place = places.get(which)?;
        batch.columns().get(places.iter().filter(|other| *other < place).count())
    };
    let local = &mut worker.local;
    let mut tenants = |cell: Cell<'_>| match cell.id() {
        Some(Ok(guid)) => local.tenant(guid),
        Some(Err(text)) => local.text(text),
        None => NO_ID,
    };
    let tenant = cells(column(1)?, &mut tenants);
    let mut resources = |cell: Cell<'_>| match cell.id() {
        Some(Ok(guid)) => local.resource(guid),
        Some(Err(text)) => local.text(text),
        None => NO_ID,
    };
    let resource = cells(column(2)?, &mut resources);
    let mut objects = |cell: Cell<'_>| match cell.id() {
        Some(Ok(guid)) => (guid, 0),
        Some(Err(text)) => (Guid::default(), local.text(text)),
        None => (Guid::default(), NO_ID),
    };
    let (object, object_text): (Vec<Guid>, Vec<u32>) = cells(column(3)?, &mut objects).into_iter().unzip();
    let mut kinds = |cell: Cell<'_>| match cell {
        Cell::Text(word) => kind_of(word.as_bytes()),
        _ => UNREADABLE,
    };
    let mut kind = cells(column(4)?, &mut kinds);
    let at = times(column(0)?);
    let rows = kind.iter_mut().zip(&at).zip(tenant.iter().zip(&resource).zip(&object_text));
    for ((kind, at), ((tenant, resource), object)) in rows {
        if at.is_none() || [*tenant, *resource, *object].contains(&NO_ID) {
            *kind = UNREADABLE;
        }
    }
    let at: Vec<i64> = at.into_iter().map(Option::unwrap_or_default).collect();
    let object_text = if object_text.iter().all(|text| *text == 0) { &[][..] } else { &object_text };
    let columns =
        Columns { at: &at, tenant: &tenant, resource: &resource, object: &object, object_text, kind: &kind };
    worker.append(&columns, unreadable);
    Some(())
}

/// What stands in a row.
#[derive(Clone, Copy)]
enum Cell<'a> {
    Null,
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Cell<'a> {
    /// As an id: a GUID or else a text; `None` if it is neither.
    fn id(self) -> Option<Result<Guid, &'a str>> {
        match self {
            Cell::Null => None,
            Cell::Bytes(bytes) => Some(Ok(Guid::from_bytes(bytes.try_into().ok()?))),
            Cell::Text(text) => match Guid::parse(text.as_bytes()) {
                Some(guid) => Some(Ok(guid)),
                None if text.is_empty() || text.contains('\0') => None,
                None => Some(Err(text)),
            },
        }
    }
}

/// What each row of an array comes to; of a dictionary each value is asked for once.
fn cells<T: Copy>(array: &ArrayRef, of: &mut dyn FnMut(Cell<'_>) -> T) -> Vec<T> {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let values = cells(dictionary.values(), of);
        let null = of(Cell::Null);
        let keys = dictionary.normalized_keys().into_iter().enumerate();
        let value = |(row, key): (usize, usize)| match values.get(key) {
            Some(value) if array.is_valid(row) => *value,
            _ => null,
        };
        return keys.map(value).collect();
    }
    let cell = |row: usize| of(if array.is_null(row) { Cell::Null } else { value(array, row) });
    (0..array.len()).map(cell).collect()
}

fn value(array: &ArrayRef, row: usize) -> Cell<'_> {
    match array.data_type() {
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(row)),
        DataType::FixedSizeBinary(_) => Cell::Bytes(array.as_fixed_size_binary().value(row)),
        DataType::Binary => Cell::Bytes(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Cell::Bytes(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Cell::Bytes(array.as_binary_view().value(row)),
        _ => Cell::Null,
    }
}

/// The instants of a column in microseconds; `None` where there is none.
fn times(array: &ArrayRef) -> Vec<Option<i64>> {
    let of = |values: &[i64], scale: Scale| {
        let values = values.iter().enumerate();
        values.map(|(row, value)| if array.is_valid(row) { scale.micros(*value) } else { None }).collect()
    };
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            of(array.as_primitive::<TimestampSecondType>().values(), Scale::Second)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            of(array.as_primitive::<TimestampMillisecondType>().values(), Scale::Milli)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            of(array.as_primitive::<TimestampMicrosecondType>().values(), Scale::Micro)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            of(array.as_primitive::<TimestampNanosecondType>().values(), Scale::Nano)
        }
        _ => cells(array, &mut |cell| match cell {
            Cell::Text(text) => Timestamp::parse(text).map(Timestamp::micros),
            _ => None,
        }),
    }
}
