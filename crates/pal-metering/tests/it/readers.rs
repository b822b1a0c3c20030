//! Both readers give what the rows say, however a file was written.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use pal_metering::{ByRow, Guid, Metering, Options, Source, State, Told};
use pal_rules::meter::Activity;
use pal_rules::time::Timestamp;
use proptest::prelude::*;

use crate::files::{Layout, layouts, simple, write, write_columns};
use crate::model::{Answers, answers, guid, months, plainly, rows};

fn options(threads: usize, instances: &[Guid], aliases: &[Guid]) -> Options {
    Options { threads, instances: instances.to_vec(), aliases: aliases.to_vec(), ..Options::default() }
}

/// Meters rows that were written as files.
fn metered(files: &[(&[Activity], &Layout)], options: &Options) -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let write = |(number, (rows, layout)): (usize, &(&[Activity], &Layout))| {
        write(folder.path(), &format!("{number}.parquet"), rows, layout)
    };
    let sources: Vec<_> = files.iter().enumerate().map(write).collect();
    let mut state = State::new();
    let mut metering = Metering::onto(&state, options);
    let told = metering.read(&sources, &|_| ()).unwrap();
    for (told, (rows, _)) in told.iter().zip(files) {
        assert_eq!(told.rows, rows.len() as u64);
        assert_eq!(told.by_row, ByRow::Rows(Vec::new()));
    }
    state.add(metering.finish().unwrap()).unwrap();
    answers(&state)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn files_say_what_their_rows_say(
        one in rows(300),
        two in rows(100),
        layout in layouts(),
        other in layouts(),
        threads in 1..4_usize,
    ) {
        let (instances, aliases) = ([guid(3), guid(4)], [guid(7)]);
        let all: Vec<Activity> = one.iter().chain(&two).cloned().collect();
        let expected = plainly(&all, &instances, &aliases);
        let options = options(threads, &instances, &aliases);
        prop_assert_eq!(metered(&[(&one, &layout), (&two, &other)], &options), expected);
    }

    #[test]
    fn rows_read_one_by_one_say_the_same(all in rows(300)) {
        let expected = plainly(&all, &[guid(3)], &[]);
        let mut metering = Metering::onto(&State::new(), &options(1, &[guid(3)], &[]));
        metering.take(&all);
        let mut state = State::new();
        state.add(metering.finish().unwrap()).unwrap();
        prop_assert_eq!(answers(&state), expected);
    }
}

/// Five rows: only the second and the fourth are whole.
fn columns(zone: bool) -> [(&'static str, ArrayRef); 5] {
    let start = months()[1].start().micros();
    let texts = |texts: [Option<&str>; 5]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
    let times =
        TimestampMicrosecondArray::from(vec![None, Some(start), Some(start), Some(start), Some(start)]);
    let times = if zone { times.with_timezone("+02:00") } else { times };
    let id = guid(8).to_string();
    let id = Some(id.as_str());
    [
        ("occurred_at", Arc::new(times)),
        ("tenant_id", texts([id; 5])),
        ("resource_id", texts([id, id, Some(""), id, id])),
        ("object_id", texts([id, id, id, id, Some("a\0b")])),
        ("kind", texts([Some("use"), Some("use"), Some("make"), Some("make"), Some("Use")])),
    ]
}

fn told(source: &Source, options: &Options) -> (Told, Answers) {
    let mut metering = Metering::onto(&State::new(), options);
    let told = metering.read(std::slice::from_ref(source), &|_| ()).unwrap();
    let mut state = State::new();
    state.add(metering.finish().unwrap()).unwrap();
    (told[0].clone(), answers(&state))
}

#[test]
fn rows_that_cannot_be_read_are_left_to_be_read_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    for dictionary in [true, false] {
        let layout = Layout { dictionary, ..simple() };
        let source = write_columns(folder.path(), "nulls", columns(true), &layout);
        let (told, answers) = told(&source, &options(1, &[], &[]));
        assert_eq!(told, Told { rows: 5, by_row: ByRow::Rows(vec![1, 3, 5]) });
        assert_eq!((answers.uses.len(), answers.makes.len()), (1, 3));
    }
    // The same where nothing is null, which the reader of pages takes.
    let mut whole = columns(true);
    whole[0].1 = Arc::new(
        TimestampMicrosecondArray::from(vec![months()[1].start().micros(); 5]).with_timezone("+02:00"),
    );
    let id = guid(8).to_string();
    whole[3].1 = Arc::new(StringArray::from(vec![id.as_str(); 5]));
    let source = write_columns(folder.path(), "whole", whole, &simple());
    let (read, _) = told(&source, &options(1, &[], &[]));
    assert_eq!(read, Told { rows: 5, by_row: ByRow::Rows(vec![3, 5]) });
    let [_, _, _, _, (_, kind)] = columns(true);
    let mut metering = Metering::onto(&State::new(), &options(1, &[], &[]));
    let batch = RecordBatch::try_from_iter(columns(true).into_iter().rev()).unwrap();
    assert_eq!(metering.append(&batch), Some(vec![0, 2, 4]));
    assert_eq!(metering.append(&RecordBatch::try_from_iter([("kind", kind)]).unwrap()), None);
}

/// No text says such a time, so whoever reads the row refuses it, from CSV as from here.
#[test]
fn times_outside_of_all_years_are_left_to_be_read_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let told_first = Timestamp::parse("0000-01-01T00:00:00Z").unwrap().micros();
    let told_last = Timestamp::parse("9999-12-31T23:59:59.999999Z").unwrap().micros();
    let id = guid(8).to_string();
    for (dictionary, unread, times) in [
        (true, vec![], [told_first, told_last]),
        (true, vec![1, 2], [told_first - 1, told_last + 1]),
        (false, vec![1, 2], [i64::MIN, i64::MAX]),
    ] {
        let texts = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; 2])) };
        let columns: [(&str, ArrayRef); 5] = [
            (
                "occurred_at",
                Arc::new(TimestampMicrosecondArray::from(times.to_vec()).with_timezone("+00:00")),
            ),
            ("tenant_id", texts(&id)),
            ("resource_id", texts(&id)),
            ("object_id", texts(&id)),
            ("kind", texts("use")),
        ];
        let layout = Layout { dictionary, ..simple() };
        let source = write_columns(folder.path(), "times", columns, &layout);
        let (told, _) = told(&source, &options(1, &[], &[]));
        assert_eq!(told, Told { rows: 2, by_row: ByRow::Rows(unread) });
    }
}

#[test]
fn files_with_other_columns_are_left_to_be_read_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let layout = simple();
    let by_row = |columns, assume_utc| {
        let source = write_columns(folder.path(), "other", columns, &layout);
        told(&source, &Options { assume_utc, ..options(1, &[], &[]) }).0.by_row
    };
    assert_eq!(by_row(columns(false), false), ByRow::File);
    assert_eq!(by_row(columns(false), true), ByRow::Rows(vec![1, 3, 5]));
    let mut named = columns(true);
    named[4].0 = "Kind";
    assert_eq!(by_row(named, false), ByRow::File);
    let mut typed = columns(true);
    typed[1].1 = Arc::new(Int64Array::from(vec![1; typed[1].1.len()]));
    assert_eq!(by_row(typed, false), ByRow::File);
}

#[test]
fn only_months_that_are_asked_for_are_metered() {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<Activity> = months()
        .into_iter()
        .flat_map(|month| {
            (0..60).map(move |number| Activity {
                at: month.start(),
                tenant: pal_rules::id::TenantId(guid(0).id()),
                resource: pal_rules::id::ResourceId(guid(1).id()),
                object: pal_rules::id::ObjectId(guid(10 + number).id()),
                kind: pal_rules::word::ActivityKind::Use,
            })
        })
        .collect();
    for stored in [true, false] {
        let source = Source { stored, ..write(folder.path(), "months", &all, &simple()) };
        let options = Options { months: Some((months()[1], months()[2])), ..options(1, &[], &[]) };
        let (_, answers) = told(&source, &options);
        let found: Vec<_> = answers.uses.keys().map(|(month, _)| *month).collect();
        assert_eq!(found, months()[1..3]);
    }
}

#[test]
fn damaged_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let source =
        write_columns(folder.path(), "damaged", columns(true), &Layout { nullable: true, ..simple() });
    let whole = std::fs::read(&source.path).unwrap();
    let mut metering = Metering::onto(&State::new(), &options(1, &[], &[]));
    for (bytes, expected) in
        [(&whole[..whole.len() / 2], "`damaged` is damaged: "), (&[], "`damaged` is damaged: ")]
    {
        std::fs::write(&source.path, bytes).unwrap();
        let error = metering.read(std::slice::from_ref(&source), &|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    std::fs::remove_file(&source.path).unwrap();
    let error = metering.read(&[source], &|_| ()).unwrap_err().to_string();
    assert_eq!(error, "cannot read `damaged`");
}
