//! Imports of outside formats: records with their facts, and an account of every record.

use std::collections::BTreeSet;

use pal_rules::facts::{Row, Table};
use pal_rules::time::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::facts::insert;
use super::import::{NEW_IMPORT, list_activity};
use super::{ActivityFile, SolutionPart, Workspace, WorkspaceFault};

/// How much of the database an import holds in memory, in the unit of the pragma: KiB, below zero.
const CACHE: i64 = -(32 << 10);

/// An import of outside formats to be made.
#[derive(Clone, Debug)]
pub struct NewOutside {
    /// The source, as it was named; `auto` where it was not.
    pub source: &'static str,
    /// What is imported.
    pub path: String,
    /// When.
    pub imported_at: Timestamp,
}

/// What became of a file of an import of outside formats.
#[derive(Clone, Debug, Default)]
pub struct OutsideFile {
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
    /// Where in its file.
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

/// An import of outside formats on its way: one transaction, filled while files are read, so that nothing has to be held
/// until all are. Dropped, nothing of it was.
#[derive(Debug)]
pub struct OutsideImport<'a> {
    transaction: Transaction<'a>,
    id: i64,
    /// The number of its first file.
    first: i64,
    /// The number of the file being read, and how it is accounted for so far.
    file: i64,
    tally: RecordTally,
}

impl Workspace {
    /// Begins an import of outside formats.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn begin_outside(&mut self, import: &NewOutside) -> Result<OutsideImport<'_>, WorkspaceFault> {
        let (id, first) = (self.next_import()?, self.next_import_file()?);
        self.connection.pragma_update(None, "cache_size", CACHE)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let at = import.imported_at.to_string();
        transaction.execute(NEW_IMPORT, params![id, import.source, import.path, at])?;
        Ok(OutsideImport { transaction, id, first, file: first - 1, tally: RecordTally::default() })
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

impl OutsideImport<'_> {
    /// The number of the import.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Begins the next file, and tells its number.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn begin_file(&mut self, name: &str) -> Result<i64, WorkspaceFault> {
        self.file += 1;
        self.tally = RecordTally::default();
        let sql = "insert into import_file values (?1, ?2, ?3, '', '', 0, 0, 0, 0)";
        self.transaction.prepare_cached(sql)?.execute(params![self.file, self.id, name])?;
        Ok(self.file)
    }

    /// Stores some records of the file; for each, whether it is new.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn records(&mut self, records: &[SeenRecord]) -> Result<Vec<bool>, WorkspaceFault> {
        // In the order of the table, whose pages are then written once instead of at random. Of those that are the same,
        // the first is new: the sort keeps their order.
        let mut by_key: Vec<(&SeenRecord, usize)> = records.iter().zip(0..).collect();
        by_key.sort_by_key(|(record, _)| record.key);
        let mut new = vec![false; records.len()];
        let mut see =
            self.transaction.prepare_cached("insert into seen_record values (?1) on conflict do nothing")?;
        for (record, place) in by_key {
            if let Some(new) = new.get_mut(place) {
                *new = see.execute([record.key.as_slice()])? == 1;
            }
        }
        for record in records {
            for (table, row) in &record.rows {
                insert(&self.transaction, *table, row, self.file, record.line)?;
            }
            for part in &record.parts {
                part.insert(&self.transaction, self.file, record.line)?;
            }
        }
        let kept = new.iter().filter(|new| **new).count() as u64;
        self.tally.kept += kept;
        self.tally.repeated += records.len() as u64 - kept;
        Ok(new)
    }

    /// Stores rows that are made of several records, such as coverage.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn derived(&mut self, rows: impl IntoIterator<Item = (Table, Row)>) -> Result<(), WorkspaceFault> {
        for (table, row) in rows {
            insert(&self.transaction, table, &row, self.first, 0)?;
        }
        Ok(())
    }

    /// Is done with the file.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn end_file(&mut self, file: &OutsideFile) -> Result<RecordTally, WorkspaceFault> {
        let sum = |reasons: &[(String, u64)]| reasons.iter().map(|(_, records)| records).sum();
        let (ignored, refused): (u64, u64) = (sum(&file.ignored), sum(&file.refused));
        let tally = RecordTally { read: file.read, ignored, refused, ..self.tally };
        let sql = "update import_file set rows_read = ?2, rows_kept = ?3, rows_repeated = ?4, rows_refused = ?5, \
                   sha256 = ?6 where id = ?1";
        let [read, kept, repeated, refused] =
            [tally.read, tally.kept, tally.repeated, tally.refused].map(u64::cast_signed);
        self.transaction.prepare_cached(sql)?.execute(params![
            self.file,
            read,
            kept,
            repeated,
            refused,
            file.sha256
        ])?;
        account(&self.transaction, self.file, "ignored", &file.ignored)?;
        account(&self.transaction, self.file, "refused", &file.refused)?;
        let declared = file.declared_since.map(|since| (since.to_string(), 0));
        account(&self.transaction, self.file, "declared", declared.as_slice())?;
        for reject in &file.rejects {
            let mut statement =
                self.transaction.prepare_cached("insert into reject values (?1, ?2, ?3, ?4)")?;
            statement.execute(params![self.file, reject.line.cast_signed(), reject.reason, reject.raw])?;
        }
        Ok(tally)
    }

    /// Commits the import: all of it, or, when killed on the way, nothing.
    ///
    /// - `activity`: the files written for it.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn commit(self, activity: &[ActivityFile]) -> Result<(), WorkspaceFault> {
        list_activity(&self.transaction, self.id, activity)?;
        self.transaction.commit()?;
        Ok(())
    }
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
