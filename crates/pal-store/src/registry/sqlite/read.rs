//! Questions, and the few connections that ask them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::open;
use super::row::Cells;
use crate::PrincipalScope;
use crate::registry::link::Record;
use crate::registry::page::Bounds;
use crate::registry::{Change, ChangeKind, Cursor, Link, LinkPage, RegistryFault, sql};

/// How many questions are asked at once; SQLite answers from memory, so more would only wait for a core.
const READERS: usize = 8;

/// The connections that read. None of them waits for the writer.
#[derive(Debug)]
pub(super) struct Readers {
    places: Semaphore,
    idle: Arc<Idle>,
}

#[derive(Debug)]
struct Idle {
    path: PathBuf,
    connections: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let idle = Idle { path, connections: Mutex::new(Vec::new()) };
        Self { places: Semaphore::new(READERS), idle: Arc::new(idle) }
    }

    /// Asks a question in one read transaction, off the threads that serve.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, RegistryFault> + Send + 'static,
    ) -> Result<T, RegistryFault> {
        let _place = self.places.acquire().await.map_err(|_| RegistryFault::Stopped)?;
        let idle = Arc::clone(&self.idle);
        tokio::task::spawn_blocking(move || idle.ask(ask)).await.map_err(|_| RegistryFault::Stopped)?
    }

    /// Asks a question that a few pages answer on the thread that serves: they are in memory all but always, and to
    /// hop to another thread would cost more than the answer. `None` when that would mean to wait for somebody, or for
    /// a connection to be opened.
    pub(super) fn read_here<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, RegistryFault>,
    ) -> Option<Result<T, RegistryFault>> {
        let connection = self.idle.connections.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        let answer = open::without_patience(&connection, ask);
        self.idle.give_back(connection);
        (!matches!(&answer, Err(fault) if fault.may_pass())).then_some(answer)
    }
}

impl Idle {
    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, RegistryFault>) -> Result<T, RegistryFault> {
        let taken = self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = taken.map_or_else(|| open::to_read(&self.path), Ok)?;
        let answer = ask(&connection);
        self.give_back(connection);
        answer
    }

    fn give_back(&self, connection: Connection) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// The record of a principal, and the name of its partner.
pub(super) fn record(
    connection: &Connection,
    scope: PrincipalScope,
) -> Result<Option<(Record, Option<String>)>, RegistryFault> {
    stored(connection, scope.tenant(), scope.object_id())
}

/// The record of a principal that an audit chain names.
pub(super) fn audited_record(
    connection: &Connection,
    tenant: Uuid,
    object_id: Uuid,
) -> Result<Option<Record>, RegistryFault> {
    Ok(stored(connection, tenant, object_id)?.map(|(record, _)| record))
}

fn stored(
    connection: &Connection,
    tenant: Uuid,
    object_id: Uuid,
) -> Result<Option<(Record, Option<String>)>, RegistryFault> {
    let mut statement = connection.prepare_cached(sql::LINK)?;
    let binds = params![tenant.to_string(), object_id.to_string()];
    statement.query_row(binds, |row| Ok(record_of(row))).optional()?.transpose()
}

fn record_of(row: &Row<'_>) -> Result<(Record, Option<String>), RegistryFault> {
    let cells = Cells { table: "link", row };
    let record = Record {
        partner_id: cells.partner(0)?,
        active: cells.parse(2, |state| match state {
            "Active" => Some(true),
            "Deleted" => Some(false),
            _ => None,
        })?,
        version: cells.get(3)?,
        created_at: cells.time(4)?,
        updated_at: cells.time(5)?,
        made_by: cells.get(6)?,
    };
    Ok((record, cells.get(1)?))
}

pub(super) fn link(connection: &Connection, scope: PrincipalScope) -> Result<Option<Link>, RegistryFault> {
    let found = record(connection, scope)?;
    Ok(found.filter(|(record, _)| record.active).map(|(record, name)| record.link(scope, name)))
}

pub(super) fn links(connection: &Connection, bounds: &Bounds, limit: u32) -> Result<LinkPage, RegistryFault> {
    let mut statement = connection.prepare_cached(sql::LINKS)?;
    let mut rows = statement.query(params![
        bounds.tenant.0,
        bounds.tenant.1,
        bounds.object_id.0,
        bounds.object_id.1,
        bounds.partner.0,
        bounds.partner.1,
        bounds.after.0,
        bounds.after.1,
        bounds.pattern,
        i64::from(limit) + 1
    ])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        if links.len() == limit as usize {
            let next = links.last().map(Cursor::behind);
            return Ok(LinkPage { links, next });
        }
        links.push(link_of(row)?);
    }
    Ok(LinkPage { links, next: None })
}

fn link_of(row: &Row<'_>) -> Result<Link, RegistryFault> {
    let cells = Cells { table: "link", row };
    Ok(Link {
        tenant: cells.uuid(0)?,
        object_id: cells.uuid(1)?,
        partner_id: cells.partner(2)?,
        partner_name: cells.get(3)?,
        version: cells.get(4)?,
        created_at: cells.time(5)?,
        updated_at: cells.time(6)?,
    })
}

pub(super) fn history(
    connection: &Connection,
    tenant: Uuid,
    object_id: Uuid,
) -> Result<Vec<Change>, RegistryFault> {
    let mut statement = connection.prepare_cached(sql::HISTORY)?;
    let mut rows = statement.query(params![tenant.to_string(), object_id.to_string()])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(change_of(row)?);
    }
    Ok(changes)
}

/// The change that an audit record tells of.
pub(super) fn audited_change(
    connection: &Connection,
    tenant: Uuid,
    object_id: Uuid,
    version: i64,
) -> Result<Option<Change>, RegistryFault> {
    let mut statement = connection.prepare_cached(sql::CHANGE)?;
    let binds = params![tenant.to_string(), object_id.to_string(), version];
    statement.query_row(binds, |row| Ok(change_of(row))).optional()?.transpose()
}

fn change_of(row: &Row<'_>) -> Result<Change, RegistryFault> {
    let cells = Cells { table: "link_history", row };
    Ok(Change {
        version: cells.get(0)?,
        kind: cells.parse(1, ChangeKind::parse)?,
        partner_id: cells.partner(2)?,
        partner_before: cells.optional_partner(3)?,
        at: cells.time(4)?,
        audit_sequence: cells.get(5)?,
        caller_name: cells.get(6)?,
        client_id: cells.get(7)?,
        request_id: cells.uuid(8)?,
        client_request_id: cells.get(9)?,
        via: cells.get(10)?,
    })
}
