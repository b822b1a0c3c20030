//! Imports: what was read, when, from which files, and how much of it was new.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pal_rules::facts::{Row, Table};
use pal_rules::time::{Month, Timestamp};
use rusqlite::{Transaction, TransactionBehavior, params};

use super::facts::insert;
use super::{Workspace, WorkspaceFault};

/// An import that was made.
#[derive(Clone, Debug)]
pub struct Import {
    /// Its number, from 1.
    pub id: i64,
    /// What kind of input it was; `facts` for a facts directory.
    pub source: String,
    /// What was imported.
    pub path: String,
    /// When.
    pub imported_at: String,
}

/// An import to be made.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// What kind of input it is.
    pub source: &'static str,
    /// What is imported.
    pub path: String,
    /// When.
    pub imported_at: Timestamp,
    /// Its files; rows refer to them by position.
    pub files: Vec<ImportFile>,
    /// The activity files already written for it.
    pub activity: Vec<ActivityFile>,
}

/// A file of an import.
#[derive(Clone, Debug)]
pub struct ImportFile {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: Table,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Rows read.
    pub read: u64,
    /// Rows refused.
    pub refused: u64,
}

/// A row of an import.
#[derive(Clone, Copy, Debug)]
pub struct ImportRow<'a> {
    /// Its table.
    pub table: Table,
    /// The row.
    pub row: &'a Row,
    /// The position of its file in [`NewImport::files`].
    pub file: usize,
    /// Its line.
    pub line: u64,
    /// Whether it is refused: it is stored for judgement on the whole set, but is neither kept nor a repeat.
    pub refused: bool,
}

/// Activity of one month, written beside the database under the data folder.
#[derive(Clone, Debug)]
pub struct ActivityFile {
    /// The month.
    pub month: Month,
    /// Its path below the data folder.
    pub path: PathBuf,
    /// How many rows it has.
    pub rows: u64,
    /// The checksum of its footer, which has those of all the rest.
    pub checksum: u32,
}

/// How the rows of one file were accounted for: read = kept + repeated + refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows read.
    pub read: u64,
    /// Rows that were new.
    pub kept: u64,
    /// Rows that were there already.
    pub repeated: u64,
    /// Rows refused.
    pub refused: u64,
}

/// Lists an import.
pub(super) const NEW_IMPORT: &str = "insert into import values (?1, ?2, ?3, ?4)";

/// Lists the activity files of an import.
pub(super) fn list_activity(
    transaction: &Transaction<'_>,
    import: i64,
    files: &[ActivityFile],
) -> Result<(), WorkspaceFault> {
    for file in files {
        transaction.execute(
            "insert into activity_file (import_id, month, path, row_count, checksum) values (?1, ?2, ?3, ?4, ?5)",
            params![
                import,
                file.month.to_string(),
                file.path.to_string_lossy(),
                file.rows.cast_signed(),
                file.checksum
            ],
        )?;
    }
    Ok(())
}

impl Workspace {
    /// The number that the next import will have.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn next_import(&self) -> Result<i64, WorkspaceFault> {
        Ok(self.last_import()? + 1)
    }

    /// The number that the first file of the next import will have.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn next_import_file(&self) -> Result<i64, WorkspaceFault> {
        let sql = "select coalesce(max(id), 0) + 1 from import_file";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// The number of the last import; 0 before the first.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn last_import(&self) -> Result<i64, WorkspaceFault> {
        Ok(self.connection.query_row("select coalesce(max(id), 0) from import", [], |row| row.get(0))?)
    }

    /// The tables of which some import had a file.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn tables(&self) -> Result<BTreeSet<Table>, WorkspaceFault> {
        let mut statement = self.connection.prepare("select distinct table_name from import_file")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        let mut tables: BTreeSet<Table> = names.iter().filter_map(|name| Table::parse(name)).collect();
        if names.iter().any(String::is_empty) {
            // Outside formats have no tables: those count that have a row, and tenants, which records only name.
            tables.insert(Table::Tenants);
            for table in Table::ALL.into_iter().filter(|table| *table != Table::Activity) {
                let sql = format!("select exists (select 1 from {})", table.name());
                if self.connection.query_row(&sql, [], |row| row.get(0))? {
                    tables.insert(table);
                }
            }
        }
        Ok(tables)
    }

    /// Whether a file of these bytes was already imported as this table.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn has_file(&self, sha256: &str, table: Table) -> Result<bool, WorkspaceFault> {
        let sql = "select exists (select 1 from import_file where sha256 = ?1 and table_name = ?2)";
        Ok(self.connection.query_row(sql, params![sha256, table.name()], |row| row.get(0))?)
    }

    /// Commits an import: all of it, or, when killed on the way, nothing.
    ///
    /// - `rows`: the rows of all tables; those of activity are in files.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn commit_import<'a>(
        &mut self,
        import: &NewImport,
        rows: impl IntoIterator<Item = ImportRow<'a>>,
    ) -> Result<(i64, Vec<Tally>), WorkspaceFault> {
        let (id, first) = (self.next_import()?, self.next_import_file()?);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .execute(NEW_IMPORT, params![id, import.source, import.path, import.imported_at.to_string()])?;
        let mut tallies = Vec::new();
        for (file, number) in import.files.iter().zip(first..) {
            let sql = "insert into import_file values (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7)";
            let (table, read, refused) =
                (file.table.name(), file.read.cast_signed(), file.refused.cast_signed());
            transaction.execute(sql, params![number, id, file.name, table, file.sha256, read, refused])?;
            let kept = if file.table == Table::Activity { file.read - file.refused } else { 0 };
            tallies.push(Tally { read: file.read, kept, repeated: 0, refused: file.refused });
        }
        for row in rows {
            let Some(tally) = tallies.get_mut(row.file) else { continue };
            let number = first.saturating_add_unsigned(row.file as u64);
            match (insert(&transaction, row.table, row.row, number, row.line)?, row.refused) {
                (_, true) => {}
                (true, false) => tally.kept += 1,
                (false, false) => tally.repeated += 1,
            }
        }
        for (tally, number) in tallies.iter().zip(first..) {
            transaction.execute(
                "update import_file set rows_kept = ?2, rows_repeated = ?3 where id = ?1",
                params![number, tally.kept.cast_signed(), tally.repeated.cast_signed()],
            )?;
        }
        list_activity(&transaction, id, &import.activity)?;
        transaction.commit()?;
        Ok((id, tallies))
    }

    /// The imports, oldest first.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn imports(&self) -> Result<Vec<Import>, WorkspaceFault> {
        let mut statement =
            self.connection.prepare("select id, source, path, imported_at from import order by id")?;
        let imports = statement.query_map([], |row| {
            Ok(Import { id: row.get(0)?, source: row.get(1)?, path: row.get(2)?, imported_at: row.get(3)? })
        })?;
        imports.collect::<Result<_, _>>().map_err(Into::into)
    }

    /// The activity files of imports after `after` and up to `until` for months up to the given one, oldest first.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn activity_files(
        &self,
        after: i64,
        until: i64,
        month: Month,
    ) -> Result<Vec<ActivityFile>, WorkspaceFault> {
        let sql = "select month, path, row_count, checksum from activity_file \
                   where import_id > ?1 and import_id <= ?2 and month <= ?3 order by month, path";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(params![after, until, month.to_string()])?;
        let mut files = Vec::new();
        while let Some(row) = rows.next()? {
            let (stored, path): (String, String) = (row.get(0)?, row.get(1)?);
            let Some(of_month) = Month::parse(&stored) else {
                return Err(WorkspaceFault::DamagedRow { table: "activity_file", cells: stored });
            };
            let (rows, checksum): (i64, u32) = (row.get(2)?, row.get(3)?);
            let path = self.folder.join(path);
            files.push(ActivityFile { month: of_month, path, rows: rows.cast_unsigned(), checksum });
        }
        Ok(files)
    }

    /// The paths below the data folder that imports list.
    pub(super) fn activity_paths(&self) -> Result<Vec<PathBuf>, WorkspaceFault> {
        let mut statement = self.connection.prepare("select path from activity_file")?;
        let paths = statement.query_map([], |row| row.get::<_, String>(0).map(PathBuf::from))?;
        paths.collect::<Result<_, _>>().map_err(Into::into)
    }
}
