//! Questions and writes on a connection; the disk is waited for in place.

use std::future::{self, Future};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::registry::database::{Database, Query, Value};
use crate::registry::row::Row;
use crate::registry::tables::PAGE;
use crate::registry::{RegistryFault, sql};

impl Database for Connection {
    /// Whoever writes is alone.
    const LOCK_HEAD: &'static [&'static str] = &[sql::HEAD];

    fn ask(&self, queries: Vec<Query>) -> impl Future<Output = Result<Vec<Vec<Row>>, RegistryFault>> {
        future::ready(queries.iter().map(|query| rows(self, query)).collect())
    }

    fn write(&self, queries: Vec<Query>) -> impl Future<Output = Result<(), RegistryFault>> {
        future::ready(queries.iter().try_for_each(|query| {
            self.prepare_cached(query.sql)?.execute(params_from_iter(&query.binds))?;
            Ok(())
        }))
    }
}

/// The outcome of work on a connection, which never waits for anything but the disk.
pub(super) fn in_place<T>(work: impl Future<Output = Result<T, RegistryFault>>) -> Result<T, RegistryFault> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(RegistryFault::Stopped),
    }
}

fn rows(connection: &Connection, query: &Query) -> Result<Vec<Row>, RegistryFault> {
    let mut statement = connection.prepare_cached(query.sql)?;
    let mut found = statement.query(params_from_iter(&query.binds))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(values(row)?);
    }
    Ok(rows)
}

/// Hands on all rows of a question, many at a time, until they are no longer taken.
pub(in crate::registry) fn each_page(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(Vec<Row>) -> Result<bool, RegistryFault>,
) -> Result<(), RegistryFault> {
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(values(row)?);
        if rows.len() == PAGE && !take(std::mem::take(&mut rows))? {
            return Ok(());
        }
    }
    take(rows).map(|_| ())
}

fn values(row: &rusqlite::Row<'_>) -> Result<Row, rusqlite::Error> {
    let columns = row.as_ref().column_count();
    (0..columns).map(|column| row.get_ref(column).map(value)).collect::<Result<_, _>>().map(Row)
}

fn value(stored: ValueRef<'_>) -> Value {
    match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Damaged(number.to_string()),
        ValueRef::Text(bytes) => match str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Damaged(String::from_utf8_lossy(bytes).into_owned()),
        },
        ValueRef::Blob(bytes) => Value::Damaged(String::from_utf8_lossy(bytes).into_owned()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) | Self::Damaged(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}
