//! Rows as Parquet, as an importer or another tool would write them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// A row of activity.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) at: i64,
    pub(crate) tenant: u128,
    pub(crate) resource: u128,
    pub(crate) object: u128,
    pub(crate) make: bool,
}

/// How ids are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) dictionary: bool,
    pub(crate) binary: bool,
}

/// Rows of one batch, so that not all text stands in memory at once.
const BATCH: usize = 1 << 16;

pub(crate) fn write(path: &Path, mut rows: Vec<Row>, order: &str, form: Form) -> Result<(), String> {
    match order {
        "time" => rows.sort_by_key(|row| row.at),
        "resource" => rows.sort_by_key(|row| (row.resource, row.object, row.at)),
        _ => {}
    }
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(|error| error.to_string())?))
        .set_dictionary_enabled(form.dictionary)
        .build();
    let mut writer: Option<ArrowWriter<File>> = None;
    for rows in rows.chunks(BATCH) {
        let batch = batch(rows, form)?;
        if writer.is_none() {
            let file = File::create(path).map_err(|error| error.to_string())?;
            let opened = ArrowWriter::try_new(file, batch.schema(), Some(properties.clone()));
            writer = Some(opened.map_err(|error| error.to_string())?);
        }
        if let Some(writer) = &mut writer {
            writer.write(&batch).map_err(|error| error.to_string())?;
        }
    }
    if let Some(writer) = writer {
        writer.close().map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn batch(rows: &[Row], form: Form) -> Result<RecordBatch, String> {
    let times =
        TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.at)).with_timezone("UTC");
    let ids = |of: &dyn Fn(&Row) -> u128| ids(rows.iter().map(of), form);
    let kinds = rows.iter().map(|row| if row.make { "make" } else { "use" });
    let columns: [(&str, ArrayRef); 5] = [
        ("occurred_at", Arc::new(times)),
        ("tenant_id", ids(&|row| row.tenant)?),
        ("resource_id", ids(&|row| row.resource)?),
        ("object_id", ids(&|row| row.object)?),
        ("kind", Arc::new(StringArray::from_iter_values(kinds))),
    ];
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.map(|(_, array)| array).to_vec())
        .map_err(|error| error.to_string())
}

fn ids(ids: impl Iterator<Item = u128>, form: Form) -> Result<ArrayRef, String> {
    if form.binary {
        let mut bytes = FixedSizeBinaryBuilder::new(16);
        for id in ids {
            bytes.append_value(id.to_be_bytes()).map_err(|error| error.to_string())?;
        }
        return Ok(Arc::new(bytes.finish()));
    }
    let mut text = StringBuilder::new();
    let mut letters = [b'-'; 36];
    for id in ids {
        spell(id, &mut letters);
        text.append_value(str::from_utf8(&letters).unwrap_or_default());
    }
    Ok(Arc::new(text.finish()))
}

/// Writes the digits of a GUID between its dashes.
fn spell(id: u128, letters: &mut [u8; 36]) {
    let places = (0..8).chain(9..13).chain(14..18).chain(19..23).chain(24..36);
    for (digit, place) in places.enumerate() {
        letters[place] = b"0123456789abcdef"[(id >> (124 - 4 * digit)) as usize & 0xf];
    }
}
