//! The thread that writes: takes what is queued into one transaction, commits it, and only then answers.
//!
//! A commit is one wait for the disk, however many changes it holds. Each change is judged in its turn and sees those
//! before it; what fails is undone by itself.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::registry::change::House;
use crate::registry::{RegistryFault, sql};

/// The most changes of one commit.
const BATCH: usize = 256;

/// The most changes that wait; whoever comes then waits for a place.
const QUEUE: usize = 4 * BATCH;

/// Why no change of a batch was kept.
type Lost = Arc<rusqlite::Error>;

/// Tells a caller, once it is known whether the batch was kept.
type Answer = Box<dyn FnOnce(Result<(), Lost>) + Send>;

/// Makes a change in a batch, or learns that there is none to be had.
type Job = Box<dyn FnOnce(Result<&Batch<'_>, Lost>) -> Answer + Send>;

/// The transaction that changes are made in.
struct Batch<'a> {
    connection: &'a Connection,
    house: &'a House,
    /// Why the whole transaction is gone, if it is: after a full disk or worse, `SQLite` gives it up by itself.
    lost: RefCell<Option<Lost>>,
}

impl Batch<'_> {
    /// Makes a change wholly or not at all.
    fn apply<T>(
        &self,
        change: impl FnOnce(&Connection, &House) -> Result<T, RegistryFault>,
    ) -> Result<T, RegistryFault> {
        if let Some(lost) = self.lost.borrow().as_ref() {
            return Err(RegistryFault::Sql(Arc::clone(lost)));
        }
        self.run(sql::BEGIN_CHANGE)?;
        let made = change(self.connection, self.house);
        match &made {
            // Nothing may be written outside of the transaction.
            Err(RegistryFault::Sql(cause)) if self.connection.is_autocommit() => {
                self.lost.replace(Some(Arc::clone(cause)));
                return made;
            }
            Err(_) => self.run(sql::UNDO_CHANGE)?,
            Ok(_) => {}
        }
        self.run(sql::END_CHANGE)?;
        made
    }

    fn run(&self, sql: &str) -> Result<(), rusqlite::Error> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }
}

/// The way to the thread that writes.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, house: House) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("registry-writer".to_owned())
            .spawn(move || run(connection, jobs, &house))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Whether the thread lives, and with it its connection.
    pub(super) fn runs(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| !queue.is_closed())
    }

    /// Makes a change; answers when it is durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection, &House) -> Result<T, RegistryFault> + Send + 'static,
    ) -> Result<T, RegistryFault> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |batch| {
            let made = batch.map_err(RegistryFault::Sql).and_then(|batch| batch.apply(change));
            Box::new(move |kept| {
                // A caller that no longer waits has lost its reply; the change stands.
                let _ = reply.send(kept.map_err(RegistryFault::Sql).and(made));
            })
        });
        let queue = self.queue.as_ref().ok_or(RegistryFault::Stopped)?;
        queue.send(job).await.map_err(|_| RegistryFault::Stopped)?;
        answer.await.map_err(|_| RegistryFault::Stopped)?
    }
}

impl Drop for Writer {
    /// Lets the thread finish what is queued and close the database.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whatever ends it, `jobs` is closed before `connection`.
fn run(mut connection: Connection, mut jobs: mpsc::Receiver<Job>, house: &House) {
    let mut taken = Vec::with_capacity(BATCH);
    while jobs.blocking_recv_many(&mut taken, BATCH) > 0 {
        match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
            Ok(transaction) => commit(transaction, taken.drain(..), house),
            Err(error) => {
                let lost = Arc::new(error);
                for job in taken.drain(..) {
                    job(Err(Arc::clone(&lost)))(Err(Arc::clone(&lost)));
                }
            }
        }
    }
}

fn commit(transaction: Transaction<'_>, jobs: impl Iterator<Item = Job>, house: &House) {
    let batch = Batch { connection: &transaction, house, lost: RefCell::new(None) };
    let answers: Vec<Answer> = jobs.map(|job| job(Ok(&batch))).collect();
    let lost = batch.lost.into_inner();
    let kept = lost.map_or_else(|| transaction.commit().map_err(Arc::new), Err);
    for answer in answers {
        answer(kept.clone());
    }
}
