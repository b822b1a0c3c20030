//! Whether a file has the tables that this program makes, and nothing else; and what can be read of one that is damaged.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::open;
use crate::read_only::{is_complete_but_immutable, open_immutable};
use crate::registry::audit::{Finding, Flaw, Report};
use crate::registry::{RegistryFault, sql};

/// Kind, name, table and SQL of one thing in a schema.
type Part = (String, String, String, String);

/// What the schema has beside what this program makes, and what it lacks; then whether its pages hang together.
pub(super) fn flaws(connection: &Connection) -> Result<Vec<Flaw>, RegistryFault> {
    let (found, made) = (schema(connection)?, schema(&open::model()?)?);
    let names: BTreeSet<(&str, &str)> =
        made.iter().map(|(kind, name, ..)| (kind.as_str(), name.as_str())).collect();
    let foreign = found.iter().filter(|(kind, name, ..)| !names.contains(&(kind.as_str(), name.as_str())));
    let foreign = foreign.map(|(kind, name, table, _)| Flaw::Foreign {
        what: if kind == "table" || kind == "view" {
            format!("{kind} `{name}`")
        } else {
            format!("{kind} `{name}` on `{table}`")
        },
    });
    let remade = made.difference(&found);
    let remade = remade.map(|(kind, name, ..)| Flaw::Remade { what: format!("{kind} `{name}`") });
    let mut flaws: Vec<Flaw> = foreign.chain(remade).collect();
    let mut statement = connection.prepare(sql::INTEGRITY)?;
    let said = statement.query_map([], |row| row.get::<_, String>(0))?;
    for says in said.collect::<Result<Vec<_>, _>>()? {
        if says != "ok" {
            flaws.push(Flaw::Damaged { says });
        }
    }
    Ok(flaws)
}

fn schema(connection: &Connection) -> Result<BTreeSet<Part>, RegistryFault> {
    let mut statement = connection.prepare(sql::SCHEMA)?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(parts.collect::<Result<_, _>>()?)
}

/// Whether a fault says that the file is damaged, and not only that it cannot be had now.
pub(super) fn is_damage(fault: &RegistryFault) -> bool {
    match fault {
        // What was asked for is not there: a table or a column is gone.
        RegistryFault::Sql(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown)
        ),
        // A registry has a version from its first commit on.
        RegistryFault::Version { found: 0, .. } | RegistryFault::DamagedRow { .. } => true,
        _ => false,
    }
}

/// What is said of a file that cannot be walked: how much of each table can be read.
pub(super) fn salvaged(path: &Path, fault: &RegistryFault) -> Report {
    let says = match fault {
        RegistryFault::Sql(error) => error.to_string(),
        RegistryFault::Version { .. } => "it holds no registry".to_owned(),
        other => other.to_string(),
    };
    let mut report = Report::damaged(says);
    let Ok(connection) = as_it_is(path) else { return report };
    for (table, select, _) in sql::TABLES {
        let (rows, ended) = readable(&connection, select);
        if table == "audit_record" {
            report.records = rows;
        }
        let says = match ended {
            Ok(()) => format!("all {rows} rows of `{table}` can be read"),
            Err(error) => format!("{rows} rows of `{table}` can be read, then: {error}"),
        };
        report.findings.push(Finding::of_database(Flaw::Damaged { says }));
    }
    report
}

/// Opens a file and believes nothing of it.
fn as_it_is(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    });
    match opened {
        Err(error) if is_complete_but_immutable(path, &error) => open_immutable(path),
        other => other,
    }
}

/// How many rows can be read before the first that cannot.
fn readable(connection: &Connection, select: &str) -> (u64, Result<(), rusqlite::Error>) {
    let mut count = 0;
    let ended = connection.prepare(select).and_then(|mut statement| {
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(())
    });
    (count, ended)
}
