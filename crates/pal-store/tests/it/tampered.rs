//! A whole registry, and copies of it to be tampered with.

use std::path::PathBuf;
use std::sync::LazyLock;

use pal_store::registry::audit::{Checkpoint, Hash, Report};
use pal_store::registry::{FILE_NAME, PartnerPolicy, verify_file};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::checkpoint::key;
use crate::world::{TestClock, directory, open, partner, principal, request};

/// A registry of four chains, a checkpoint of it, and a little more.
pub(crate) struct Whole {
    /// The database as it is on disk once nobody has it open.
    bytes: Vec<u8>,
    pub(crate) checkpoint: Checkpoint,
    /// Chain and place of every record that the checkpoint covers.
    pub(crate) covered: Vec<(String, i64)>,
}

pub(crate) static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(whole())
});

async fn whole() -> Whole {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = open(&folder.path().join(FILE_NAME), &clock, PartnerPolicy::Directory).await;
    registry.put_partners(directory(), None, request()).await.unwrap();
    let round = async || {
        for (t, o) in [(1, 1), (1, 2), (2, 1), (3, 1), (3, 2)] {
            registry.create_link(principal(t, o), partner("1001"), request()).await.unwrap();
            registry.update_link(principal(t, o), partner("1002"), request()).await.unwrap();
            registry.delete_link(principal(t, o), None, request()).await.unwrap();
        }
    };
    round().await;
    registry.record_restore("backup of yesterday".to_owned(), request()).await.unwrap();
    registry.create_link(principal(2, 1), partner("1001"), request()).await.unwrap();
    let checkpoint = registry.checkpoint(&key(folder.path())).await.unwrap();
    let covered = checkpoint.heads().iter();
    let covered = covered.flat_map(|(chain, head)| (1..=head.sequence).map(|at| (chain.to_string(), at)));
    let covered = covered.collect();
    round().await;
    drop(registry);
    Whole { bytes: std::fs::read(folder.path().join(FILE_NAME)).unwrap(), checkpoint, covered }
}

/// A copy of the database, to be tampered with.
pub(crate) struct Copy {
    pub(crate) folder: TempDir,
    pub(crate) connection: Connection,
}

impl Copy {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(FILE_NAME)
    }

    pub(crate) fn run(&self, sql: &str, binds: impl rusqlite::Params) {
        self.connection.execute(sql, binds).unwrap();
    }

    pub(crate) fn record(&self, chain: &str, sequence: i64) -> (String, String) {
        let sql = "select record, hash from audit_record where tenant_id = ?1 and sequence = ?2";
        self.connection
            .query_row(sql, params![chain, sequence], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    }

    pub(crate) fn last(&self, chain: &str) -> i64 {
        let sql = "select max(sequence) from audit_record where tenant_id = ?1";
        self.connection.query_row(sql, [chain], |row| row.get(0)).unwrap()
    }

    /// Makes the head row fit a chain that ends at a place.
    pub(crate) fn fit_head(&self, chain: &str, last: i64) {
        if last == 0 {
            self.run("delete from audit_head where tenant_id = ?1", [chain]);
            return;
        }
        let (record, hash) = self.record(chain, last);
        let at: serde_json::Value = serde_json::from_str(&record).unwrap();
        let at = pal_rules::time::Timestamp::parse(at["at"].as_str().unwrap()).unwrap().micros();
        let sql = "update audit_head set sequence = ?2, hash = ?3, recorded_at = ?4 where tenant_id = ?1";
        self.run(sql, params![chain, last, hash, at]);
    }

    /// Makes hashes and head fit whatever the records say from a place on.
    pub(crate) fn rebuild(&self, chain: &str, from: i64) {
        let mut previous = if from == 1 { Hash::NONE.to_string() } else { self.record(chain, from - 1).1 };
        for sequence in from..=self.last(chain) {
            let mut json: serde_json::Value = serde_json::from_str(&self.record(chain, sequence).0).unwrap();
            json["previous"] = previous.clone().into();
            json["sequence"] = sequence.into();
            let record = json.to_string();
            let hash = Hash::of(Hash::parse(&previous).unwrap(), record.as_bytes()).to_string();
            let sql = "update audit_record set record = ?3, hash = ?4 where tenant_id = ?1 and sequence = ?2";
            self.run(sql, params![chain, sequence, record, hash]);
            previous = hash;
        }
        self.fit_head(chain, self.last(chain));
    }

    /// Moves the records from a place on by one.
    pub(crate) fn make_room(&self, chain: &str, at: i64) {
        let away = "update audit_record set sequence = -sequence where tenant_id = ?1 and sequence >= ?2";
        self.run(away, params![chain, at]);
        let back = "update audit_record set sequence = 1 - sequence where tenant_id = ?1 and sequence < 0";
        self.run(back, [chain]);
    }

    pub(crate) fn insert(&self, chain: &str, at: i64, (record, hash): (String, String)) {
        self.run("insert into audit_record values (?1, ?2, ?3, ?4)", params![chain, at, record, hash]);
    }

    pub(crate) fn verify(self) -> Report {
        let path = self.path();
        self.connection.close().unwrap();
        verify_file(&path, std::slice::from_ref(&WHOLE.checkpoint)).unwrap()
    }
}

pub(crate) fn copy() -> Copy {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    std::fs::write(&path, &WHOLE.bytes).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    Copy { folder, connection }
}
