//! Tokens that were checked before, by their digest.
//!
//! An entry holds until its token ends or its key leaves the set. There are two generations: when the younger
//! is full it becomes the elder and the elder is forgotten, so the cache is bounded and a hit costs two look-ups.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use pal_rules::time::Timestamp;

use super::trust::TrustedKey;
use super::{Verified, token};

/// How many tokens a generation holds.
const GENERATION: usize = 8_192;

type Digest = [u8; 32];

struct Entry {
    verified: Arc<Verified>,
    key: Arc<TrustedKey>,
}

#[derive(Default)]
struct Generations {
    younger: BTreeMap<Digest, Entry>,
    elder: BTreeMap<Digest, Entry>,
}

/// Remembers checked tokens.
#[derive(Default)]
pub(crate) struct Cache(RwLock<Generations>);

impl Cache {
    /// What the token of this digest said, if it still holds.
    pub(crate) fn get(&self, digest: &Digest, now: Timestamp) -> Option<Arc<Verified>> {
        let generations = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let entry = generations.younger.get(digest).or_else(|| generations.elder.get(digest))?;
        let holds = token::taken_until(entry.verified.expires_at) > now && entry.key.holds(now);
        holds.then(|| Arc::clone(&entry.verified))
    }

    /// Remembers a token that was just checked with this key.
    pub(crate) fn insert(&self, digest: Digest, verified: Arc<Verified>, key: Arc<TrustedKey>) {
        let mut generations = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if generations.younger.len() >= GENERATION {
            generations.elder = std::mem::take(&mut generations.younger);
        }
        generations.younger.insert(digest, Entry { verified, key });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::key::{Jwk, PublicKey};
    use super::*;
    use crate::caller::Kind;

    #[test]
    fn the_cache_is_bounded_and_forgets_the_elder() {
        let cache = Cache::default();
        let key = PublicKey::new(&[0xff; 256], &[1, 0, 1]).unwrap();
        let jwk = Jwk { kid: "k".to_owned(), issuer: None, key };
        let key = Arc::new(TrustedKey::new(jwk, Timestamp::from_micros(i64::MAX)));
        let verified = Arc::new(Verified {
            tenant: Uuid::max(),
            object_id: Uuid::max(),
            kind: Kind::User,
            name: None,
            client_id: None,
            roles: Vec::new(),
            expires_at: Timestamp::from_micros(1),
        });
        let digest = |number: usize| super::super::sha256(&number.to_be_bytes());
        for number in 0..3 * GENERATION {
            cache.insert(digest(number), Arc::clone(&verified), Arc::clone(&key));
        }
        let now = Timestamp::from_micros(0);
        let generations = cache.0.read().unwrap();
        assert_eq!((generations.younger.len(), generations.elder.len()), (GENERATION, GENERATION));
        assert!(cache.get(&digest(0), now).is_none());
        assert!(cache.get(&digest(GENERATION), now).is_some());
        assert!(cache.get(&digest(3 * GENERATION - 1), now).is_some());
    }
}
