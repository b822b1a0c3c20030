//! Pairs of tenant and resource in activity that is Parquet: whoever looks for few rows among many reads nothing else of
//! the others.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::parquet::{damaged, is_text};
use super::{FactFile, Format, Unreadable};

/// Rows that are looked for.
pub trait Sought {
    /// Whether rows of a resource may be among them; asked of each resource, not of each row.
    fn may_be_of(&self, resource: &str) -> bool;

    /// Whether one with this tenant and resource may be; asked where rows of the resource may.
    fn may_have(&self, tenant: &str, resource: &str) -> bool;
}

/// The columns of tenant and resource.
const PAIR: [&str; 2] = ["tenant_id", "resource_id"];

/// So many rows come at a time.
pub(super) const ROWS: usize = 1 << 16;

/// Whether a file of activity may have a row that is looked for. One that is no Parquet, or whose ids are no text, may.
///
/// # Errors
///
/// [`Unreadable::Io`] and [`Unreadable::Damaged`].
pub fn may_have(file: &FactFile, sought: &impl Sought) -> Result<bool, Unreadable> {
    if file.format == Format::Csv {
        return Ok(true);
    }
    let opened =
        File::open(&file.path).map_err(|source| Unreadable::Io { path: file.path.clone(), source })?;
    let failed = |source| damaged(file, source);
    let told = ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new()).map_err(failed)?;
    let column = |name: &&str| told.schema().field_with_name(name).is_ok_and(|of| is_text(of.data_type()));
    if !PAIR.iter().all(column) {
        return Ok(true);
    }
    // A column that has no value at all, for one, cannot be read so; whoever reads its rows says what is wrong with it.
    let Ok(places) = with_places(&told) else { return Ok(true) };
    for batch in batches(opened, &places, None).map_err(failed)? {
        if has(&batch.map_err(|source| damaged(file, source))?, sought) != Some(false) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same file with tenants and resources as places among those of a row group.
pub(super) fn with_places(told: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let places = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    with_types(told, |field| PAIR.contains(&field.name().as_str()).then(|| places.clone()))
}

/// The same file with other types.
pub(super) fn with_types(
    told: &ArrowReaderMetadata,
    kind: impl Fn(&Field) -> Option<DataType>,
) -> Result<ArrowReaderMetadata, ParquetError> {
    let fields = told.schema().fields().iter().map(|field| match kind(field) {
        Some(kind) => Arc::new(field.as_ref().clone().with_data_type(kind)),
        None => Arc::clone(field),
    });
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<Arc<Field>>>()));
    ArrowReaderMetadata::try_new(Arc::clone(told.metadata()), ArrowReaderOptions::new().with_schema(schema))
}

/// The pairs of a file, or of one row group of it.
pub(super) fn batches(
    opened: File,
    places: &ArrowReaderMetadata,
    group: Option<usize>,
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let schema = places.metadata().file_metadata().schema_descr();
    let pairs = ProjectionMask::columns(schema, PAIR);
    let groups = group.map_or_else(|| (0..places.metadata().num_row_groups()).collect(), |group| vec![group]);
    ParquetRecordBatchReaderBuilder::new_with_metadata(opened, places.clone())
        .with_row_groups(groups)
        .with_projection(pairs)
        .with_batch_size(ROWS)
        .build()
}

/// Whether a batch of [`batches`] has a row that is looked for; `None` if its columns are others.
pub(super) fn has(batch: &RecordBatch, sought: &impl Sought) -> Option<bool> {
    let [tenants, resources] =
        PAIR.map(|name| Some(batch.column_by_name(name)?.as_dictionary_opt::<Int32Type>()?.clone()));
    let (tenants, resources) = (tenants?, resources?);
    let (tenant_texts, resource_texts) =
        (tenants.values().as_string_opt::<i32>()?, resources.values().as_string_opt::<i32>()?);
    let asked: Vec<bool> =
        resource_texts.iter().map(|text| text.is_some_and(|text| sought.may_be_of(text))).collect();
    if !asked.contains(&true) {
        return Some(false);
    }
    let places = |keys: &PrimitiveArray<Int32Type>| -> Vec<usize> {
        keys.values().iter().map(|key| usize::try_from(*key).unwrap_or(usize::MAX)).collect()
    };
    let pairs = places(tenants.keys()).into_iter().zip(places(resources.keys()));
    let pairs: BTreeSet<_> = pairs.filter(|(_, resource)| asked.get(*resource) == Some(&true)).collect();
    Some(pairs.into_iter().any(|(tenant, resource)| {
        tenant < tenant_texts.len()
            && sought.may_have(tenant_texts.value(tenant), resource_texts.value(resource))
    }))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::sync::Arc;

    use arrow_array::builder::StringDictionaryBuilder;
    use arrow_array::{ArrayRef, FixedSizeBinaryArray, Int32Array, LargeStringArray, RecordBatch};
    use arrow_array::{NullArray, StringArray, StringViewArray};
    use pal_rules::facts::Table;
    use parquet::arrow::ArrowWriter;

    use super::{Sought, may_have};
    use crate::facts::{FactFile, Format};

    /// Rows of one tenant and resource.
    struct Pair(&'static str, &'static str);

    impl Sought for Pair {
        fn may_be_of(&self, resource: &str) -> bool {
            resource == self.1
        }

        fn may_have(&self, tenant: &str, resource: &str) -> bool {
            (tenant, resource) == (self.0, self.1)
        }
    }

    fn dictionary(texts: [&str; 3]) -> ArrayRef {
        let mut builder = StringDictionaryBuilder::<arrow_array::types::Int8Type>::new();
        for text in texts {
            builder.append_value(text);
        }
        Arc::new(builder.finish())
    }

    #[test]
    fn a_file_is_passed_over_where_its_texts_say_that_it_has_no_such_row() {
        let folder = tempfile::tempdir().unwrap();
        let file = |format| FactFile {
            table: Table::Activity,
            name: "it".to_owned(),
            path: folder.path().join("it"),
            format,
        };
        let write = |batch: &RecordBatch| {
            let opened = File::create(folder.path().join("it")).unwrap();
            let mut writer = ArrowWriter::try_new(opened, batch.schema(), None).unwrap();
            writer.write(batch).unwrap();
            writer.close().unwrap();
        };
        let may = |format, [tenant, resource]: [&'static str; 2]| {
            may_have(&file(format), &Pair(tenant, resource)).unwrap()
        };
        let kinds: [fn([&str; 3]) -> ArrayRef; 4] = [
            |texts| Arc::new(StringArray::from(texts.to_vec())),
            |texts| Arc::new(LargeStringArray::from(texts.to_vec())),
            |texts| Arc::new(StringViewArray::from(texts.to_vec())),
            dictionary,
        ];
        for (number, kind) in kinds.into_iter().enumerate() {
            let batch = RecordBatch::try_from_iter([
                ("another", Arc::new(Int32Array::from(vec![1, 2, 3])) as ArrayRef),
                ("resource_id", kind(["app", "flow", "app"])),
                ("tenant_id", kind(["t", "t", "u"])),
            ])
            .unwrap();
            write(&batch);
            let pairs = [["t", "app"], ["u", "app"], ["t", "flow"], ["u", "flow"], ["t", "nothing"]];
            let found = pairs.map(|pair| may(Format::Parquet, pair));
            assert_eq!(found, [true, true, true, false, false], "{number}");
        }
        let nothing = || Arc::new(NullArray::new(1)) as ArrayRef;
        let bytes =
            || Arc::new(FixedSizeBinaryArray::try_from_iter([[0_u8; 16]].iter()).unwrap()) as ArrayRef;
        for ids in [bytes(), nothing()] {
            let batch = RecordBatch::try_from_iter_with_nullable([
                ("resource_id", ids.clone(), true),
                ("tenant_id", ids, true),
            ]);
            write(&batch.unwrap());
            assert!(may(Format::Parquet, ["t", "nothing"]));
        }
        fs::write(folder.path().join("it"), "tenant_id,resource_id\nt,app\n").unwrap();
        assert!(may(Format::Csv, ["t", "nothing"]));
        assert!(may_have(&file(Format::Parquet), &Pair("t", "app")).is_err());
    }
}
