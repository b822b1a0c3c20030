//! What the machine gives: time, waiting, random ids, and a place for words.

use std::time::Duration;

use pal_rules::time::Timestamp;

/// Made by the caller, so that tests neither wait nor depend on the day.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The time of day.
    pub now: fn() -> Timestamp,
    /// Waits.
    pub wait: fn(Duration),
    /// A new random id.
    pub new_id: fn() -> String,
    /// Tells the user a line.
    pub tell: fn(&str),
}

impl Machine {
    /// The time of day in whole seconds since 1970.
    pub(crate) fn seconds(&self) -> i64 {
        (self.now)().micros().div_euclid(1_000_000)
    }
}
