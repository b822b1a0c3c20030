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
    /// Of each id its number, and behind them the ends of their tags and how many there are.
    numbers: [u32; IDS + 1],
}

/// So many bits of a tag stand with its id.
const TAG: u32 = 10;
/// What of a tag stands with its id.
const TAG_END: u32 = (1 << TAG) - 1;

const EMPTY: Bucket = Bucket { ids: [Guid { upper: 0, lower: 0 }; IDS], numbers: [0; IDS + 1] };

/// Numbers of (id, tag), counted from 0 in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    buckets: Vec<Bucket>,
    len: usize,
    /// By number.
    tags: Vec<u32>,
    /// Whether there are tags of which the end does not tell all.
    long_tags: bool,
}

impl Bucket {
    const fn len(&self) -> usize {
        index(self.numbers[IDS] >> (3 * TAG))
    }

    /// A bit for each place where an id lies, the end of its tag being the same; mostly one or none.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "three places, written out")]
    fn places(&self, guid: Guid, tag: u32) -> u32 {
        let ends = self.numbers[IDS];
        let at = |place: usize, end: u32| {
            let id = self.ids[place];
            let tags = u64::from((end ^ tag) & TAG_END);
            u32::from((id.upper ^ guid.upper) | (id.lower ^ guid.lower) | tags == 0) << place
        };
        // All three at once: which one it is cannot be foretold.
        let places = at(0, ends) | at(1, ends >> TAG) | at(2, ends >> (2 * TAG));
        places & !(u32::MAX << (ends >> (3 * TAG)))
    }

    /// Adds an id; `None` if it is full.
    #[inline]
    fn put(&mut self, guid: Guid, tag: u32, number: u32) -> Option<()> {
        let place = self.len();
        *self.ids.get_mut(place)? = guid;
        *self.numbers.get_mut(place)? = number;
        self.numbers[IDS] |= (tag & TAG_END) << (TAG * super::narrow::number(place));
        self.numbers[IDS] += 1 << (3 * TAG);
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
        let wanted = (self.len + more).div_ceil(2) + 2;
        if wanted > self.buckets.len() {
            let buckets = vec![EMPTY; wanted.next_power_of_two()];
            for bucket in std::mem::replace(&mut self.buckets, buckets) {
                for (guid, number) in bucket.ids.into_iter().zip(bucket.numbers).take(bucket.len()) {
                    let tag = self.tags.get(index(number)).copied().unwrap_or(0);
                    self.put(hash(guid, tag), (guid, tag), number);
                }
            }
        }
    }

    fn put(&mut self, hash: u64, (guid, tag): (Guid, u32), number: u32) {
        let mut at = self.first(hash);
        while self.buckets.get_mut(at).is_some_and(|bucket| bucket.put(guid, tag, number).is_none()) {
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
    #[expect(clippy::indexing_slicing, reason = "three of four is set at most, which is four places")]
    pub(crate) fn get(&self, hash: u64, guid: Guid, tag: u32) -> Option<u32> {
        let mut at = self.first(hash);
        loop {
            let bucket = self.buckets.get(at)?;
            let mut places = bucket.places(guid, tag);
            while places != 0 {
                let number = bucket.numbers[index(places.trailing_zeros()) & IDS];
                if !self.long_tags && tag <= TAG_END || self.tags.get(index(number)) == Some(&tag) {
                    return Some(number);
                }
                places &= places - 1;
            }
            if bucket.len() < IDS {
                return None;
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
        self.put(hash, (guid, tag), number);
        self.long_tags |= tag > TAG_END;
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

    #[test]
    fn a_long_tag_is_not_taken_for_another_of_the_same_end() {
        let (guid, mut table) = (Guid::from(7), Table::default());
        table.reserve(3);
        for (number, tag) in [(0, 0), (1, 1024), (2, 2048)] {
            // Whatever the hash, so that all of them are looked for in the same place.
            assert_eq!(table.get(5, guid, tag), None);
            assert_eq!(table.number(5, guid, tag), number);
            assert_eq!(table.get(5, guid, tag), Some(number));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

        #[test]
        fn numbers_are_given_in_order_and_kept(ids in prop::collection::vec((0..60_u128, prop_oneof![0..3_u32, 1022..1028_u32, Just(2048)]), 0..300)) {
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
