//! Dense numbers of 16-byte ids: one flat table with open addressing.

use super::guid::Guid;
use super::narrow::{index, number, place};

/// So many ids lie in a bucket.
const IDS: usize = 3;

/// One line of cache of the table, so that a look-up touches hardly ever more than one.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket {
    ids: [Guid; IDS],
    /// Of each id its number, and behind them how many there are.
    numbers: [u32; IDS + 1],
}

const EMPTY: Bucket = Bucket { ids: [Guid { upper: 0, lower: 0 }; IDS], numbers: [0; IDS + 1] };

/// Numbers of (id, tag), counted from 0 in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    buckets: Vec<Bucket>,
    len: usize,
    /// By number.
    tags: Vec<u32>,
}

impl Bucket {
    const fn len(&self) -> usize {
        index(self.numbers[IDS])
    }

    /// A bit for each place where an id lies; mostly one or none.
    #[inline]
    fn places(&self, guid: Guid) -> u32 {
        let at = |place: usize| {
            let id = self.ids[place];
            u32::from((id.upper ^ guid.upper) | (id.lower ^ guid.lower) == 0) << place
        };
        // All three at once: which one it is cannot be foretold.
        (at(0) | at(1) | at(2)) & !(u32::MAX << self.numbers[IDS])
    }

    /// The number of an id.
    #[inline]
    fn get(&self, guid: Guid, tag: u32, tags: &[u32]) -> Option<u32> {
        let mut places = self.places(guid);
        while places != 0 {
            let number = self.numbers[index(places.trailing_zeros()) & IDS];
            if tags.get(index(number)) == Some(&tag) {
                return Some(number);
            }
            places &= places - 1;
        }
        None
    }

    /// Adds an id; `None` if it is full.
    #[inline]
    fn put(&mut self, guid: Guid, number: u32) -> Option<()> {
        let place = self.len();
        *self.ids.get_mut(place)? = guid;
        *self.numbers.get_mut(place)? = number;
        self.numbers[IDS] += 1;
        Some(())
    }
}

/// Where an id is looked for. Ids may be anything, also counted up, so their bits are mixed.
#[inline]
pub(crate) fn hash(guid: Guid, tag: u32) -> u64 {
    let a = guid.upper ^ 0x9e37_79b9_7f4a_7c15 ^ u64::from(tag) << 32;
    let b = guid.lower ^ 0xd6e8_feb8_6659_fd93 ^ u64::from(tag);
    let product = u128::from(a).wrapping_mul(u128::from(b | 1));
    let folded = halves(product) ^ b.rotate_left(29);
    folded.wrapping_mul(0x9fb2_1c65_1e98_df25) ^ folded >> 32
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
const fn halves(product: u128) -> u64 {
    product as u64 ^ (product >> 64) as u64
}

/// Asks the processor for a line of memory, where there is a way to.
#[inline]
fn prefetch(bucket: &Bucket) {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "a hint that has no safe form")]
    // SAFETY: the processor takes the address for a hint only; it belongs to a live reference.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
            std::ptr::from_ref(bucket).cast(),
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::hint::black_box(bucket.numbers[IDS]);
}

impl Table {
    /// How many ids have a number.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The bytes that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<Bucket>() + self.tags.capacity() * size_of::<u32>()
    }

    /// Makes room, so that so many more can be added: at most two thirds are taken.
    pub(crate) fn reserve(&mut self, more: usize) {
        let wanted = (self.len + more) / 2 + 2;
        if wanted > self.buckets.len() {
            let buckets = vec![EMPTY; wanted.next_power_of_two()];
            for bucket in std::mem::replace(&mut self.buckets, buckets) {
                for (guid, number) in bucket.ids.into_iter().zip(bucket.numbers).take(bucket.len()) {
                    let tag = self.tags.get(index(number)).copied().unwrap_or(0);
                    self.put(hash(guid, tag), guid, number);
                }
            }
        }
    }

    fn put(&mut self, hash: u64, guid: Guid, number: u32) {
        let mut at = self.first(hash);
        while self.buckets.get_mut(at).is_some_and(|bucket| bucket.put(guid, number).is_none()) {
            at = self.after(at);
        }
    }

    #[inline]
    fn first(&self, hash: u64) -> usize {
        place(hash) & self.buckets.len().wrapping_sub(1)
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & self.buckets.len().wrapping_sub(1)
    }

    /// Asks for the place where an id will be looked for, so that it lies in the cache by then.
    #[inline]
    pub(crate) fn ask(&self, hash: u64) {
        if let Some(bucket) = self.buckets.get(self.first(hash)) {
            prefetch(bucket);
        }
    }

    /// The number of an id.
    #[inline]
    pub(crate) fn get(&self, hash: u64, guid: Guid, tag: u32) -> Option<u32> {
        let mut at = self.first(hash);
        loop {
            let bucket = self.buckets.get(at)?;
            let found = bucket.get(guid, tag, &self.tags);
            if found.is_some() || bucket.len() < IDS {
                return found;
            }
            at = self.after(at);
        }
    }

    /// The number of an id, the next one if it has none; room was made by [`Table::reserve`].
    #[inline]
    pub(crate) fn number(&mut self, hash: u64, guid: Guid, tag: u32) -> u32 {
        self.get(hash, guid, tag).unwrap_or_else(|| {
            let next = number(self.len);
            self.add(hash, guid, tag, next);
            next
        })
    }

    #[inline(never)]
    fn add(&mut self, hash: u64, guid: Guid, tag: u32, number: u32) {
        self.put(hash, guid, number);
        self.len += 1;
        if self.tags.len() <= index(number) {
            self.tags.resize(index(number) + 1, 0);
        }
        if let Some(slot) = self.tags.get_mut(index(number)) {
            *slot = tag;
        }
    }

    /// Gives an id that has none a number of the caller's.
    pub(crate) fn insert(&mut self, guid: Guid, tag: u32, number: u32) {
        self.reserve(1);
        self.add(hash(guid, tag), guid, tag, number);
    }

    /// All ids with tag and number, in no order.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Guid, u32, u32)> {
        let taken =
            self.buckets.iter().flat_map(|bucket| bucket.ids.iter().zip(bucket.numbers).take(bucket.len()));
        taken.map(|(id, number)| (*id, self.tags.get(index(number)).copied().unwrap_or(0), number))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{Guid, Table, hash};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

        #[test]
        fn numbers_are_given_in_order_and_kept(ids in prop::collection::vec((0..60_u128, 0..3_u32), 0..300)) {
            let (mut table, mut expected) = (Table::default(), BTreeMap::new());
            for (id, tag) in ids {
                let guid = Guid::from(id << 64 | id);
                let next = u32::try_from(expected.len()).unwrap();
                let number = *expected.entry((guid, tag)).or_insert(next);
                prop_assert_eq!(table.get(hash(guid, tag), guid, tag).unwrap_or(next), number);
                table.reserve(1);
                table.ask(hash(guid, tag));
                prop_assert_eq!(table.number(hash(guid, tag), guid, tag), number);
                prop_assert_eq!(table.len(), expected.len());
            }
            let found: BTreeMap<(Guid, u32), u32> = table.each().map(|(id, tag, number)| ((id, tag), number)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
