//! Connections, and the version of the tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::read_only::{is_complete_but_immutable, open_immutable};
use crate::registry::RegistryFault;

/// The migrations, each with the version that it makes. Never edited after a release.
const MIGRATIONS: [(i64, &str); 1] =
    [(1, include_str!("../../../../../migrations/sqlite/0001_registry.sql"))];

/// The version that the last of them makes.
const VERSION: i64 = 1;

/// How long to wait for another process that writes to the same file.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// More than the number of SQL texts, so that each is parsed once per connection.
const STATEMENTS: usize = 32;

/// The one connection that writes; makes the database and brings it to this version.
pub(super) fn to_write(path: &Path) -> Result<Connection, RegistryFault> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn to_read(path: &Path) -> Result<Connection, RegistryFault> {
    // Opened for writing all the same: readers, too, must be able to make the files that stand beside the database.
    match connect(path, OpenFlags::empty()).and_then(|connection| reading(connection, path)) {
        Err(RegistryFault::Sql(error)) if is_complete_but_immutable(path, &error) => {
            reading(open_immutable(path)?, path)
        }
        other => other,
    }
}

fn reading(connection: Connection, path: &Path) -> Result<Connection, RegistryFault> {
    connection.pragma_update(None, "query_only", true)?;
    let found = check(&connection, path)?;
    if found < VERSION { Err(of_version(path, found)) } else { Ok(connection) }
}

/// Asks a question that is not to wait for another process: it fails at once where it would have to.
pub(super) fn without_patience<T>(
    connection: &Connection,
    ask: impl FnOnce(&Connection) -> Result<T, RegistryFault>,
) -> Result<T, RegistryFault> {
    connection.busy_timeout(Duration::ZERO)?;
    let answer = ask(connection);
    connection.busy_timeout(PATIENCE)?;
    answer
}

fn connect(path: &Path, more: OpenFlags) -> Result<Connection, RegistryFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags | more)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans do not depend on what is bound; without this, statements are parsed anew for every other value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// The version of the tables, unless it is one that only a later program knows.
fn check(connection: &Connection, path: &Path) -> Result<i64, RegistryFault> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION { Err(of_version(path, found)) } else { Ok(found) }
}

fn of_version(path: &Path, found: i64) -> RegistryFault {
    RegistryFault::Version { place: path.display().to_string(), found, known: VERSION }
}

/// Brings the tables to this version, under the lock: of two programs that start at once, one does it.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), RegistryFault> {
    if check(connection, path)? == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = check(&transaction, path)?;
    for (version, migration) in MIGRATIONS.into_iter().filter(|(version, _)| *version > found) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()?;
    Ok(())
}
