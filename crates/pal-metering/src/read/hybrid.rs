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
                    let packed = Packed { bytes: bytes.get(..self.at)?, bit: *bit, width: self.width };
                    match self.width {
                        0..=16 => packed.unpack::<4, _>(count, &of, values)?,
                        17..=29 => packed.unpack::<2, _>(count, &of, values)?,
                        _ => packed.unpack::<1, _>(count, &of, values)?,
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

/// Numbers of so many bits, one behind the other from a bit on.
#[derive(Clone, Copy, Debug)]
struct Packed<'a> {
    bytes: &'a [u8],
    bit: usize,
    width: u32,
}

impl Packed<'_> {
    /// Unpacks `TOGETHER` values out of each eight bytes: their widths and what the first is shifted by are at most 64.
    #[inline]
    fn unpack<const TOGETHER: usize, T: Copy>(
        self,
        count: usize,
        of: &impl Fn(u32) -> Option<T>,
        values: &mut Vec<T>,
    ) -> Option<()> {
        let Self { bytes, mut bit, width } = self;
        let mask = (1_u64 << width) - 1;
        let eight = |bit: usize| {
            let ahead = bytes.get(bit >> 3..)?;
            let eight =
                ahead.first_chunk::<8>().map_or_else(|| tail(ahead), |eight| u64::from_le_bytes(*eight));
            Some(eight >> (bit & 7))
        };
        for _ in 0..count / TOGETHER {
            let mut together = eight(bit)?;
            for _ in 0..TOGETHER {
                values.push(of(low(together & mask))?);
                together >>= width;
            }
            bit += index(width) * TOGETHER;
        }
        for _ in 0..count % TOGETHER {
            values.push(of(low(eight(bit)? & mask))?);
            bit += index(width);
        }
        Some(())
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{GROUP, Mix};
    use crate::kernel::narrow::byte;
    use crate::kernel::varint;

    /// Runs of a number, and groups of eight numbers one behind the other, bit by bit.
    fn mix(width: u32, pieces: &[(bool, Vec<u32>)]) -> (Vec<u8>, Vec<u32>) {
        let mask = u32::try_from((1_u64 << width) - 1).unwrap();
        let (mut bytes, mut values) = (Vec::new(), Vec::new());
        for (repeated, numbers) in pieces {
            let numbers: Vec<u32> = numbers.iter().map(|number| number & mask).collect();
            if *repeated {
                let count = 3 * numbers.len();
                varint::put(&mut bytes, count as u64 * 2);
                let number = numbers[0].to_le_bytes();
                bytes.extend_from_slice(&number[..width.div_ceil(8) as usize]);
                values.extend(std::iter::repeat_n(numbers[0], count));
            } else {
                let whole = numbers.iter().chain(&[0; GROUP]).take(numbers.len().next_multiple_of(GROUP));
                let numbers: Vec<u32> = whole.copied().collect();
                varint::put(&mut bytes, (numbers.len() / GROUP) as u64 * 2 + 1);
                let bit = |at: usize| numbers[at / width as usize] >> (at % width as usize) & 1;
                let bits: Vec<u32> = (0..numbers.len() * width as usize).map(bit).collect();
                let packed =
                    bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit));
                bytes.extend(packed.map(|packed| byte(packed.into())));
                values.extend(numbers);
            }
        }
        (bytes, values)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

        #[test]
        fn a_mix_reads_the_same_in_blocks_of_any_size(
            width in 0..=32_u32,
            pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u32>(), 1..60)), 1..6),
            blocks in prop::collection::vec(1..90_usize, 1..5),
            short in 0..8_usize,
        ) {
            let (bytes, mut values) = mix(width, &pieces);
            values.truncate(values.len().saturating_sub(short).max(1));
            let (mut mix, mut read) = (Mix::new(width).unwrap(), Vec::new());
            for block in blocks.iter().cycle() {
                let left = values.len() - read.len();
                if left == 0 {
                    break;
                }
                let before = read.len();
                mix.read(&bytes, (left.min(*block), left), Some, &mut read).unwrap();
                prop_assert!((left.min(*block)..=left.min(*block + GROUP)).contains(&(read.len() - before)));
            }
            prop_assert_eq!(&read, &values);
            // Nothing comes from bytes that are not there, and whatever they are, reading ends.
            let cut = bytes.get(..bytes.len() - 1).unwrap();
            let mut all = Mix::new(width).unwrap();
            if short == 0 && width > 0 {
                prop_assert!(all.read(cut, (values.len(), values.len()), Some, &mut Vec::new()).is_none());
            }
        }
    }
}
