//! Parquet's mix of runs and bit-packed groups: places in a dictionary, and levels.

use crate::kernel::narrow::{low, place};
use crate::kernel::varint;

/// Adds so many values, each of the number that stands for it; `None` if they are not there.
pub(crate) fn values<T: Copy>(
    mut bytes: &[u8],
    width: u32,
    count: usize,
    of: impl Fn(u32) -> Option<T>,
    values: &mut Vec<T>,
) -> Option<()> {
    if width > 32 {
        return None;
    }
    let end = values.len() + count;
    while values.len() < end {
        let left = end - values.len();
        let head = varint::take(&mut bytes)?;
        if head & 1 == 0 {
            let length = place(head >> 1).min(left);
            let size = usize::try_from(width.div_ceil(8)).ok()?;
            let (number, rest) = bytes.split_at_checked(size)?;
            let number = number.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
            bytes = rest;
            if length == 0 {
                return None;
            }
            values.extend(std::iter::repeat_n(of(number)?, length));
        } else {
            let size = place(head >> 1).checked_mul(usize::try_from(width).ok()?)?;
            // The last group may be cut short by the end of the page.
            let (packed, rest) = bytes.split_at_checked(size).unwrap_or((bytes, &[]));
            bytes = rest;
            let length = (place(head >> 1) * 8).min(left);
            if packed.len() * 8 < length * usize::try_from(width).ok()? || head >> 1 == 0 {
                return None;
            }
            unpack(packed, width, length, &of, values)?;
        }
    }
    Some(())
}

#[inline]
fn unpack<T: Copy>(
    packed: &[u8],
    width: u32,
    count: usize,
    of: &impl Fn(u32) -> Option<T>,
    values: &mut Vec<T>,
) -> Option<()> {
    let mask = (1_u64 << width) - 1;
    let step = u64::from(width);
    let mut bit = 0;
    for _ in 0..count {
        let at = place(bit >> 3);
        let eight = match packed.get(at..at + 8) {
            Some(eight) => u64::from_le_bytes(eight.try_into().ok()?),
            None => tail(packed.get(at..)?),
        };
        values.push(of(low(eight >> (bit & 7) & mask))?);
        bit += step;
    }
    Some(())
}

#[cold]
fn tail(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether so many levels are all 1: nothing is null.
pub(crate) fn all_set(bytes: &[u8], count: usize) -> bool {
    let mut levels = Vec::with_capacity(count);
    values(bytes, 1, count, |level| (level == 1).then_some(()), &mut levels).is_some()
}
