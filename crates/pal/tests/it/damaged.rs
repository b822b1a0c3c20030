//! Whatever byte of the data folder's activity or state is not what it was: an error or a warning that names the file,
//! and never another statement.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use pal_import::facts::{ActivityWriter, FactFile, Format, Options, WrittenMonth, checksums, read};
use pal_metering::{Metering, Source, State};
use pal_rules::facts::{Address, Row, Table, Value};

use crate::command::{Place, Ran};
use crate::worldgen::Rng;

const SEED: u64 = 20_261_125;
const MONTH: &str = "2026-03";
const ACTIVITY: &str = "pal-data/activity/2026-03/000001.parquet";

fn guid(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// A small workspace with activity in two months, some of it beside the state because of ids that are no GUIDs.
fn workspace() -> Place {
    let place = Place::with_workspace();
    let (tenant, app, maker) = (guid(1), guid(2), guid(100));
    place.write("facts/tenants.csv", format!("tenant_id,name\n{tenant},Tenant\n"));
    place.write(
        "facts/principals.csv",
        format!("tenant_id,object_id,kind\n{tenant},{maker},user\n{tenant},{},user\n", guid(101)),
    );
    place.write(
        "facts/resources.csv",
        format!(
            "resource_id,product,tenant_id\n{app},power_apps_canvas,{tenant}\nby-name,power_apps_canvas,{tenant}\n"
        ),
    );
    place.write(
        "facts/ownership.csv",
        format!(
            "event_id,resource_id,kind,object_id,occurred_at\ne,{app},created,{maker},2025-01-01T00:00:00Z\n"
        ),
    );
    place.write(
        "facts/links.csv",
        format!("tenant_id,object_id,partner_id,linked_at\n{tenant},{maker},7,2025-01-01T00:00:00Z\n"),
    );
    let mut rows = String::from("occurred_at,tenant_id,resource_id,object_id,kind\n");
    for number in 0..40 {
        let resource = if number % 5 == 0 { "by-name" } else { &app };
        let (month, day, user) = (3 - number % 2, 1 + number % 28, guid(100 + number % 3));
        let kind = if number % 7 == 0 { "make" } else { "use" };
        rows += &format!("2026-{month:02}-{day:02}T00:00:00Z,{tenant},{resource},{user},{kind}\n");
    }
    place.write("facts/activity.csv", rows);
    place.pal(&["import", "facts", "facts"]).exits(0);
    place
}

fn preview(place: &Place) -> Ran {
    place.pal(&["preview", MONTH, "-o", "csv"])
}

/// What stands in a workspace's stored activity, as a file that is read.
fn stored(place: &Place, rows: u32) -> (FactFile, WrittenMonth) {
    let mut rng = Rng::new(SEED);
    let mut row = |number: u32| {
        let cells = [
            format!("2026-03-{:02}T00:00:00Z", 1 + number % 28),
            guid(1),
            guid(2 + number % 3),
            rng.guid(),
            if number.is_multiple_of(7) { "make" } else { "use" }.to_owned(),
        ];
        let columns = Table::Activity.columns().iter().enumerate().zip(&cells);
        let cells = columns.map(|((at, column), cell)| (at, Value::parse(column, cell).ok_or(cell.clone())));
        Row::read(Table::Activity, cells).unwrap()
    };
    let mut writer = ActivityWriter::new(&place.path(""), "000001");
    for number in 0..rows {
        writer.push(Address { file: 1, line: u64::from(number) + 2 }, row(number)).unwrap();
    }
    let [written] = <[WrittenMonth; 1]>::try_from(writer.finish().unwrap()).unwrap();
    let (name, path) = ("stored".to_owned(), place.path("").join(&written.path));
    let format = Format::Stored { checksum: written.checksum };
    (FactFile { table: Table::Activity, name, path, format }, written)
}

/// The words of whatever says no to a file that is metered.
fn metered(file: &FactFile) -> Result<u64, String> {
    let told = |error: &dyn std::error::Error| {
        format!("{error}{}", error.source().map(|source| format!(": {source}")).unwrap_or_default())
    };
    let checksums = checksums(file).map_err(|error| told(&error))?;
    let source = Source { name: file.name.clone(), path: file.path.clone(), stored: true, checksums };
    let mut metering = Metering::onto(&State::new(), &pal_metering::Options::default());
    let answers = metering.read(&[source], &|_| ()).map_err(|error| told(&error))?;
    Ok(answers[0].rows)
}

fn read_row_by_row(file: &FactFile) -> Result<u64, String> {
    let mut rows = 0;
    read(file, 0, Options::default(), &Cell::new(0), &mut |_| rows += 1)
        .map(|()| rows)
        .map_err(|error| error.to_string())
}

/// Every byte of a file: the mark it begins with, dictionaries, headers of pages, pages, the footer.
#[test]
fn no_byte_of_stored_activity_can_be_another() {
    println!("seed {SEED}");
    let place = Place::new();
    let (file, written) = stored(&place, 60);
    assert_eq!((metered(&file), read_row_by_row(&file), written.rows), (Ok(60), Ok(60), 60));
    let whole = fs::read(&file.path).unwrap();
    let mut rng = Rng::new(SEED);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << rng.below(8);
        fs::write(&file.path, &bytes).unwrap();
        for told in [metered(&file), read_row_by_row(&file)] {
            assert!(
                told.as_ref().is_err_and(|told| told.contains("`stored` is damaged")),
                "byte {at}: {told:?}"
            );
        }
    }
    for length in 0..whole.len() {
        fs::write(&file.path, &whole[..length]).unwrap();
        assert!(metered(&file).is_err() && read_row_by_row(&file).is_err(), "cut after {length}");
    }
    fs::write(&file.path, [&whole[..], &[0]].concat()).unwrap();
    assert!(metered(&file).is_err() && read_row_by_row(&file).is_err(), "a byte too many");
}

/// More than is read at once of a column.
#[test]
fn no_byte_of_large_stored_activity_can_be_another() {
    println!("seed {SEED}");
    let place = Place::new();
    let (file, _) = stored(&place, 60_000);
    let whole = fs::read(&file.path).unwrap();
    assert!(whole.len() > 1 << 19, "{}", whole.len());
    let mut rng = Rng::new(SEED);
    for _ in 0..40 {
        let at = rng.below(whole.len());
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << rng.below(8);
        fs::write(&file.path, &bytes).unwrap();
        let told = metered(&file).unwrap_err();
        assert!(told.contains("`stored` is damaged"), "byte {at}: {told}");
    }
}

#[track_caller]
fn refuses(place: &Place, about: &str) {
    for verb in ["preview", "close"] {
        let ran = place.pal(&[verb, MONTH]).exits(1);
        assert!(ran.stdout.is_empty(), "{about}: {}", ran.stdout);
        ran.tells("activity/2026-03/000001.parquet`")
            .tells("hint: restore the data folder from a backup, or import");
    }
    assert!(!place.path("pal-data/statements").exists(), "{about}: closed");
}

#[test]
fn damaged_activity_is_refused_with_its_name() {
    println!("seed {SEED}");
    let place = workspace();
    let path = place.path(ACTIVITY);
    let whole = fs::read(&path).unwrap();
    let mut rng = Rng::new(SEED);
    for _ in 0..60 {
        let at = rng.below(whole.len());
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << rng.below(8);
        fs::write(&path, &bytes).unwrap();
        refuses(&place, &format!("byte {at}"));
    }
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    refuses(&place, "cut");
    fs::remove_file(&path).unwrap();
    refuses(&place, "gone");
    let other = place.path("pal-data/activity/2026-02/000001.parquet");
    fs::copy(&other, &path).unwrap();
    fs::write(&other, &whole).unwrap();
    let swapped = place.pal(&["preview", MONTH]).exits(1);
    swapped.tells("000001.parquet` is damaged").tells("its footer does not match its checksum");
}

fn state(place: &Place) -> Vec<(String, Vec<u8>)> {
    let mut files = place.files("pal-data/state");
    // What is not read for the month says nothing about it.
    files.retain(|(name, _)| !name.ends_with("2026-02-uses"));
    files
}

/// Every byte of every file of the state.
#[test]
fn damaged_state_is_named_and_made_again() {
    println!("seed {SEED}");
    let place = workspace();
    let expected = preview(&place).exits(0);
    place.pal(&["close", MONTH]).exits(0);
    let names: Vec<String> = state(&place).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names.iter().filter_map(|name| Path::new(name).file_name()?.to_str()).collect::<Vec<_>>(),
        ["2026-02-times", "2026-03-times", "2026-03-uses", "beside", "ids", "people-0"]
    );
    let mut rng = Rng::new(SEED);
    for (name, whole) in state(&place) {
        let path = format!("pal-data/state/{name}");
        let damaged = format!("warning: `pal-data/state/{name}` is damaged: ");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << rng.below(8);
            place.write(&path, &bytes);
            let ran = preview(&place).exits(0).tells(&damaged).tells("the activity is metered again");
            assert_eq!(ran.stdout, expected.stdout, "{name}, byte {at}");
        }
        fs::remove_file(place.path(&path)).unwrap();
        let ran = preview(&place).exits(0).tells(&format!("cannot read `pal-data/state/{name}`"));
        assert_eq!(ran.stdout, expected.stdout, "{name} gone");
        place.write(&path, &whole);
    }
    let ran = preview(&place).exits(0);
    assert_eq!((&ran.stdout, &ran.stderr), (&expected.stdout, &expected.stderr));
    // Whoever keeps a state makes it anew.
    let of_uses = names.iter().find(|name| name.ends_with("uses")).unwrap();
    place.write(&format!("pal-data/state/{of_uses}"), "no state");
    place
        .pal(&["close", MONTH])
        .exits(0)
        .tells("is damaged: ")
        .tells("metered again")
        .tells("version 1 stands");
    place.pal(&["close", MONTH]).exits(0);
    let ran = preview(&place).exits(0);
    assert_eq!((ran.stdout, ran.stderr), (expected.stdout, expected.stderr));
    assert_eq!(place.names("pal-data/state").len(), names.len() + 1, "the damaged state is not swept");
}
