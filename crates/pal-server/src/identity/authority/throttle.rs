//! Sign-ins that went wrong, by account and by address. Too many in a few minutes, and neither is heard until
//! the minutes are over, the right password included.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pal_rules::time::Timestamp;

use super::super::secret::sha256;

const SECOND: i64 = 1_000_000;
/// How long failures are counted.
const WINDOW: i64 = 300 * SECOND;
/// How many an account may have.
const OF_ACCOUNT: u32 = 10;
/// How many an address may have: several people can stand behind one.
const OF_ADDRESS: u32 = 100;
/// How many accounts and addresses are counted at once.
const BOUND: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Account([u8; 32]),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    until: Timestamp,
}

/// Who tries to sign in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    account: Who,
    address: Option<Who>,
}

impl Attempt {
    /// An attempt on this account (whether it exists or not) from this address.
    pub(super) fn new(account: &str, address: Option<IpAddr>) -> Attempt {
        let account = Who::Account(sha256(account.to_lowercase().as_bytes()));
        Attempt { account, address: address.map(Who::Address) }
    }

    fn parties(self) -> impl Iterator<Item = (Who, u32)> {
        std::iter::once((self.account, OF_ACCOUNT)).chain(self.address.map(|address| (address, OF_ADDRESS)))
    }
}

/// Counts failures.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    failures: BTreeMap<Who, Failures>,
}

impl Throttle {
    /// Whether the attempt may be made; if not, the seconds until it may.
    pub(super) fn admit(&self, attempt: Attempt, now: Timestamp) -> Result<(), u64> {
        for (who, most) in attempt.parties() {
            if let Some(failures) = self.failures.get(&who)
                && failures.count >= most
                && failures.until > now
            {
                let seconds = (failures.until.micros() - now.micros()) / SECOND + 1;
                return Err(seconds.unsigned_abs());
            }
        }
        Ok(())
    }

    /// Books an attempt that went wrong.
    pub(super) fn failed(&mut self, attempt: Attempt, now: Timestamp) {
        if self.failures.len() >= BOUND {
            self.failures.retain(|_, failures| failures.until > now);
        }
        for (who, _) in attempt.parties() {
            let until = Timestamp::from_micros(now.micros().saturating_add(WINDOW));
            let failures = self.failures.entry(who).or_insert(Failures { count: 0, until });
            if failures.until <= now {
                *failures = Failures { count: 0, until };
            }
            failures.count = failures.count.saturating_add(1);
        }
        while self.failures.len() > BOUND {
            self.failures.pop_first();
        }
    }

    /// Forgets the account's failures: its owner is here. Those of the address stay.
    pub(super) fn succeeded(&mut self, attempt: Attempt) {
        self.failures.remove(&attempt.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_stopped_whatever_accounts_it_tries() {
        let mut throttle = Throttle::default();
        let now = Timestamp::from_micros(0);
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        for number in 0..OF_ADDRESS {
            let attempt = Attempt::new(&format!("account {number}"), address);
            assert_eq!(throttle.admit(attempt, now), Ok(()));
            throttle.failed(attempt, now);
        }
        let attempt = Attempt::new("another account", address);
        assert_eq!(throttle.admit(attempt, now), Err(301));
        throttle.succeeded(attempt);
        assert!(throttle.admit(attempt, now).is_err(), "a success does not free the address");
        let elsewhere = Attempt::new("another account", Some(IpAddr::from([192, 0, 2, 2])));
        assert_eq!(throttle.admit(elsewhere, now), Ok(()));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let mut throttle = Throttle::default();
        for number in 0..BOUND + 100 {
            throttle.failed(Attempt::new(&number.to_string(), None), Timestamp::from_micros(0));
        }
        assert_eq!(throttle.failures.len(), BOUND);
    }
}
