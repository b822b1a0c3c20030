//! The audit chains of a database, read for verification.

use std::collections::BTreeMap;
use std::path::Path;

use pal_rules::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::open;
use super::row::Cells;
use super::tables::Tables;
use crate::registry::audit::{self, Checkpoint, CheckpointHead, Hash, Report, StoredHead, StoredRecord};
use crate::registry::{RegistryFault, sql};

/// Walks all audit chains of a database file, which no server need have open.
///
/// # Errors
///
/// [`RegistryFault`]; what is wrong with the chains stands in the report.
pub fn verify_file(path: &Path, checkpoints: &[Checkpoint]) -> Result<Report, RegistryFault> {
    verify(&open::to_read(path)?, checkpoints)
}

pub(super) fn verify(connection: &Connection, checkpoints: &[Checkpoint]) -> Result<Report, RegistryFault> {
    // One transaction, so that heads and records are of the same instant.
    let transaction = connection.unchecked_transaction()?;
    let heads = stored_heads(&transaction)?;
    let mut statement = transaction.prepare_cached(sql::RECORDS)?;
    let mut tables = Tables::new(&transaction);
    let records = statement.query_map([], |row| Ok(record_of(row)))?;
    let records = records.map(|record| {
        let record = record??;
        tables.follow(&record)?;
        Ok::<_, RegistryFault>(record)
    });
    let mut report = audit::verify(records, &heads, checkpoints)?;
    report.findings.extend(tables.finish()?);
    Ok(report)
}

fn record_of(row: &Row<'_>) -> Result<StoredRecord, RegistryFault> {
    Ok(StoredRecord {
        tenant: text(row, 0)?,
        sequence: row.get(1)?,
        record: text(row, 2)?,
        hash: text(row, 3)?,
    })
}

fn stored_heads(connection: &Connection) -> Result<Vec<StoredHead>, RegistryFault> {
    let mut statement = connection.prepare_cached(sql::HEADS)?;
    let heads = statement.query_map([], |row| {
        let at = Timestamp::from_micros(row.get(3)?);
        Ok(StoredHead { tenant: text(row, 0)?, sequence: row.get(1)?, hash: text(row, 2)?, at })
    })?;
    heads.collect::<Result<_, _>>().map_err(Into::into)
}

/// A text that may be damaged: what is not UTF-8 is replaced, and found because its hash no longer fits.
fn text(row: &Row<'_>, column: usize) -> Result<String, rusqlite::Error> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => String::new(),
    })
}

/// The heads of all chains, to be signed.
pub(super) fn checkpoint_heads(
    connection: &Connection,
) -> Result<BTreeMap<Uuid, CheckpointHead>, RegistryFault> {
    let mut statement = connection.prepare_cached(sql::HEADS)?;
    let mut rows = statement.query([])?;
    let mut heads = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let cells = Cells { table: "audit_head", row };
        let head = CheckpointHead { sequence: cells.get(1)?, hash: cells.parse(2, Hash::parse)? };
        heads.insert(cells.uuid(0)?, head);
    }
    Ok(heads)
}
