//! Imports of outside formats: records with their facts, and an account of every record.

use std::collections::BTreeSet;

use pal_rules::facts::{Row, Table};
use pal_rules::time::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::facts::insert;
use super::import::{NEW_IMPORT, list_activity};
use super::{ActivityFile, SolutionPart, Workspace, WorkspaceFault};

/// An import of outside formats to be made.
#[derive(Clone, Debug)]
pub struct NewOutside {
    /// The source, as it was named; `auto` where it was not.
    pub source: &'static str,
    /// What is imported.
    pub path: String,
    /// When.
    pub imported_at: Timestamp,
    /// Its files; records refer to them by position.
    pub files: Vec<OutsideFile>,
    /// The activity files already written for it.
    pub activity: Vec<ActivityFile>,
}

/// A file of an import of outside formats.
#[derive(Clone, Debug)]
pub struct OutsideFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Records read.
    pub read: u64,
    /// Records that say nothing facts are made of, by reason.
    pub ignored: Vec<(String, u64)>,
    /// Records that cannot be used, by reason.
    pub refused: Vec<(String, u64)>,
    /// The first of them with their text.
    pub rejects: Vec<Reject>,
    /// The start that was declared for what its snapshots show, if one was.
    pub declared_since: Option<Timestamp>,
}

/// A record that cannot be used, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The line on which it starts, or its row.
    pub line: u64,
    /// Why.
    pub reason: String,
    /// Its text, cut where it is long.
    pub raw: String,
}

/// A record that became facts.
#[derive(Clone, Debug)]
pub struct SeenRecord {
    /// What makes it the same record wherever it comes again.
    pub key: [u8; 16],
    /// The position of its file in [`NewOutside::files`].
    pub file: usize,
    /// Where in it.
    pub line: u64,
    /// Its facts, but for its activity, which is in files.
    pub rows: Vec<(Table, Row)>,
    /// What it says of solutions.
    pub parts: Vec<SolutionPart>,
}

/// How the records of one file were accounted for: read = kept + repeated + ignored + refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordTally {
    /// Records read.
    pub read: u64,
    /// Records that were new.
    pub kept: u64,
    /// Records that were there already.
    pub repeated: u64,
    /// Records that say nothing facts are made of.
    pub ignored: u64,
    /// Records that cannot be used.
    pub refused: u64,
}

/// A record that an import refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRecord {
    /// The import.
    pub import: i64,
    /// The file.
    pub file: String,
    /// The record.
    pub reject: Reject,
}

impl Workspace {
    /// Commits an import of outside formats: all of it, or, when killed on the way, nothing.
    ///
    /// - `derived`: rows that are made of several records, such as coverage.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn commit_outside(
        &mut self,
        import: &NewOutside,
        records: impl IntoIterator<Item = SeenRecord>,
        derived: impl IntoIterator<Item = (Table, Row)>,
    ) -> Result<(i64, Vec<RecordTally>), WorkspaceFault> {
        let (id, first) = (self.next_import()?, self.next_import_file()?);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let at = import.imported_at.to_string();
        transaction.execute(NEW_IMPORT, params![id, import.source, import.path, at])?;
        let mut tallies = Vec::new();
        for (file, number) in import.files.iter().zip(first..) {
            tallies.push(list_file(&transaction, id, file, number)?);
        }
        for record in records {
            let Some(tally) = tallies.get_mut(record.file) else { continue };
            let number = first.saturating_add_unsigned(record.file as u64);
            let sql = "insert into seen_record values (?1) on conflict do nothing";
            let new = transaction.prepare_cached(sql)?.execute([record.key.as_slice()])? == 1;
            if new {
                tally.kept += 1;
            } else {
                tally.repeated += 1;
            }
            for (table, row) in &record.rows {
                insert(&transaction, *table, row, number, record.line)?;
            }
            for part in &record.parts {
                part.insert(&transaction, number, record.line)?;
            }
        }
        for (table, row) in derived {
            insert(&transaction, table, &row, first, 0)?;
        }
        for (tally, number) in tallies.iter().zip(first..) {
            let sql = "update import_file set rows_kept = ?2, rows_repeated = ?3 where id = ?1";
            transaction
                .execute(sql, params![number, tally.kept.cast_signed(), tally.repeated.cast_signed()])?;
        }
        list_activity(&transaction, id, &import.activity)?;
        transaction.commit()?;
        Ok((id, tallies))
    }

    /// Whether a file of these bytes was imported before by way of outside formats.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn has_outside_file(&self, sha256: &str) -> Result<bool, WorkspaceFault> {
        let sql = "select exists (select 1 from import_file where sha256 = ?1 and table_name = '')";
        Ok(self.connection.query_row(sql, [sha256], |row| row.get(0))?)
    }

    /// Files with the start that was declared for what their snapshots show: rows of these with that time were not seen then.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn declared(&self) -> Result<BTreeSet<(String, Timestamp)>, WorkspaceFault> {
        let names = self.file_names()?;
        let sql = "select import_file_id, reason from record_account where outcome = 'declared'";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut declared = BTreeSet::new();
        for row in rows {
            let (file, since): (i64, String) = row?;
            let name = usize::try_from(file).ok().and_then(|file| names.get(file));
            declared.extend(name.cloned().zip(Timestamp::parse(&since)));
        }
        Ok(declared)
    }

    /// The records that imports refused, oldest first; of one import, if one is named.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn rejects(&self, import: Option<i64>) -> Result<Vec<RejectedRecord>, WorkspaceFault> {
        let sql = "select f.import_id, f.name, r.line, r.reason, r.raw from reject r \
                   join import_file f on f.id = r.import_file_id \
                   where ?1 is null or f.import_id = ?1 order by f.id, r.line, r.reason, r.raw";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([import], |row| {
            let line: i64 = row.get(2)?;
            let reject = Reject { line: line.cast_unsigned(), reason: row.get(3)?, raw: row.get(4)? };
            Ok(RejectedRecord { import: row.get(0)?, file: row.get(1)?, reject })
        })?;
        rows.collect::<Result<_, _>>().map_err(Into::into)
    }
}

fn list_file(
    transaction: &Transaction<'_>,
    import: i64,
    file: &OutsideFile,
    number: i64,
) -> Result<RecordTally, WorkspaceFault> {
    let sum = |reasons: &[(String, u64)]| reasons.iter().map(|(_, records)| records).sum();
    let (ignored, refused): (u64, u64) = (sum(&file.ignored), sum(&file.refused));
    let (read, refused_rows) = (file.read.cast_signed(), refused.cast_signed());
    let sql = "insert into import_file values (?1, ?2, ?3, '', ?4, ?5, 0, 0, ?6)";
    transaction.execute(sql, params![number, import, file.name, file.sha256, read, refused_rows])?;
    account(transaction, number, "ignored", &file.ignored)?;
    account(transaction, number, "refused", &file.refused)?;
    let declared = file.declared_since.map(|since| (since.to_string(), 0));
    account(transaction, number, "declared", declared.as_slice())?;
    for reject in &file.rejects {
        let sql = "insert into reject values (?1, ?2, ?3, ?4)";
        transaction.execute(sql, params![number, reject.line.cast_signed(), reject.reason, reject.raw])?;
    }
    Ok(RecordTally { read: file.read, ignored, refused, ..RecordTally::default() })
}

fn account(
    connection: &Connection,
    file: i64,
    outcome: &str,
    reasons: &[(String, u64)],
) -> Result<(), WorkspaceFault> {
    for (reason, records) in reasons {
        let sql = "insert into record_account values (?1, ?2, ?3, ?4)";
        connection.execute(sql, params![file, outcome, reason, records.cast_signed()])?;
    }
    Ok(())
}
