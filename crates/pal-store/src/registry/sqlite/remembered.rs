//! Links read before, for as long as nobody has committed anything to the file.
//!
//! SQLite keeps the state of its log in shared memory, a file beside the database: the first 48 bytes of it change with
//! every commit, by whatever connection and process, before anybody can see what was committed (the WAL-index header,
//! <https://www.sqlite.org/walformat.html>). To read them is one call, without a lock; a transaction takes four.

use std::collections::BTreeMap;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use crate::PrincipalScope;
use crate::registry::Link;

/// How many principals are remembered at most.
const MOST: usize = 16_384;

/// How long the header is.
const HEADER: usize = 48;

/// The version of its layout that is known here, as it begins.
const LAYOUT: [u8; 4] = 3_007_000_u32.to_ne_bytes();

/// Where the header says whether it is complete.
const COMPLETE: usize = 12;

/// What the file holds, as a whole: two that are equal are of the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content([u8; HEADER]);

/// This principal's link was not read from that content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotRead;

/// The links of one content of the file.
#[derive(Debug)]
pub(super) struct Remembered {
    /// Never closed: POSIX takes all locks of a process off a file of which it closes any handle, and `SQLite` has its
    /// own here.
    shared: Option<ManuallyDrop<File>>,
    links: RwLock<Links>,
}

#[derive(Debug)]
struct Links {
    of: Content,
    links: BTreeMap<PrincipalScope, Option<Link>>,
}

impl Remembered {
    /// For a database that a connection has open, and keeps open for as long as this is asked.
    pub(super) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        // On other systems files and shared memory are not always the same.
        let shared = if cfg!(target_os = "linux") { File::open(path).ok() } else { None };
        let links = Links { of: Content([0; HEADER]), links: BTreeMap::new() };
        Self { shared: shared.map(ManuallyDrop::new), links: RwLock::new(links) }
    }

    /// What the file holds now, if that can be told.
    pub(super) fn content(&self) -> Option<Content> {
        let mut header = [0; HEADER];
        read_start(self.shared.as_ref()?, &mut header)?;
        (header.starts_with(&LAYOUT) && header.get(COMPLETE) == Some(&1)).then_some(Content(header))
    }

    /// The link, or that there is none, as it was read from this content.
    pub(super) fn get(&self, content: &Content, scope: PrincipalScope) -> Result<Option<Link>, NotRead> {
        let remembered = self.links.read().unwrap_or_else(PoisonError::into_inner);
        let of_content = (remembered.of == *content).then_some(&remembered.links);
        of_content.and_then(|links| links.get(&scope)).cloned().ok_or(NotRead)
    }

    /// Remembers what was read after this content was seen.
    ///
    /// Should it have been read from a later content, it is never given out: the earlier one does not come back.
    pub(super) fn put(&self, content: Content, scope: PrincipalScope, link: Option<Link>) {
        let mut remembered = self.links.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.of != content || remembered.links.len() >= MOST {
            *remembered = Links { of: content, links: BTreeMap::new() };
        }
        remembered.links.insert(scope, link);
    }
}

#[cfg(unix)]
fn read_start(file: &File, into: &mut [u8]) -> Option<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, 0).ok()
}

#[cfg(not(unix))]
fn read_start(_: &File, _: &mut [u8]) -> Option<()> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rusqlite::Connection;
    use uuid::Uuid;

    use super::*;

    fn connect(path: &Path) -> rusqlite::Result<Connection> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        Ok(connection)
    }

    #[test]
    fn every_commit_of_every_connection_makes_another_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.sqlite");
        let (first, second) = (connect(&path).unwrap(), connect(&path).unwrap());
        first.execute_batch("create table t (a integer)").unwrap();
        let remembered = Remembered::of(&path);
        let mut seen = vec![remembered.content().unwrap()];
        for round in 0..200 {
            let connection = if round % 2 == 0 { &first } else { &second };
            match round % 50 {
                48 => connection.execute_batch("pragma wal_checkpoint(truncate)").unwrap(),
                49 => connection.execute_batch("pragma wal_checkpoint(passive)").unwrap(),
                _ => connection.execute_batch("insert into t values (1)").unwrap(),
            }
            let count = |of: &Connection| -> i64 {
                of.query_row("select count(*) from t", [], |row| row.get(0)).unwrap()
            };
            assert_eq!(count(&first), count(&second));
            let now = remembered.content().unwrap();
            if round % 50 < 48 {
                assert!(!seen.contains(&now), "round {round}: the content was there before");
            }
            assert_eq!(remembered.content(), Some(now), "reading changes nothing");
            seen.push(now);
        }
    }

    #[test]
    fn what_was_read_holds_for_its_content_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.sqlite");
        let connection = connect(&path).unwrap();
        connection.execute_batch("create table t (a integer)").unwrap();
        let remembered = Remembered::of(&path);
        #[expect(clippy::disallowed_methods, reason = "a test is whoever it likes")]
        let scope = |object: u128| PrincipalScope::granted(Uuid::from_u128(1), Uuid::from_u128(object));
        let before = remembered.content().unwrap();
        assert_eq!(remembered.get(&before, scope(1)), Err(NotRead));
        remembered.put(before, scope(1), None);
        assert_eq!(remembered.get(&before, scope(1)), Ok(None));
        assert_eq!(remembered.get(&before, scope(2)), Err(NotRead));
        connection.execute_batch("insert into t values (1)").unwrap();
        let after = remembered.content().unwrap();
        assert_eq!(remembered.get(&after, scope(1)), Err(NotRead));
        remembered.put(after, scope(2), None);
        assert_eq!(remembered.get(&after, scope(2)), Ok(None));
        assert_eq!(remembered.get(&after, scope(1)), Err(NotRead), "forgotten with its content");
    }

    #[test]
    fn it_is_bounded() {
        let remembered = Remembered::of(Path::new("no such file"));
        assert_eq!(remembered.content(), None);
        let content = Content([7; HEADER]);
        #[expect(clippy::disallowed_methods, reason = "a test is whoever it likes")]
        let scope = |object: usize| PrincipalScope::granted(Uuid::max(), Uuid::from_u128(object as u128));
        for object in 0..=(3 * MOST) {
            remembered.put(content, scope(object), None);
        }
        assert!(remembered.links.read().unwrap().links.len() <= MOST);
        assert_eq!(remembered.get(&content, scope(3 * MOST)), Ok(None));
    }
}
