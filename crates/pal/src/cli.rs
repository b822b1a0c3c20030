//! The command line: what can be said. Validates only; nothing is looked up here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use pal_rules::time::{Month, Timestamp};

use crate::render::Format;

/// Partner Admin Link for Power Platform and Dynamics 365 Customer Insights: who gets credit for which usage, and why
#[derive(Debug, Parser)]
#[command(name = "pal", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Format of the answer on stdout: table on a terminal, json otherwise
    #[arg(short, long, global = true, value_enum, env = "PAL_OUTPUT", hide_env_values = true)]
    pub(crate) output: Option<Format>,
    /// JMESPath applied to the answer before it is formatted
    #[arg(long, global = true, value_name = "JMESPATH")]
    pub(crate) query: Option<String>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Attribute(Attribute),
}

/// Attribute usage: facts in, an explained statement out (keeps nothing)
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  pal attribute examples/demo-world --month 2026-03 --out statement/ --names"
)]
pub(crate) struct Attribute {
    /// Directory of canonical facts: one CSV or Parquet file per table
    #[arg(value_name = "FACTS_DIR")]
    pub(crate) facts: PathBuf,
    /// Month, or range of months, to state
    #[arg(long, value_name = "YYYY-MM[..YYYY-MM]", value_parser = months)]
    pub(crate) month: Months,
    /// Judge at this instant instead of the month's end
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<Timestamp>,
    /// Write the files of the statement into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Also write `statement.named.csv`, with names in front
    #[arg(long, requires = "out")]
    pub(crate) names: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How facts are read.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Go on when no more than this many rows are refused
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) allow_refused: usize,
    /// Take Parquet timestamps without a zone as UTC
    #[arg(long)]
    pub(crate) assume_utc: bool,
}

/// One month or a range of them, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Months {
    pub(crate) first: Month,
    pub(crate) last: Month,
    /// Whether it was given as a range: a range of one month still writes a subfolder.
    pub(crate) range: bool,
}

fn months(text: &str) -> Result<Months, String> {
    let wrong =
        || format!("`{text}` is neither a month such as 2026-03 nor a range such as 2026-01..2026-03");
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (Month::parse(first).ok_or_else(wrong)?, Month::parse(last).ok_or_else(wrong)?);
    if last < first {
        return Err(format!("the range `{text}` ends before it begins"));
    }
    Ok(Months { first, last, range: text.contains("..") })
}

/// Reads a month.
pub(crate) fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| format!("`{text}` is no month such as 2026-03"))
}

/// Reads an instant.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| format!("`{text}` is no time with a zone, such as 2026-03-17T12:00:00Z"))
}
