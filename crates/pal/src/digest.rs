//! The digest of a statement's inputs (`attribution.md` §7): SHA-256 over the version of the rules, the month and the
//! sorted distinct rows that the month can see.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, Scope, ScopedJoinHandle};

use pal_rules::facts::{Gathered, Row, Table, Value};
use pal_rules::id::{Id, ResourceId};
use pal_rules::statement::RULES_VERSION;
use pal_rules::text::Written;
use pal_rules::usage::{Everyone, Window};
use sha2::{Digest, Sha256};

use crate::exit::Failure;
use crate::parallel::{Due, Freed, no_thread};

/// SHA-256 as lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// SHA-256 of all that can be read, as lower-case hexadecimal.
pub(crate) fn sha256_of(mut read: impl io::Read) -> io::Result<String> {
    let mut hash = HashWriter(Sha256::new());
    io::copy(&mut read, &mut hash)?;
    Ok(hexadecimal(&hash.0.finalize()))
}

struct HashWriter(Sha256);

impl io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The digests of some windows, made in a thread of their own: of the rows first, then of what was metered, as it comes.
#[derive(Debug)]
pub(crate) struct Digesting<'scope> {
    send: Sender<(usize, Vec<u8>)>,
    /// How many bytes were sent.
    sent: usize,
    /// How many of them are hashed.
    hashed: Arc<Due>,
    thread: ScopedJoinHandle<'scope, Vec<String>>,
}

impl<'scope> Digesting<'scope> {
    /// About so many bytes of what was metered may wait to be hashed.
    const WAITING: usize = 1 << 26;

    /// Begins the digest of each window with the rows that it can see; activity and runs are not among them.
    ///
    /// # Errors
    ///
    /// Where no thread may be started.
    pub(crate) fn begin<'env>(
        scope: &'scope Scope<'scope, 'env>,
        gathered: &'env Gathered,
        windows: &'env [Window],
    ) -> Result<Self, Failure> {
        let (send, receive) = mpsc::channel::<(usize, Vec<u8>)>();
        let hashed = Arc::new(Due::default());
        let due = hashed.clone();
        let work = move || {
            // Whoever waits for a thread that panicked would wait for ever.
            let _freed = Freed(&due);
            let mut digests: Vec<StateDigest> = windows.iter().map(StateDigest::begin).collect();
            for table in Table::ALL {
                if !matches!(table, Table::Activity | Table::Runs) {
                    StateDigest::take_rows(&mut digests, windows, table, gathered);
                }
            }
            let mut hashed = 0;
            for (window, seen) in receive {
                if let Some(digest) = digests.get_mut(window) {
                    digest.take(&seen);
                }
                hashed += seen.len();
                due.reach(hashed);
            }
            digests.into_iter().map(StateDigest::finish).collect()
        };
        let thread = thread::Builder::new().spawn_scoped(scope, work).map_err(no_thread)?;
        Ok(Self { send, sent: 0, hashed, thread })
    }

    /// Takes in what was metered of the next resources ([`put_seen`]), in the order of the statement; waits where much of
    /// it is not hashed yet.
    ///
    /// - `window`: its number.
    pub(crate) fn take(&mut self, window: usize, seen: Vec<u8>) {
        self.hashed.wait_for(self.sent.saturating_sub(Self::WAITING));
        self.sent += seen.len();
        // Nobody takes it only where the thread panicked, which is seen at the end.
        let _ = self.send.send((window, seen));
    }

    /// The digest of each window.
    pub(crate) fn finish(self) -> Vec<String> {
        drop(self.send);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// A digest on its way.
struct StateDigest {
    hash: Sha256,
    /// What is not hashed yet: rows are short, and hashed one by one they take longer.
    waiting: Vec<u8>,
}

impl StateDigest {
    /// So many bytes are hashed at once: they stay in the nearest caches.
    const TOGETHER: usize = 1 << 14;

    fn begin(window: &Window) -> Self {
        let mut begun = Self { hash: Sha256::new(), waiting: Vec::new() };
        begun.take(format!("rules {RULES_VERSION}\nmonth {}\n", window.month).as_bytes());
        if let Some(as_of) = window.as_of {
            begun.take(format!("as_of {as_of}\n").as_bytes());
        }
        begun
    }

    /// Takes the rows of a table into digests, each those that its window can see.
    fn take_rows(digests: &mut [Self], windows: &[Window], table: Table, gathered: &Gathered) {
        let mut rows: Vec<&Row> = gathered.rows(table).map(|entry| &entry.row).collect();
        if !gathered.rise(table) {
            rows.sort_unstable();
            rows.dedup();
        }
        let (time, mut bytes) = (seen_from(table), Vec::new());
        for row in rows {
            bytes.clear();
            put_row(&mut bytes, table, row);
            let seen_from = time.and_then(|time| row.time(time));
            for (digest, window) in digests.iter_mut().zip(windows) {
                if seen_from.is_none_or(|from| from < window.end()) {
                    digest.take(&bytes);
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.waiting.len() + bytes.len() < Self::TOGETHER {
            self.waiting.extend_from_slice(bytes);
            return;
        }
        self.hash.update(&self.waiting);
        self.hash.update(bytes);
        self.waiting.clear();
    }

    fn finish(mut self) -> String {
        self.hash.update(&self.waiting);
        hexadecimal(&self.hash.finalize())
    }
}

/// What was seen of a resource, as a digest takes it in; nothing where nothing was.
pub(crate) fn put_seen(bytes: &mut Vec<u8>, resource: &ResourceId, seen: &Everyone) {
    let Everyone { users, makes, active } = seen;
    if users.is_empty() && makes.is_empty() && active.is_empty() {
        return;
    }
    put_id(bytes, &resource.0);
    put_count(bytes, users.len());
    for user in users {
        put_id(bytes, &user.0);
    }
    put_count(bytes, makes.len());
    for make in makes {
        put_id(bytes, &make.object.0);
        bytes.extend(make.last.micros().to_be_bytes());
    }
    put_count(bytes, active.len());
    for active in active {
        put_id(bytes, &active.object.0);
        bytes.extend(active.first.micros().to_be_bytes());
        bytes.extend(active.last.micros().to_be_bytes());
    }
}

/// An id so that none is the beginning of another: of a GUID its bytes, of other text its length before it.
fn put_id(bytes: &mut Vec<u8>, id: &Id) {
    if let Some(guid) = id.guid() {
        bytes.push(0);
        bytes.extend(guid.to_be_bytes());
    } else {
        put_text(bytes, 1, &id.text());
    }
}

/// A text with its kind and length before it.
fn put_text(bytes: &mut Vec<u8>, kind: u8, text: &str) {
    bytes.push(kind);
    put_count(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count as u64).to_be_bytes());
}

/// The column of the time before which a row is not seen. Rows without a time of their own, and listings, whose events
/// may count for an earlier time, are always seen.
const fn seen_from(table: Table) -> Option<usize> {
    match table {
        Table::Links | Table::GroupMembers => Some(3),
        Table::Ownership => Some(4),
        Table::SolutionImports => Some(7),
        Table::Profiles => Some(1),
        _ => None,
    }
}

/// A row: its table and its values, each so that none is the beginning of another.
fn put_row(bytes: &mut Vec<u8>, table: Table, row: &Row) {
    put_text(bytes, 2, table.name());
    for value in row.values() {
        match value {
            Value::Id(id) => put_id(bytes, id),
            Value::Time(at) => {
                bytes.push(3);
                bytes.extend(at.micros().to_be_bytes());
            }
            Value::Text(text) => put_text(bytes, 4, text),
            Value::Word(word) => put_text(bytes, 5, word),
            Value::Absent => bytes.push(6),
            Value::Partner(_) | Value::Day(_) | Value::Flag(_) | Value::Count(_) => {
                put_text(bytes, 7, &value.text());
            }
        }
    }
}
