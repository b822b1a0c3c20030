//! Kills: `pal close` ended by SIGKILL while it writes the metered state leaves a state as before or as after, the
//! statement of an undisturbed run, and nothing that piles up.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::command::Place;
use crate::kill::{Dice, copy};

const ROUNDS: u32 = 100;
const SEED: u64 = 20_261_125;
const MONTHS: u32 = 10;
const MONTH: &str = "2026-10";
/// Of a run: people, ids, and for each month uses and times.
const FILES: usize = 22;
const CLOSE: [&str; 2] = ["close", MONTH];

fn guid(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// A day of activity in each of some months, by people who are new on it and others.
fn activity(day: u32, months: u32) -> String {
    let mut rows = String::from("occurred_at,tenant_id,resource_id,object_id,kind\n");
    for number in 0..months * 20 {
        let (month, resource) = (1 + number % months, guid(2 + number % 4));
        let user = guid(100 + number % 3 + if number % 3 == 0 { 10 * day } else { 0 });
        let kind = if number % 7 == 0 { "make" } else { "use" };
        rows += &format!("2026-{month:02}-{day:02}T00:00:00Z,{},{resource},{user},{kind}\n", guid(1));
    }
    rows
}

/// A workspace with the activity of as many days as it is closed after, and of one more.
fn workspace(closed_days: u32) -> Place {
    let place = Place::with_workspace();
    let tenant = guid(1);
    place.write("facts/tenants.csv", format!("tenant_id,name\n{tenant},Tenant\n"));
    place.write("facts/principals.csv", format!("tenant_id,object_id,kind\n{tenant},{},user\n", guid(100)));
    let mut resources = String::from("resource_id,product,tenant_id\n");
    for number in 2..6 {
        resources += &format!("{},power_apps_canvas,{tenant}\n", guid(number));
    }
    place.write("facts/resources.csv", resources);
    let created = format!("e,{},created,{},2025-01-01T00:00:00Z\n", guid(2), guid(100));
    let header = "event_id,resource_id,kind,object_id,occurred_at\n";
    place.write("facts/ownership.csv", format!("{header}{created}"));
    let header = "tenant_id,object_id,partner_id,linked_at\n";
    place.write("facts/links.csv", format!("{header}{tenant},{},7,2025-01-01T00:00:00Z\n", guid(100)));
    place.pal(&["import", "facts", "facts"]).exits(0);
    for day in 1..=closed_days + 1 {
        place.write(&format!("day-{day}/activity.csv"), activity(day, MONTHS));
        place.pal(&["import", "facts", &format!("day-{day}")]).exits(0);
        if day <= closed_days {
            place.pal(&CLOSE).exits(0);
        }
    }
    place
}

/// The folders of the state that the database lists, and those that are there.
fn folders(place: &Place) -> (BTreeSet<String>, BTreeSet<String>) {
    let database = place.path("pal-data/workspace.sqlite");
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let mut statement = connection.prepare("select folder from state_run").unwrap();
    let listed =
        statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect();
    (listed, folders_there(place))
}

/// What the closed month exports as.
fn exported(place: &Place) -> Vec<(String, Vec<u8>)> {
    let _ = fs::remove_dir_all(place.path("exported"));
    place.pal(&["export", MONTH, "--out", "exported"]).exits(0);
    place.files("exported")
}

fn preview(place: &Place) -> String {
    let ran = place.pal(&["preview", MONTH, "-o", "csv"]).exits(0);
    assert!(!ran.stderr.contains("damaged") && !ran.stderr.contains("cannot read"), "{}", ran.stderr);
    ran.stdout
}

/// A workspace, what an undisturbed closing makes of it, and how long that writes its state.
struct World {
    before: Place,
    preview: String,
    exported: Vec<(String, Vec<u8>)>,
    /// The folders that are listed before and after.
    listed: (BTreeSet<String>, BTreeSet<String>),
    /// How long it takes in all, and to write its state; in memory and on a disk.
    times: [(Duration, Duration); 2],
}

/// Where a kill landed.
#[derive(Debug, Default)]
struct Count {
    before: u32,
    /// Files of the state were there that nothing lists.
    during: u32,
    after: u32,
    /// The command was faster.
    missed: u32,
}

impl World {
    fn new(closed_days: u32) -> Self {
        let before = workspace(closed_days);
        let listed = folders(&before).0;
        let mut place = Place::new();
        let in_memory = Self::time(&before, &place);
        let (preview, exported) = (preview(&place), exported(&place));
        let listed = (listed, folders(&place).0);
        place = Place::on_disk();
        let times = [in_memory, Self::time(&before, &place)];
        Self { before, preview, exported, listed, times }
    }

    /// Closes a copy of a workspace.
    #[expect(clippy::disallowed_methods, reason = "how long the state is written decides when it is killed")]
    fn time(before: &Place, place: &Place) -> (Duration, Duration) {
        copy(&before.path("pal-data"), &place.path("pal-data"));
        let (listed, there) = folders(place);
        let started = Instant::now();
        let mut running = start(place);
        wait(&mut running, &|| folders_there(place) != there);
        let begun = Instant::now();
        wait(&mut running, &|| folders(place).0 != listed);
        let writing = begun.elapsed();
        assert!(running.wait().unwrap().success());
        (started.elapsed(), writing)
    }

    /// Kills a closing in a copy of the workspace, and looks at what is left.
    fn round(&self, round: u32, dice: &mut Dice, count: &mut Count) {
        let disk = round / 4 % 2 == 1;
        let place = if disk { Place::on_disk() } else { Place::new() };
        let (whole, writing) = self.times[usize::from(disk)];
        copy(&self.before.path("pal-data"), &place.path("pal-data"));
        let (there, names_before) = (folders_there(&place), names(&place));
        let mut running = start(&place);
        // At any moment of its life; when so many files of the state are there; at any moment of their writing.
        let within = match round % 5 {
            0 => whole,
            1 | 2 => {
                let files = usize::try_from(dice.permille()).unwrap() * FILES / 1000;
                let written = || names(&place).difference(&names_before).count();
                wait(&mut running, &|| written() > files);
                Duration::from_micros(100)
            }
            _ => {
                wait(&mut running, &|| folders_there(&place) != there);
                writing
            }
        };
        std::thread::sleep(within * dice.permille() / 1000);
        running.kill().unwrap();
        let landed = running.wait().unwrap().signal() == Some(9);
        let (listed, there) = folders(&place);
        let (before, after) = &self.listed;
        assert!(listed == *before || listed == *after, "half a state is listed: {listed:?}");
        assert!(listed.is_subset(&there), "what is listed is not there: {listed:?}, {there:?}");
        match landed {
            false => count.missed += 1,
            true if listed == *after => count.after += 1,
            true if there == *before => count.before += 1,
            true => count.during += 1,
        }
        assert_eq!(preview(&place), self.preview, "round {round}");
        place.pal(&CLOSE).exits(0);
        assert!(exported(&place) == self.exported, "round {round}: another statement");
        let (listed, there) = folders(&place);
        assert_eq!(listed, *after, "round {round}");
        let old: BTreeSet<String> = before.difference(after).cloned().collect();
        let left: Vec<&String> = there.difference(&listed).filter(|folder| !old.contains(*folder)).collect();
        assert!(left.is_empty(), "round {round}: {left:?}");
    }
}

fn folders_there(place: &Place) -> BTreeSet<String> {
    let there = fs::read_dir(place.path("pal-data/state")).into_iter().flatten();
    let names = there.flatten().map(|entry| format!("state/{}", entry.file_name().to_str().unwrap()));
    // Not what waits there for memory.
    names.filter(|name| name.starts_with("state/0")).collect()
}

/// Paths below a folder, also while others write there.
fn paths(folder: &Path, above: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{above}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            found.extend(paths(&entry.path(), &format!("{name}/")));
        } else {
            found.push(name);
        }
    }
    found
}

/// The files of the state.
fn names(place: &Place) -> BTreeSet<String> {
    paths(&place.path("pal-data/state"), "").into_iter().filter(|name| name.starts_with('0')).collect()
}

fn start(place: &Place) -> Child {
    place.command(&CLOSE).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn wait(running: &mut Child, happened: &dyn Fn() -> bool) {
    while !happened() && running.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
}

#[test]
fn a_state_that_is_killed_while_it_is_written_is_before_or_after() {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    // The first state, a day more on it, and so many runs that they are made into one.
    let worlds = [0, 1, 8].map(World::new);
    let mut count = Count::default();
    for round in 0..ROUNDS {
        let [first, more, many] = &worlds;
        let world = [first, more, more, many][usize::try_from(round % 4).unwrap()];
        world.round(round, &mut dice, &mut count);
    }
    let times: Vec<_> = worlds.iter().map(|world| world.times).collect();
    println!("{ROUNDS} rounds, all and the state in {times:?}: {count:?}");
    assert!(count.during >= 20, "too few kills landed while the state was written: {count:?}");
    assert!(count.before + count.after > 0, "the kills say little: {count:?}");
}
