//! Fresh ids as a value, like the time: `pal` passes real randomness, a test passes its own.

use std::fmt;
use std::sync::Arc;

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

    /// Random ids, from the generator that cryptography here uses: the system is not asked for each.
    pub fn random() -> Ids {
        Ids::new(|| {
            random::<16>()
                .map_or_else(|_| Uuid::new_v4(), |bytes| Builder::from_random_bytes(bytes).into_uuid())
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
