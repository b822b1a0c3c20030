//! Whether the tables hold what the audit chains say: who changes a row behind the registry's back is found, too.

use std::collections::BTreeMap;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

use super::{directory, read};
use crate::registry::audit::{Finding, Flaw, OPERATOR_CHAIN, StoredRecord, Told};
use crate::registry::{Change, ChangeKind, RegistryFault, sql};

/// Follows the chains, record by record, and compares each row with the last record that tells of it.
pub(super) struct Tables<'a> {
    connection: &'a Connection,
    chain: String,
    last: i64,
    changes: i64,
    /// Of each principal of the chain its last change and what it made.
    links: BTreeMap<Uuid, (Change, Value)>,
    /// Of each partner the place of its last record, what that made, and when.
    partners: BTreeMap<PartnerId, (i64, Value, Timestamp)>,
    /// Rows that records tell of, by table and tenant, and where the chain ends.
    recorded: BTreeMap<(&'static str, String), (i64, i64)>,
    findings: Vec<Finding>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            chain: String::new(),
            last: 0,
            changes: 0,
            links: BTreeMap::new(),
            partners: BTreeMap::new(),
            recorded: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    fn find(&mut self, sequence: i64, flaw: Flaw) {
        self.findings.push(Finding { tenant: self.chain.clone(), sequence, flaw });
    }

    /// Takes the next record, in the order of tenants and places.
    pub(super) fn follow(&mut self, stored: &StoredRecord) -> Result<(), RegistryFault> {
        if stored.tenant != self.chain {
            self.end_chain()?;
            stored.tenant.clone_into(&mut self.chain);
        }
        self.last = stored.sequence;
        match Told::read(&stored.record) {
            Some(Told::Link { object_id, change, after }) => {
                self.changes += 1;
                self.compare_history(object_id, &change)?;
                self.links.insert(object_id, (change, after));
            }
            Some(Told::Partner { partner_id, after, at }) => {
                self.partners.insert(partner_id, (stored.sequence, after, at));
            }
            None => {}
        }
        Ok(())
    }

    fn compare_history(&mut self, object_id: Uuid, change: &Change) -> Result<(), RegistryFault> {
        let Ok(tenant) = Uuid::try_parse(&self.chain) else { return Ok(()) };
        let row = readable(read::audited_change(self.connection, tenant, object_id, change.version))?;
        if row.flatten().as_ref() != Some(change) {
            let row = format!("{object_id}, version {}", change.version);
            self.find(change.audit_sequence, Flaw::RowDiffers { table: "link_history", row });
        }
        Ok(())
    }

    /// Compares the links of a tenant with the last records that tell of them.
    fn end_chain(&mut self) -> Result<(), RegistryFault> {
        let links = std::mem::take(&mut self.links);
        let count = i64::try_from(links.len()).unwrap_or(i64::MAX);
        for (object_id, (change, after)) in links {
            let Ok(tenant) = Uuid::try_parse(&self.chain) else { continue };
            let row = readable(read::audited_record(self.connection, tenant, object_id))?.flatten();
            let made_by = change.client_request_id.filter(|_| change.kind == ChangeKind::Created);
            let same = row.is_some_and(|row| row.audited(object_id) == after && row.made_by == made_by);
            if !same {
                let flaw = Flaw::RowDiffers { table: "link", row: object_id.to_string() };
                self.find(change.audit_sequence, flaw);
            }
        }
        let chain = std::mem::take(&mut self.chain);
        self.recorded.insert(("link", chain.clone()), (count, self.last));
        self.recorded.insert(("link_history", chain), (std::mem::take(&mut self.changes), self.last));
        Ok(())
    }

    /// Compares the directory and the numbers of rows; everything found.
    pub(super) fn finish(mut self) -> Result<Vec<Finding>, RegistryFault> {
        self.end_chain()?;
        self.compare_partners()?;
        self.compare_numbers()?;
        Ok(self.findings)
    }

    fn compare_partners(&mut self) -> Result<(), RegistryFault> {
        self.chain = OPERATOR_CHAIN.to_string();
        let partners = std::mem::take(&mut self.partners);
        let recorded = i64::try_from(partners.len()).unwrap_or(i64::MAX);
        let mut last = 0;
        for (partner_id, (sequence, after, at)) in partners {
            last = last.max(sequence);
            let row = readable(directory::one(self.connection, partner_id))?.flatten();
            if row.is_none_or(|row| row.partner.audited() != after || row.changed_at != at) {
                let flaw = Flaw::RowDiffers { table: "partner", row: partner_id.to_string() };
                self.find(sequence, flaw);
            }
        }
        let found: i64 =
            self.connection.prepare_cached(sql::PARTNER_ROWS)?.query_row([], |row| row.get(0))?;
        if found != recorded {
            self.find(last, Flaw::RowsDiffer { table: "partner", found, recorded });
        }
        Ok(())
    }

    fn compare_numbers(&mut self) -> Result<(), RegistryFault> {
        let mut statement = self.connection.prepare_cached(sql::ROWS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (table, tenant): (String, String) = (row.get(0)?, row.get(1)?);
            let table = if table == "link" { "link" } else { "link_history" };
            let found: i64 = row.get(2)?;
            let (recorded, last) = self.recorded.remove(&(table, tenant.clone())).unwrap_or((0, 0));
            if found != recorded {
                self.chain = tenant;
                self.find(last, Flaw::RowsDiffer { table, found, recorded });
            }
        }
        Ok(())
    }
}

/// A row that cannot be read is a row that differs, not an end of verification.
fn readable<T>(read: Result<T, RegistryFault>) -> Result<Option<T>, RegistryFault> {
    match read {
        Ok(row) => Ok(Some(row)),
        Err(RegistryFault::DamagedRow { .. }) => Ok(None),
        Err(RegistryFault::Sql(error))
            if matches!(
                *error,
                rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..)
            ) =>
        {
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}
