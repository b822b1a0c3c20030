//! What is known beside a record: flags of the command, and where the record stands.

use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::local::{local, without_zone};
use super::normal;

/// What the user said, and the time of the import.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time of the import.
    pub now: Timestamp,
    /// When snapshots were taken, if they do not say themselves (`--as-of`).
    pub as_of: Option<Timestamp>,
    /// A start that is declared for what snapshots show (`--assume-since`).
    pub assume_since: Option<Timestamp>,
    /// The tenant of records that do not name theirs (`--tenant`).
    pub tenant: Option<Id>,
    /// The environment of records that do not name theirs (`--environment`).
    pub environment: Option<Id>,
    /// How local dates are written, where nothing better is there (`--dates`).
    pub dates: Option<Dates>,
    /// Whether lists of permissions name everybody who has one (`--complete`); no export says so itself.
    pub complete: bool,
}

/// How a file writes local dates, as its owner says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Whether the day stands before the month.
    pub day_first: bool,
    /// Minutes east of UTC.
    pub zone_minutes: i64,
}

impl Context {
    /// When something was observed: the record's own date, else `--as-of`, else the time of the import
    /// (`facts.md`, Entities).
    pub fn observed(&self, own: Option<Timestamp>) -> Timestamp {
        own.or(self.as_of).unwrap_or(self.now)
    }

    /// When a snapshot is taken to have seen what it shows: when it was taken and, as declared, since then.
    pub(super) fn seen(&self) -> Vec<Timestamp> {
        self.assume_since.into_iter().chain([self.observed(None)]).collect()
    }

    /// Since when environments are said to be of the kind that a snapshot shows: since it was taken, or as declared.
    pub(super) fn environments_since(&self) -> Timestamp {
        self.assume_since.unwrap_or_else(|| self.observed(None))
    }

    /// Reads a time that a source writes in UTC.
    pub fn utc(&self, text: &str) -> Option<Timestamp> {
        normal::utc(text, self.now)
    }

    /// Reads a time that a source writes in UTC, or as a local date if it was said how.
    pub fn time(&self, text: &str) -> Option<Timestamp> {
        let local = |dates| local(text, dates).or_else(|| without_zone(text, dates));
        self.utc(text).or_else(|| self.utc(&local(self.dates?)?.to_string()))
    }

    /// The tenant that a record names, else the declared one.
    pub fn tenant(&self, named: Option<&str>) -> Option<Id> {
        named.and_then(normal::guid).or_else(|| self.tenant.clone())
    }
}
