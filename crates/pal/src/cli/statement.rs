//! `pal statement`: what is asked of closed statements.

use clap::{Args, Subcommand};
use pal_rules::time::Month;

use super::value::month;

/// Show, list and compare closed statements
#[derive(Debug, Subcommand)]
pub(crate) enum Statement {
    /// Show the statement of a closed month
    #[command(after_help = "Example:\n  pal statement show 2026-03 --rollup")]
    Show {
        /// Closed month
        #[arg(value_name = "YYYY-MM", value_parser = month)]
        month: Month,
        /// Version to show instead of the newest
        #[arg(id = "of_version", long = "version", value_name = "N")]
        version: Option<i64>,
        #[command(flatten)]
        shown: Shown,
    },
    /// List the closed months and their versions
    #[command(after_help = "Example:\n  pal statement list")]
    List,
    /// Show what changed between two versions of a month, and the facts that caused it
    #[command(after_help = "Example:\n  pal statement diff 2026-03")]
    Diff {
        /// Closed month
        #[arg(value_name = "YYYY-MM", value_parser = month)]
        month: Month,
        /// Earlier version; the one before the later if left out
        #[arg(long, value_name = "N")]
        from: Option<i64>,
        /// Later version; the newest if left out
        #[arg(long, value_name = "N")]
        to: Option<i64>,
    },
    /// Compare two closed months
    #[command(after_help = "Example:\n  pal statement compare 2026-02 2026-03 --by cause")]
    Compare {
        /// Earlier month
        #[arg(value_name = "M1", value_parser = month)]
        before: Month,
        /// Later month
        #[arg(value_name = "M2", value_parser = month)]
        after: Month,
        /// What changes are summed by
        #[arg(long, value_enum, default_value_t = By::Cause)]
        by: By,
    },
}

/// What of a statement is shown.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Shown {
    /// Show the roll-up per partner instead of the lines
    #[arg(long)]
    pub(crate) rollup: bool,
    /// Show the roll-up per partner company instead of the lines
    #[arg(long)]
    pub(crate) company: bool,
    /// Show what a partner (id, company id or name; all if left out) lost, and why
    #[arg(long, value_name = "PARTNER", num_args = 0..=1, default_missing_value = "")]
    pub(crate) lost: Option<String>,
}

/// What changes are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum By {
    /// Customer tenant.
    Tenant,
    /// Partner.
    Partner,
    /// Workload.
    Workload,
    /// Cause.
    Cause,
}

impl By {
    /// As people say it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Partner => "partner",
            Self::Workload => "workload",
            Self::Cause => "cause",
        }
    }

    /// The column that holds it.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Tenant => "tenant_id",
            Self::Partner => "partner_id",
            Self::Workload => "workload",
            Self::Cause => "cause",
        }
    }
}
