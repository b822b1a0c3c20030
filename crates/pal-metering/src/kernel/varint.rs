//! Numbers in as few bytes as they need, seven bits each.

use super::narrow::byte;

/// Adds a number.
pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(byte(number) | 0x80);
        number >>= 7;
    }
    bytes.push(byte(number));
}

/// Adds a number that may be negative; small ones of either sign stay short.
pub(crate) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put(bytes, (number << 1 ^ number >> 63).cast_unsigned());
}

/// Takes a number off the front; `None` where there is none.
#[inline]
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    if *first < 0x80 {
        return Some(u64::from(*first));
    }
    let (mut number, mut shift) = (u64::from(*first & 0x7f), 7);
    loop {
        let (next, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(*next & 0x7f).checked_shl(shift)?;
        if *next < 0x80 {
            return Some(number);
        }
        shift += 7;
        if shift > 63 {
            return None;
        }
    }
}

/// Takes a number below 2³² off the front.
#[inline]
pub(crate) fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    u32::try_from(take(bytes)?).ok()
}

/// Takes what [`put_signed`] added.
pub(crate) fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    let number = take(bytes)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}
