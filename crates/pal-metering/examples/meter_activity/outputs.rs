//! What a state says, as Parquet: files for each month, so that threads can share the work.

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use arrow_schema::{Field, Schema};
use pal_metering::{Guid, MonthView, State, Union};
use pal_rules::time::Month;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// Writes the answers for some months.
pub(crate) fn write(state: &State, months: &[Month], out: &Path, threads: usize) -> Done {
    std::fs::create_dir_all(out)?;
    let everyone = state.people()?;
    let next = AtomicUsize::new(0);
    let work = || -> Done {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(month) = months.get(number / 2) else { return Ok(()) };
            let view = state.month(*month);
            if number.is_multiple_of(2) {
                users(state, &view, &out.join(format!("users-{month}.parquet")), &month.to_string())?;
            } else {
                makes(
                    (state, &everyone),
                    &view,
                    &out.join(format!("makes-{month}.parquet")),
                    &month.to_string(),
                )?;
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err("a thread ended early".into())))
    })
}

/// Distinct users of each resource, and under no resource those of each tenant.
fn users(state: &State, view: &MonthView<'_>, path: &Path, month: &str) -> Done {
    let dictionary = state.dictionary();
    let mut rows: Vec<(Guid, Option<Guid>, u64)> = Vec::new();
    let mut unions = vec![Union::new(); dictionary.tenants().len()];
    let mut people = Vec::new();
    for number in view.used() {
        let Some(resource) = dictionary.resources().get(number as usize) else { continue };
        let tenant = resource.tenant as usize;
        view.uses(number, &mut people);
        if let Some(union) = unions.get_mut(tenant) {
            union.add(&people);
        }
        let id = dictionary.tenants().get(tenant).copied().unwrap_or_default();
        rows.push((id, Some(resource.id), people.len() as u64));
    }
    for (tenant, union) in dictionary.tenants().iter().zip(&mut unions) {
        let users = union.take_count();
        if users > 0 {
            rows.push((*tenant, None, users));
        }
    }
    let resources: StringArray = rows.iter().map(|(_, id, _)| id.map(|id| id.to_string())).collect();
    file(
        path,
        [
            ("month", Arc::new(StringArray::from_iter_values(rows.iter().map(|_| month)))),
            ("tenant_id", texts(rows.iter().map(|(tenant, ..)| *tenant))),
            ("resource_id", Arc::new(resources)),
            ("users", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|(_, _, users)| *users)))),
        ],
    )
}

/// The last `make` of each resource and principal in the month itself.
fn makes((state, everyone): (&State, &[Vec<Guid>]), view: &MonthView<'_>, path: &Path, month: &str) -> Done {
    let dictionary = state.dictionary();
    let (mut resources, mut objects, mut times) = (Vec::new(), Vec::new(), Vec::new());
    view.each_make_within(&mut |number, makes| {
        let Some(resource) = dictionary.resources().get(number as usize) else { return };
        let people = everyone.get(resource.tenant as usize).map_or(&[][..], Vec::as_slice);
        for make in makes {
            resources.push(resource.id);
            objects.push(people.get(make.person as usize).copied().unwrap_or_default());
            times.push(make.last);
        }
    });
    file(
        path,
        [
            ("month", Arc::new(StringArray::from_iter_values(resources.iter().map(|_| month)))),
            ("resource_id", texts(resources.iter().copied())),
            ("object_id", texts(objects.iter().copied())),
            ("last_at", Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))),
        ],
    )
}

fn texts(ids: impl Iterator<Item = Guid>) -> ArrayRef {
    let count = ids.size_hint().0;
    let mut builder = StringBuilder::with_capacity(count, 36 * count);
    let (mut last, mut text) = (Guid::default(), Guid::default().text());
    for id in ids {
        if id != last {
            (last, text) = (id, id.text());
        }
        builder.append_value(str::from_utf8(&text).unwrap_or_default());
    }
    Arc::new(builder.finish())
}

fn file(path: &Path, columns: [(&str, ArrayRef); 4]) -> Done {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(schema.clone(), columns.map(|(_, array)| array).to_vec())?;
    let properties = WriterProperties::builder()
        .set_statistics_enabled(EnabledStatistics::None)
        // Hardly any person stands twice.
        .set_column_dictionary_enabled("object_id".into(), false)
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema, Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
