//! Looking a GUID up among many.

use std::cmp::Ordering;

/// So often a place is guessed before it is looked for by halves: GUIDs that are not random are none to guess by.
const GUESSES: usize = 8;

/// Where a GUID stands. Places are guessed from the GUIDs at both ends, because most are random: among a million a guess
/// hits after four or five, where halving needs twenty.
///
/// - `guids`: rising.
pub(super) fn position(guids: &[u128], guid: u128) -> Option<usize> {
    let (mut low, mut high) = (0, guids.len());
    for _ in 0..GUESSES {
        let ends = guids.get(low..high)?;
        let at = low + guess((key(*ends.first()?), key(*ends.last()?)), key(guid), ends.len() - 1)?;
        match guids.get(at)?.cmp(&guid) {
            Ordering::Equal => return Some(at),
            Ordering::Less => low = at + 1,
            Ordering::Greater => high = at,
        }
    }
    guids.get(low..high)?.binary_search(&guid).ok().map(|found| low + found)
}

/// What of a GUID a place is guessed by.
fn key(guid: u128) -> u64 {
    u64::try_from(guid >> u64::BITS).unwrap_or_default()
}

/// A place from 0 to the last; none where the key is not between the ends.
fn guess((first, end): (u64, u64), key: u64, last: usize) -> Option<usize> {
    let (all, part) = (end.checked_sub(first)?, key.checked_sub(first).filter(|_| key <= end)?);
    // In 32 bits, so that they can be multiplied.
    let shift = u64::BITS.saturating_sub(all.leading_zeros()).saturating_sub(u32::BITS);
    let ahead = (part >> shift).checked_mul(last as u64)?.checked_div(all >> shift).unwrap_or_default();
    usize::try_from(ahead).ok().map(|ahead| ahead.min(last))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::position;

    fn guid() -> impl Strategy<Value = u128> {
        prop_oneof![
            any::<u128>(),
            0..40_u128,
            (0..40_u128).prop_map(|low| u128::MAX - low),
            (0..40_u128).prop_map(|high| high << 64),
            (0..40_u128).prop_map(|high| high << 96 | 7),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_guid_is_found_where_halving_finds_it(
            guids in prop::collection::btree_set(guid(), 0..120), others in prop::collection::vec(guid(), 0..20),
        ) {
            let guids: Vec<u128> = guids.into_iter().collect();
            for guid in guids.iter().chain(&others) {
                prop_assert_eq!(position(&guids, *guid), guids.binary_search(guid).ok());
            }
        }
    }
}
