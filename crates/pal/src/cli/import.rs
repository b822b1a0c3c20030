//! `pal import`: facts, and exports with what they do not say themselves.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pal_rules::time::Timestamp;

use super::Reading;
use super::value::{Dates, Days, dates, days, instant};

/// Import facts into the workspace
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Import a directory of canonical facts: one CSV or Parquet file per table, not all of them needed
    #[command(after_help = "Example:\n  pal import facts examples/demo-world")]
    Facts {
        /// Directory of canonical facts
        #[arg(value_name = "FACTS_DIR")]
        facts: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// Write the refused rows into this folder, as `refused.csv`
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Import exports as they are: each file is recognised by its content; folders are walked, gzip and zip undone
    #[command(after_help = "Example:\n  pal import auto exports/")]
    Auto(Exports),
    /// Import the unified audit log: content blobs, JSON lines, portal and PowerShell CSV, Graph records
    #[command(after_help = "Example:\n  pal import audit audit-2026-03.csv")]
    Audit(Exports),
    /// Import Power BI activity events, admin lists, scanner results
    #[command(after_help = "Example:\n  pal import power-bi scan.json --as-of 2026-03-31T00:00:00Z")]
    PowerBi(Exports),
    /// Import Power Apps and flow admin lists, environments, the inventory
    #[command(
        after_help = "Example:\n  pal import power-platform inventory.json --as-of 2026-03-31T00:00:00Z"
    )]
    PowerPlatform(Exports),
    /// Import the Data Lake export of Power Platform
    #[command(after_help = "Example:\n  pal import data-lake powerplatform/")]
    DataLake(Exports),
    /// Import Dataverse tables: import jobs, solutions, users, apps, flows
    #[command(after_help = "Example:\n  pal import dataverse importjobs.json")]
    Dataverse(Exports),
    /// Import solution packages: what an import of each holds
    #[command(after_help = "Example:\n  pal import solution packages/")]
    Solution(Exports),
    /// Import Customer Insights instances, profile stores, diagnostic logs
    #[command(after_help = "Example:\n  pal import customer-insights insights/")]
    CustomerInsights(Exports),
    /// Import directories: users, guests, service principals, groups
    #[command(
        after_help = "Example:\n  pal import directory users.csv --tenant 7e010000-0000-4000-8000-000000000001"
    )]
    Directory(Exports),
    /// Import partner links: outputs of az and PowerShell, spreadsheets
    #[command(after_help = "Example:\n  pal import links links.xlsx")]
    Links(Exports),
    /// Import lists of people and accounts
    #[command(after_help = "Example:\n  pal import roster people.csv")]
    Roster(Exports),
    /// List the records that imports of exports refused, with their text
    #[command(after_help = "Example:\n  pal import rejects")]
    Rejects {
        /// Only those of this import
        #[arg(long, value_name = "N")]
        import: Option<i64>,
    },
    /// List the imports made so far
    #[command(after_help = "Example:\n  pal import list")]
    List,
}

/// Exports to import.
#[derive(Debug, Args)]
pub(crate) struct Exports {
    /// Files and folders
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// When snapshots were taken that do not say so themselves; the time of the import if left out
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<Timestamp>,
    /// Declare that links, owners, groups and environments which a snapshot shows were there since then
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) assume_since: Option<Timestamp>,
    /// Tenant of records that name none
    #[arg(long, value_name = "TENANT_ID")]
    pub(crate) tenant: Option<String>,
    /// Environment of records that name none
    #[arg(long, value_name = "ENVIRONMENT_ID")]
    pub(crate) environment: Option<String>,
    /// How local dates are written: the order of day and month, and the zone, such as dmy+01:00
    #[arg(long, value_name = "ORDER", value_parser = dates)]
    pub(crate) dates: Option<Dates>,
    /// Declare that the exports hold all that their sources have of these days: of what they have a record of, a day without
    /// one is then no gap
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub(crate) covers: Option<Days>,
    /// Declare that lists of permissions on apps name everybody who has one: a co-owner who is not on them is one no longer
    #[arg(long, requires = "as_of")]
    pub(crate) complete: bool,
}
