//! Rows of activity, day by day, as Parquet.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, anyhow};
use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};
use pal_metering::Guid;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::random::Random;
use super::world::{DAY, Plan, World, instant};
use crate::cli::{Coding, Files, Ids, Order};
use crate::exit::Failure;
use crate::progress::Progress;

/// A row of activity; resource and person by place.
#[derive(Clone, Copy, Debug)]
struct Row {
    at: i64,
    resource: u32,
    person: u32,
    make: bool,
}

/// Rows of one batch, so that not all ids stand in memory as text at once.
const BATCH: usize = 1 << 16;

/// Writes all activity into a folder.
pub(super) fn write(
    plan: &Plan<'_>,
    world: &World,
    folder: &Path,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let activity = Activity::new(plan, world);
    progress.expect_rows(plan.arguments.size.rows);
    if plan.arguments.layout.files == Files::One {
        let days = 0..plan.arguments.size.days;
        let mut rows: Vec<Row> = days.flat_map(|day| activity.day(day)).collect();
        return activity.file(&folder.join("activity.parquet"), &mut rows, &mut |rows| {
            progress.rows("activity", rows);
        });
    }
    let (next, shown) = (AtomicU64::new(0), Mutex::new(progress));
    let work = || loop {
        let day = next.fetch_add(1, Ordering::Relaxed);
        if day >= plan.arguments.size.days {
            return Ok(());
        }
        let name = format!("{}.parquet", instant(plan.start + day * DAY).day());
        activity.file(&folder.join(&name), &mut activity.day(day), &mut |rows| {
            shown.lock().unwrap_or_else(PoisonError::into_inner).rows(&name, rows);
        })?;
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a thread ended early").into()))
        })
    })
}

/// The share of a day in a hundredth of a usual one: weekends are quiet, so are summer and the turn of the year.
fn share(day: pal_rules::time::Day) -> u64 {
    let weekday = (day.start().micros() / 86_400_000_000 + 3).rem_euclid(7);
    let of_month = match day.civil().1 {
        1 | 12 => 88,
        2 | 3 | 5 | 10 => 106,
        4 | 11 => 110,
        7 | 8 => 85,
        _ => 100,
    };
    if weekday >= 5 { of_month * 3 / 10 } else { of_month }
}

/// All activity there will be.
#[derive(Debug)]
struct Activity<'a> {
    plan: &'a Plan<'a>,
    world: &'a World,
    /// How many rows there are before each day, and in all.
    before: Vec<u64>,
}

impl<'a> Activity<'a> {
    fn new(plan: &'a Plan<'a>, world: &'a World) -> Self {
        let size = &plan.arguments.size;
        let days = (0..size.days).map(|day| share(instant(plan.start + day * DAY).day()));
        let shares = days.scan(0, |sum, share| {
            *sum += share;
            Some(*sum)
        });
        let shares: Vec<u64> = [0].into_iter().chain(shares).collect();
        let all = u128::from(shares.last().copied().unwrap_or(1));
        let part = |share: &u64| u128::from(size.rows) * u128::from(*share) / all;
        let before = shares.iter().map(|share| u64::try_from(part(share)).unwrap_or(u64::MAX)).collect();
        Self { plan, world, before }
    }

    /// The rows of a day, in no order.
    fn day(&self, day: u64) -> Vec<Row> {
        let at = usize::try_from(day).unwrap_or(usize::MAX);
        let rows =
            self.before.get(at).zip(self.before.get(at + 1)).map_or(0, |(before, after)| after - before);
        let mut random = self.plan.random(1000 + day);
        let twice = self.plan.arguments.mixture.twice;
        let mut all: Vec<Row> = Vec::new();
        while (all.len() as u64) < rows {
            match all.last().copied().filter(|_| random.happens(twice)) {
                Some(last) => all.push(last),
                None => all.extend(self.row(day, &mut random)),
            }
        }
        all
    }

    fn row(&self, day: u64, random: &mut Random) -> Option<Row> {
        let (plan, mixture) = (self.plan, &self.plan.arguments.mixture);
        let (resource, person) = self.world.use_of(random)?;
        let second = plan.start + day * DAY + random.below(DAY);
        let late = if random.happens(mixture.late) { random.below(DAY) } else { 0 };
        let at = second.saturating_sub(late).max(plan.start);
        Some(Row {
            at: instant(at).micros(),
            resource: u32::try_from(resource).ok()?,
            person: u32::try_from(person).ok()?,
            make: random.happens(mixture.makes),
        })
    }

    /// Writes rows as a file, in the order that was asked for.
    ///
    /// - `written`: is told how many rows were.
    fn file(&self, path: &Path, rows: &mut [Row], written: &mut dyn FnMut(u64)) -> Result<(), Failure> {
        let layout = &self.plan.arguments.layout;
        match layout.order {
            Order::Time => rows.sort_by_key(|row| row.at),
            Order::Resource => rows.sort_by_key(|row| (self.resource(row), self.person(row), row.at)),
            Order::None if layout.files == Files::One => self.shuffle(rows),
            Order::None => {}
        }
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_dictionary_enabled(layout.coding == Coding::Dictionary)
            .build();
        let unwritable = || format!("cannot write `{}`", path.display());
        let file = File::create(path).with_context(unwritable)?;
        let mut writer = ArrowWriter::try_new(file, self.batch(&[])?.schema(), Some(properties))?;
        for rows in rows.chunks(BATCH) {
            writer.write(&self.batch(rows)?).with_context(unwritable)?;
            written(rows.len() as u64);
        }
        writer.close().with_context(unwritable)?;
        Ok(())
    }

    /// Brings rows into no order (Fisher and Yates).
    fn shuffle(&self, rows: &mut [Row]) {
        let mut random = self.plan.random(3);
        for last in (1..rows.len()).rev() {
            rows.swap(last, random.place(last + 1));
        }
    }

    fn resource(&self, row: &Row) -> u128 {
        place(row.resource, &self.world.resources).map_or(0, |resource| resource.id)
    }

    fn tenant(&self, row: &Row) -> u128 {
        let resource = place(row.resource, &self.world.resources);
        resource.and_then(|resource| self.world.tenants.get(resource.tenant)).map_or(0, |tenant| tenant.id)
    }

    fn person(&self, row: &Row) -> u128 {
        place(row.person, &self.world.people).copied().unwrap_or(0)
    }

    fn batch(&self, rows: &[Row]) -> Result<RecordBatch, Failure> {
        let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.at));
        let form = self.plan.arguments.layout.ids;
        let kinds = rows.iter().map(|row| if row.make { "make" } else { "use" });
        let columns: [(&str, ArrayRef); 5] = [
            ("occurred_at", Arc::new(times.with_timezone("UTC"))),
            ("tenant_id", ids(rows.iter().map(|row| self.tenant(row)), form)?),
            ("resource_id", ids(rows.iter().map(|row| self.resource(row)), form)?),
            ("object_id", ids(rows.iter().map(|row| self.person(row)), form)?),
            ("kind", Arc::new(StringArray::from_iter_values(kinds))),
        ];
        let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
        let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
        Ok(RecordBatch::try_new(Arc::new(schema), columns.map(|(_, array)| array).to_vec())?)
    }
}

fn place<T>(at: u32, of: &[T]) -> Option<&T> {
    of.get(usize::try_from(at).ok()?)
}

fn ids(ids: impl Iterator<Item = u128>, form: Ids) -> Result<ArrayRef, Failure> {
    if form == Ids::Binary {
        let mut bytes = FixedSizeBinaryBuilder::new(16);
        for id in ids {
            bytes.append_value(id.to_be_bytes())?;
        }
        return Ok(Arc::new(bytes.finish()));
    }
    let mut text = StringBuilder::new();
    for id in ids {
        text.append_value(str::from_utf8(&Guid::from(id).text())?);
    }
    Ok(Arc::new(text.finish()))
}
