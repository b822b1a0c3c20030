//! Takes activity in and makes a run of it.

use std::path::PathBuf;
use std::sync::Mutex;

use arrow_array::RecordBatch;
use pal_rules::meter::Activity;
use pal_rules::time::Month;

use crate::error::Unmetered;
use crate::finish::finish;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::place;
use crate::known;
use crate::read::{self, Source, Told};
use crate::registry::{Numbers, Registry};
use crate::shard::{SHARDS, Shard, Use};
use crate::spill::Scratch;
use crate::state::{Run, Sizes, State};
use crate::worker::{Shared, Worker};

/// How to meter.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many threads work.
    pub threads: usize,
    /// Bytes that may be taken in memory; what is beyond goes to `scratch`.
    pub memory: u64,
    /// An existing folder for what does not fit into memory; absent: it has to fit.
    pub scratch: Option<PathBuf>,
    /// The months that are asked for, first and last; all if there are none.
    pub months: Option<(Month, Month)>,
    /// Customer Insights instances: of them first and last activity is kept for everyone.
    pub instances: Vec<Guid>,
    /// GUIDs that stand for other ids: rows with them are kept beside the state.
    pub aliases: Vec<Guid>,
    /// Whether times without a zone are in UTC.
    pub assume_utc: bool,
}

impl Default for Options {
    /// One thread, a gigabyte, everything asked for.
    fn default() -> Self {
        Self {
            threads: 1,
            memory: 1 << 30,
            scratch: None,
            months: None,
            instances: Vec::new(),
            aliases: Vec::new(),
            assume_utc: false,
        }
    }
}

/// Takes activity in, in any order and however often, and makes a run of it.
#[derive(Debug)]
pub struct Metering {
    shared: Shared,
    threads: usize,
    assume_utc: bool,
    base: Sizes,
    memory: u64,
}

impl Metering {
    /// A metering whose run is to be added to a state.
    pub fn onto(state: &State, options: &Options) -> Self {
        let dictionary = state.dictionary();
        let resources: Vec<_> = dictionary.resources().iter().map(|one| (one.tenant, one.id)).collect();
        let numbers = Mutex::new(Numbers::of(dictionary.tenants(), &resources));
        let sorted = |ids: &[Guid]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let (instances, aliases) = (sorted(&options.instances), sorted(&options.aliases));
        let registry = Registry { numbers, instances, aliases, asked: options.months };
        let share = |parts: u64| place(options.memory / parts) / SHARDS;
        let scratch =
            options.scratch.clone().map(|folder| Scratch { folder, most: (3 * share(4)).max(1 << 14) });
        // Told at the end: people whom the state knows must not be taken for new ones.
        let known = known::shards(state, options.threads, options.memory / 16, scratch.as_ref());
        let (shards, failed) = match known {
            Ok(shards) => (shards, None),
            Err(fault) => ((0..SHARDS).map(|_| Shard::default()).collect(), Some(fault)),
        };
        let shards = shards.into_iter().map(Mutex::new).collect();
        let shared = Shared {
            registry,
            shards,
            waiting: (0..SHARDS).map(|_| Mutex::default()).collect(),
            beside: Mutex::new(Vec::new()),
            most_waiting: (share(8) / size_of::<Use>()).clamp(1, 1 << 15),
            most_raw: (share(8) / 8).max(1 << 8),
            scratch,
            failed: Mutex::new(failed),
        };
        let (threads, assume_utc) = (options.threads.max(1), options.assume_utc);
        Self { shared, threads, assume_utc, base: dictionary.sizes(), memory: options.memory }
    }

    /// Takes files in, on all threads.
    ///
    /// - `passed`: told the bytes of every part of a file that is behind, from any thread.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] when a file cannot be read or is damaged.
    pub fn read(
        &mut self,
        sources: &[Source],
        passed: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<Told>, Unmetered> {
        let told = read::read(&self.shared, sources, self.threads, self.assume_utc, passed)?;
        self.shared.outcome().map(|()| told)
    }

    /// Takes a batch in whose columns are those of `activity`, by name, in any of the types that files may have; returns
    /// the rows of it, counted from 0, that are left to be read one by one. `None` if a column is not there.
    pub fn append(&mut self, batch: &RecordBatch) -> Option<Vec<usize>> {
        let mut worker = Worker::new(&self.shared);
        let rows = read::append(batch, &mut worker);
        worker.finish();
        rows
    }

    /// Takes rows in that were read one by one.
    pub fn take<'a>(&mut self, rows: impl IntoIterator<Item = &'a Activity>) {
        let mut worker = Worker::new(&self.shared);
        rows.into_iter().for_each(|row| worker.take(row));
        worker.finish();
    }

    /// Ends the taking-in with one run, whether it fits into memory or not.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] when scratch files failed, or a thread ended early.
    pub fn finish(self) -> Result<Run, Unmetered> {
        self.shared.take_rest(self.threads)?;
        let mut only = None;
        finish(self.shared, &self.base, self.threads, None, &mut |run| {
            only = Some(run);
            Ok(())
        })?;
        only.ok_or(Unmetered::Thread)
    }

    /// Ends the taking-in with as many runs as are needed for each to fit into memory; mostly one. Each stands on the
    /// state with those before it, and no activity of a person is in two of them: numbers of people add up.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] as [`Metering::finish`], or what `take` returns.
    pub fn finish_each(self, take: &mut dyn FnMut(Run) -> Result<(), Unmetered>) -> Result<(), Unmetered> {
        self.shared.take_rest(self.threads)?;
        finish(self.shared, &self.base, self.threads, Some(self.memory / 2), take)
    }
}
