//! Dense numbers of 16-byte ids: one flat table with open addressing.

use super::guid::Guid;
use super::narrow::{number, place};

/// One place of the table; 24 bytes, so that a look-up mostly touches one line of cache.
#[derive(Clone, Copy, Debug)]
struct Slot {
    guid: Guid,
    tag: u32,
    number: u32,
}

const EMPTY: Slot = Slot { guid: Guid { upper: 0, lower: 0 }, tag: 0, number: u32::MAX };

/// Numbers of (id, tag), counted from 0 in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    len: usize,
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
fn prefetch(slot: &Slot) {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "a hint that has no safe form")]
    // SAFETY: the processor takes the address for a hint only; it belongs to a live reference.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
            std::ptr::from_ref(slot).cast(),
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::hint::black_box(slot.number);
}

impl Table {
    /// How many ids have a number.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The bytes that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }

    /// Makes room, so that so many more can be added.
    pub(crate) fn reserve(&mut self, more: usize) {
        let wanted = (self.len + more) * 3 / 2 + 8;
        if wanted > self.slots.len() {
            let slots = vec![EMPTY; wanted.next_power_of_two()];
            for slot in std::mem::replace(&mut self.slots, slots) {
                if slot.number != u32::MAX {
                    self.put(slot);
                }
            }
        }
    }

    fn put(&mut self, slot: Slot) {
        let mut at = self.first(hash(slot.guid, slot.tag));
        while let Some(found) = self.slots.get_mut(at) {
            if found.number == u32::MAX {
                *found = slot;
                return;
            }
            at = self.after(at);
        }
    }

    #[inline]
    fn first(&self, hash: u64) -> usize {
        place(hash) & self.slots.len().wrapping_sub(1)
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & self.slots.len().wrapping_sub(1)
    }

    /// Asks for the place where an id will be looked for, so that it lies in the cache by then.
    #[inline]
    pub(crate) fn ask(&self, hash: u64) {
        if let Some(slot) = self.slots.get(self.first(hash)) {
            prefetch(slot);
        }
    }

    /// The number of an id.
    pub(crate) fn get(&self, hash: u64, guid: Guid, tag: u32) -> Option<u32> {
        let mut at = self.first(hash);
        loop {
            let slot = self.slots.get(at)?;
            if slot.number == u32::MAX {
                return None;
            }
            if slot.guid == guid && slot.tag == tag {
                return Some(slot.number);
            }
            at = self.after(at);
        }
    }

    /// The number of an id, the next one if it has none; room was made by [`Table::reserve`].
    #[inline]
    pub(crate) fn number(&mut self, hash: u64, guid: Guid, tag: u32) -> u32 {
        let mut at = self.first(hash);
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.guid == guid && slot.tag == tag && slot.number != u32::MAX {
                return slot.number;
            }
            if slot.number == u32::MAX {
                let next = number(self.len);
                *slot = Slot { guid, tag, number: next };
                self.len += 1;
                return next;
            }
            at = (at + 1) & self.slots.len().wrapping_sub(1);
        }
        u32::MAX
    }

    /// Gives an id that has none a number of the caller's.
    pub(crate) fn insert(&mut self, guid: Guid, tag: u32, number: u32) {
        self.reserve(1);
        self.put(Slot { guid, tag, number });
        self.len += 1;
    }

    /// All ids with tag and number, in no order.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Guid, u32, u32)> {
        let taken = self.slots.iter().filter(|slot| slot.number != u32::MAX);
        taken.map(|slot| (slot.guid, slot.tag, slot.number))
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
