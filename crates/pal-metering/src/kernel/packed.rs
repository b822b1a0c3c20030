//! Rising numbers as differences, each block of them in as few bits as its greatest needs.

use super::narrow::{byte, low, place};
use super::varint;

/// How many differences share a width.
const BLOCK: usize = 128;

/// Bytes that must follow packed ones, so that eight can always be read at once.
pub(crate) const SLACK: usize = 8;

/// Adds distinct rising numbers.
pub(crate) fn put_rising(bytes: &mut Vec<u8>, numbers: &[u32]) {
    let Some((first, rest)) = numbers.split_first() else { return };
    varint::put(bytes, u64::from(*first));
    let mut previous = *first;
    for block in rest.chunks(BLOCK) {
        let mut differences = [0_u32; BLOCK];
        let mut any = 0;
        for (difference, number) in differences.iter_mut().zip(block) {
            *difference = number.wrapping_sub(previous).wrapping_sub(1);
            any |= *difference;
            previous = *number;
        }
        let width = 32 - any.leading_zeros();
        bytes.push(byte(u64::from(width)));
        let differences = differences.iter().take(block.len()).map(|difference| u64::from(*difference));
        put_bits(bytes, differences, width);
    }
}

/// Takes so many rising numbers off the front; `None` if they are not there.
///
/// - `bytes`: with [`SLACK`] more behind what is taken.
pub(crate) fn take_rising(bytes: &mut &[u8], count: usize, numbers: &mut Vec<u32>) -> Option<()> {
    let Some(rest) = count.checked_sub(1) else { return Some(()) };
    let mut previous = varint::take_u32(bytes)?;
    numbers.reserve(count);
    numbers.push(previous);
    let mut left = rest;
    while left > 0 {
        let (width, packed) = bytes.split_first()?;
        let (width, block) = (u32::from(*width), left.min(BLOCK));
        let taken = (block * usize::try_from(width).ok()?).div_ceil(8);
        if width > 32 || packed.len() < taken + SLACK {
            return None;
        }
        let mask = (1_u64 << width) - 1;
        let mut bit = 0;
        numbers.extend((0..block).map(|_| {
            let difference = low(eight(packed, bit >> 3) >> (bit & 7) & mask);
            bit += u64::from(width);
            previous = previous.wrapping_add(difference).wrapping_add(1);
            previous
        }));
        *bytes = packed.get(taken..)?;
        left -= block;
    }
    Some(())
}

/// Adds numbers of a width, none wider.
fn put_bits(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = u64>, width: u32) {
    let (mut pending, mut bits) = (0_u128, 0);
    for number in numbers {
        pending |= u128::from(number) << bits;
        bits += width;
        while bits >= 32 {
            bytes.extend_from_slice(&low(first(pending)).to_le_bytes());
            pending >>= 32;
            bits -= 32;
        }
    }
    let rest = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
    bytes.extend(first(pending).to_le_bytes().into_iter().take(rest));
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half is what is cut off")]
const fn first(number: u128) -> u64 {
    number as u64
}

#[inline]
fn eight(bytes: &[u8], at: u64) -> u64 {
    let at = place(at);
    bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Adds numbers of any size around each other: the least of them, their common scale, and the rest.
pub(crate) fn put_times(bytes: &mut Vec<u8>, times: &[i64]) {
    let least = times.iter().copied().min().unwrap_or(0);
    let above = |time: &i64| time.wrapping_sub(least).cast_unsigned();
    // Instants are mostly whole seconds, or whole milliseconds.
    let scale = [1_000_000, 1000].into_iter().find(|scale| times.iter().all(|time| above(time) % scale == 0));
    let scale = scale.unwrap_or(1);
    let width = 64 - times.iter().fold(0, |any, time| any | (above(time) / scale)).leading_zeros();
    varint::put_signed(bytes, least);
    varint::put(bytes, scale);
    bytes.push(byte(u64::from(width)));
    put_bits(bytes, times.iter().map(|time| above(time) / scale), width);
}

/// Takes so many of them off the front, as [`take_rising`] does.
pub(crate) fn take_times(bytes: &mut &[u8], count: usize, times: &mut Vec<i64>) -> Option<()> {
    let least = varint::take_signed(bytes)?;
    let scale = varint::take(bytes)?;
    let (width, packed) = bytes.split_first()?;
    let taken = count.checked_mul(usize::from(*width))?.div_ceil(8);
    if *width > 64 || packed.len() < taken + SLACK {
        return None;
    }
    let mask = if *width == 64 { u64::MAX } else { (1 << *width) - 1 };
    for position in 0..count as u64 {
        let bit = position * u64::from(*width);
        // Of the widest, up to seven bits stand in a ninth byte.
        let shift = bit & 7;
        let head = eight(packed, bit >> 3) >> shift;
        let ninth = packed.get(place(bit >> 3) + 8).map_or(0, |ninth| u64::from(*ninth));
        let tail = if shift == 0 { 0 } else { ninth << (64 - shift) };
        let above = ((head | tail) & mask).wrapping_mul(scale);
        times.push(least.wrapping_add(above.cast_signed()));
    }
    *bytes = packed.get(taken..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{SLACK, put_rising, put_times, take_rising, take_times};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn what_is_packed_comes_back(
            people in prop::collection::btree_set(any::<u32>(), 0..400),
            near in prop::collection::btree_set(0..900_u32, 0..400),
            times in prop::collection::vec(any::<i64>(), 0..60),
            seconds in prop::collection::vec(-90_000..90_000_i64, 0..60),
        ) {
            let lists: Vec<Vec<u32>> = [people, near].into_iter().map(BTreeSet::into_iter).map(Iterator::collect).collect();
            let seconds: Vec<i64> = seconds.into_iter().map(|second| second * 1_000_000).collect();
            let mut bytes = Vec::new();
            for list in &lists {
                put_rising(&mut bytes, list);
            }
            for times in [&times, &seconds] {
                put_times(&mut bytes, times);
            }
            bytes.extend([0; SLACK]);
            let mut left = bytes.as_slice();
            for list in &lists {
                let mut read = Vec::new();
                prop_assert!(take_rising(&mut left, list.len(), &mut read).is_some());
                prop_assert_eq!(&read, list);
            }
            for expected in [&times, &seconds] {
                let mut read = Vec::new();
                prop_assert!(take_times(&mut left, expected.len(), &mut read).is_some());
                prop_assert_eq!(&read, expected);
            }
            prop_assert_eq!(left.len(), SLACK);
            // Whatever the bytes are, reading them ends.
            let mut read = Vec::new();
            let _ = take_rising(&mut bytes.get(1..).unwrap_or_default(), 500, &mut read);
        }
    }
}
