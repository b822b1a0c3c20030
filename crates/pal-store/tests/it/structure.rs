//! What is wrong with a database as a whole: it is a finding, and never the end of verification.

use std::fs;
use std::path::Path;

use pal_store::registry::audit::{Flaw, Report};
use pal_store::registry::{PartnerPolicy, verify_file};
use rusqlite::Connection;

use crate::place::places;
use crate::tampered::{Copy, copies, params};
use crate::world::{TestClock, partner, principal, request, tenant};

/// The path of a copy that nobody has open, after this was done to it.
fn tampered(sql: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let copy = Copy::file();
    let path = copy.path();
    let Copy::File { folder, connection } = copy else { unreachable!("a file") };
    connection.execute_batch(sql).unwrap();
    connection.close().unwrap();
    (folder, path)
}

fn verified(path: &Path) -> Report {
    verify_file(path, &[]).unwrap()
}

fn told(report: &Report) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_kept_for_search_is_proved_too() {
    for (sql, table) in [
        ("update link set caller_folded = 'eve' where tenant_id = $1", "link"),
        ("update partner set name_folded = 'eve' where $1 <> partner_id", "partner"),
    ] {
        for copy in copies() {
            copy.run(sql, params![tenant(1).to_string()]);
            let report = copy.verify();
            let differ =
                |flaw: &Flaw| matches!(flaw, Flaw::RowDiffers { table: found, .. } if *found == table);
            assert!(!report.sound() && report.findings.iter().all(|found| differ(&found.flaw)), "{report:?}");
        }
    }
}

#[test]
fn what_pal_does_not_make_in_a_file_is_found() {
    for (sql, expected) in [
        (
            "create trigger quiet after insert on link begin delete from audit_record; end",
            "the database has trigger `quiet` on `link`, which pal does not make",
        ),
        ("create table more (x)", "the database has table `more`, which pal does not make"),
        ("create view shown as select * from link", "the database has view `shown`, which pal does not make"),
        (
            "create index one on link_history (audit_sequence)",
            "the database has index `one` on `link_history`, which pal does not make",
        ),
        ("drop index partner_by_global", "index `partner_by_global` is missing, or is not as pal makes it"),
    ] {
        let (_folder, path) = tampered(sql);
        assert_eq!(told(&verified(&path)), [expected], "{sql}");
    }
    let (_folder, path) = tampered("analyze");
    assert!(verified(&path).sound());
}

/// A trigger on a table of PostgreSQL may keep every record from being written.
#[tokio::test]
async fn what_pal_does_not_make_in_a_database_is_found() {
    for place in places().await {
        let clock = TestClock::at("2026-01-05T10:00:00Z");
        let registry = place.open(&clock, PartnerPolicy::AnyPartnerId).await;
        registry.create_link(principal(1, 1), partner("1"), request()).await.unwrap();
        place.run("create index later on link (partner_id)").await;
        let report = registry.verify(Vec::new()).await.unwrap();
        assert_eq!(told(&report), ["the database has index `later` on `link`, which pal does not make"]);
    }
    let Some(place) = crate::place::Place::database().await else { return };
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = place.open(&clock, PartnerPolicy::AnyPartnerId).await;
    place.run("create function forget() returns trigger language plpgsql as 'begin return null; end'").await;
    place
        .run("create trigger quiet before delete on audit_record for each row execute function forget()")
        .await;
    place.run("create rule nothing as on delete to link do instead nothing").await;
    let report = registry.verify(Vec::new()).await.unwrap();
    assert_eq!(
        told(&report),
        [
            "the database has rule `nothing` on `link`, which pal does not make",
            "the database has trigger `quiet` on `audit_record`, which pal does not make",
        ]
    );
    place.run("drop table link_history").await;
    let report = registry.verify(Vec::new()).await.unwrap();
    assert!(told(&report)[0].starts_with("the database is damaged: relation \"link_history\""), "{report:?}");
}

#[test]
fn a_file_that_cannot_be_walked_says_what_can_be_read() {
    let (_folder, path) = tampered("drop table link_history");
    let report = verified(&path);
    assert_eq!(report.records, 36);
    let told = told(&report);
    assert!(told[0].starts_with("the database is damaged: no such table: link_history"), "{told:?}");
    assert!(told.iter().any(|line| line.ends_with("all 36 rows of `audit_record` can be read")), "{told:?}");
    assert!(
        told.iter().any(|line| line.contains("0 rows of `link_history` can be read, then: ")),
        "{told:?}"
    );

    for damage in [
        &b"a text that is longer than a hundred bytes, so that nobody takes it for an empty one, and no database at all"[..],
        b"",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.sqlite");
        fs::write(&path, damage).unwrap();
        let report = verified(&path);
        assert!(!report.sound() && report.records == 0, "{report:?}");
        assert_eq!(fs::read(&path).unwrap(), damage, "verification changes nothing");
    }
}

/// Whatever page of the file is overwritten, verification ends with a report.
#[test]
fn a_damaged_page_is_a_finding() {
    let (_folder, path) = tampered("");
    let whole = fs::read(&path).unwrap();
    let page: usize = Connection::open(&path)
        .unwrap()
        .query_row("pragma page_size", [], |row| row.get::<_, i64>(0))
        .unwrap()
        .try_into()
        .unwrap();
    for start in (page..whole.len()).step_by(page) {
        let mut bytes = whole.clone();
        bytes[start..(start + 64).min(whole.len())].fill(0xA5);
        fs::write(&path, &bytes).unwrap();
        assert!(!verified(&path).sound(), "page at {start}");
    }
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(!verified(&path).sound());
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_made_is_for_its_owner_only_and_one_that_is_there_stays() {
    use std::os::unix::fs::PermissionsExt;
    let place = crate::place::Place::file();
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let mode = || fs::metadata(place.path()).unwrap().permissions().mode() & 0o777;
    drop(place.open(&clock, PartnerPolicy::Directory).await);
    assert_eq!(mode(), 0o600);
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).unwrap();
    drop(place.open(&clock, PartnerPolicy::Directory).await);
    assert_eq!(mode(), 0o644);
}
