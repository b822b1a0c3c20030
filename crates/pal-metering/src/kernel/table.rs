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

    /// Reads the place where an id will be looked for, so that it lies in the cache by then.
    #[inline]
    pub(crate) fn touch(&self, hash: u64) -> u32 {
        self.slots.get(self.first(hash)).map_or(0, |slot| slot.number)
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
