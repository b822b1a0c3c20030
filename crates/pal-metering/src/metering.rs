//! Takes activity in and makes a run of it.

use std::sync::{Mutex, PoisonError};

use pal_rules::meter::Activity;
use pal_rules::time::Month;

use crate::error::Unmetered;
use crate::finish::finish;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, place};
use crate::kernel::table::hash;
use crate::parallel::each;
use crate::read::{self, Source, Told};
use crate::registry::{Numbers, Registry};
use crate::shard::{SHARDS, Shard, shard_of};
use crate::state::{Run, Sizes, State};
use crate::worker::{Shared, Worker};

/// How to meter.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many threads work.
    pub threads: usize,
    /// Bytes that may be taken in memory.
    pub memory: u64,
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
        let mut shards: Vec<(usize, Shard)> = (0..SHARDS).map(|_| Shard::default()).enumerate().collect();
        if dictionary.people_count() > 0 {
            // A thread that ended early would have told; its part would only lack people whom the state knows.
            let _ = each(options.threads, &mut shards, |(number, shard)| know(state, *number, shard));
        }
        let shards = shards.into_iter().map(|(_, shard)| Mutex::new(shard)).collect();
        let most_raw = place(options.memory / 4 / 8) / SHARDS;
        let shared =
            Shared { registry, shards, beside: Mutex::new(Vec::new()), most_raw: most_raw.max(1 << 10) };
        let (threads, assume_utc) = (options.threads.max(1), options.assume_utc);
        Self { shared, threads, assume_utc, base: dictionary.sizes() }
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
        read::read(&self.shared, sources, self.threads, self.assume_utc, passed)
    }

    /// Takes rows in that were read one by one.
    pub fn take<'a>(&mut self, rows: impl IntoIterator<Item = &'a Activity>) {
        let mut worker = Worker::new(&self.shared);
        rows.into_iter().for_each(|row| worker.take(row));
        worker.finish();
    }

    /// The bytes that it takes.
    pub fn bytes(&self) -> usize {
        let lock = |shard: &Mutex<Shard>| shard.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        self.shared.shards.iter().map(lock).sum()
    }

    /// Ends the taking-in.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] when a thread ended early.
    pub fn finish(self) -> Result<Run, Unmetered> {
        finish(self.shared, self.base, self.threads)
    }
}

/// Tells a part which people of it a state knows.
fn know(state: &State, number: usize, shard: &mut Shard) {
    let dictionary = state.dictionary();
    shard.people.reserve(place(dictionary.people_count()) / SHARDS * 9 / 8);
    for tenant in 0..crate::kernel::narrow::number(dictionary.tenants().len()) {
        for (id, person) in dictionary.people(tenant).iter().zip(0..) {
            if shard_of(hash(*id, tenant)) == number {
                shard.people.insert(*id, tenant, crate::kernel::narrow::number(shard.known.len()));
                shard.known.push(person);
            }
        }
    }
    debug_assert!(shard.known.len() == shard.people.len() && index(0) == 0);
}
