//! How much a tenant may ask of this server process in an hour.
//!
//! An allowance that refills steadily (one write each 3 seconds by default), because SDKs sleep for as long
//! as `Retry-After` says: an hour that starts anew would have them sleep for most of it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use axum::http::Method;
use pal_rules::time::Timestamp;
use uuid::Uuid;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;

/// What each tenant may do in an hour, counted by each server process for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// PUT, PATCH, DELETE, and whatever else does not only read.
    pub writes_per_hour: NonZeroU32,
    /// GET and HEAD.
    pub reads_per_hour: NonZeroU32,
}

impl Default for Quota {
    /// What the real service allowed in 2018.
    fn default() -> Quota {
        let of = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Quota { writes_per_hour: of(1_200), reads_per_hour: of(15_000) }
    }
}

/// Which allowance a request draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Draw {
    Read,
    Write,
}

impl Draw {
    /// What a request of this method draws on.
    pub(crate) fn of(method: &Method) -> Draw {
        if matches!(*method, Method::GET | Method::HEAD) { Draw::Read } else { Draw::Write }
    }

    /// The word in the header and in the message.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Draw::Read => "read",
            Draw::Write => "write",
        }
    }
}

/// The allowance is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsedUp {
    pub(crate) limit: u32,
    pub(crate) retry_after_s: i64,
}

/// For a tenant the instants, in microseconds, at which its allowances will be whole again: all that has
/// to be known of what it used.
#[derive(Debug, Clone, Copy, Default)]
struct WholeAt {
    reads: i64,
    writes: i64,
}

/// The allowances of all tenants.
#[derive(Debug)]
pub(crate) struct Throttle {
    quota: Quota,
    tenants: Mutex<BTreeMap<Uuid, WholeAt>>,
}

impl Throttle {
    pub(crate) fn new(quota: Quota) -> Throttle {
        Throttle { quota, tenants: Mutex::default() }
    }

    /// Takes one request out of the tenant's allowance and tells how many are left.
    pub(crate) fn take(&self, tenant: Uuid, draw: Draw, now: Timestamp) -> Result<u32, UsedUp> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if !tenants.contains_key(&tenant) {
            // Tenants whose allowances are whole are as good as never seen.
            tenants.retain(|_, whole| whole.reads.max(whole.writes) > now.micros());
        }
        let whole = tenants.entry(tenant).or_default();
        match draw {
            Draw::Read => take(&mut whole.reads, self.quota.reads_per_hour, now),
            Draw::Write => take(&mut whole.writes, self.quota.writes_per_hour, now),
        }
    }
}

fn take(whole_at: &mut i64, limit: NonZeroU32, now: Timestamp) -> Result<u32, UsedUp> {
    let now = now.micros();
    let each = HOUR / i64::from(limit.get());
    // Never further off than an hour: a clock set back must not lock a tenant out for longer.
    let whole = (*whole_at).clamp(now, now.saturating_add(HOUR)).saturating_add(each);
    let left = now.saturating_add(HOUR) - whole;
    if left < 0 {
        return Err(UsedUp { limit: limit.get(), retry_after_s: (-left + SECOND - 1) / SECOND });
    }
    *whole_at = whole;
    Ok(u32::try_from(left / each).unwrap_or(u32::MAX).min(limit.get() - 1))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use pal_rules::time::Timestamp;
    use proptest::prelude::{prop_assert, proptest};
    use uuid::Uuid;

    use super::{Draw, Quota, SECOND, Throttle, UsedUp};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000 * SECOND + seconds * SECOND)
    }

    fn quota(writes: u32, reads: u32) -> Quota {
        let of = |number| NonZeroU32::new(number).unwrap();
        Quota { writes_per_hour: of(writes), reads_per_hour: of(reads) }
    }

    #[test]
    fn the_allowance_counts_down_and_comes_back_bit_by_bit() {
        let (throttle, tenant) = (Throttle::new(Quota::default()), Uuid::from_u128(1));
        for left in (0..1200).rev() {
            assert_eq!(throttle.take(tenant, Draw::Write, at(0)), Ok(left));
        }
        assert_eq!(throttle.take(tenant, Draw::Write, at(0)), Err(UsedUp { limit: 1200, retry_after_s: 3 }));
        assert_eq!(throttle.take(tenant, Draw::Write, at(2)), Err(UsedUp { limit: 1200, retry_after_s: 1 }));
        assert_eq!(throttle.take(tenant, Draw::Write, at(3)), Ok(0));
        assert_eq!(throttle.take(tenant, Draw::Write, at(4000)), Ok(1199), "whole again");
    }

    #[test]
    fn reads_writes_and_tenants_do_not_share() {
        let throttle = Throttle::new(quota(1, 1));
        for tenant in [1, 2].map(Uuid::from_u128) {
            for draw in [Draw::Read, Draw::Write] {
                assert_eq!(throttle.take(tenant, draw, at(0)), Ok(0));
                assert!(throttle.take(tenant, draw, at(1)).is_err());
            }
        }
    }

    #[test]
    fn tenants_that_ask_no_more_are_forgotten() {
        let throttle = Throttle::new(quota(1, 1));
        let seen = || throttle.tenants.lock().unwrap().len();
        for tenant in 1..=100 {
            throttle.take(Uuid::from_u128(tenant), Draw::Read, at(0)).unwrap();
        }
        assert_eq!(seen(), 100);
        throttle.take(Uuid::from_u128(101), Draw::Write, at(3600)).unwrap();
        assert_eq!(seen(), 1);
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out_for_more_than_an_hour() {
        let (throttle, tenant) = (Throttle::new(quota(7, 7)), Uuid::from_u128(1));
        while throttle.take(tenant, Draw::Read, at(1_000_000)).is_ok() {}
        let refused = throttle.take(tenant, Draw::Read, at(0)).unwrap_err();
        assert!(refused.retry_after_s <= 3600 / 7 + 1, "{refused:?}");
    }

    proptest! {
        #[test]
        fn waiting_as_long_as_told_is_enough(limit in 1_u32..50, spent in 0_usize..200, pause in 0_i64..3_000_000) {
            let (throttle, tenant) = (Throttle::new(quota(limit, 1)), Uuid::from_u128(1));
            let mut now = at(0);
            for _ in 0..spent {
                if let Err(refused) = throttle.take(tenant, Draw::Write, now) {
                    prop_assert!((1..=3600).contains(&refused.retry_after_s));
                    now = Timestamp::from_micros(now.micros() + refused.retry_after_s * SECOND);
                    prop_assert!(throttle.take(tenant, Draw::Write, now).is_ok());
                }
                now = Timestamp::from_micros(now.micros() + pause);
            }
        }
    }
}
