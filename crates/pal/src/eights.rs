//! Bytes looked at eight at a time: what texts are asked before they stand in files, a million times over.

const EACH: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each.
const HIGHEST: u64 = 0x80 * EACH;

/// Whether something holds of any eight bytes of a text, the last of them filled up with the digit zero. Looks at all,
/// however early the first.
pub(crate) fn anywhere(text: &[u8], holds: impl Fn(u64) -> bool) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    let mut last = [b'0'; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    let holds = |eight: [u8; 8]| holds(u64::from_le_bytes(eight));
    eights.iter().fold(holds(last), |any, eight| any | holds(*eight))
}

/// Whether one of eight bytes is this one.
pub(crate) const fn has(eight: u64, byte: u8) -> bool {
    has_below(eight ^ (byte as u64 * EACH), 1)
}

/// Whether one of eight bytes is below a limit, which is at most that of the digit zero.
pub(crate) const fn has_below(eight: u64, limit: u8) -> bool {
    // What is below borrows from its highest bit; so may one after it, but never one alone.
    eight.wrapping_sub(limit as u64 * EACH) & !eight & HIGHEST != 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{anywhere, has, has_below};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn eight_at_a_time_are_as_one_by_one(
            text in prop::collection::vec(prop_oneof![any::<u8>(), 0x1e..0x24_u8, 0x7e..0x82_u8], 0..30),
            byte in 0x1e..0x24_u8, limit in 0..=b'0',
        ) {
            prop_assert_eq!(anywhere(&text, |eight| has(eight, byte)), text.contains(&byte));
            let below = text.iter().any(|byte| *byte < limit);
            prop_assert_eq!(anywhere(&text, |eight| has_below(eight, limit)), below);
        }
    }
}
