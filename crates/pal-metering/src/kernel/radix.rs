//! Sorting pairs of small numbers by their digits.

use super::narrow::{index, low, place};
use super::sorted::{Sorted, join, part, to_bytes};

/// Below this many a comparison sort is as fast.
const SHORT: usize = 1 << 9;

/// The greatest digit has so many bits: their counts and the lines that are written to stay in the nearest cache.
const DIGIT: u32 = 11;

/// Sorts pairs, each in the halves of a number, and drops repeats; keeps its scratch for the next time.
#[derive(Debug, Default)]
pub(crate) struct Sorter {
    wide: Buffers<u64>,
    /// Both halves of a pair in 32 bits, where they have so few.
    narrow: Buffers<u32>,
    counts: Vec<u32>,
}

#[derive(Debug, Default)]
struct Buffers<T> {
    numbers: Vec<T>,
    spare: Vec<T>,
}

impl Sorter {
    /// Sorts and drops repeats.
    pub(crate) fn sort_distinct(&mut self, pairs: &mut Vec<u64>) {
        // Places are counted in 32 bits.
        if pairs.len() < SHORT || u32::try_from(pairs.len()).is_err() {
            pairs.sort_unstable();
            pairs.dedup();
            return;
        }
        if let Some(lower) = self.sort_narrow(pairs) {
            pairs.clear();
            pairs.extend(self.narrow.numbers.iter().map(|number| part(u64::from(*number), lower)));
        } else {
            let (upper, lower) = widths(pairs);
            self.wide.fill(pairs.iter().map(|pair| join(*pair, lower)));
            self.wide.sort_distinct(upper + lower, &mut self.counts);
            pairs.clear();
            pairs.extend(self.wide.numbers.iter().map(|number| part(*number, lower)));
        }
    }

    /// Sorts, drops repeats and puts away; the list is empty afterwards.
    pub(crate) fn put_away(&mut self, pairs: &mut Vec<u64>) -> Sorted {
        let sorted = if let Some(lower) = self.sort_narrow(pairs) {
            Sorted::Narrow { pairs: self.narrow.numbers.as_slice().into(), lower }
        } else {
            self.sort_distinct(pairs);
            Sorted::Bytes(to_bytes(pairs).into())
        };
        pairs.clear();
        sorted
    }

    /// Sorts and drops repeats in 32 bits; returns how many of them are those of the lower halves.
    fn sort_narrow(&mut self, pairs: &[u64]) -> Option<u32> {
        let (upper, lower) = widths(pairs);
        let fits = upper + lower <= u32::BITS && lower < u32::BITS && u32::try_from(pairs.len()).is_ok();
        fits.then(|| {
            self.narrow.fill(pairs.iter().map(|pair| low(join(*pair, lower))));
            self.narrow.sort_distinct(upper + lower, &mut self.counts);
            lower
        })
    }
}

/// How many bits the upper and the lower halves have at most.
fn widths(pairs: &[u64]) -> (u32, u32) {
    let any = pairs.iter().fold(0, |any, pair| any | pair);
    (width(any >> 32), width(u64::from(low(any))))
}

const fn width(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

impl<T: Copy + Default + PartialEq + Into<u64>> Buffers<T> {
    fn fill(&mut self, numbers: impl Iterator<Item = T>) {
        self.numbers.clear();
        self.numbers.extend(numbers);
        self.spare.resize(self.numbers.len(), T::default());
    }

    /// Drops repeats of sorted numbers. Whether one is a repeat cannot be foretold, so that nothing depends on it but
    /// where the next one goes.
    #[expect(clippy::indexing_slicing, reason = "what is kept is never ahead of what is read")]
    fn drop_repeats(&mut self) {
        let Some(mut previous) = self.numbers.first().copied() else { return };
        let mut kept = 1;
        for position in 1..self.numbers.len() {
            let number = self.numbers[position];
            self.numbers[kept] = number;
            kept += usize::from(number != previous);
            previous = number;
        }
        self.numbers.truncate(kept);
    }

    /// Sorts numbers of so many bits, digit by digit from the last, and drops repeats.
    fn sort_distinct(&mut self, bits: u32, counts: &mut Vec<u32>) {
        let passes = bits.div_ceil(DIGIT).max(1);
        let digit = bits.div_ceil(passes);
        let mask = (1_u64 << digit) - 1;
        counts.resize(1 << digit, 0);
        for pass in 0..passes {
            pass_over(&self.numbers, &mut self.spare, counts, |number: T| {
                place(number.into() >> (pass * digit) & mask)
            });
            std::mem::swap(&mut self.numbers, &mut self.spare);
        }
        self.drop_repeats();
    }
}

/// Sorts by one digit, keeping the order of equals.
#[expect(
    clippy::indexing_slicing,
    reason = "a digit is below the count of counts; places of a histogram lie within what was counted"
)]
fn pass_over<T: Copy>(from: &[T], to: &mut [T], counts: &mut [u32], of: impl Fn(T) -> usize) {
    counts.fill(0);
    for number in from {
        counts[of(*number)] += 1;
    }
    let mut start = 0;
    for count in counts.iter_mut() {
        start += std::mem::replace(count, start);
    }
    for number in from {
        let next = &mut counts[of(*number)];
        to[index(*next)] = *number;
        *next += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SHORT, Sorter};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

        #[test]
        fn the_order_is_that_of_numbers(seed in any::<u64>(), upper in 0..=32_u32, lower in 0..=32_u32, count in 0..5 * SHORT) {
            let mixed = |number: u64| (number ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
            let below = |number: u64, bits: u32| number & ((1 << bits) - 1);
            let pair = |number: u64| below(mixed(number), upper) << 32 | below(mixed(number) >> 32, lower);
            let numbers: Vec<u64> = (0..count as u64).map(pair).collect();
            let mut expected = numbers.clone();
            expected.sort_unstable();
            expected.dedup();
            let mut sorter = Sorter::default();
            for _ in 0..2 {
                let mut numbers = numbers.clone();
                sorter.sort_distinct(&mut numbers);
                prop_assert_eq!(&numbers, &expected);
            }
        }
    }
}
