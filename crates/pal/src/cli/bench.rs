//! `pal bench`: made-up facts to measure with.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use pal_rules::time::Month;

use super::value::month;

/// Make facts up to measure with
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    Generate(Generate),
}

/// Write a made-up facts directory, as large as you like
///
/// Few resources have most of the use (Zipf's law), few people do most of it (a log-normal distribution); weekends, summer
/// and the turn of the year are quiet; some rows come late or twice. The same arguments give the same bytes everywhere.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  pal bench generate made-up --rows 1000000\n  pal bench generate plain --rows 100000000 --coding plain --order none --only-activity"
)]
pub(crate) struct Generate {
    /// Folder to write into: a new or an empty one
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) size: Size,
    #[command(flatten)]
    pub(crate) mixture: Mixture,
    #[command(flatten)]
    pub(crate) layout: Layout,
    /// Leave all tables but `activity` out
    #[arg(long)]
    pub(crate) only_activity: bool,
}

/// Reads the month in which activity begins.
fn first_month(text: &str) -> Result<Month, String> {
    let within = Month::parse("1970-01")..Month::parse("9000-01");
    let found = month(text)?;
    let wrong = || format!("`{text}` is not between 1970-01 and 8999-12");
    Some(found).filter(|found| within.contains(&Some(*found))).ok_or_else(wrong)
}

/// How much there is.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Size {
    /// Rows of activity
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = some(0..=MOST))]
    pub(crate) rows: u64,
    /// Month in which activity begins
    #[arg(long, value_name = "YYYY-MM", default_value = "2025-01", value_parser = first_month)]
    pub(crate) from: Month,
    /// Days of activity
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = some(1..=10_000))]
    pub(crate) days: u64,
    /// Customers' directories
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = some(1..=1_000_000))]
    pub(crate) tenants: u64,
    /// Apps, flows, datasets and instances
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = some(1..=MOST))]
    pub(crate) resources: u64,
    /// People
    #[arg(long, value_name = "N", default_value_t = 2_000_000, value_parser = some(1..=MOST))]
    pub(crate) people: u64,
    /// Events of owners, co-owners and publishers; a fifth of the resources, if left out
    #[arg(long, value_name = "N", value_parser = some(0..=MOST))]
    pub(crate) owner_events: Option<u64>,
    /// Links of people to partners; a twentieth of the resources, if left out
    #[arg(long, value_name = "N", value_parser = some(0..=MOST))]
    pub(crate) links: Option<u64>,
}

/// What chance makes of it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Mixture {
    /// Number that all chance follows from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Whether few have most of the use, or all the same
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) spread: Spread,
    /// Rows of a thousand that are work on a resource, in place of use
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = some(0..=1000))]
    pub(crate) makes: u64,
    /// Rows of a thousand that come twice
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = some(0..=1000))]
    pub(crate) twice: u64,
    /// Rows of a thousand that come up to a day late
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = some(0..=1000))]
    pub(crate) late: u64,
}

/// How files of activity are laid out.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Layout {
    /// Order of the rows of a file
    #[arg(long, value_name = "ORDER", value_enum, default_value_t)]
    pub(crate) order: Order,
    /// Form of ids
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub(crate) ids: Ids,
    /// Whether pages have dictionaries
    #[arg(long, value_name = "CODING", value_enum, default_value_t)]
    pub(crate) coding: Coding,
    /// A file per day, or one, for which all rows are held in memory (24 bytes each)
    #[arg(long, value_name = "FILES", value_enum, default_value_t)]
    pub(crate) files: Files,
}

/// How use is spread over resources and people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Spread {
    /// Few have most of it.
    #[default]
    Skewed,
    /// All have the same.
    Uniform,
}

/// The order of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// By time.
    #[default]
    Time,
    /// By resource, then person.
    Resource,
    /// None at all.
    None,
}

/// The form of ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ids {
    /// Text of 36 letters.
    #[default]
    Text,
    /// Sixteen bytes.
    Binary,
}

/// How pages are coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Coding {
    /// With dictionaries, as long as they stay small.
    #[default]
    Dictionary,
    /// Without.
    Plain,
}

/// How rows are dealt out to files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Files {
    /// One per day.
    #[default]
    Day,
    /// One in all.
    One,
}

/// The most there may be of anything: numbers of rows, resources and people fit into 32 bits.
const MOST: u64 = 4_000_000_000;

/// A number within bounds.
fn some(bounds: RangeInclusive<u64>) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(bounds)
}
