//! Where a test keeps its registry: a file, and, where `PAL_TEST_POSTGRES` names a server, a database of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use pal_store::registry::{FILE_NAME, PartnerPolicy, PostgresSettings, Registry, UrlSource};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::world::TestClock;

/// A place for one registry, which can be opened more than once.
pub(crate) enum Place {
    File(TempDir),
    /// A database, by its URL; it goes with the server.
    Database(String),
}

/// A place on every engine that there is.
pub(crate) async fn places() -> Vec<Place> {
    [Some(Place::file()), Place::database().await].into_iter().flatten().collect()
}

/// The server to test with; says so where there is none.
pub(crate) fn server() -> Option<String> {
    let url = std::env::var("PAL_TEST_POSTGRES").ok();
    if url.is_none() {
        println!("skipped on PostgreSQL: PAL_TEST_POSTGRES names no server (see tests/postgres.sh)");
    }
    url
}

impl Place {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn database() -> Option<Self> {
        Some(Self::Database(new_database(&server()?).await))
    }

    pub(crate) fn path(&self) -> PathBuf {
        let Self::File(folder) = self else { panic!("no file") };
        folder.path().join(FILE_NAME)
    }

    pub(crate) async fn open(&self, clock: &TestClock, policy: PartnerPolicy) -> Registry {
        let now = {
            let clock = clock.clone();
            move || clock.now()
        };
        match self {
            Self::File(_) => Registry::open(&self.path(), now, policy).await.unwrap(),
            Self::Database(url) => Registry::open_postgres(&settings(url), now, policy).await.unwrap(),
        }
    }

    /// Runs SQL behind the registry's back.
    pub(crate) async fn run(&self, sql: &str) {
        match self {
            Self::File(_) => rusqlite::Connection::open(self.path()).unwrap().execute_batch(sql).unwrap(),
            Self::Database(url) => client(url).await.batch_execute(sql).await.unwrap(),
        }
    }

    /// One row of two texts.
    pub(crate) async fn texts(&self, sql: &str) -> (String, String) {
        match self {
            Self::File(_) => rusqlite::Connection::open(self.path())
                .unwrap()
                .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap(),
            Self::Database(url) => {
                let row = client(url).await.query_one(sql, &[]).await.unwrap();
                (row.get(0), row.get(1))
            }
        }
    }
}

pub(crate) fn settings(url: &str) -> PostgresSettings {
    PostgresSettings::parse(url, UrlSource::Open).unwrap()
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Makes an empty database on a server; its URL.
pub(crate) async fn new_database(server: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    client(server).await.batch_execute(&format!("create database {name} template template0")).await.unwrap();
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = address.rsplit_once('/').unwrap();
    format!("{host}/{name}?{options}")
}
