//! Sorted distinct pairs, put away until they are asked for.

use super::narrow::{high, low};
use super::varint;

/// Sorted distinct pairs, each in the halves of a number.
#[derive(Debug)]
pub(crate) enum Sorted {
    /// Both halves in 32 bits, so many of them those of the lower one.
    Narrow { pairs: Box<[u32]>, lower: u32 },
    /// As [`to_bytes`] writes them.
    Bytes(Box<[u8]>),
}

impl Sorted {
    /// The bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Narrow { pairs, .. } => size_of_val(pairs.as_ref()),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// Adds them to a list; `None` if they are damaged.
    pub(crate) fn read(&self, to: &mut Vec<u64>) -> Option<()> {
        match self {
            Self::Narrow { pairs, lower } => {
                to.extend(pairs.iter().map(|pair| part(u64::from(*pair), *lower)));
                Some(())
            }
            Self::Bytes(bytes) => read_bytes(bytes, to),
        }
    }
}

/// Both halves of a pair next to each other, so many bits for the lower one.
#[inline]
pub(crate) fn join(pair: u64, lower: u32) -> u64 {
    pair >> 32 << lower | u64::from(low(pair))
}

/// The pair that [`join`] joined.
#[inline]
pub(crate) fn part(joined: u64, lower: u32) -> u64 {
    joined >> lower << 32 | joined & ((1 << lower) - 1)
}

/// Pairs as bytes: of each entry how far from the one before, how many people, and their differences.
pub(crate) fn to_bytes(pairs: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pairs.len() * 2 + 16);
    let mut previous = 0;
    for of_entry in pairs.chunk_by(|a, b| high(*a) == high(*b)) {
        let entry = of_entry.first().map_or(0, |pair| high(*pair));
        varint::put(&mut bytes, u64::from(entry - previous));
        varint::put(&mut bytes, of_entry.len() as u64);
        previous = entry;
        let mut before = 0;
        for pair in of_entry {
            varint::put(&mut bytes, u64::from(low(*pair) - before));
            before = low(*pair);
        }
    }
    bytes.shrink_to_fit();
    bytes
}

/// Adds the pairs that [`to_bytes`] wrote; `None` if they are none.
pub(crate) fn read_bytes(mut bytes: &[u8], pairs: &mut Vec<u64>) -> Option<()> {
    let mut entry = 0;
    while !bytes.is_empty() {
        entry += varint::take(&mut bytes)?;
        let count = varint::take(&mut bytes)?;
        let mut person = 0;
        for _ in 0..count {
            person += varint::take(&mut bytes)?;
            pairs.push(entry << 32 | person);
        }
    }
    Some(())
}
