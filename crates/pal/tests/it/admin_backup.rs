//! `pal admin backup` and `pal admin restore`: copies that stand alone, and never half a registry.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use crate::admin_verify::{ANN, BEN, TENANT, registered, tamper};
use crate::command::{Place, Ran};
use crate::registry_world::RegistryWorld;
use crate::serve::{started, stop};
use crate::tidy::text;

const BACKUP: [&str; 4] = ["admin", "backup", "--out", "copy.sqlite"];
const RESTORE: [&str; 3] = ["admin", "restore", "copy.sqlite"];

#[test]
fn a_copy_of_a_running_server_is_verified_and_overwrites_nothing() {
    let place = Place::new();
    let (mut server, ..) = started(&place, &[]);
    let made = place.pal(&BACKUP).exits(0).tells("its checkpoint is `copy.sqlite.checkpoint.json`").json();
    assert_eq!((&made["backups"][0]["sound"], &made["backups"][0]["records"]), (&true.into(), &5.into()));
    stop(&mut server);
    let mode = fs::metadata(place.path("copy.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.pal(&BACKUP).exits(5).tells("`copy.sqlite` is there already, and no backup is overwritten");
    let other = ["admin", "backup", "--out", "no/such/folder/copy.sqlite"];
    place.pal(&other).exits(3);
    let left: Vec<String> =
        place.names("").into_iter().filter(|name| !name.starts_with("pal-data/")).collect();
    assert_eq!(left, ["copy.sqlite", "copy.sqlite.checkpoint.json"]);
}

#[test]
fn a_restore_is_recorded_keeps_the_one_before_and_says_what_is_lost() {
    let place = registered();
    place.pal(&BACKUP).exits(0);
    let world = RegistryWorld::open(&place);
    world.unlink("2026-03-06T00:00:00Z", ANN);
    world.unlink("2026-03-07T00:00:00Z", BEN);
    drop(world);
    place.pal(&["admin", "checkpoint"]).exits(0);

    place.pal(&RESTORE).exits(5).tells("there is a registry already").tells("`--replace`");
    let ran = place.pal(&[&RESTORE[..], &["--replace"]].concat()).exits(0);
    let ran = ran.tells(&format!("records 5 to 6 are lost of tenant {TENANT}"));
    let restored = ran.json();
    assert_eq!(restored["behind"].as_array().unwrap().len(), 1, "{restored}");
    assert_eq!(restored["behind"][0]["restored"], 4, "{restored}");
    assert!(fs::exists(place.path(restored["replaced"].as_str().unwrap())).unwrap());

    let verified = place.pal(&["admin", "verify", "--checkpoint", "copy.sqlite.checkpoint.json"]).exits(0);
    assert_eq!(verified.json()["records"], 6, "five, and the restore");
    place.pal(&["admin", "verify"]).exits(6).tells("record 5: it and those up to 6 are missing");

    let elsewhere = Place::new();
    for name in ["copy.sqlite", "copy.sqlite.checkpoint.json"] {
        fs::copy(place.path(name), elsewhere.path(name)).unwrap();
    }
    let key = place.read("pal-data/checkpoint.pub");
    let restored = elsewhere.pal(&[&RESTORE[..], &["--key", key.trim()]].concat()).exits(0).json();
    assert_eq!(
        (&restored["replaced"], &restored["behind"]),
        (&serde_json::Value::Null, &serde_json::json!([]))
    );
    elsewhere.pal(&["admin", "verify"]).exits(0);
}

#[test]
fn what_is_not_sound_or_in_use_is_not_restored() {
    let place = registered();
    place.pal(&BACKUP).exits(0);
    let (mut server, ..) = started(&place, &[]);
    place.pal(&[&RESTORE[..], &["--replace"]].concat()).exits(5).tells("is in use by process ");
    stop(&mut server);
    let before = fs::read(place.path("pal-data/registry.sqlite")).unwrap();
    fs::rename(place.path("copy.sqlite"), place.path("pal-data/copy.sqlite")).unwrap();
    let whole = Place::new();
    fs::create_dir(whole.path("pal-data")).unwrap();
    fs::copy(place.path("pal-data/copy.sqlite"), whole.path("pal-data/registry.sqlite")).unwrap();
    tamper(&whole, "update audit_record set record = replace(record, 'Ada', 'Eve') where sequence = 2");
    fs::copy(whole.path("pal-data/registry.sqlite"), place.path("copy.sqlite")).unwrap();
    let ran = place.pal(&[&RESTORE[..], &["--replace"]].concat()).exits(6);
    ran.tells("is not sound; the registry stays as it is").tells("bytes and hash do not belong together");
    let text = "no database at all, but a text that is longer than a hundred bytes, so that nobody takes it for an empty one";
    place.write("err.txt", text);
    place.write("empty.sqlite", "");
    place.pal(&["init"]).exits(0);
    for (other, exit, said) in [
        ("err.txt", 2, "error: `err.txt` is no backup of a registry"),
        ("empty.sqlite", 2, "error: `empty.sqlite` is no backup of a registry"),
        ("pal-data/workspace.sqlite", 5, "error: the registry `pal-data/workspace.sqlite` is of version"),
    ] {
        let ran = place.pal(&["admin", "restore", other, "--replace"]).exits(exit).tells(said);
        ran.tells("hint: name a file that `pal admin backup` made");
    }
    assert!(before == fs::read(place.path("pal-data/registry.sqlite")).unwrap());
}

/// The guide's drill is run as it stands there.
#[test]
fn the_drill_of_the_guide_runs() {
    let guide = text("docs/operating.md");
    let (_, drill) = guide.split_once("<!-- drill -->\n```sh\n").unwrap();
    let (drill, _) = drill.split_once("```").unwrap();
    assert_eq!(drill.lines().count(), 4);
    let place = registered();
    let program = Path::new(env!("CARGO_BIN_EXE_pal")).parent().unwrap();
    let mut shell = std::process::Command::new("sh");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    shell.args(["-eu", "-c", drill]).current_dir(place.path("")).env_clear().env("PATH", path);
    let ran = Ran::of(&["the drill"], &mut shell).exits(0);
    assert!(ran.stdout.contains("Brackenfold") && ran.stderr.contains("sound: 6 records"), "{ran:?}");
}

/// Every kill leaves the old registry or the new one, and the next restore works.
#[test]
#[expect(clippy::disallowed_methods, reason = "how long the command takes decides when it is killed")]
fn a_restore_that_is_killed_leaves_the_old_or_the_new() {
    const ROUNDS: u32 = 24;
    let place = registered();
    place.pal(&BACKUP).exits(0);
    RegistryWorld::open(&place).unlink("2026-03-06T00:00:00Z", ANN);
    let restore = [&RESTORE[..], &["--replace"]].concat();
    let copy = || {
        let copy = Place::on_disk();
        fs::create_dir(copy.path("pal-data")).unwrap();
        for name in ["copy.sqlite", "pal-data/registry.sqlite"] {
            fs::copy(place.path(name), copy.path(name)).unwrap();
        }
        copy
    };
    let started = Instant::now();
    copy().pal(&restore).exits(0);
    let duration = started.elapsed();
    let (mut landed, mut old) = (0, 0);
    for round in 0..ROUNDS {
        let killed = copy();
        let mut command = killed.command(&restore);
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(duration * round / ROUNDS);
        running.kill().unwrap();
        landed += u32::from(running.wait().unwrap().signal().is_some());
        // The old one has the later delete in the tenant's chain, the new one the restore in the operator's.
        match records(&killed) {
            (1, 5) => old += 1,
            found => assert_eq!(found, (2, 4), "round {round}"),
        }
        killed.pal(&restore).exits(0);
        assert_eq!(records(&killed), (2, 4), "round {round}");
    }
    println!("{landed} of {ROUNDS} kills landed, {old} left the old registry");
    assert!(landed > 0 && old > 0, "{landed} kills landed, {old} left the old registry");
}

/// How many records the operator's chain and the tenant's have; all are sound.
fn records(place: &Place) -> (i64, i64) {
    let verified = place.pal(&["admin", "verify"]).exits(0).json();
    let last = |at: usize| verified["beyond"][at]["last"].as_i64().unwrap();
    (last(0), last(1))
}
