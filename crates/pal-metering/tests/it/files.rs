//! Activity as Parquet, in every way in which it may be written.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, FixedSizeBinaryBuilder, StringDictionaryBuilder, StringViewBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, LargeStringArray, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow_schema::{Field, Schema};
use pal_metering::Source;
use pal_rules::meter::Activity;
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use proptest::prelude::*;

/// How ids are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    Text,
    LargeText,
    View,
    Dictionary,
    /// Sixteen bytes; only where every id is a GUID.
    Fixed,
    /// Bytes without a fixed length; only where every id is a GUID.
    Bytes,
}

/// How a file is written.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice that a writer has")]
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) ids: Ids,
    pub(crate) nullable: bool,
    pub(crate) nanoseconds: bool,
    pub(crate) text_times: bool,
    pub(crate) dictionary: bool,
    pub(crate) statistics: bool,
    pub(crate) version_2: bool,
    pub(crate) delta_times: bool,
    pub(crate) delta_texts: bool,
    pub(crate) codec: u8,
    pub(crate) page_rows: usize,
    pub(crate) group_rows: usize,
}

/// Any layout.
pub(crate) fn layouts() -> impl Strategy<Value = Layout> {
    let ids = prop_oneof![
        Just(Ids::Text),
        Just(Ids::LargeText),
        Just(Ids::View),
        Just(Ids::Dictionary),
        Just(Ids::Fixed),
        Just(Ids::Bytes),
    ];
    let sizes = (1..40_usize, 1..90_usize);
    (ids, prop::array::uniform7(any::<bool>()), prop::bool::weighted(0.1), 0..7_u8, sizes).prop_map(
        |(ids, flags, delta_texts, codec, (page_rows, group_rows))| {
            let [nullable, nanoseconds, text_times, dictionary, statistics, version_2, delta_times] = flags;
            Layout {
                ids,
                nullable,
                nanoseconds,
                text_times: text_times && nanoseconds,
                dictionary,
                statistics,
                version_2,
                delta_times: delta_times && !dictionary,
                delta_texts: delta_texts && !dictionary,
                codec,
                page_rows,
                group_rows,
            }
        },
    )
}

/// Writes rows.
pub(crate) fn write(folder: &Path, name: &str, rows: &[Activity], layout: &Layout) -> Source {
    let texts = |of: &dyn Fn(&Activity) -> String| rows.iter().map(of).collect::<Vec<_>>();
    let all = [
        texts(&|row| row.tenant.to_string()),
        texts(&|row| row.resource.to_string()),
        texts(&|row| row.object.to_string()),
    ];
    let columns = [
        ("occurred_at", times(rows, layout)),
        ("tenant_id", ids(&all[0], layout.ids)),
        ("resource_id", ids(&all[1], layout.ids)),
        ("object_id", ids(&all[2], layout.ids)),
        ("kind", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.kind.as_str())))),
    ];
    write_columns(folder, name, columns, layout)
}

/// Writes columns.
pub(crate) fn write_columns(
    folder: &Path,
    name: &str,
    columns: [(&str, ArrayRef); 5],
    layout: &Layout,
) -> Source {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), layout.nullable))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), columns.map(|(_, array)| array).to_vec()).unwrap();
    let path = folder.join(name);
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), schema, Some(properties(layout))).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    Source { name: name.to_owned(), path, stored: false, checksums: None }
}

fn properties(layout: &Layout) -> WriterProperties {
    let codec = match layout.codec {
        0 => Compression::UNCOMPRESSED,
        1 => Compression::SNAPPY,
        2 => Compression::GZIP(GzipLevel::default()),
        3 => Compression::BROTLI(BrotliLevel::default()),
        4 => Compression::LZ4_RAW,
        _ => Compression::ZSTD(ZstdLevel::default()),
    };
    let version = if layout.version_2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
    let statistics = if layout.statistics { EnabledStatistics::Chunk } else { EnabledStatistics::None };
    let mut properties = WriterProperties::builder()
        .set_compression(codec)
        .set_writer_version(version)
        .set_statistics_enabled(statistics)
        .set_dictionary_enabled(layout.dictionary)
        .set_dictionary_page_size_limit(600)
        .set_write_batch_size(layout.page_rows)
        .set_data_page_row_count_limit(layout.page_rows)
        .set_max_row_group_row_count(Some(layout.group_rows));
    // Unless told otherwise, writers of the second version prefer deltas.
    if !layout.delta_texts && !layout.dictionary {
        for id in ["tenant_id", "resource_id", "object_id", "kind", "occurred_at"] {
            properties = properties.set_column_encoding(id.into(), Encoding::PLAIN);
        }
    }
    if layout.delta_times && !layout.text_times {
        properties = properties.set_column_encoding("occurred_at".into(), Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}

fn times(rows: &[Activity], layout: &Layout) -> ArrayRef {
    let micros = rows.iter().map(|row| row.at.micros());
    if layout.text_times {
        return Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.at.to_string())));
    }
    if layout.nanoseconds {
        let nanos = TimestampNanosecondArray::from_iter_values(micros.map(|micros| micros * 1000 + 7));
        return Arc::new(nanos.with_timezone("UTC"));
    }
    Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
}

/// Ids as an array; as text where some are no GUIDs and the layout would have bytes.
pub(crate) fn ids(texts: &[String], form: Ids) -> ArrayRef {
    let bytes = |text: &String| Some(pal_metering::Guid::parse(text.as_bytes())?.to_bytes());
    let guids: Option<Vec<[u8; 16]>> = texts.iter().map(bytes).collect();
    let form = if guids.is_none() && matches!(form, Ids::Fixed | Ids::Bytes) { Ids::Text } else { form };
    match form {
        Ids::Text => Arc::new(StringArray::from_iter_values(texts)),
        Ids::LargeText => Arc::new(LargeStringArray::from_iter_values(texts)),
        Ids::View => {
            let mut view = StringViewBuilder::new();
            for text in texts {
                view.append_value(text);
            }
            Arc::new(view.finish())
        }
        Ids::Dictionary => {
            let mut dictionary = StringDictionaryBuilder::<Int32Type>::new();
            for text in texts {
                dictionary.append_value(text);
            }
            Arc::new(dictionary.finish())
        }
        Ids::Fixed => {
            let mut fixed = FixedSizeBinaryBuilder::new(16);
            guids.unwrap().iter().for_each(|id| fixed.append_value(id).unwrap());
            Arc::new(fixed.finish())
        }
        Ids::Bytes => {
            let mut binary = BinaryBuilder::new();
            guids.unwrap().iter().for_each(|id| binary.append_value(id));
            Arc::new(binary.finish())
        }
    }
}

/// A layout that both readers can do.
pub(crate) fn simple() -> Layout {
    Layout {
        ids: Ids::Text,
        nullable: true,
        nanoseconds: false,
        text_times: false,
        dictionary: true,
        statistics: true,
        version_2: false,
        delta_times: false,
        delta_texts: false,
        codec: 6,
        page_rows: 20,
        group_rows: 50,
    }
}
