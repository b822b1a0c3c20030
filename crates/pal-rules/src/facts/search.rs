//! Looking an id up in what is sorted by id.

use std::cmp::Ordering;

use crate::id::Id;

/// So often a place is guessed before it is looked for by halves: ids that are no random GUIDs are none to guess by.
const GUESSES: usize = 8;

/// Where an id stands. Places are guessed from the ids at both ends, because GUIDs are mostly random: among a million a
/// guess hits after four or five, where halving needs twenty, most of them in memory that was not touched lately.
///
/// - `id_of`: the id of an item; the items are sorted by it.
pub(super) fn position<T>(items: &[T], id: &Id, id_of: impl Fn(&T) -> &Id) -> Option<usize> {
    let halved = |from: usize, until: usize| {
        let found = items.get(from..until)?.binary_search_by(|item| id_of(item).cmp(id)).ok()?;
        Some(from + found)
    };
    let end = |at: usize| items.get(at).map(|item| (at, id_of(item)));
    let (mut low, mut high) = (end(0)?, end(items.len() - 1)?);
    for (at, found) in [low, high] {
        if found == id {
            return Some(at);
        }
    }
    for _ in 0..GUESSES {
        let guess = guess((low.0, key(low.1)), (high.0, key(high.1)), key(id));
        let Some(next) = guess.and_then(end) else { break };
        match next.1.cmp(id) {
            Ordering::Equal => return Some(next.0),
            Ordering::Less => low = next,
            Ordering::Greater => high = next,
        }
    }
    halved(low.0 + 1, high.0)
}

/// What of an id a place is guessed by; only GUIDs have it.
fn key(id: &Id) -> Option<u64> {
    id.guid().and_then(|guid| u64::try_from(guid >> 64).ok())
}

/// A place between two others.
fn guess(low: (usize, Option<u64>), high: (usize, Option<u64>), key: Option<u64>) -> Option<usize> {
    let between = high.0.checked_sub(low.0 + 2)?;
    let (all, part) = (high.1?.checked_sub(low.1?)?, key?.checked_sub(low.1?)?);
    // In 32 bits, so that they can be multiplied.
    let shift = u64::BITS.saturating_sub(all.leading_zeros()).saturating_sub(u32::BITS);
    let ahead = (part >> shift).checked_mul(between as u64)?.checked_div(all >> shift)?;
    Some(low.0 + 1 + usize::try_from(ahead).ok()?.min(between))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::position;
    use crate::id::Id;

    fn id() -> impl Strategy<Value = Id> {
        prop_oneof![
            any::<u128>().prop_map(Id::from_guid),
            (0..40_u128).prop_map(Id::from_guid),
            (0..40_u128).prop_map(|low| Id::from_guid(u128::MAX - low)),
            "[0-9a-f]{0,9}".prop_map(|text| Id::new(&text)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_id_is_found_where_halving_finds_it(
            ids in prop::collection::btree_set(id(), 0..120), others in prop::collection::vec(id(), 0..20),
        ) {
            let ids: Vec<Id> = ids.into_iter().collect();
            for id in ids.iter().chain(&others) {
                prop_assert_eq!(position(&ids, id, |id| id), ids.binary_search(id).ok());
            }
        }
    }
}
