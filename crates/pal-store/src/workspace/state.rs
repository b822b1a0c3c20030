//! The metered state: runs of files that stand on each other, each made of the activity of some imports.
//!
//! What is in them is for the caller. All of it can be made again from the activity.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{TransactionBehavior, params};

use super::folder::{begin_folder, end_folder};
use super::{Workspace, WorkspaceFault};

/// A run of the metered state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRun {
    /// The last import whose activity it has, or a run before it.
    pub last_import: i64,
    /// The folder of its files.
    pub folder: PathBuf,
}

/// A run on its way.
#[derive(Debug)]
pub struct NewStateRun {
    /// Below the data folder.
    path: PathBuf,
    folder: PathBuf,
}

impl NewStateRun {
    /// Writes a file of it, which is brought to the disk when it is committed. Should the disk fail in between, the
    /// checksums of its parts tell.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), WorkspaceFault> {
        fs::write(self.folder.join(name), bytes).map_err(|source| WorkspaceFault::io(&self.folder, source))
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
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

    /// A run to be written and then committed; until then nothing lists it, and the next writer sweeps it.
    ///
    /// - `before`: how many others are written for the same commit.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`] and [`WorkspaceFault::Sql`].
    pub fn new_state_run(&self, before: usize) -> Result<NewStateRun, WorkspaceFault> {
        let sql = "select seq from sqlite_sequence where name = 'state_run'";
        let last = match self.connection.query_row(sql, [], |row| row.get::<_, i64>(0)) {
            Err(rusqlite::Error::QueryReturnedNoRows) => 0,
            other => other?,
        };
        let number = last.saturating_add_unsigned(before as u64) + 1;
        let path = Path::new("state").join(format!("{number:06}"));
        let folder = self.folder.join(&path);
        begin_folder(&folder)?;
        Ok(NewStateRun { path, folder })
    }

    /// Commits runs that were written, all of them or none.
    ///
    /// - `alone`: whether they stand in the place of all runs before them; those are swept by the next writer.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`] and [`WorkspaceFault::Sql`]; nothing is listed then.
    pub fn commit_state_runs(
        &mut self,
        last_import: i64,
        runs: &[NewStateRun],
        alone: bool,
    ) -> Result<(), WorkspaceFault> {
        runs.iter().try_for_each(|run| end_folder(&run.folder, &self.folder))?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if alone {
            transaction.execute("delete from state_run", [])?;
        }
        for run in runs {
            transaction.execute(
                "insert into state_run (last_import, folder) values (?1, ?2)",
                params![last_import, run.path.to_string_lossy()],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// The folders below the data folder that hold runs.
    pub(super) fn state_folders(&self) -> Result<Vec<PathBuf>, WorkspaceFault> {
        Ok(self.state_runs()?.into_iter().map(|run| run.folder).collect())
    }
}
