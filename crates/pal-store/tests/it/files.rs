//! The registry's file as a whole: copied, replaced, locked.

use std::fs;
use std::path::{Path, PathBuf};

use pal_store::registry::{
    FILE_NAME, LockProblem, PartnerPolicy, RegistryLock, copy_file, heads_of_file, replace_file, verify_file,
};

use crate::world::{TestClock, directory, open, partner, principal, request};

/// A registry with some changes in its log, as a server that was killed leaves it; how many records it has.
async fn killed(folder: &Path) -> (PathBuf, u64) {
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let running = folder.join("running.sqlite");
    let registry = open(&running, &clock, PartnerPolicy::Directory).await;
    registry.put_partners(directory(), None, request()).await.unwrap();
    for number in 1..=20 {
        registry.create_link(principal(1, number), partner("1001"), request()).await.unwrap();
    }
    let left = folder.join(FILE_NAME);
    for ending in ["", "-wal"] {
        fs::copy(format!("{}{ending}", running.display()), format!("{}{ending}", left.display())).unwrap();
    }
    assert!(fs::metadata(folder.join("registry.sqlite-wal")).unwrap().len() > 0);
    (left, 25)
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("running")).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_what_stands_in_the_log_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, records) = killed(folder.path()).await;
    let copy = folder.path().join("copy.sqlite");
    copy_file(&file, &copy).unwrap();
    let report = verify_file(&copy, &[]).unwrap();
    assert!(report.sound() && report.records == records, "{report:?}");
    assert_eq!(heads_of_file(&copy).unwrap(), heads_of_file(&file).unwrap());
    let before = fs::read(&copy).unwrap();
    assert!(copy_file(&file, &copy).is_err());
    assert_eq!(before, fs::read(&copy).unwrap());
    assert!(copy_file(&folder.path().join("none.sqlite"), &folder.path().join("other.sqlite")).is_err());
    assert!(!folder.path().join("other.sqlite").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_is_replaced_is_kept_whole_with_what_stood_in_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (file, records) = killed(folder.path()).await;
    let clock = TestClock::at("2026-01-06T10:00:00Z");
    let (new, aside) = (folder.path().join("new.sqlite"), folder.path().join("aside.sqlite"));
    drop(open(&new, &clock, PartnerPolicy::Directory).await);
    replace_file(&new, &file, &aside).unwrap();
    assert_eq!(names(folder.path()), ["aside.sqlite", FILE_NAME]);
    assert_eq!(verify_file(&file, &[]).unwrap().records, 0);
    let kept = verify_file(&aside, &[]).unwrap();
    assert!(kept.sound() && kept.records == records, "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_one_is_kept_as_it_is_and_its_log_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    fs::write(&file, [7; 4096]).unwrap();
    fs::write(folder.path().join("registry.sqlite-wal"), "log").unwrap();
    let clock = TestClock::at("2026-01-06T10:00:00Z");
    let (new, aside) = (folder.path().join("new.sqlite"), folder.path().join("aside.sqlite"));
    drop(open(&new, &clock, PartnerPolicy::Directory).await);
    replace_file(&new, &file, &aside).unwrap();
    assert_eq!(names(folder.path()), ["aside.sqlite", "aside.sqlite-wal", FILE_NAME]);
    assert_eq!(fs::read(&aside).unwrap(), [7; 4096]);
    assert!(verify_file(&file, &[]).unwrap().sound());
}

#[test]
fn one_holds_the_lock_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let held = RegistryLock::take(folder.path(), "serving").unwrap();
    match RegistryLock::take(folder.path(), "restoring") {
        Err(LockProblem::Held { holder, .. }) => {
            assert_eq!(holder, format!("process {}: serving", std::process::id()));
        }
        other => panic!("{other:?}"),
    }
    drop(held);
    RegistryLock::take(folder.path(), "restoring").unwrap();
}
