//! What only SQLite can show: the file, its reopening, its one writer.

use pal_rules::time::Timestamp;
use pal_store::registry::{
    Created, FILE_NAME, PartnerPolicy, Registry, RegistryFault, Request, Updated, verify_file,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::world::{TestClock, World, directory, object, open, partner, principal, request, sent, tenant};
use crate::{conformance, model};

#[tokio::test]
async fn it_does_what_every_engine_must() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = open(&folder.path().join(FILE_NAME), &clock, PartnerPolicy::Directory).await;
    conformance::all(&World { registry, clock }).await;
}

/// `PAL_SEED` runs one seed instead of the usual ones.
#[tokio::test]
async fn random_operations_agree_with_a_model() {
    let seeds = match std::env::var("PAL_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..=6).collect(),
    };
    for seed in seeds {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::at("2026-02-02T02:40:00Z");
        let registry = open(&folder.path().join(FILE_NAME), &clock, PartnerPolicy::Directory).await;
        model::agrees_with_the_model(&World { registry, clock }, seed, 400).await;
    }
}

#[tokio::test]
async fn a_sandbox_takes_any_id() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = open(&folder.path().join(FILE_NAME), &clock, PartnerPolicy::AnyPartnerId).await;
    registry.put_partners(directory(), None, request()).await.unwrap();
    assert_eq!(registry.partner_problem(partner("9000")).await.unwrap(), None);
    let created = registry.create_link(principal(1, 1), partner("9000"), request()).await.unwrap();
    let Created::Made(link) = created else { panic!("{created:?}") };
    assert_eq!(link.partner_name.as_deref(), Some("Contoso Group"));
    let updated = registry.update_link(principal(1, 1), partner("4711"), request()).await.unwrap();
    let Updated::Changed(link) = updated else { panic!("{updated:?}") };
    assert_eq!(link.partner_name, None);
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = open(&path, &clock, PartnerPolicy::AnyPartnerId).await;
    let created = registry.create_link(principal(1, 1), partner("1"), sent("a")).await.unwrap();
    let Created::Made(link) = created else { panic!("{created:?}") };
    drop(registry);
    assert!(!folder.path().join("registry.sqlite-wal").exists(), "the last one out closes the database");
    let registry = open(&path, &clock, PartnerPolicy::AnyPartnerId).await;
    let again = registry.create_link(principal(1, 1), partner("1"), sent("a")).await.unwrap();
    assert_eq!(again, Created::Repeated(link));
    assert!(registry.verify(Vec::new()).await.unwrap().sound());
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

/// The bytes of decision 0016, and their hash: neither may ever change.
#[tokio::test]
async fn a_record_is_these_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let clock = TestClock::at("2026-01-05T10:00:00.25Z");
    let registry = open(&path, &clock, PartnerPolicy::AnyPartnerId).await;
    let asked = Request { request_id: Uuid::from_u128(1), client_id: None, ..sent("a\"b") };
    registry.create_link(principal(1, 2), partner("0012"), asked).await.unwrap();
    let stored = rusqlite::Connection::open(&path).unwrap();
    let (record, hash): (String, String) = stored
        .query_row("select record, hash from audit_record", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let expected = [
        r#"{"tenant":"TENANT","sequence":1,"previous":"NONE","at":"2026-01-05T10:00:00.25Z","#,
        r#""who":{"tenant":"TENANT","object_id":"OBJECT","name":"Ada Ünal","client_id":null},"#,
        r#""what":"link_created","before":null,"#,
        r#""after":{"object_id":"OBJECT","partner_id":"0012","state":"Active","version":1,"#,
        r#""created_at":"2026-01-05T10:00:00.25Z","updated_at":"2026-01-05T10:00:00.25Z"},"#,
        r#""request_id":"00000000-0000-0000-0000-000000000001","client_request_id":"a\"b","via":"provider"}"#,
    ];
    let expected = expected.concat().replace("TENANT", &tenant(1).to_string());
    let expected = expected.replace("OBJECT", &object(2).to_string()).replace("NONE", &"0".repeat(64));
    assert_eq!(record, expected);
    let sum = Sha256::new().chain_update([0; 32]).chain_update(&record).finalize();
    let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
    assert_eq!(hash, format!("{:032x}{:032x}", half(&sum[..16]), half(&sum[16..])));
}
