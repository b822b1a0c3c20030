//! Parquet's mix of runs and bit-packed groups: places in a dictionary, and levels.

use crate::kernel::narrow::{index, low, place};
use crate::kernel::varint;

/// So many values stand in a packed group.
const GROUP: usize = 8;

/// How far a mix was read, so that it can be read a block at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mix {
    width: u32,
    /// Where the next head stands.
    at: usize,
    /// How many values of the run or of the groups before it are left.
    left: usize,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Repeated(u32),
    /// From this bit on.
    Packed(usize),
}

impl Default for Run {
    fn default() -> Self {
        Self::Repeated(0)
    }
}

impl Mix {
    /// Begins with numbers of so many bits.
    pub(crate) fn new(width: u32) -> Option<Self> {
        (width <= 32).then_some(Self { width, ..Self::default() })
    }

    /// Begins with the values of a page, behind a byte with their width.
    pub(crate) fn of_page(bytes: &[u8]) -> Option<Self> {
        let mix = Self::new(u32::from(*bytes.first()?))?;
        Some(Self { at: 1, ..mix })
    }

    /// Adds so many values, each of the number that stands for it, and up to seven more, but none beyond `most`; `None`
    /// if they are not there.
    pub(crate) fn read<T: Copy>(
        &mut self,
        bytes: &[u8],
        (wanted, most): (usize, usize),
        of: impl Fn(u32) -> Option<T>,
        values: &mut Vec<T>,
    ) -> Option<()> {
        let start = values.len();
        values.reserve(wanted + GROUP);
        loop {
            let (more, room) = (wanted.saturating_sub(values.len() - start), most - (values.len() - start));
            if more == 0 {
                return Some(());
            }
            if self.left == 0 {
                self.head(bytes)?;
            }
            // Within packed groups it is only stopped between two of them, or at the end of all.
            let count = self.left.min(more.next_multiple_of(GROUP)).min(room);
            match &mut self.run {
                Run::Repeated(number) => values.extend(std::iter::repeat_n(of(*number)?, count)),
                Run::Packed(bit) => {
                    let packed = bytes.get(..self.at)?;
                    match self.width {
                        0..=16 => unpack::<4, _>(packed, *bit, self.width, count, &of, values)?,
                        17..=29 => unpack::<2, _>(packed, *bit, self.width, count, &of, values)?,
                        _ => unpack::<1, _>(packed, *bit, self.width, count, &of, values)?,
                    }
                    *bit += count * index(self.width);
                }
            }
            self.left -= count;
        }
    }

    /// Reads what the next values are.
    fn head(&mut self, bytes: &[u8]) -> Option<()> {
        let mut ahead = bytes.get(self.at..)?;
        let head = varint::take(&mut ahead)?;
        let count = place(head >> 1);
        let start = bytes.len() - ahead.len();
        if count == 0 {
            return None;
        }
        if head & 1 == 0 {
            let number = ahead.get(..index(self.width.div_ceil(8)))?;
            let number = number.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
            (self.run, self.left, self.at) =
                (Run::Repeated(number), count, start + index(self.width.div_ceil(8)));
        } else {
            // The last group may be cut short by the end of the page.
            let size = count.checked_mul(index(self.width))?.min(ahead.len());
            let whole = (size * 8).checked_div(index(self.width)).unwrap_or(usize::MAX);
            (self.run, self.left, self.at) =
                (Run::Packed(start * 8), count.checked_mul(GROUP)?.min(whole), start + size);
        }
        (self.left > 0).then_some(())
    }
}

/// Unpacks `TOGETHER` values out of each eight bytes: their widths and what the first is shifted by are at most 64.
#[inline]
fn unpack<const TOGETHER: usize, T: Copy>(
    packed: &[u8],
    start: usize,
    width: u32,
    count: usize,
    of: &impl Fn(u32) -> Option<T>,
    values: &mut Vec<T>,
) -> Option<()> {
    let mask = (1_u64 << width) - 1;
    let eight = |bit: usize| {
        let ahead = packed.get(bit >> 3..)?;
        let eight = ahead.first_chunk::<8>().map_or_else(|| tail(ahead), |eight| u64::from_le_bytes(*eight));
        Some(eight >> (bit & 7))
    };
    let step = index(width) * TOGETHER;
    let mut bit = start;
    for _ in 0..count / TOGETHER {
        let mut together = eight(bit)?;
        for _ in 0..TOGETHER {
            values.push(of(low(together & mask))?);
            together >>= width;
        }
        bit += step;
    }
    for _ in 0..count % TOGETHER {
        values.push(of(low(eight(bit)? & mask))?);
        bit += index(width);
    }
    Some(())
}

#[cold]
fn tail(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether so many levels are all 1: nothing is null.
pub(crate) fn all_set(bytes: &[u8], count: usize) -> bool {
    let set = |level: u32| (level == 1).then_some(());
    let read = Mix::new(1).and_then(|mut mix| mix.read(bytes, (count, count), set, &mut Vec::new()));
    read.is_some()
}
