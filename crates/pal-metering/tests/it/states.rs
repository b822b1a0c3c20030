//! A state is the same however its activity came, and whatever is wrong with its parts is found.

use std::io;

use pal_metering::{Guid, Metering, Options, Part, Run, State, Unmetered};
use pal_rules::meter::Activity;
use proptest::prelude::*;

use crate::model::{answers, guid, months, plainly, rows};

fn options() -> Options {
    Options { instances: vec![guid(3), guid(4)], aliases: vec![guid(7)], ..Options::default() }
}

fn run(state: &State, rows: &[Activity]) -> Run {
    let mut metering = Metering::onto(state, &options());
    metering.take(rows);
    metering.finish().unwrap()
}

fn state(rows: &[Activity]) -> State {
    let mut state = State::new();
    let run = run(&state, rows);
    state.add(run).unwrap();
    state
}

fn plain(rows: &[Activity]) -> crate::model::Answers {
    let Options { instances, aliases, .. } = options();
    plainly(rows, &instances, &aliases)
}

/// Adds a run from its parts.
fn read(state: &mut State, parts: &[Part], months: Option<(usize, usize)>) -> Result<(), Unmetered> {
    let all = crate::model::months();
    let months = months.map(|(first, last)| (all[first], all[last]));
    state.read("run", months, &mut |name| {
        let part = parts.iter().find(|part| part.name == name);
        let bytes = part.map(|part| part.bytes.clone()).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(io::Cursor::new(bytes)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn runs_on_top_of_each_other_say_what_all_rows_say(days in prop::collection::vec(rows(80), 1..5)) {
        let mut grown = State::new();
        for day in &days {
            let run = run(&grown, day);
            read(&mut grown, &run.parts(), None).unwrap();
        }
        let expected = plain(&days.concat());
        prop_assert_eq!(&answers(&grown), &expected);
        let mut whole = State::new();
        read(&mut whole, &grown.whole().unwrap().parts(), None).unwrap();
        prop_assert_eq!(answers(&whole), expected);
    }

    #[test]
    fn parts_of_the_activity_merge_in_any_order(one in rows(120), two in rows(120), three in rows(60)) {
        let expected = plain(&[one.clone(), two.clone(), three.clone()].concat());
        let (one, two, three) = (state(&one), state(&two), state(&three));
        let merge = |one: &State, two: &State| one.merge(two).unwrap();
        prop_assert_eq!(&answers(&merge(&merge(&one, &two), &three)), &expected);
        prop_assert_eq!(&answers(&merge(&three, &merge(&one, &two))), &expected);
        prop_assert_eq!(&answers(&merge(&merge(&merge(&two, &three), &two), &one)), &expected);
        prop_assert_eq!(answers(&merge(&one, &one)), answers(&one));
    }

    #[test]
    fn an_instance_that_is_new_with_its_first_activity_is_answered_for(rows in rows(60)) {
        let new = guid(3);
        let (of_new, before): (Vec<Activity>, Vec<Activity>) =
            rows.into_iter().partition(|row| row.resource.0.guid() == Some(new.into()));
        let mut state = State::new();
        for (rows, instances) in [(&before, vec![guid(4)]), (&of_new, vec![new, guid(4)])] {
            let mut metering = Metering::onto(&state, &Options { instances, ..options() });
            metering.take(rows.iter());
            let run = metering.finish().unwrap();
            state.add(run).unwrap();
        }
        prop_assert!(state.answers_for(&[new, guid(4)], &[guid(7)]));
        prop_assert!(!state.answers_for(&[guid(5)], &[]) || before.iter().all(|row| row.resource.0.guid() != Some(guid(5).into())));
        prop_assert_eq!(answers(&state), plainly(&[before, of_new].concat(), &[new, guid(4)], &[guid(7)]));
    }

    #[test]
    fn a_flipped_byte_is_named(rows in rows(60), which in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut parts = run(&State::new(), &rows).parts();
        let total: usize = parts.iter().map(|part| part.bytes.len()).sum();
        let mut at = which.index(total);
        for part in &mut parts {
            if at < part.bytes.len() {
                part.bytes[at] ^= 1 << bit;
                let name = part.name.clone();
                let error = read(&mut State::new(), &parts, None).unwrap_err().to_string();
                prop_assert!(error.contains(&format!("`run/{name}` is damaged")), "{}", error);
                return Ok(());
            }
            at -= part.bytes.len();
        }
    }

    #[test]
    fn a_cut_part_is_named(rows in rows(60), which in any::<prop::sample::Index>()) {
        let mut parts = run(&State::new(), &rows).parts();
        let part = which.index(parts.len());
        let kept = which.index(parts[part].bytes.len());
        parts[part].bytes.truncate(kept);
        let name = parts[part].name.clone();
        prop_assert!(read(&mut State::new(), &parts, None).unwrap_err().to_string().contains(&name));
    }
}

proptest! {
    // Each of these writes some hundred files.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(25) })]

    #[test]
    fn what_does_not_fit_into_memory_is_not_lost(
        known in rows(40),
        days in prop::collection::vec(rows(60), 1..5),
        memory in 0..3_u64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Some(folder.path().to_owned());
        let options = Options { memory: memory << 20, scratch, threads: 2, ..options() };
        let base = state(&known);
        let metering = || {
            let mut metering = Metering::onto(&base, &options);
            for day in &days {
                metering.take(day);
            }
            metering
        };
        let expected = plain(&[known, days.concat()].concat());
        let mut whole = base.clone();
        whole.add(metering().finish().unwrap()).unwrap();
        prop_assert_eq!(&answers(&whole), &expected);
        // Runs that stand on each other, as they are when they were kept and read back.
        let mut grown = base.clone();
        metering().finish_each(&mut |run| {
            read(&mut grown, &run.parts(), None).unwrap();
            Ok(())
        }).unwrap();
        prop_assert_eq!(&answers(&grown), &expected);
        prop_assert_eq!(grown.dictionary().people_count(), whole.dictionary().people_count());
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

/// So many that they are dealt out in several goes, and that their parts go to the disk meanwhile.
#[test]
fn a_state_of_very_many_people_is_added_to() {
    let row = |person: u32| Activity {
        at: months()[0].start(),
        tenant: pal_rules::id::TenantId(guid(0).id()),
        resource: pal_rules::id::ResourceId(guid(1).id()),
        object: pal_rules::id::ObjectId(Guid::from(u128::from(person) << 70).id()),
        kind: pal_rules::word::ActivityKind::Use,
    };
    let rows = |people: std::ops::Range<u32>| people.map(row).collect::<Vec<_>>();
    let mut state = State::new();
    read(&mut state, &run(&State::new(), &rows(0..290_000)).parts(), None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let scratch = Some(folder.path().to_owned());
    let mut metering = Metering::onto(&state, &Options { memory: 0, scratch, threads: 2, ..options() });
    assert!(std::fs::read_dir(folder.path()).unwrap().count() > 100);
    metering.take(&rows(280_000..300_000));
    let mut runs = 0;
    metering
        .finish_each(&mut |run| {
            runs += 1;
            read(&mut state, &run.parts(), None)
        })
        .unwrap();
    let mut people = state.people().unwrap().concat();
    people.sort_unstable();
    assert!(people.is_sorted_by(|one, next| one < next));
    assert_eq!((people.len(), runs > 1), (300_000, true));
    let mut users = Vec::new();
    state.month(months()[0]).uses(0, &mut users);
    assert_eq!(users.len(), 300_000);
}

#[test]
fn a_missing_part_and_one_of_another_run_are_named() {
    let rows = |seed: u8| {
        let row = |number: u8| Activity {
            at: pal_rules::time::Timestamp::from_micros(months()[1].start().micros() + i64::from(number)),
            tenant: pal_rules::id::TenantId(guid(0).id()),
            resource: pal_rules::id::ResourceId(guid(number).id()),
            object: pal_rules::id::ObjectId(guid(number.wrapping_add(seed)).id()),
            kind: pal_rules::word::ActivityKind::Use,
        };
        (8..28).map(row).collect::<Vec<_>>()
    };
    let (mut parts, other) = (run(&State::new(), &rows(0)).parts(), run(&State::new(), &rows(1)).parts());
    assert_eq!(
        parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
        ["people-0", "ids", "2026-01-uses", "2026-01-times"]
    );
    for (at, name) in [(0, "people-0"), (2, "2026-01-uses")] {
        let own = parts.remove(at);
        let error = read(&mut State::new(), &parts, None).unwrap_err().to_string();
        assert_eq!(error, format!("cannot read `run/{name}`"));
        parts.insert(at, other[at].clone());
        let error = read(&mut State::new(), &parts, None).unwrap_err().to_string();
        assert_eq!(error, format!("`run/{name}` is damaged: it belongs to another run"));
        parts[at] = own;
    }
    read(&mut State::new(), &parts, None).unwrap();
}

#[test]
fn only_what_is_asked_for_is_read() {
    let mut rows = Vec::new();
    for (number, month) in (0..).zip(months()) {
        for kind in [pal_rules::word::ActivityKind::Use, pal_rules::word::ActivityKind::Make] {
            rows.push(Activity {
                at: month.start(),
                tenant: pal_rules::id::TenantId(guid(0).id()),
                resource: pal_rules::id::ResourceId(guid(1).id()),
                object: pal_rules::id::ObjectId(guid(10 + 2 * number).id()),
                kind,
            });
        }
    }
    let mut parts = run(&State::new(), &rows).parts();
    let unread = ["2025-12-uses", "2026-01-uses", "2026-03-uses", "2026-03-times"];
    parts.retain(|part| !unread.contains(&part.name.as_str()));
    let mut state = State::new();
    read(&mut state, &parts, Some((2, 2))).unwrap();
    let view = state.month(months()[2]);
    let mut people = Vec::new();
    view.uses(0, &mut people);
    let person = state.people().unwrap()[0][people[0] as usize];
    assert_eq!((people.len(), person, view.makes(0, &Some).len()), (1, guid(14), 3));
}

#[test]
fn a_run_of_another_state_is_given_back() {
    let instance = |id: u8| [guid(id)];
    let mut state = State::new();
    let day = |number: u8| Activity {
        at: months()[0].start(),
        tenant: pal_rules::id::TenantId(guid(0).id()),
        resource: pal_rules::id::ResourceId(guid(1).id()),
        object: pal_rules::id::ObjectId(guid(number).id()),
        kind: pal_rules::word::ActivityKind::Use,
    };
    let (first, second) = (run(&state, &[day(1)]), run(&state, &[day(2)]));
    assert!(state.answers_for(&instance(9), &[]));
    state.add(first).unwrap();
    assert!(state.add(second).is_err());
    assert!(state.answers_for(&instance(3), &[guid(7)]));
    assert!(!state.answers_for(&instance(9), &[]) && !state.answers_for(&[], &[Guid::from(1_u128)]));
}
