//! `pal solution`: what is asked of solution packages.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pal_rules::time::Timestamp;

use super::value::instant;

/// Look into solution packages
#[derive(Debug, Subcommand)]
pub(crate) enum Solution {
    Inspect(Inspect),
}

/// Show what a solution package brings, who holds it where it is installed, and who would after an import
#[derive(Debug, Args)]
#[command(
    after_help = "Without a workspace it shows what the package itself says.\n\nExample:\n  pal solution inspect ContosoFinance_1_4_0_0_managed.zip --as svc-partner@contoso.com"
)]
pub(crate) struct Inspect {
    /// Solution package
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Only this environment: its id, its address or its name; all that have something of the package, if left out
    #[arg(long, value_name = "ENVIRONMENT")]
    pub(crate) environment: Option<String>,
    /// Show who would hold what after an import by this account: its object id, sign-in name or name
    #[arg(long = "as", value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// When the import would be, and who holds what is asked for; now, if left out
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<Timestamp>,
}
