//! What of a file is to be read, and how.

use std::fs::File;

use arrow_schema::{DataType, TimeUnit};
use pal_rules::facts::Table;
use pal_rules::time::{Month, Timestamp};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::{ByRow, Source, Told};
use crate::error::Unmetered;

/// The columns of `activity`, in the table's order.
pub(crate) const COLUMNS: usize = 5;

/// Those that an import adds: where a row was first read.
const SOURCE_COLUMNS: [&str; 2] = ["source_file", "source_line"];

/// A file, looked into.
#[derive(Debug)]
pub(crate) struct Plan<'s> {
    pub(crate) number: usize,
    source: &'s Source,
    pub(crate) metadata: ArrowReaderMetadata,
    /// Where the columns of `activity` stand; absent where they are not what they should be.
    pub(crate) places: Option<[usize; COLUMNS]>,
    asked: Option<(Month, Month)>,
}

/// A row group to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'p> {
    pub(crate) plan: &'p Plan<'p>,
    pub(crate) places: [usize; COLUMNS],
    pub(crate) group: usize,
    /// How many rows of the file stand before it.
    pub(crate) before: u64,
}

impl<'s> Plan<'s> {
    pub(crate) fn of(
        number: usize,
        source: &'s Source,
        assume_utc: bool,
        asked: Option<(Month, Month)>,
    ) -> Result<Self, Unmetered> {
        let file = open(source)?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map_err(|error| Unmetered::damaged(&source.name, &error))?;
        let places = places(source, &metadata, assume_utc);
        Ok(Self { number, source, metadata, places, asked: asked.filter(|_| source.stored) })
    }

    pub(crate) fn open(&self) -> Result<File, Unmetered> {
        open(self.source)
    }

    /// How errors name the file.
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    /// What is told of it before anything of it is read.
    pub(crate) fn told(&self) -> Told {
        let rows = u64::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
        let by_row = if self.places.is_some() { ByRow::Rows(Vec::new()) } else { ByRow::File };
        Told { rows, by_row }
    }

    /// The row groups to be read: those whose statistics allow that they have rows of a month that is asked for.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = Task<'_>> {
        let groups = self.metadata.metadata().row_groups();
        let before = groups.iter().scan(0, |before, group| {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            *before += rows;
            Some(*before - rows)
        });
        let groups = groups.iter().zip(before).enumerate();
        let groups = groups.filter(|(_, (group, _))| self.may_have_asked(group));
        let task = |(group, (_, before))| Some(Task { plan: self, places: self.places?, group, before });
        groups.filter_map(task)
    }

    fn may_have_asked(&self, group: &RowGroupMetaData) -> bool {
        let statistics = self.places.and_then(|[at, ..]| group.columns().get(at)?.statistics());
        let (Some((first, last)), Some(Statistics::Int64(times))) = (self.asked, statistics) else {
            return true;
        };
        let scale = self
            .places
            .and_then(|[at, ..]| Some(Scale::of(self.metadata.schema().fields().get(at)?.data_type())));
        let Some(scale) = scale.flatten() else { return true };
        let micros = |time: Option<&i64>| time.and_then(|time| scale.micros(*time));
        micros(times.max_opt()).is_none_or(|latest| latest >= first.start().micros())
            && micros(times.min_opt()).is_none_or(|earliest| earliest < last.end().micros())
    }
}

impl Task<'_> {
    pub(crate) fn metadata(&self) -> Option<&RowGroupMetaData> {
        self.plan.metadata.metadata().row_groups().get(self.group)
    }

    /// The checksums of its columns, in the file's order, if an import wrote it; none that match if they are not there.
    pub(crate) fn checksums(&self) -> Option<&[u32]> {
        let all = self.plan.source.checksums.as_ref()?;
        Some(all.get(self.group).map_or(&[], Vec::as_slice))
    }

    pub(crate) fn bytes(&self) -> u64 {
        u64::try_from(self.metadata().map_or(0, RowGroupMetaData::compressed_size)).unwrap_or(0)
    }
}

fn open(source: &Source) -> Result<File, Unmetered> {
    File::open(&source.path)
        .map_err(|error| Unmetered::Unreadable { name: source.name.clone(), source: error })
}

/// From a file's unit of time to microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Second,
    Milli,
    Micro,
    Nano,
}

impl Scale {
    /// Of a column's type; none of seconds, which Parquet does not have, and of what is no time.
    pub(crate) fn of(found: &DataType) -> Option<Self> {
        match found {
            DataType::Timestamp(TimeUnit::Millisecond, _) => Some(Self::Milli),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Some(Self::Micro),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Some(Self::Nano),
            _ => None,
        }
    }

    /// An instant in microseconds, cut where it is finer; `None` for what nobody can tell ([`Timestamp::told`]).
    #[inline]
    pub(crate) fn micros(self, time: i64) -> Option<i64> {
        let micros = match self {
            Self::Second => time.checked_mul(1_000_000)?,
            Self::Milli => time.checked_mul(1000)?,
            Self::Micro => time,
            Self::Nano => time.div_euclid(1000),
        };
        Timestamp::told(micros).map(Timestamp::micros)
    }
}

/// Where the columns of `activity` stand, if they are there, once and of types that can be read, and no others are.
fn places(source: &Source, metadata: &ArrowReaderMetadata, assume_utc: bool) -> Option<[usize; COLUMNS]> {
    let fields = metadata.schema().fields();
    // Each field must be one column of the file, so that positions are the same.
    if metadata.parquet_schema().num_columns() != fields.len() {
        return None;
    }
    let mut places = [usize::MAX; COLUMNS];
    for (position, field) in fields.iter().enumerate() {
        if source.stored && SOURCE_COLUMNS.contains(&field.name().as_str()) {
            continue;
        }
        let columns = Table::Activity.columns().iter();
        let place = columns
            .zip(&mut places)
            .find(|(column, _)| column.name == field.name())
            .map(|(_, place)| place)?;
        if *place != usize::MAX {
            return None;
        }
        *place = position;
    }
    let of_type = |place: usize, allowed: &dyn Fn(&DataType) -> bool| {
        fields.get(place).is_some_and(|field| allowed(field.data_type()))
    };
    let [at, tenant, resource, object, kind] = places;
    let is_time = |found: &DataType| match found {
        DataType::Timestamp(_, zone) => zone.is_some() || assume_utc,
        other => is_text(other),
    };
    let is_id = |found: &DataType| is_text(found) || is_bytes(found);
    let fits = of_type(at, &is_time)
        && [tenant, resource, object].iter().all(|id| of_type(*id, &is_id))
        && of_type(kind, &is_text);
    fits.then_some(places)
}

/// Whether a column holds text.
pub(crate) fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn is_bytes(found: &DataType) -> bool {
    match found {
        DataType::FixedSizeBinary(16) | DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            true
        }
        DataType::Dictionary(_, values) => is_bytes(values),
        _ => false,
    }
}
