//! What the disk and `SQLite` can do at best: the rows of a change, ready-made, 64 changes in a durable commit.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use uuid::Uuid;

/// How many changes are in a commit.
const TOGETHER: u32 = 64;
const TABLES: &str = include_str!("../../../../migrations/sqlite/0001_registry.sql");

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Makes so many changes in a file that is not there yet; tells how long it took.
pub(crate) fn run(path: &Path, changes: u32) -> Outcome<Duration> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(TABLES)?;
    let record = "x".repeat(900);
    let hash = "0".repeat(64);
    let started = Instant::now();
    for batch in 0..changes / TOGETHER {
        let transaction = connection.transaction()?;
        for client in 0..TOGETHER {
            write(&transaction, (client, batch), (&record, &hash))?;
        }
        transaction.commit()?;
    }
    Ok(started.elapsed())
}

fn write(connection: &Connection, (client, batch): (u32, u32), (record, hash): (&str, &str)) -> Outcome<()> {
    let tenant = Uuid::from_u128(u128::from(client % 16) + 1).to_string();
    let object_id =
        Uuid::from_u128(u128::from(client) << 64 | u128::from(batch / 2) << 1 | 1 << 127).to_string();
    let version = i64::from(batch % 2 + 1);
    connection
        .prepare_cached(
            "insert into link values ($1, $2, '1000001', 'Active', $3, 1, 1, $2, 'ada example') \
             on conflict (tenant_id, object_id) do update set version = excluded.version",
        )?
        .execute(params![tenant, object_id, version])?;
    connection
        .prepare_cached(
            "insert into link_history values ($1, $2, $3, 'created', '1000001', null, 1, 1, 'Ada Example', \
             '04b07795-8ddb-461a-bbee-02f9e1bf7b46', $2, $2, 'provider')",
        )?
        .execute(params![tenant, object_id, version])?;
    let place: i64 = connection
        .prepare_cached(
            "insert into audit_head values ($1, 1, $2, 1) \
             on conflict (tenant_id) do update set sequence = sequence + 1 returning sequence",
        )?
        .query_row([&tenant, hash], |row| row.get(0))?;
    connection
        .prepare_cached("insert into audit_record values ($1, $2, $3, $4)")?
        .execute(params![tenant, place, record, hash])?;
    Ok(())
}
