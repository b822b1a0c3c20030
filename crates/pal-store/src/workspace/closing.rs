//! Closings: numbered, immutable versions of a month's statement.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use pal_rules::statement::RULES_VERSION;
use pal_rules::time::{Month, Timestamp};
use rusqlite::{Params, Row, TransactionBehavior, params};

use super::folder::{begin_folder, end_folder, remove_rest, write_files};
use super::{Workspace, WorkspaceFault};

/// A closing that was made.
#[derive(Clone, Debug)]
pub struct Closing {
    /// The month.
    pub month: Month,
    /// Its version, from 1.
    pub version: i64,
    /// When it was closed.
    pub closed_at: String,
    /// The last import that it saw.
    pub last_import: i64,
    /// Which links counted.
    pub links_from: String,
    /// The version of the rules.
    pub rules_version: String,
    /// The digest of its inputs.
    pub digest: String,
    /// When what stands beside its lines was last renewed, if it was.
    pub renewed_at: Option<String>,
    /// The folder of its files; of those that were renewed, the newest.
    pub folder: PathBuf,
}

/// A closing on its way: its files are written as they are made, and count once it is committed.
#[derive(Debug)]
pub struct BegunClosing {
    month: Month,
    version: i64,
    /// Below the data folder.
    below: PathBuf,
    folder: PathBuf,
    /// Whether a commit that lists it was tried.
    may_be_listed: bool,
}

impl BegunClosing {
    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins a file of it.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`].
    pub fn file(&self, name: &str) -> Result<ClosingFile, WorkspaceFault> {
        let path = self.folder.join(name);
        let file = File::create(&path).map_err(|source| WorkspaceFault::io(&path, source))?;
        Ok(ClosingFile { path, file, unsynced: 0 })
    }
}

impl Drop for BegunClosing {
    /// Takes back what never could be listed. What stays of it is swept by the next writer.
    fn drop(&mut self) {
        if !self.may_be_listed {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A file of a closing, written as it is made.
#[derive(Debug)]
pub struct ClosingFile {
    path: PathBuf,
    file: File,
    /// Bytes that may not be on the disk yet.
    unsynced: usize,
}

impl ClosingFile {
    /// So many bytes go to the disk while others are made; otherwise all of them would be waited for at the end.
    const SYNCED: usize = 1 << 23;

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), WorkspaceFault> {
        self.unsynced += bytes.len();
        let sync = self.unsynced >= Self::SYNCED;
        let synced = |file: &File| if sync { file.sync_data() } else { Ok(()) };
        let written = self.file.write_all(bytes).and_then(|()| synced(&self.file));
        if sync {
            self.unsynced = 0;
        }
        written.map_err(|source| WorkspaceFault::io(&self.path, source))
    }

    /// Ends the file: all of it is on the disk then.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`].
    pub fn finish(self) -> Result<(), WorkspaceFault> {
        self.file.sync_all().map_err(|source| WorkspaceFault::io(&self.path, source))
    }
}

/// A closing to be made.
#[derive(Debug)]
pub struct NewClosing<'a> {
    /// When it is closed.
    pub closed_at: Timestamp,
    /// The last import that it saw.
    pub last_import: i64,
    /// Which links counted.
    pub links_from: &'a str,
    /// The digest of its inputs.
    pub digest: &'a str,
    /// Names and bytes of its files that are not written yet.
    pub files: &'a [(String, Vec<u8>)],
}

const INSERT_CLOSING: &str = "insert into closing \
    (month, version, closed_at, last_import, links_from, rules_version, digest, folder) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const INSERT_RENEWAL: &str = "insert into renewal \
    (month, version, number, renewed_at, last_import, digest, folder) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const SELECT: &str = "select c.month, c.version, c.closed_at, c.last_import, c.links_from, c.rules_version, \
    c.digest, r.renewed_at, coalesce(r.folder, c.folder) \
    from closing c left join renewal r on r.month = c.month and r.version = c.version and r.number = \
    (select max(number) from renewal n where n.month = c.month and n.version = c.version) \
    order by c.month, c.version";

impl Workspace {
    /// Begins a closing as the month's next version.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`] and [`WorkspaceFault::Sql`].
    pub fn begin_closing(&self, month: Month) -> Result<BegunClosing, WorkspaceFault> {
        let version = self.latest_closing(month)?.map_or(1, |last| last.version + 1);
        let below = Path::new("statements").join(month.to_string()).join(format!("v{version}"));
        let folder = self.folder.join(&below);
        begin_folder(&folder)?;
        Ok(BegunClosing { month, version, below, folder, may_be_listed: false })
    }

    /// Commits a closing that was begun: the rest of its files first, then the row that lists them.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Io`] and [`WorkspaceFault::Sql`]; nothing is listed then.
    pub fn commit_closing(
        &mut self,
        mut begun: BegunClosing,
        closing: &NewClosing<'_>,
    ) -> Result<Closing, WorkspaceFault> {
        write_files(&begun.folder, closing.files)?;
        end_folder(&begun.folder, &self.folder)?;
        let (month, version) = (begun.month, begun.version);
        begun.may_be_listed = true;
        self.commit(
            INSERT_CLOSING,
            params![
                month.to_string(),
                version,
                closing.closed_at.to_string(),
                closing.last_import,
                closing.links_from,
                RULES_VERSION,
                closing.digest,
                begun.below.to_string_lossy()
            ],
        )?;
        Ok(Closing {
            month,
            version,
            closed_at: closing.closed_at.to_string(),
            last_import: closing.last_import,
            links_from: closing.links_from.to_owned(),
            rules_version: RULES_VERSION.to_owned(),
            digest: closing.digest.to_owned(),
            renewed_at: None,
            folder: begun.folder.clone(),
        })
    }

    /// Commits what stands beside the lines of a version anew (evidence, coverage, names, refused rows): facts that
    /// came since changed it, and no line. The version and all files of it stay as they are.
    ///
    /// - `begun`: the files that were written when that was not known yet.
    ///
    /// # Errors
    ///
    /// As [`Workspace::commit_closing`].
    pub fn commit_renewal(
        &mut self,
        closing: &Closing,
        mut begun: BegunClosing,
        renewal: &NewClosing<'_>,
    ) -> Result<(), WorkspaceFault> {
        let (month, version) = (closing.month.to_string(), closing.version);
        let sql = "select coalesce(max(number), 0) + 1 from renewal where month = ?1 and version = ?2";
        let number: i64 = self.connection.query_row(sql, params![month, version], |row| row.get(0))?;
        let folder = Path::new("statements").join(&month).join(format!("v{version}.{number}"));
        let place = self.folder.join(&folder);
        remove_rest(&place)?;
        fs::rename(&begun.folder, &place).map_err(|source| WorkspaceFault::io(&begun.folder, source))?;
        begun.folder = place;
        write_files(&begun.folder, renewal.files)?;
        end_folder(&begun.folder, &self.folder)?;
        begun.may_be_listed = true;
        let (at, last_import) = (renewal.closed_at.to_string(), renewal.last_import);
        self.commit(
            INSERT_RENEWAL,
            params![month, version, number, at, last_import, renewal.digest, folder.to_string_lossy()],
        )
    }

    fn commit(&mut self, sql: &str, parameters: impl Params) -> Result<(), WorkspaceFault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(sql, parameters)?;
        Ok(transaction.commit()?)
    }

    /// All closings by month and version.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn closings(&self) -> Result<Vec<Closing>, WorkspaceFault> {
        let mut statement = self.connection.prepare(SELECT)?;
        let closings = statement.query_map([], |row| self.closing_of(row))?;
        closings.collect::<Result<_, _>>().map_err(Into::into)
    }

    /// The newest version of a month, if it was closed.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn latest_closing(&self, month: Month) -> Result<Option<Closing>, WorkspaceFault> {
        Ok(self.closings()?.into_iter().rfind(|closing| closing.month == month))
    }

    fn closing_of(&self, row: &Row<'_>) -> Result<Closing, rusqlite::Error> {
        let month: String = row.get(0)?;
        Ok(Closing {
            month: Month::parse(&month).ok_or(rusqlite::Error::InvalidQuery)?,
            version: row.get(1)?,
            closed_at: row.get(2)?,
            last_import: row.get(3)?,
            links_from: row.get(4)?,
            rules_version: row.get(5)?,
            digest: row.get(6)?,
            renewed_at: row.get(7)?,
            folder: self.folder.join(row.get::<_, String>(8)?),
        })
    }

    /// The folders below the data folder that closings list.
    pub(super) fn closing_folders(&self) -> Result<Vec<PathBuf>, WorkspaceFault> {
        let sql = "select folder from closing union all select folder from renewal";
        let mut statement = self.connection.prepare(sql)?;
        let paths = statement.query_map([], |row| row.get::<_, String>(0).map(PathBuf::from))?;
        paths.collect::<Result<_, _>>().map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use pal_rules::time::Month;

    use super::BegunClosing;

    #[test]
    fn a_full_disk_is_told() {
        let (month, folder) = (Month::parse("2026-03").unwrap(), std::env::temp_dir().join("never made"));
        let begun = BegunClosing { month, version: 1, below: folder.clone(), folder, may_be_listed: true };
        // As a path that begins at the root it stands for itself.
        let mut file = begun.file("/dev/full").unwrap();
        assert!(file.write(&[0; 8192]).unwrap_err().to_string().contains("/dev/full"));
    }
}
