//! Sorting numbers by their bytes.

use super::narrow::{byte, place};

/// Below this many a comparison sort is as fast.
const SHORT: usize = 1 << 10;

/// Sorts, by one pass for each byte in which the numbers differ.
///
/// - `spare`: scratch, kept by the caller so that it need not be made again.
pub(crate) fn sort(numbers: &mut Vec<u64>, spare: &mut Vec<u64>) {
    if numbers.len() < SHORT {
        numbers.sort_unstable();
        return;
    }
    let (all, any) = numbers.iter().fold((u64::MAX, 0), |(all, any), one| (all & one, any | one));
    let differs = all ^ any;
    spare.clear();
    spare.resize(numbers.len(), 0);
    for shift in (0..64).step_by(8).filter(|shift| byte(differs >> shift) != 0) {
        pass(numbers, spare, shift);
        std::mem::swap(numbers, spare);
    }
}

/// Sorts by one byte, keeping the order of equals.
#[expect(
    clippy::indexing_slicing,
    reason = "256 places for the values of a byte; the places of a histogram lie within what was counted"
)]
fn pass(from: &[u64], to: &mut [u64], shift: u32) {
    let mut starts = [0_usize; 256];
    for one in from {
        starts[usize::from(byte(one >> shift))] += 1;
    }
    let mut start = 0;
    for count in &mut starts {
        start += std::mem::replace(count, start);
    }
    for one in from {
        let next = &mut starts[usize::from(byte(one >> shift))];
        to[*next] = *one;
        *next += 1;
    }
    debug_assert_eq!(starts[255], place(from.len() as u64));
}

/// Sorts and drops repeats.
pub(crate) fn sort_distinct(numbers: &mut Vec<u64>, spare: &mut Vec<u64>) {
    if !numbers.is_sorted() {
        sort(numbers, spare);
    }
    numbers.dedup();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SHORT, sort_distinct};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(30) })]

        #[test]
        fn the_order_is_that_of_numbers(seed in any::<u64>(), bits in 0..64_u32, count in 0..3 * SHORT) {
            let mixed = |number: u64| (number ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
            let mut numbers: Vec<u64> = (0..count as u64).map(|number| mixed(number) >> bits << (bits / 2)).collect();
            let mut expected = numbers.clone();
            expected.sort_unstable();
            expected.dedup();
            sort_distinct(&mut numbers, &mut vec![7; 3]);
            prop_assert_eq!(numbers, expected);
        }
    }
}
