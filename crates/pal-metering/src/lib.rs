//! Metering in columns: what activity says of every resource and month, and the state in which it is kept.
//!
//! Rows go through three stations. A reader makes columns of them, ids as numbers ([`Metering::read`]: Parquet, page by
//! page where pages are plain, in Arrow's batches where they are not). Each row then goes to the part of all people
//! that its person's id falls into. A part numbers its people and keeps pairs of (resource, person) by month, distinct.
//! At the end the parts give their people numbers that stay, and for each month the list of every resource
//! ([`Run`]); a [`State`] is any number of runs.
//!
//! Nothing here knows facts: kinds that do not count are left out, and aliases resolved, by whoever asks.

mod answers;
mod columns;
mod error;
mod finish;
mod kernel;
mod known;
mod metering;
mod parallel;
mod read;
mod registry;
mod shard;
mod spill;
mod state;
mod worker;

pub use answers::{Answers, Lacking, Strange};
pub use error::Unmetered;
pub use kernel::guid::Guid;
pub use metering::{Metering, Options};
pub use read::{ByRow, Source, Told};
pub use state::{Active, Dictionary, Last, MonthView, Opened, Part, Resource, Run, State, Union};
