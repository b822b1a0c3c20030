//! The tables of `workspace.sqlite`. Only TEXT and INTEGER columns; empty text = absent, as in the facts.

use std::path::{Path, PathBuf};

use pal_rules::facts::Table;
use rusqlite::{Connection, ErrorCode};

use super::WorkspaceFault;

/// The version of the layout, kept as `user_version`.
const VERSION: i64 = 5;

const CATALOGUE: &str = "
create table import (
    id integer primary key,
    source text not null,
    path text not null,
    imported_at text not null
) strict;
create table import_file (
    id integer primary key,
    import_id integer not null references import (id),
    name text not null,
    table_name text not null,
    sha256 text not null,
    rows_read integer not null,
    rows_kept integer not null,
    rows_repeated integer not null,
    rows_refused integer not null
) strict;
create index import_file_by_hash on import_file (sha256, table_name);
create table activity_file (
    id integer primary key,
    import_id integer not null references import (id),
    month text not null,
    path text not null unique,
    row_count integer not null,
    checksum integer not null
) strict;
create table record_account (
    import_file_id integer not null references import_file (id),
    outcome text not null,
    reason text not null,
    records integer not null,
    primary key (import_file_id, outcome, reason)
) strict, without rowid;
create table reject (
    import_file_id integer not null references import_file (id),
    line integer not null,
    reason text not null,
    raw text not null
) strict;
create table seen_record (
    key blob primary key
) strict, without rowid;
create table solution_part (
    kind text not null,
    environment text not null,
    solution text not null,
    version text not null,
    name text not null,
    import_file_id integer not null references import_file (id),
    line integer not null,
    primary key (kind, environment, solution, version, name)
) strict, without rowid;
create table closing (
    id integer primary key,
    month text not null,
    version integer not null,
    closed_at text not null,
    last_import integer not null,
    links_from text not null,
    rules_version text not null,
    digest text not null,
    folder text not null unique,
    unique (month, version)
) strict;
create table state_run (
    id integer primary key autoincrement,
    last_import integer not null,
    folder text not null unique
) strict;
create table renewal (
    id integer primary key,
    month text not null,
    version integer not null,
    number integer not null,
    renewed_at text not null,
    last_import integer not null,
    digest text not null,
    folder text not null unique,
    unique (month, version, number),
    foreign key (month, version) references closing (month, version)
) strict;
";

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("workspace.sqlite")
}

/// Makes the database at a path of its own.
pub(super) fn create(path: &Path) -> Result<(), WorkspaceFault> {
    let connection = Connection::open(path)?;
    let mut sql = String::from(CATALOGUE);
    for table in Table::ALL.into_iter().filter(|table| *table != Table::Activity) {
        sql.push_str(&facts_table(table));
    }
    connection.execute_batch(&sql)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// A table of facts: the row itself is the key, so a repeated row is stored once, at the address first read.
fn facts_table(table: Table) -> String {
    let names: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("{name} text not null")).collect();
    format!(
        "create table {} ({}, import_file_id integer not null references import_file (id), \
         line integer not null, primary key ({})) strict, without rowid;\n",
        table.name(),
        columns.join(", "),
        names.join(", ")
    )
}

/// Checks the version and sets what holds for a connection only.
pub(super) fn prepare(connection: &Connection, folder: &Path) -> Result<(), WorkspaceFault> {
    let damaged = || WorkspaceFault::Damaged { path: path(folder) };
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    let found: i64 = found.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => damaged(),
        _ => error.into(),
    })?;
    if found == 0 {
        return Err(damaged());
    }
    if found != VERSION {
        return Err(WorkspaceFault::Version { folder: folder.to_owned(), found, expected: VERSION });
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(())
}
