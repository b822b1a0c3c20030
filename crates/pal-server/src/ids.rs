//! Fresh ids as a value, like the time: `pal` passes real randomness, a test passes its own.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::{Builder, Uuid};

use crate::identity::random;

/// Makes ids that no two requests share; cheap to clone.
#[derive(Clone)]
pub struct Ids(Arc<dyn Fn() -> Uuid + Send + Sync>);

impl Ids {
    /// A source that asks `fresh` each time.
    pub fn new(fresh: impl Fn() -> Uuid + Send + Sync + 'static) -> Ids {
        Ids(Arc::new(fresh))
    }

    /// Random ids, drawn by the hundred: two are needed for each request, and a draw costs more than an id.
    pub fn random() -> Ids {
        let drawn = Mutex::new(Vec::new());
        Ids::new(move || {
            let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
            if drawn.is_empty()
                && let Ok(bytes) = random::<4096>()
            {
                let ids = bytes.as_chunks().0.iter().copied();
                drawn.extend(ids.map(|bytes| Builder::from_random_bytes(bytes).into_uuid()));
            }
            drawn.pop().unwrap_or_else(Uuid::new_v4)
        })
    }

    /// The next one.
    pub fn fresh(&self) -> Uuid {
        (self.0)()
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Ids;

    #[test]
    fn random_ids_are_of_version_4_and_never_the_same() {
        let ids = Ids::random();
        let drawn: BTreeSet<_> = (0..1000).map(|_| ids.fresh()).collect();
        assert_eq!(drawn.len(), 1000);
        assert!(drawn.iter().all(|id| id.get_version_num() == 4));
    }
}
