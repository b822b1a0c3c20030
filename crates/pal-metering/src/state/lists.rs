//! Lists of people, one for each of some resources, packed; with or without times.

use std::ops::Range;

use crate::kernel::narrow::place;
use crate::kernel::{packed, varint};

/// Lists by resource, packed: rising numbers of people, and as many columns of times as there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    /// Of each list the resource, rising.
    pub(crate) resources: Vec<u32>,
    counts: Vec<u32>,
    /// Where each list ends among the bytes.
    ends: Vec<u64>,
    bytes: Vec<u8>,
}

/// One list, unpacked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) people: Vec<u32>,
    /// Of each person the first time, where times are kept.
    pub(crate) first: Vec<i64>,
    /// Of each person the last time, where first and last are kept.
    pub(crate) last: Vec<i64>,
}

impl List {
    pub(crate) fn clear(&mut self) {
        self.people.clear();
        self.first.clear();
        self.last.clear();
    }
}

impl Lists {
    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.resources.len() * 16
    }

    /// How many people all lists have together.
    pub(crate) fn people(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// Adds the list of the next resource; its people rise.
    pub(crate) fn push(&mut self, resource: u32, people: &[u32], times: &[&[i64]]) {
        if people.is_empty() {
            return;
        }
        packed::put_rising(&mut self.bytes, people);
        for column in times {
            packed::put_times(&mut self.bytes, column);
        }
        self.resources.push(resource);
        self.counts.push(crate::kernel::narrow::number(people.len()));
        self.ends.push(self.bytes.len() as u64);
    }

    /// Adds lists of later resources.
    pub(crate) fn append(&mut self, later: &Self) {
        let before = self.bytes.len() as u64;
        self.resources.extend_from_slice(&later.resources);
        self.counts.extend_from_slice(&later.counts);
        self.ends.extend(later.ends.iter().map(|end| end + before));
        self.bytes.extend_from_slice(&later.bytes);
    }

    /// Ends the adding.
    pub(crate) fn finish(&mut self) {
        self.bytes.extend_from_slice(&[0; packed::SLACK]);
        self.bytes.shrink_to_fit();
    }

    /// Where a resource's list is, if it has one. Most resources have one in most months: a place guessed by the numbers
    /// is not far off, where halving would touch as many distant places as there are halves.
    pub(crate) fn position(&self, resource: u32) -> Option<usize> {
        let resources = &self.resources;
        let guess = self.guess(resource)?;
        let found = *resources.get(guess)?;
        let mut step = 1;
        let (low, high) = if found <= resource {
            while resources.get(guess + step).is_some_and(|next| *next <= resource) {
                step *= 2;
            }
            (guess + step / 2, (guess + step).min(resources.len()))
        } else {
            while step < guess && resources.get(guess - step).is_some_and(|before| *before > resource) {
                step *= 2;
            }
            (guess.saturating_sub(step), guess)
        };
        resources.get(low..high)?.binary_search(&resource).ok().map(|found| low + found)
    }

    /// A place near a resource's list, unless the resource is below all.
    fn guess(&self, resource: u32) -> Option<usize> {
        let (first, last) = (*self.resources.first()?, *self.resources.last()?);
        let (ahead, span) = (u64::from(resource.checked_sub(first)?), u64::from(last - first).max(1));
        Some(place(ahead * (self.resources.len() as u64 - 1) / span))
    }

    /// Something of what stands near a resource's list.
    pub(crate) fn near(&self, resource: u32) -> Option<u64> {
        let guess = self.guess(resource)?;
        let near = u64::from(*self.resources.get(guess)? ^ *self.counts.get(guess)?);
        Some(near ^ self.ends.get(guess)?)
    }

    /// Adds a resource's list to one; nothing where it has none.
    ///
    /// - `times`: how many columns of times there are.
    pub(crate) fn read(&self, resource: u32, times: usize, list: &mut List) -> Option<()> {
        let (mut bytes, count) = self.list(self.position(resource)?)?;
        packed::take_rising(&mut bytes, count, &mut list.people)?;
        if times > 0 {
            packed::take_times(&mut bytes, count, &mut list.first)?;
        }
        if times > 1 {
            packed::take_times(&mut bytes, count, &mut list.last)?;
        }
        Some(())
    }

    /// Passes people list by list, without their times.
    ///
    /// - `range`: of the lists, by position.
    /// - `asked`: whether those of a resource are asked for.
    pub(crate) fn each_of(
        &self,
        range: Range<usize>,
        asked: &dyn Fn(u32) -> bool,
        take: &mut dyn FnMut(u32, &[u32]),
    ) -> Option<()> {
        let mut people = Vec::new();
        for position in range.start..range.end.min(self.resources.len()) {
            let resource = *self.resources.get(position)?;
            if asked(resource) {
                people.clear();
                let (mut bytes, count) = self.list(position)?;
                packed::take_rising(&mut bytes, count, &mut people)?;
                take(resource, &people);
            }
        }
        Some(())
    }

    /// The bytes of a list and what follows them, and how many people it has.
    fn list(&self, position: usize) -> Option<(&[u8], usize)> {
        let start = match position.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        Some((self.bytes.get(place(start)..)?, place(u64::from(*self.counts.get(position)?))))
    }

    /// Writes all lists as bytes.
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        varint::put(into, self.resources.len() as u64);
        let (mut resource, mut start) = (0, 0);
        for ((next, count), end) in self.resources.iter().zip(&self.counts).zip(&self.ends) {
            varint::put(into, u64::from(next - resource));
            varint::put(into, u64::from(*count));
            varint::put(into, end - start);
            (resource, start) = (*next, *end);
        }
        varint::put(into, self.bytes.len() as u64);
        into.extend_from_slice(&self.bytes);
    }

    /// Reads what [`Lists::encode`] wrote off the front.
    pub(crate) fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let mut lists = Self::default();
        let (mut resource, mut end) = (0_u32, 0_u64);
        for position in 0..varint::take(bytes)? {
            let more = varint::take_u32(bytes)?;
            if position > 0 && more == 0 {
                return None;
            }
            resource = resource.checked_add(more)?;
            lists.resources.push(resource);
            lists.counts.push(varint::take_u32(bytes)?);
            end = end.checked_add(varint::take(bytes)?)?;
            lists.ends.push(end);
        }
        let length = place(varint::take(bytes)?);
        let (own, rest) = bytes.split_at_checked(length)?;
        if (own.len() as u64) < end + packed::SLACK as u64 && !lists.is_empty() {
            return None;
        }
        lists.bytes = own.to_vec();
        *bytes = rest;
        Some(lists)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Lists;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_list_is_found_where_halving_finds_it(
            resources in prop::collection::btree_set(
                prop_oneof![0..60_u32, 990..1000_u32, Just(u32::MAX), any::<u32>()], 0..80,
            ),
            others in prop::collection::vec(prop_oneof![0..1000_u32, any::<u32>()], 0..20),
        ) {
            let resources: Vec<u32> = resources.into_iter().collect();
            let lists = Lists { resources: resources.clone(), ..Lists::default() };
            for resource in resources.iter().chain(&others) {
                prop_assert_eq!(lists.position(*resource), resources.binary_search(resource).ok());
            }
        }
    }
}
