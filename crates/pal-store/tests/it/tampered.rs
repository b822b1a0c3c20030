//! A whole registry, and copies of it to be tampered with.

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use pal_store::registry::audit::{Checkpoint, Hash, Report};
use pal_store::registry::{FILE_NAME, PartnerPolicy, Registry, verify_file};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;

use crate::checkpoint::key;
use crate::place::{Place, client};
use crate::world::{TestClock, directory, partner, principal, request};

const TABLES: [&str; 5] = ["link", "link_history", "partner", "audit_head", "audit_record"];

/// Chain and place of every record that the checkpoints cover; the same on every engine.
pub(crate) static COVERED: LazyLock<Vec<(String, i64)>> = LazyLock::new(|| {
    let heads = FILE.checkpoint.heads().iter();
    heads.flat_map(|(chain, head)| (1..=head.sequence).map(|at| (chain.to_string(), at))).collect()
});

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
});

/// A whole registry in a file: its bytes once nobody has it open.
struct WholeFile {
    bytes: Vec<u8>,
    checkpoint: Checkpoint,
}

static FILE: LazyLock<WholeFile> = LazyLock::new(|| {
    let place = Place::file();
    let (registry, checkpoint) = RUNTIME.block_on(whole(&place));
    drop(registry);
    WholeFile { bytes: std::fs::read(place.path()).unwrap(), checkpoint }
});

/// A whole registry in a database, with all tables once more in the schema `whole`.
pub(crate) struct WholeDatabase {
    registry: Registry,
    client: tokio_postgres::Client,
    checkpoint: Checkpoint,
}

static DATABASE: LazyLock<Option<Mutex<WholeDatabase>>> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let place = Place::database().await?;
        let (registry, checkpoint) = whole(&place).await;
        let Place::Database(url) = &place else { return None };
        let client = client(url).await;
        client.batch_execute("create schema whole").await.unwrap();
        for table in TABLES {
            let keep = format!("create table whole.{table} as select * from {table}");
            client.batch_execute(&keep).await.unwrap();
        }
        Some(Mutex::new(WholeDatabase { registry, client, checkpoint }))
    })
});

/// A registry of four chains, a checkpoint of it, and a little more.
async fn whole(place: &Place) -> (Registry, Checkpoint) {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = place.open(&clock, PartnerPolicy::Directory).await;
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
    round().await;
    (registry, checkpoint)
}

/// What is bound to SQL that is run behind a registry's back.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Text(String),
    Number(i64),
}

impl From<&String> for Bind {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&&String> for Bind {
    fn from(text: &&String) -> Self {
        Self::Text((*text).clone())
    }
}

impl From<&&str> for Bind {
    fn from(text: &&str) -> Self {
        Self::Text((*text).to_owned())
    }
}

impl From<&i64> for Bind {
    fn from(number: &i64) -> Self {
        Self::Number(*number)
    }
}

macro_rules! params {
    ($($value:expr),*) => { &[$($crate::tampered::Bind::from(&$value)),*] };
}
pub(crate) use params;

/// A copy of a whole registry, to be tampered with.
pub(crate) enum Copy {
    File { folder: TempDir, connection: Connection },
    Database(MutexGuard<'static, WholeDatabase>),
}

impl Copy {
    pub(crate) fn path(&self) -> PathBuf {
        let Self::File { folder, .. } = self else { panic!("no file") };
        folder.path().join(FILE_NAME)
    }

    pub(crate) fn run(&self, sql: &str, binds: &[Bind]) {
        match self {
            Self::File { connection, .. } => {
                // SQLite numbers `$n` by first use, whatever n is.
                let sql = sql.replace('$', "?");
                connection.execute(&sql, rusqlite::params_from_iter(binds.iter().map(Bind::sqlite))).unwrap();
            }
            Self::Database(whole) => {
                let binds: Vec<_> = binds.iter().map(Bind::postgres).collect();
                RUNTIME.block_on(whole.client.execute(sql, &binds)).unwrap();
            }
        }
    }

    pub(crate) fn record(&self, chain: &str, sequence: i64) -> (String, String) {
        let sql = "select record, hash from audit_record where tenant_id = $1 and sequence = $2";
        match self {
            Self::File { connection, .. } => connection
                .query_row(sql, rusqlite::params![chain, sequence], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap(),
            Self::Database(whole) => {
                let row = RUNTIME.block_on(whole.client.query_one(sql, &[&chain, &sequence])).unwrap();
                (row.get(0), row.get(1))
            }
        }
    }

    pub(crate) fn last(&self, chain: &str) -> i64 {
        let sql = "select max(sequence) from audit_record where tenant_id = $1";
        match self {
            Self::File { connection, .. } => connection.query_row(sql, [chain], |row| row.get(0)).unwrap(),
            Self::Database(whole) => RUNTIME.block_on(whole.client.query_one(sql, &[&chain])).unwrap().get(0),
        }
    }

    /// Makes the head row fit a chain that ends at a place.
    pub(crate) fn fit_head(&self, chain: &str, last: i64) {
        if last == 0 {
            self.run("delete from audit_head where tenant_id = $1", params![chain]);
            return;
        }
        let (record, hash) = self.record(chain, last);
        let at: serde_json::Value = serde_json::from_str(&record).unwrap();
        let at = pal_rules::time::Timestamp::parse(at["at"].as_str().unwrap()).unwrap().micros();
        let sql = "update audit_head set sequence = $2, hash = $3, recorded_at = $4 where tenant_id = $1";
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
            let sql = "update audit_record set record = $3, hash = $4 where tenant_id = $1 and sequence = $2";
            self.run(sql, params![chain, sequence, record, hash]);
            previous = hash;
        }
        self.fit_head(chain, self.last(chain));
    }

    /// Moves the records from a place on by one.
    pub(crate) fn make_room(&self, chain: &str, at: i64) {
        let away = "update audit_record set sequence = -sequence where tenant_id = $1 and sequence >= $2";
        self.run(away, params![chain, at]);
        let back = "update audit_record set sequence = 1 - sequence where tenant_id = $1 and sequence < 0";
        self.run(back, params![chain]);
    }

    pub(crate) fn insert(&self, chain: &str, at: i64, (record, hash): (String, String)) {
        self.run("insert into audit_record values ($1, $2, $3, $4)", params![chain, at, record, hash]);
    }

    pub(crate) fn verify(self) -> Report {
        match self {
            Self::File { folder, connection } => {
                connection.close().unwrap();
                let path = folder.path().join(FILE_NAME);
                verify_file(&path, std::slice::from_ref(&FILE.checkpoint)).unwrap()
            }
            Self::Database(whole) => {
                RUNTIME.block_on(whole.registry.verify(vec![whole.checkpoint.clone()])).unwrap()
            }
        }
    }

    /// A copy of the file.
    pub(crate) fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, &FILE.bytes).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        Self::File { folder, connection }
    }

    /// The database as it was before it was tampered with; nobody else has it meanwhile.
    fn database() -> Option<Self> {
        let whole = DATABASE.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let again = TABLES
            .map(|table| format!("delete from {table}; insert into {table} select * from whole.{table};"));
        RUNTIME.block_on(whole.client.batch_execute(&again.concat())).unwrap();
        Some(Self::Database(whole))
    }
}

/// A copy on every engine that there is.
pub(crate) fn copies() -> impl Iterator<Item = Copy> {
    std::iter::once(Copy::file()).chain(std::iter::once_with(Copy::database).flatten())
}

impl Bind {
    fn sqlite(&self) -> rusqlite::types::Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Number(number) => (*number).into(),
        }
    }

    fn postgres(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number,
        }
    }
}
