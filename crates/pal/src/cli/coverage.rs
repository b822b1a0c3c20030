//! `pal coverage`: what is asked of the days with data.

use clap::Args;
use pal_rules::time::Month;

use super::value::month;

/// Show of which days there is data, what is missing, and until when that can still be fetched
#[derive(Debug, Args)]
#[command(
    after_help = "Ends with 6 where a chance to fetch what is missing passes within 3 days.\n\nExample:\n  pal coverage --month 2026-03"
)]
pub(crate) struct Coverage {
    /// Only this tenant: its id or name
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Only this product
    #[arg(long, value_parser = ["power_apps_canvas", "power_apps_model_driven", "power_automate", "power_bi", "customer_insights"])]
    pub(crate) product: Option<String>,
    /// Only this month; every day since a tenant's first, up to yesterday, if left out
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub(crate) month: Option<Month>,
    /// Only this source, such as audit
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,
}
