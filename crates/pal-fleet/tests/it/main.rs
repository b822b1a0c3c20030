#![cfg(test)]
//! The integration tests of `pal-fleet`.

mod faults;
mod foreign;
mod loopback;
mod recordings;
mod sign_in;

use std::cell::RefCell;
use std::time::Duration;

use pal_fleet::http::{Asking, Http};
use pal_fleet::machine::Machine;
use pal_rules::time::Timestamp;

thread_local! {
    /// How long was waited, in milliseconds, instead of waiting.
    static WAITS: RefCell<Vec<u128>> = const { RefCell::new(Vec::new()) };
    /// What was told.
    static WORDS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// A machine on which time stands still.
fn machine() -> Machine {
    Machine {
        now: || Timestamp::parse("2026-03-02T12:00:00Z").unwrap(),
        wait: |time: Duration| WAITS.with_borrow_mut(|waits| waits.push(time.as_millis())),
        new_id: || format!("id-{}", WAITS.with_borrow(Vec::len)),
        tell: |line| WORDS.with_borrow_mut(|words| words.push(line.to_owned())),
    }
}

/// A client that tells what it does.
fn http() -> Http {
    let asking = Asking { client_request_id: "one-command".to_owned(), debug: true, ..Asking::default() };
    Http::new(asking, machine()).unwrap()
}

fn waits() -> Vec<u128> {
    WAITS.with_borrow(Clone::clone)
}

fn words() -> String {
    WORDS.with_borrow(|words| words.join("\n"))
}
