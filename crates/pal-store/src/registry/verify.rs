//! The audit chains of a database, read for verification, page by page.

use pal_rules::time::Timestamp;

use super::audit::{Checkpoint, Report, StoredHead, StoredRecord, Walk};
use super::database::{Database, Query, Value, ask_one};
use super::row::Row;
use super::tables::{PAGE, Tables};
use super::{RegistryFault, sql};

/// Walks all chains; to be called in a transaction that sees one instant.
pub(super) async fn verify(
    database: &impl Database,
    checkpoints: &[Checkpoint],
) -> Result<Report, RegistryFault> {
    let heads = ask_one(database, Query::new(sql::HEADS, [])).await?;
    let heads = heads.iter().map(head).collect::<Result<Vec<_>, _>>()?;
    let mut walk = Walk::new(&heads, checkpoints);
    let mut tables = Tables::default();
    let mut after = (String::new(), i64::MIN);
    loop {
        let binds = [Value::from(after.0.clone()), after.1.into(), i64::try_from(PAGE).unwrap_or(1).into()];
        let rows = ask_one(database, Query::new(sql::RECORDS, binds)).await?;
        let page = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        for stored in &page {
            walk.step(stored);
        }
        tables.follow(database, &page).await?;
        let Some(last) = page.last() else { break };
        let reached = (last.tenant.clone(), last.sequence);
        if reached <= after {
            return Err(RegistryFault::damaged("audit_record", &reached.0));
        }
        after = reached;
    }
    let mut report = walk.finish();
    report.findings.extend(tables.finish(database).await?);
    Ok(report)
}

fn record(row: &Row) -> Result<StoredRecord, RegistryFault> {
    Ok(StoredRecord {
        tenant: row.lossy(0),
        sequence: row.integer("audit_record", 1)?,
        record: row.lossy(2),
        hash: row.lossy(3),
    })
}

fn head(row: &Row) -> Result<StoredHead, RegistryFault> {
    Ok(StoredHead {
        tenant: row.lossy(0),
        sequence: row.integer("audit_head", 1)?,
        hash: row.lossy(2),
        at: Timestamp::from_micros(row.integer("audit_head", 3)?),
    })
}
