//! What only SQLite can show: the file, its reopening, its one writer.

use pal_rules::time::Timestamp;
use pal_store::registry::{FILE_NAME, PartnerPolicy, Registry, RegistryFault, verify_file};

use crate::world::{TestClock, open, partner, principal, request};

#[tokio::test]
async fn the_last_one_out_closes_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = open(&folder.path().join(FILE_NAME), &clock, PartnerPolicy::AnyPartnerId).await;
    registry.create_link(principal(1, 1), partner("1"), request()).await.unwrap();
    drop(registry);
    assert!(!folder.path().join("registry.sqlite-wal").exists());
}

#[tokio::test]
async fn a_registry_of_a_later_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let later = rusqlite::Connection::open(&path).unwrap();
    later.pragma_update(None, "user_version", 99).unwrap();
    drop(later);
    let refused =
        Registry::open(&path, || Timestamp::from_micros(0), PartnerPolicy::Directory).await.unwrap_err();
    assert!(matches!(refused, RegistryFault::Version { found: 99, known: 1, .. }), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_registry_and_what_is_not_there_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    assert!(matches!(verify_file(&path, &[]), Err(RegistryFault::Sql(_))));
    assert!(!path.exists(), "a question makes no file");
    rusqlite::Connection::open(&path).unwrap().execute_batch("create table other (x)").unwrap();
    assert!(matches!(verify_file(&path, &[]), Err(RegistryFault::Version { found: 0, .. })));
}

/// As on a read-only disk: the file that even a reader needs cannot be made, here because a link to nowhere is in its
/// place, which stops the superuser, too.
#[cfg(unix)]
#[tokio::test]
async fn a_copy_that_nobody_can_write_to_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = open(&path, &clock, PartnerPolicy::AnyPartnerId).await;
    registry.create_link(principal(1, 1), partner("1"), request()).await.unwrap();
    drop(registry);
    std::os::unix::fs::symlink("nowhere", folder.path().join("registry.sqlite-shm")).unwrap();
    let report = verify_file(&path, &[]).unwrap();
    assert!(report.sound() && report.records == 1, "{report:?}");
}
