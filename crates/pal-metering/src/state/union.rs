//! Distinct people over several lists.

use crate::kernel::narrow::index;

/// People of one tenant, each once: a bit each, and which words of bits are not empty, so that a small union in a large
/// tenant costs what is small.
#[derive(Clone, Debug, Default)]
pub struct Union {
    words: Vec<u64>,
    used: Vec<u32>,
}

impl Union {
    /// A union of nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds people by number.
    pub fn add(&mut self, people: &[u32]) {
        let greatest = people.iter().copied().max().unwrap_or(0);
        let words = index(greatest >> 6) + 1;
        if words > self.words.len() {
            self.words.resize(words, 0);
        }
        for person in people {
            let at = person >> 6;
            if let Some(word) = self.words.get_mut(index(at)) {
                if *word == 0 {
                    self.used.push(at);
                }
                *word |= 1 << (person & 63);
            }
        }
    }

    /// How many people there are; nobody afterwards.
    pub fn take_count(&mut self) -> u64 {
        self.take(|word, _| u64::from(word.count_ones()))
    }

    /// How many people there are who count; nobody afterwards.
    pub fn take_count_of(&mut self, counts: impl Fn(u32) -> bool) -> u64 {
        self.take(|mut word, first| {
            let mut count = 0;
            while word != 0 {
                count += u64::from(counts(first + word.trailing_zeros()));
                word &= word - 1;
            }
            count
        })
    }

    fn take(&mut self, count: impl Fn(u64, u32) -> u64) -> u64 {
        let words = &mut self.words;
        let mut word = |at: u32| words.get_mut(index(at)).map(std::mem::take).unwrap_or_default();
        self.used.drain(..).map(|at| count(word(at), at << 6)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Union;

    proptest! {
        #[test]
        fn everyone_is_counted_once(lists in prop::collection::vec(prop::collection::vec(0..3000_u32, 0..90), 0..6)) {
            let expected: BTreeSet<u32> = lists.iter().flatten().copied().collect();
            let mut union = Union::new();
            for _ in 0..2 {
                for list in &lists {
                    union.add(list);
                }
                prop_assert_eq!(union.take_count(), expected.len() as u64);
                for list in &lists {
                    union.add(list);
                }
                let odd = expected.iter().filter(|person| *person % 2 == 1).count() as u64;
                prop_assert_eq!(union.take_count_of(|person| person % 2 == 1), odd);
            }
        }
    }
}
