//! The path from SQLite to PostgreSQL: every row as it is, audit chains included, in one transaction.

use std::path::Path;
use std::sync::Arc;

use pal_rules::time::Timestamp;
use tokio::sync::mpsc;

use super::audit::Report;
use super::change::{self, House};
use super::database::{Database, Query, ask_one};
use super::postgres::Postgres;
use super::row::Row;
use super::{PartnerPolicy, PostgresSettings, RegistryFault, Request, sql, sqlite, verify};

/// The most rows under way.
const PAGES: usize = 4;

/// A part of a table.
struct Page {
    table: usize,
    rows: Vec<Row>,
}

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The tables, each with the number of its rows.
    pub rows: Vec<(&'static str, u64)>,
    /// What verification found in the copy; it is sound, or nothing would have been kept.
    pub report: Report,
}

/// Copies the registry of a file into an empty PostgreSQL database, verifies the copy, and records it in the operator's
/// chain. All of it is kept, or nothing. No server may write to the file meanwhile, nor afterwards.
///
/// # Errors
///
/// [`RegistryFault`]: [`RegistryFault::NotEmpty`], [`RegistryFault::NotSound`], and what opening raises.
pub async fn migrate_to_postgres(
    from: &Path,
    to: &PostgresSettings,
    now: impl Fn() -> Timestamp + Send + Sync + 'static,
    request: Request,
) -> Result<Migrated, RegistryFault> {
    let (pages, mut taken) = mpsc::channel(PAGES);
    let path = from.to_owned();
    let source = tokio::task::spawn_blocking(move || read(&path, &pages));
    let house = House { now: Arc::new(now), policy: PartnerPolicy::Directory };
    let session = Postgres::open(to, house.clone()).await?.transaction().await?;
    session.ask(vec![Query::new(sql::LOCK_TABLES, [])]).await?;
    let rows = ask_one(&session, Query::new(sql::ANY_ROW, [])).await?;
    if rows.first().map_or(Ok(0), |row| row.integer("link", 0))? > 0 {
        return Err(RegistryFault::NotEmpty { place: to.to_string() });
    }
    let mut rows: Vec<_> = sql::TABLES.iter().map(|(table, _, _)| (*table, 0_u64)).collect();
    while let Some(Page { table, rows: page }) = taken.recv().await {
        if let (Some((_, count)), Some((_, _, put))) = (rows.get_mut(table), sql::TABLES.get(table)) {
            *count += page.len() as u64;
            session.ask(page.into_iter().map(|row| Query { sql: put, binds: row.0 }).collect()).await?;
        }
    }
    source.await.map_err(|_| RegistryFault::Stopped)??;
    let report = verify::verify(&session, &[]).await?;
    if let Some((first, others)) = report.findings.split_first() {
        return Err(RegistryFault::NotSound { first: first.to_string(), more: others.len() });
    }
    let request = request.storable();
    change::record_origin(&session, &house, ("migrated", &from.display().to_string()), &request).await?;
    session.end().await?;
    Ok(Migrated { rows, report })
}

/// Reads all tables as they are at one instant; ends early where nobody takes the rows.
fn read(path: &Path, pages: &mpsc::Sender<Page>) -> Result<(), RegistryFault> {
    sqlite::snapshot(path, |connection| {
        for (table, (name, select, _)) in sql::TABLES.iter().enumerate() {
            sqlite::each_page(connection, select, |rows| {
                for row in &rows {
                    row.whole(name)?;
                }
                Ok(pages.blocking_send(Page { table, rows }).is_ok())
            })?;
        }
        Ok(())
    })
}
