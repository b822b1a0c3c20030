//! The page's table: for each product who may be credited. One file per row of the table.

pub mod customer_insights;
pub mod power_apps;
pub mod power_automate;
pub mod power_bi;

use crate::claim::{Claimed, one_per_principal};
use crate::facts::{Facts, Resource};
use crate::fold::{FoldStep, holder};
use crate::time::Timestamp;
use crate::usage::Usage;
use crate::word::{OwnershipKind, Product};

/// The claims on a resource at an instant, one per principal.
pub fn claims(
    facts: &Facts,
    resource: &Resource,
    steps: &[FoldStep],
    usage: &Usage,
    at: Timestamp,
) -> Vec<Claimed> {
    one_per_principal(match &resource.product {
        Product::PowerAppsCanvas => power_apps::canvas(facts, resource, holder(steps), at),
        Product::PowerAppsModelDriven => power_apps::model_driven(holder(steps)),
        Product::PowerAutomate => power_automate::flow(holder(steps)),
        Product::PowerBi => power_bi::dataset(resource, at),
        Product::CustomerInsights => customer_insights::instance(usage),
        Product::OutOfScope(_) => Vec::new(),
    })
}

/// Whether an event of this kind gives the principal that it names a claim on a resource of this product.
pub fn gives_claim(product: &Product, kind: OwnershipKind) -> bool {
    match product {
        Product::PowerAppsCanvas => {
            matches!(kind, OwnershipKind::Created | OwnershipKind::OwnerSet | OwnershipKind::CoOwnerAdded)
        }
        Product::PowerAppsModelDriven | Product::PowerAutomate => {
            matches!(kind, OwnershipKind::Created | OwnershipKind::OwnerSet)
        }
        Product::PowerBi => kind == OwnershipKind::Published,
        Product::CustomerInsights | Product::OutOfScope(_) => false,
    }
}
