//! Connections, and the version of the tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::registry::RegistryFault;

/// The migrations in their order; the n-th makes version n. Never edited after a release.
const MIGRATIONS: [&str; 1] = [include_str!("../../../../../migrations/sqlite/0001_registry.sql")];

/// How long to wait for another process that writes to the same file.
const PATIENCE: Duration = Duration::from_secs(10);

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
    let connection = connect(path, OpenFlags::empty())?;
    connection.pragma_update(None, "query_only", true)?;
    check(&connection, path)?;
    Ok(connection)
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

/// The version found, unless it is one that only a later program knows.
fn check(connection: &Connection, path: &Path) -> Result<usize, RegistryFault> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(found).ok().filter(|done| *done <= MIGRATIONS.len());
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    done.ok_or_else(|| RegistryFault::Version { path: path.to_owned(), found, known })
}

/// Brings the tables to this version, under the lock: of two programs that start at once, one does it.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), RegistryFault> {
    if check(connection, path)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (done, migration) in MIGRATIONS.iter().enumerate().skip(check(&transaction, path)?) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(done + 1).unwrap_or(i64::MAX))?;
    }
    transaction.commit()?;
    Ok(())
}
