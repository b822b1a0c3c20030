//! Whether the tables hold what the audit chains say: who changes a row behind the registry's back is found, too.

use std::collections::BTreeMap;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use serde_json::Value as Json;
use uuid::Uuid;

use super::audit::{Finding, Flaw, OPERATOR_CHAIN, StoredRecord, Told};
use super::database::{Database, Query, ask_one};
use super::row::Row;
use super::{Change, ChangeKind, RegistryFault, row, sql};

/// The most rows that are asked for at once.
pub(super) const PAGE: usize = 500;

/// Follows the chains, record by record, and compares each row with the last record that tells of it.
#[derive(Default)]
pub(super) struct Tables {
    chain: String,
    last: i64,
    changes: i64,
    /// Of each principal of the chain its last change and what it made.
    links: BTreeMap<Uuid, (Change, Json)>,
    /// Of each partner the place of its last record, what that made, and when.
    partners: BTreeMap<PartnerId, (i64, Json, Timestamp)>,
    /// Rows that records tell of, by table and tenant, and where the chain ends.
    recorded: BTreeMap<(&'static str, String), (i64, i64)>,
    findings: Vec<Finding>,
}

impl Tables {
    fn find(&mut self, sequence: i64, flaw: Flaw) {
        self.findings.push(Finding { tenant: self.chain.clone(), sequence, flaw });
    }

    /// Takes the next records, in the order of tenants and places.
    pub(super) async fn follow(
        &mut self,
        database: &impl Database,
        page: &[StoredRecord],
    ) -> Result<(), RegistryFault> {
        let told: Vec<Option<Told>> = page.iter().map(|stored| Told::read(&stored.record)).collect();
        let questions = page.iter().zip(&told).filter_map(|(stored, told)| match told {
            Some(Told::Link { object_id, change, .. }) => {
                let key = [stored.tenant.clone().into(), (*object_id).into(), change.version.into()];
                Some(Query::new(sql::CHANGE, key))
            }
            _ => None,
        });
        let mut histories = database.ask(questions.collect()).await?.into_iter();
        for (stored, told) in page.iter().zip(told) {
            if stored.tenant != self.chain {
                self.end_chain(database).await?;
                stored.tenant.clone_into(&mut self.chain);
            }
            self.last = stored.sequence;
            match told {
                Some(Told::Link { object_id, change, after }) => {
                    self.changes += 1;
                    let history = histories.next().unwrap_or_default();
                    self.compare_history(object_id, &change, &history)?;
                    self.links.insert(object_id, (change, after));
                }
                Some(Told::Partner { partner_id, after, at }) => {
                    self.partners.insert(partner_id, (stored.sequence, after, at));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn compare_history(
        &mut self,
        object_id: Uuid,
        change: &Change,
        found: &[Row],
    ) -> Result<(), RegistryFault> {
        if readable(found, row::change)?.as_ref() != Some(change) {
            let row = format!("{object_id}, version {}", change.version);
            self.find(change.audit_sequence, Flaw::RowDiffers { table: "link_history", row });
        }
        Ok(())
    }

    /// Compares the links of a tenant with the last records that tell of them.
    async fn end_chain(&mut self, database: &impl Database) -> Result<(), RegistryFault> {
        let links: Vec<_> = std::mem::take(&mut self.links).into_iter().collect();
        for part in links.chunks(PAGE) {
            let question = |(object_id, _): &(Uuid, _)| {
                Query::new(sql::LINK, [self.chain.clone().into(), (*object_id).into()])
            };
            let found = database.ask(part.iter().map(question).collect()).await?;
            for ((object_id, (change, after)), rows) in part.iter().zip(found) {
                let record = readable(&rows, row::record)?.map(|(record, _)| record);
                let made_by =
                    change.client_request_id.as_ref().filter(|_| change.kind == ChangeKind::Created);
                let same = record.is_some_and(|record| {
                    record.audited(*object_id) == *after && record.made_by.as_ref() == made_by
                });
                if !same {
                    let flaw = Flaw::RowDiffers { table: "link", row: object_id.to_string() };
                    self.find(change.audit_sequence, flaw);
                }
            }
        }
        let count = i64::try_from(links.len()).unwrap_or(i64::MAX);
        let chain = std::mem::take(&mut self.chain);
        self.recorded.insert(("link", chain.clone()), (count, self.last));
        self.recorded.insert(("link_history", chain), (std::mem::take(&mut self.changes), self.last));
        Ok(())
    }

    /// Compares the directory and the numbers of rows; everything found.
    pub(super) async fn finish(mut self, database: &impl Database) -> Result<Vec<Finding>, RegistryFault> {
        self.end_chain(database).await?;
        self.compare_partners(database).await?;
        self.compare_numbers(database).await?;
        Ok(self.findings)
    }

    async fn compare_partners(&mut self, database: &impl Database) -> Result<(), RegistryFault> {
        self.chain = OPERATOR_CHAIN.to_string();
        let partners: Vec<_> = std::mem::take(&mut self.partners).into_iter().collect();
        let mut last = 0;
        for part in partners.chunks(PAGE) {
            let question = |(id, _): &(PartnerId, _)| Query::new(sql::PARTNER, [(*id).into()]);
            let found = database.ask(part.iter().map(question).collect()).await?;
            for ((partner_id, (sequence, after, at)), rows) in part.iter().zip(found) {
                last = last.max(*sequence);
                let row = readable(&rows, row::known_partner)?;
                if row.is_none_or(|row| row.partner.audited() != *after || row.changed_at != *at) {
                    let flaw = Flaw::RowDiffers { table: "partner", row: partner_id.to_string() };
                    self.find(*sequence, flaw);
                }
            }
        }
        let rows = ask_one(database, Query::new(sql::PARTNER_ROWS, [])).await?;
        let found = rows.first().map_or(Ok(0), |row| row.integer("partner", 0))?;
        let recorded = i64::try_from(partners.len()).unwrap_or(i64::MAX);
        if found != recorded {
            self.find(last, Flaw::RowsDiffer { table: "partner", found, recorded });
        }
        Ok(())
    }

    async fn compare_numbers(&mut self, database: &impl Database) -> Result<(), RegistryFault> {
        for row in ask_one(database, Query::new(sql::ROWS, [])).await? {
            let table = if row.lossy(0) == "link" { "link" } else { "link_history" };
            let (tenant, found) = (row.lossy(1), row.integer(table, 2)?);
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
fn readable<T>(
    found: &[Row],
    read: impl FnOnce(&Row) -> Result<T, RegistryFault>,
) -> Result<Option<T>, RegistryFault> {
    match found.first().map(read).transpose() {
        Err(RegistryFault::DamagedRow { .. }) => Ok(None),
        other => other,
    }
}
