//! A part of all people, by their ids: numbers them and keeps what was seen of them, distinct.

use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, place};
use crate::kernel::radix::Sorter;
use crate::kernel::sorted::Sorted;
use crate::kernel::table::{Table, hash};
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

/// What waits to be taken in by a part. Many at once, because its table then stays in the cache from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) uses: Vec<Use>,
    pub(crate) events: Vec<Event>,
}

/// Moves all to the end of a list that hardly ever holds more than `most`: no more memory is asked for.
pub(crate) fn append<T: Copy>(to: &mut Vec<T>, from: &mut Vec<T>, most: usize) {
    if to.capacity() - to.len() < from.len() {
        let rest = (most + from.len()).saturating_sub(to.len());
        to.reserve_exact(to.len().clamp(from.len(), rest.max(from.len())));
    }
    to.extend_from_slice(from);
    from.clear();
}

/// First and last of something, by month, entry, whether it is a `make`, and person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) month: u32,
    pub(crate) entry: u32,
    pub(crate) make: bool,
    pub(crate) person: u32,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Seen {
    /// What it is kept by, in the order of month, entry, whether it is a `make`, and person.
    #[inline]
    pub(crate) fn key(&self) -> u128 {
        let of_month = u64::from(self.entry) << 1 | u64::from(self.make);
        u128::from(self.month) << 65 | u128::from(of_month) << 32 | u128::from(self.person)
    }
}

/// The uses of one month: pairs as they come, and sorted runs of them.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// (entry, person).
    pub(crate) raw: Vec<u64>,
    pub(crate) runs: Vec<Sorted>,
}

impl Uses {
    /// All pairs, sorted and distinct; they are gone afterwards. `None` if they are damaged.
    pub(crate) fn take(&mut self, sorter: &mut Sorter) -> Option<Vec<u64>> {
        let Self { mut raw, runs } = std::mem::take(self);
        for run in &runs {
            run.read(&mut raw)?;
        }
        if !raw.is_sorted_by(|one, next| one < next) {
            sorter.sort_distinct(&mut raw);
        }
        Some(raw)
    }
}

/// A part of all people.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    pub(crate) people: Table,
    /// The numbers in their tenants of the first of them, whom the state knows already; of one tenant they rise.
    pub(crate) known: Vec<u32>,
    /// By month's number.
    pub(crate) months: Vec<Uses>,
    raw: usize,
    /// Empty lists of pairs: memory that need not be asked for again.
    empty: Vec<Vec<u64>>,
    pub(crate) seen: Vec<Seen>,
    settled: usize,
    /// What did not fit into memory, oldest first.
    pub(crate) spilled: Vec<Spilled>,
}

/// So many ids are looked up together.
const TOGETHER: usize = 16;

impl Shard {
    /// Takes in all that waits.
    ///
    /// - `tenant_of`: the tenant of each entry; a person of two tenants is two.
    /// - `most`: so many pairs may lie unsorted.
    pub(crate) fn take(
        &mut self,
        waiting: &mut Waiting,
        tenant_of: &[u32],
        most: usize,
        sorter: &mut Sorter,
    ) {
        self.take_uses(&waiting.uses, tenant_of);
        self.raw += waiting.uses.len();
        waiting.uses.clear();
        while self.raw > most {
            self.settle_largest(sorter);
        }
        self.take_events(&waiting.events, tenant_of);
        waiting.events.clear();
    }

    fn take_uses(&mut self, uses: &[Use], tenant_of: &[u32]) {
        let mut asked = [(0, 0); TOGETHER];
        let mut ahead = uses.chunks(TOGETHER);
        self.ask(ahead.next().unwrap_or_default(), tenant_of, &mut asked);
        for block in uses.chunks(TOGETHER) {
            let mut next = [(0, 0); TOGETHER];
            // The next block is asked for while this one is looked up.
            self.ask(ahead.next().unwrap_or_default(), tenant_of, &mut next);
            for ((hash, tenant), one) in asked.iter().zip(block) {
                let person = self.people.number(*hash, one.person, *tenant);
                self.push(one.month, u64::from(one.entry) << 32 | u64::from(person));
            }
            asked = next;
        }
    }

    /// Asks for the places of people; gives their hashes and tenants.
    #[inline]
    fn ask(&mut self, block: &[Use], tenant_of: &[u32], asked: &mut [(u64, u32); TOGETHER]) {
        // What is looked up now and next may all be new.
        self.people.reserve(2 * TOGETHER);
        for (slot, one) in asked.iter_mut().zip(block) {
            let tenant = tenant_of.get(index(one.entry)).copied().unwrap_or(0);
            *slot = (hash(one.person, tenant), tenant);
            self.people.ask(slot.0);
        }
    }

    #[inline]
    fn push(&mut self, month: u32, pair: u64) {
        let at = index(month);
        if at >= self.months.len() {
            self.months.resize_with(at + 1, Uses::default);
        }
        if let Some(month) = self.months.get_mut(at) {
            if month.raw.capacity() == 0 {
                month.raw = self.empty.pop().unwrap_or_default();
            }
            month.raw.push(pair);
        }
    }

    /// Makes a run of the month with the most unsorted pairs.
    fn settle_largest(&mut self, sorter: &mut Sorter) {
        let Some(month) = self.months.iter_mut().max_by_key(|month| month.raw.len()) else { return };
        self.raw = self.raw.saturating_sub(month.raw.len());
        let mut pairs = std::mem::take(&mut month.raw);
        month.runs.push(sorter.put_away(&mut pairs));
        self.empty.push(pairs);
    }

    fn take_events(&mut self, events: &[Event], tenant_of: &[u32]) {
        self.people.reserve(events.len());
        for one in events {
            let tenant = tenant_of.get(index(one.entry)).copied().unwrap_or(0);
            let person = self.people.number(hash(one.person, tenant), one.person, tenant);
            let Event { entry, month, at, make, .. } = *one;
            self.seen.push(Seen { month, entry, make, person, first: at, last: at });
        }
        if self.seen.len() > 2 * self.settled + (1 << 12) {
            self.settle_seen();
        }
    }

    fn settle_seen(&mut self) {
        self.seen.sort_by_key(Seen::key);
        self.seen.dedup_by(|later, first| {
            let same = later.key() == first.key();
            if same {
                (first.first, first.last) = (first.first.min(later.first), first.last.max(later.last));
            }
            same
        });
        self.settled = self.seen.len();
    }

    /// Forgets all that it took in.
    pub(crate) fn begin_again(&mut self) {
        *self = Self { spilled: std::mem::take(&mut self.spilled), ..Self::default() };
    }

    /// The bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        let runs =
            |month: &Uses| month.runs.iter().map(Sorted::bytes).sum::<usize>() + 8 * month.raw.capacity();
        let months: usize = self.months.iter().map(runs).sum();
        let empty: usize = self.empty.iter().map(Vec::capacity).sum();
        self.people.bytes() + months + self.seen.capacity() * size_of::<Seen>() + 8 * empty
    }

    /// Its people from a number on: tenant and id; all are gone afterwards.
    pub(crate) fn take_people(&mut self, from: usize) -> Vec<(u32, Guid)> {
        let people = std::mem::take(&mut self.people);
        let mut taken = vec![(0, Guid::default()); people.len().saturating_sub(from)];
        for (id, tenant, number) in people.each() {
            let slot = index(number).checked_sub(from).and_then(|at| taken.get_mut(at));
            if let Some(slot) = slot {
                *slot = (tenant, id);
            }
        }
        taken
    }

    /// The uses of a month; they are gone afterwards.
    pub(crate) fn take_month(&mut self, month: u32) -> Uses {
        self.months.get_mut(index(month)).map(std::mem::take).unwrap_or_default()
    }

    /// All that was seen with its time, in order; it is gone afterwards.
    pub(crate) fn take_seen(&mut self) -> Vec<Seen> {
        self.settle_seen();
        self.settled = 0;
        std::mem::take(&mut self.seen)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::{Shard, Sorter, Use, Waiting};
    use crate::kernel::guid::Guid;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn pairs_are_distinct_however_they_came(
            batches in prop::collection::vec(prop::collection::vec((0..4_u128, 0..3_u32, 0..2_u32), 0..9), 0..9),
            most in 1..12_usize,
            wide in any::<bool>(),
        ) {
            let entry = |entry: u32| if wide { entry << 30 } else { entry };
            let (mut shard, mut sorter) = (Shard::default(), Sorter::default());
            let (mut people, mut expected) = (BTreeMap::new(), BTreeMap::<u32, BTreeSet<u64>>::new());
            for batch in batches {
                let mut waiting = Waiting::default();
                for (person, of, month) in batch {
                    let next = people.len() as u64;
                    let number = *people.entry(person).or_insert(next);
                    expected.entry(month).or_default().insert(u64::from(entry(of)) << 32 | number);
                    waiting.uses.push(Use { person: Guid::from(person), entry: entry(of), month });
                }
                shard.take(&mut waiting, &[], most, &mut sorter);
            }
            for month in 0..2 {
                let pairs = shard.take_month(month).take(&mut sorter).unwrap();
                let expected: Vec<u64> = expected.remove(&month).unwrap_or_default().into_iter().collect();
                prop_assert_eq!(pairs, expected);
            }
        }
    }
}
