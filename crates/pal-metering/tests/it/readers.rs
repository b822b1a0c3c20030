//! Both readers give what the rows say, however a file was written.

use pal_metering::{ByRow, Guid, Metering, Options, State};
use pal_rules::meter::Activity;
use proptest::prelude::*;

use crate::files::{Layout, layouts, write};
use crate::model::{Answers, answers, guid, plainly, rows};

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
