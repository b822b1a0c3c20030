//! Conversions between widths of numbers, each in one place with what makes it safe.

/// The lower half.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the upper half is what is cut off")]
pub(crate) const fn low(number: u64) -> u32 {
    number as u32
}

/// The upper half.
#[inline]
pub(crate) const fn high(number: u64) -> u32 {
    low(number >> 32)
}

/// The lowest byte.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "all but the lowest byte is what is cut off")]
pub(crate) const fn byte(number: u64) -> u8 {
    number as u8
}

/// A position made of a number; none is wider than an address on the machines that have these amounts of data.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "on a smaller machine a slice would end before")]
pub(crate) const fn place(number: u64) -> usize {
    number as usize
}

/// A count as a number of an id; there are fewer than 2³² of each.
#[inline]
pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A number of an id as a position.
#[inline]
pub(crate) const fn index(number: u32) -> usize {
    number as usize
}
