//! A part of all people, by their ids: numbers them and keeps what was seen of them, distinct.

use crate::kernel::guid::Guid;
use crate::kernel::narrow::{high, index, low, place};
use crate::kernel::table::{Table, hash};
use crate::kernel::{radix, varint};
use crate::spill::Spilled;

/// How many parts there are; each thread works on one at a time.
pub(crate) const SHARDS: usize = 1 << BITS;
const BITS: u32 = 7;

/// The part that an id lies in.
#[inline]
pub(crate) const fn shard_of(hash: u64) -> usize {
    place(hash >> (64 - BITS))
}

/// A use, on its way to its part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub(crate) person: Guid,
    pub(crate) entry: u32,
    pub(crate) month: u32,
}

/// Something of which the time is kept, on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) person: Guid,
    pub(crate) entry: u32,
    pub(crate) month: u32,
    pub(crate) at: i64,
    /// Whether it is a `make`, or else any activity on an instance.
    pub(crate) make: bool,
}

/// First and last of something, by month, entry, whether it is a `make`, and person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) month: u32,
    pub(crate) entry: u32,
    pub(crate) make: bool,
    pub(crate) person: u32,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// The uses of one month: pairs as they come, and sorted runs of them.
#[derive(Debug, Default)]
pub(crate) struct Month {
    /// (entry, person).
    pub(crate) raw: Vec<u64>,
    runs: Vec<Vec<u8>>,
}

/// A part of all people.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    pub(crate) people: Table,
    /// The numbers in their tenants of the first of them, whom the state knows already; of one tenant they rise.
    pub(crate) known: Vec<u32>,
    /// By month's number.
    pub(crate) months: Vec<Month>,
    raw: usize,
    /// Empty lists of pairs: memory that need not be asked for again.
    empty: Vec<Vec<u64>>,
    /// Uses that wait to be taken in, how many, and empty lists for more.
    queue: Vec<Vec<Use>>,
    waiting: usize,
    free: Vec<Vec<Use>>,
    pub(crate) seen: Vec<Seen>,
    settled: usize,
    spare: Vec<u64>,
    /// What did not fit into memory, oldest first.
    pub(crate) spilled: Vec<Spilled>,
}

/// So many ids are looked up together.
const TOGETHER: usize = 16;

impl Shard {
    /// Takes uses that wait; gives an empty list for the next. Returns whether so many wait that they should be taken in.
    pub(crate) fn queue(&mut self, uses: &mut Vec<Use>, most: usize) -> bool {
        let empty = self.free.pop().unwrap_or_else(|| Vec::with_capacity(uses.capacity()));
        self.waiting += uses.len();
        self.queue.push(std::mem::replace(uses, empty));
        self.waiting >= most
    }

    /// Takes in all uses that wait. Many at once, because the table then stays in the cache from one to the next.
    ///
    /// - `tenant_of`: the tenant of each entry; a person of two tenants is two.
    /// - `most`: so many pairs may lie unsorted.
    pub(crate) fn take_uses(&mut self, tenant_of: &[u32], most: usize) {
        let mut queue = std::mem::take(&mut self.queue);
        for uses in &mut queue {
            self.take_some(uses, tenant_of);
            uses.clear();
        }
        self.free.append(&mut queue);
        self.queue = queue;
        self.raw += std::mem::take(&mut self.waiting);
        while self.raw > most {
            self.settle_largest();
        }
    }

    fn take_some(&mut self, uses: &[Use], tenant_of: &[u32]) {
        let tenant = |entry: u32| tenant_of.get(index(entry)).copied().unwrap_or(0);
        let mut hashes = [0; TOGETHER];
        let mut ahead = uses.chunks(TOGETHER);
        self.ask(ahead.next().unwrap_or_default(), tenant, &mut hashes);
        for block in uses.chunks(TOGETHER) {
            let mut next = [0; TOGETHER];
            // The next block is asked for while this one is looked up.
            self.ask(ahead.next().unwrap_or_default(), tenant, &mut next);
            for (hash, one) in hashes.iter().zip(block) {
                let person = self.people.number(*hash, one.person, tenant(one.entry));
                self.push(one.month, u64::from(one.entry) << 32 | u64::from(person));
            }
            hashes = next;
        }
    }

    #[inline]
    fn ask(&mut self, block: &[Use], tenant: impl Fn(u32) -> u32, hashes: &mut [u64; TOGETHER]) {
        // What is looked up now and next may all be new.
        self.people.reserve(2 * TOGETHER);
        for (slot, one) in hashes.iter_mut().zip(block) {
            *slot = hash(one.person, tenant(one.entry));
            self.people.ask(*slot);
        }
    }

    #[inline]
    fn push(&mut self, month: u32, pair: u64) {
        let at = index(month);
        if at >= self.months.len() {
            self.months.resize_with(at + 1, Month::default);
        }
        if let Some(month) = self.months.get_mut(at) {
            if month.raw.capacity() == 0 {
                month.raw = self.empty.pop().unwrap_or_default();
            }
            month.raw.push(pair);
        }
    }

    /// Makes a run of the month with the most unsorted pairs.
    fn settle_largest(&mut self) {
        let Some(month) = self.months.iter_mut().max_by_key(|month| month.raw.len()) else { return };
        self.raw = self.raw.saturating_sub(month.raw.len());
        let mut pairs = std::mem::take(&mut month.raw);
        radix::sort_distinct(&mut pairs, &mut self.spare);
        month.runs.push(run(&pairs));
        pairs.clear();
        self.empty.push(pairs);
    }

    /// Takes events in and empties the list.
    pub(crate) fn take_events(&mut self, events: &mut Vec<Event>, tenant_of: &[u32]) {
        self.people.reserve(events.len());
        for one in events.drain(..) {
            let tenant = tenant_of.get(index(one.entry)).copied().unwrap_or(0);
            let person = self.people.number(hash(one.person, tenant), one.person, tenant);
            let Event { entry, month, at, make, .. } = one;
            self.seen.push(Seen { month, entry, make, person, first: at, last: at });
        }
        if self.seen.len() > 2 * self.settled + (1 << 12) {
            self.settle_seen();
        }
    }

    fn settle_seen(&mut self) {
        self.seen.sort_unstable();
        self.seen.dedup_by(|later, first| {
            let key = |seen: &Seen| (seen.month, seen.entry, seen.make, seen.person);
            let same = key(later) == key(first);
            if same {
                first.last = first.last.max(later.last);
            }
            same
        });
        self.settled = self.seen.len();
    }

    /// Forgets all that it took in, not what waits.
    pub(crate) fn begin_again(&mut self) {
        let old = std::mem::take(self);
        (self.queue, self.waiting, self.free, self.spilled) = (old.queue, old.waiting, old.free, old.spilled);
    }

    /// The bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        let runs = |month: &Month| month.runs.iter().map(Vec::len).sum::<usize>() + 8 * month.raw.capacity();
        let months: usize = self.months.iter().map(runs).sum();
        let empty: usize = self.empty.iter().map(Vec::capacity).sum();
        let waiting: usize = self.queue.iter().chain(&self.free).map(Vec::capacity).sum();
        let waiting = waiting * size_of::<Use>();
        self.people.bytes()
            + months
            + waiting
            + self.seen.capacity() * size_of::<Seen>()
            + 8 * (self.spare.capacity() + empty)
    }

    /// Its people by number: tenant and id; they are gone afterwards.
    pub(crate) fn take_people(&mut self) -> Vec<(u32, Guid)> {
        let mut people = vec![(0, Guid::default()); self.people.len()];
        for (id, tenant, number) in self.people.each() {
            if let Some(slot) = people.get_mut(index(number)) {
                *slot = (tenant, id);
            }
        }
        self.people = Table::default();
        people
    }

    /// All pairs of a month, sorted and distinct; they are gone afterwards.
    pub(crate) fn take_month(&mut self, month: u32) -> Option<Vec<u64>> {
        let Month { mut raw, runs } = self.months.get_mut(index(month)).map(std::mem::take)?;
        for run in &runs {
            read_run(run, &mut raw)?;
        }
        if runs.len() == 1 && raw.is_sorted() {
            return Some(raw);
        }
        radix::sort_distinct(&mut raw, &mut self.spare);
        Some(raw)
    }

    /// All that was seen with its time, in order; it is gone afterwards.
    pub(crate) fn take_seen(&mut self) -> Vec<Seen> {
        self.settle_seen();
        self.settled = 0;
        std::mem::take(&mut self.seen)
    }
}

/// Sorted distinct pairs as bytes: of each entry how far from the one before, how many people, and their differences.
pub(crate) fn run(pairs: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pairs.len() * 2 + 16);
    let mut previous = 0;
    for of_entry in pairs.chunk_by(|a, b| high(*a) == high(*b)) {
        let entry = of_entry.first().map_or(0, |pair| high(*pair));
        varint::put(&mut bytes, u64::from(entry - previous));
        varint::put(&mut bytes, of_entry.len() as u64);
        previous = entry;
        let mut before = 0;
        for pair in of_entry {
            varint::put(&mut bytes, u64::from(low(*pair) - before));
            before = low(*pair);
        }
    }
    bytes.shrink_to_fit();
    bytes
}

/// Adds the pairs of a run; `None` if it is none.
pub(crate) fn read_run(mut bytes: &[u8], pairs: &mut Vec<u64>) -> Option<()> {
    let mut entry = 0;
    while !bytes.is_empty() {
        entry += varint::take(&mut bytes)?;
        let count = varint::take(&mut bytes)?;
        let mut person = 0;
        for _ in 0..count {
            person += varint::take(&mut bytes)?;
            pairs.push(entry << 32 | person);
        }
    }
    Some(())
}
