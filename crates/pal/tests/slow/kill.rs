//! Kills: `pal import` and `pal close` ended by SIGKILL at random moments leave the workspace as before or as after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{Place, example};

const ROUNDS: u64 = 50;
const SEED: u64 = 20_260_308;

/// A month that `import list` and `statement list` do not tell of: what the facts say of it.
const PREVIEWED: &str = "2026-03";

/// splitmix64: which moment a round is killed at.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn permille(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        u32::try_from((mixed ^ (mixed >> 31)) % 1000).unwrap()
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// All that a workspace answers, times aside.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    imports: Vec<Value>,
    /// By month and version; each with the files that it exports as, if it is its month's newest.
    statements: BTreeMap<(String, i64), Value>,
    exported: BTreeMap<(String, i64), Files>,
    preview: String,
}

fn seen(place: &Place) -> Seen {
    let list = |noun: &str, key: &str, time: &str| -> Vec<Value> {
        let mut answer = place.pal(&[noun, "list"]).exits(0).json();
        let mut listed = std::mem::take(answer[key].as_array_mut().unwrap());
        for one in &mut listed {
            one[time].take();
        }
        listed
    };
    let mut statements = BTreeMap::new();
    for one in list("statement", "statements", "closed_at") {
        let version = one["version"].as_i64().unwrap();
        statements.insert((one["month"].as_str().unwrap().to_owned(), version), one);
    }
    let newest: BTreeMap<&String, i64> =
        statements.keys().map(|(month, version)| (month, *version)).collect();
    let mut exported = BTreeMap::new();
    if let (Some((first, _)), Some((last, _))) = (newest.first_key_value(), newest.last_key_value()) {
        let _ = fs::remove_dir_all(place.path("exported"));
        place.pal(&["export", &format!("{first}..{last}"), "--out", "exported"]).exits(0);
        for (month, version) in &newest {
            let files = place.files(&format!("exported/{month}")).into_iter().collect();
            exported.insert(((*month).clone(), *version), files);
        }
    }
    let preview = place.pal(&["preview", PREVIEWED, "-o", "csv"]).exits(0).stdout;
    Seen { imports: list("import", "imports", "imported_at"), statements, exported, preview }
}

/// The files of the data folder that commits list.
fn files(place: &Place) -> BTreeSet<String> {
    let below = |folder: &str| -> Vec<String> {
        let names = place.names(&format!("pal-data/{folder}")).into_iter();
        names.map(|name| format!("{folder}/{name}")).collect()
    };
    below("activity").into_iter().chain(below("statements")).collect()
}

/// What became of the rounds.
#[derive(Debug, Default)]
struct Count {
    rounds: u64,
    /// The process died by the signal.
    landed: u64,
    before: u64,
    after: u64,
    /// Some months of a range were closed, each whole.
    between: u64,
    /// Files lay there that no commit lists.
    leftovers: u64,
}

/// A writing command, and the workspaces before and after it.
struct Killed {
    arguments: Vec<String>,
    before: Place,
    after: Place,
    duration: Duration,
}

impl Killed {
    #[expect(clippy::disallowed_methods, reason = "how long the command takes decides when it is killed")]
    fn new(before: Place, arguments: &[&str]) -> Self {
        let after = Place::new();
        copy(&before.path("pal-data"), &after.path("pal-data"));
        let started = Instant::now();
        after.pal(arguments).exits(0);
        let duration = started.elapsed();
        Self { arguments: arguments.iter().map(|word| (*word).to_owned()).collect(), before, after, duration }
    }

    fn arguments(&self) -> Vec<&str> {
        self.arguments.iter().map(String::as_str).collect()
    }

    /// Kills the command in fresh copies of the workspace; what became of it.
    fn rounds(&self, dice: &mut Dice) -> Count {
        let mut count = Count::default();
        let (before, after) = (seen(&self.before), seen(&self.after));
        let (files_before, files_after) = (files(&self.before), files(&self.after));
        let first_new = Path::new(files_after.difference(&files_before).next().unwrap()).parent().unwrap();
        for round in 0..ROUNDS {
            let place = if round.is_multiple_of(2) { Place::new() } else { Place::on_disk() };
            copy(&self.before.path("pal-data"), &place.path("pal-data"));
            let landed = self.kill(&place, round, dice, first_new);
            let found = files(&place);
            let now = seen(&place);
            holds(&before, &now, &after);
            let listed = listed(&now, &before, &files_before, &files_after);
            assert!(listed.is_subset(&found), "files are missing: {:?}", listed.difference(&found));
            count.rounds += 1;
            count.landed += u64::from(landed);
            if landed {
                count.before += u64::from(now == before);
                count.after += u64::from(now == after);
                count.between += u64::from(now != before && now != after);
                count.leftovers += u64::from(found != listed);
            }
            // The next writer works, and sweeps.
            place.write("again/tenants.csv", fs::read(example("demo-world/tenants.csv")).unwrap());
            place.pal(&["import", "facts", "again"]).exits(0);
            assert_eq!(files(&place), listed, "the next writer left files that nobody lists");
            if round % 5 == 0 {
                place.pal(&self.arguments()).exits(0);
                let again = seen(&place);
                assert!(again.exported == after.exported, "run again, statements are not as if never killed");
                assert_eq!(again.preview, after.preview, "run again, facts are not as if never killed");
            }
        }
        count
    }

    /// Starts the command and kills it; whether it died of that.
    fn kill(&self, place: &Place, round: u64, dice: &mut Dice, first_new: &Path) -> bool {
        let mut command = place.command(&self.arguments());
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (begun, log) =
            (place.path("pal-data").join(first_new), place.path("pal-data/workspace.sqlite-wal"));
        let mut wait_for = |happened: &dyn Fn() -> bool| {
            while !happened() && running.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
        };
        let within = match round / 2 % 4 {
            // Any moment of its life.
            0 => self.duration,
            // As it begins to write files, and while it goes on.
            1 => {
                wait_for(&|| begun.exists());
                Duration::from_micros(100)
            }
            2 => {
                wait_for(&|| begun.exists());
                self.duration / 2
            }
            // As it commits.
            _ => {
                wait_for(&|| log.metadata().is_ok_and(|log| log.len() > 0));
                Duration::from_micros(700)
            }
        };
        let moment = within * dice.permille() / 1000;
        if !moment.is_zero() {
            std::thread::sleep(moment);
        }
        running.kill().unwrap();
        running.wait().unwrap().signal() == Some(9)
    }
}

/// Fails unless a workspace is as before, as after, or has some of the months closed, each as it is after.
fn holds(before: &Seen, now: &Seen, after: &Seen) {
    if now.imports == before.imports {
        assert_eq!(now.preview, before.preview, "the facts of a half import are seen");
    } else {
        assert_eq!(now.imports, after.imports);
        assert_eq!(now.preview, after.preview, "an import is listed, its facts are not all seen");
    }
    for (key, statement) in &now.statements {
        let expected = before.statements.get(key).or(after.statements.get(key));
        assert_eq!(Some(statement), expected, "{key:?}");
    }
    for key in before.statements.keys() {
        assert!(now.statements.contains_key(key), "{key:?} is gone");
    }
    for (key, files) in &now.exported {
        assert!(before.exported.get(key).or(after.exported.get(key)) == Some(files), "{key:?} is not whole");
    }
}

/// The files that the commits of a workspace list, known from those before and after.
fn listed(
    now: &Seen,
    before: &Seen,
    files_before: &BTreeSet<String>,
    files_after: &BTreeSet<String>,
) -> BTreeSet<String> {
    let mut listed = files_before.clone();
    let imported = now.imports != before.imports;
    let closed = |file: &str| {
        let mut folders = file.split('/').skip(1);
        let (month, version) = (folders.next().unwrap(), folders.next().unwrap().trim_start_matches('v'));
        version.parse().is_ok_and(|version| now.statements.contains_key(&(month.to_owned(), version)))
    };
    let made =
        files_after.iter().filter(|file| if file.starts_with("activity/") { imported } else { closed(file) });
    listed.extend(made.cloned());
    listed
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// A workspace with the demo world's facts but its activity, and two months closed of them.
fn quiet() -> Place {
    let place = Place::new();
    place.pal(&["init"]).exits(0);
    for entry in fs::read_dir(example("demo-world")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name != "activity.csv" {
            place.write(&format!("quiet/{name}"), fs::read(path).unwrap());
        }
    }
    place.pal(&["import", "facts", "quiet"]).exits(0);
    place.pal(&["close", "2025-09..2025-10"]).exits(0);
    place
}

#[test]
fn a_killed_import_or_closing_is_all_or_nothing() {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let world = example("demo-world");
    let import = Killed::new(quiet(), &["import", "facts", &world]);
    let imported = import.rounds(&mut dice);
    println!("import, {:?} long: {imported:?}", import.duration);

    let whole = quiet();
    whole.pal(&["import", "facts", &world]).exits(0);
    let close = Killed::new(whole, &["close", "2025-09..2025-12"]);
    let closed = close.rounds(&mut dice);
    println!("close, {:?} long: {closed:?}", close.duration);

    assert_eq!(imported.between, 0, "an import is half there");
    for count in [&imported, &closed] {
        assert!(count.landed * 10 >= count.rounds * 6, "too few kills landed: {count:?}");
        assert!(count.before > 0, "the kills say little: {count:?}");
    }
    assert!(imported.leftovers > 0, "no kill came while files were written");
    assert!(imported.after + closed.after + closed.between > 0, "no kill came after a commit");
}

#[test]
fn a_killed_import_of_exports_is_before_or_after() {
    // Some months of an audit log: records that are stored while it is read, and their activity in files.
    let record = |number: u32| {
        format!(
            r#"{{"CreationTime":"2026-{:02}-03T20:18:56","Id":"{number:08x}-0000-4000-8000-000000000000","Operation":"{}","OrganizationId":"1557f771-4c8e-4dbd-8b80-dd00a88e833e","RecordType":45,"UserType":0,"UserId":"a{number}@b.example","AppName":"63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4"}}"#,
            1 + number % 2,
            if number.is_multiple_of(3) { "CreatePowerApp" } else { "LaunchPowerApp" }
        ) + "\n"
    };
    let exports = Place::on_disk();
    exports.write("audit.jsonl", (0..10_000).map(record).collect::<String>());
    let file = exports.path("audit.jsonl").to_str().unwrap().to_owned();
    let import = Killed::new(quiet(), &["import", "auto", &file]);
    let imported = import.rounds(&mut Dice(SEED));
    println!("import of exports, {:?} long: {imported:?}", import.duration);
    assert_eq!(imported.between, 0, "an import is half there");
    assert!(imported.landed * 10 >= imported.rounds * 6, "too few kills landed: {imported:?}");
    assert!(imported.before > 0 && imported.leftovers > 0, "the kills say little: {imported:?}");
}
