//! The metered state: runs of files that stand on each other, each made of the activity of some imports.
//!
//! What is in them is for the caller. All of it can be made again from the activity.

use std::path::{Path, PathBuf};

use rusqlite::{TransactionBehavior, params};

use super::closing::write_folder;
use super::{Workspace, WorkspaceFault};

/// A run of the metered state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRun {
    /// The last import whose activity it has, or a run before it.
    pub last_import: i64,
    /// The folder of its files.
    pub folder: PathBuf,
}

impl Workspace {
    /// The runs, in the order in which they stand on each other.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn state_runs(&self) -> Result<Vec<StateRun>, WorkspaceFault> {
        let mut statement =
            self.connection.prepare("select last_import, folder from state_run order by id")?;
        let runs = statement.query_map([], |row| {
            let folder = self.folder.join(row.get::<_, String>(1)?);
            Ok(StateRun { last_import: row.get(0)?, folder })
        })?;
        runs.collect::<Result<_, _>>().map_err(Into::into)
    }

    /// Commits a run: its files first, then the row that lists them.
    ///
    /// - `alone`: whether it stands in the place of all runs before it; those are swept by the next writer.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`] and [`WorkspaceFault::Sql`]; nothing is listed then.
    pub fn commit_state_run(
        &mut self,
        last_import: i64,
        files: &[(String, Vec<u8>)],
        alone: bool,
    ) -> Result<(), WorkspaceFault> {
        let sql = "select seq from sqlite_sequence where name = 'state_run'";
        let before = match self.connection.query_row(sql, [], |row| row.get::<_, i64>(0)) {
            Err(rusqlite::Error::QueryReturnedNoRows) => 0,
            other => other?,
        };
        let folder = Path::new("state").join(format!("{:06}", before + 1));
        write_folder(&self.folder.join(&folder), files)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if alone {
            transaction.execute("delete from state_run", [])?;
        }
        transaction.execute(
            "insert into state_run (last_import, folder) values (?1, ?2)",
            params![last_import, folder.to_string_lossy()],
        )?;
        Ok(transaction.commit()?)
    }

    /// The folders below the data folder that hold runs.
    pub(super) fn state_folders(&self) -> Result<Vec<PathBuf>, WorkspaceFault> {
        Ok(self.state_runs()?.into_iter().map(|run| run.folder).collect())
    }
}
