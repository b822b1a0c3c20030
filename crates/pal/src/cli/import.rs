//! What is said about exports: which files, and what they do not say themselves.

use std::path::PathBuf;

use clap::Args;
use pal_rules::time::Timestamp;

use super::value::{Dates, dates, instant};

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
}
