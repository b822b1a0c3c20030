//! Which activity that came since can have changed a line: asked row by row, so with as little of the line as decides it.

use std::collections::BTreeSet;

use super::Changed;
use crate::facts::Facts;
use crate::id::{ObjectId, TenantId};
use crate::meter::{Activity, counts_as_user};
use crate::time::{Month, Timestamp};
use crate::word::{ActivityKind, Product};

/// A changed line, so far as it decides which activity concerns it.
#[derive(Clone, Debug)]
pub struct ActivityScope {
    /// The tenant of the line as it is, or of the one that is gone.
    pub tenant: TenantId,
    /// Its product.
    pub product: Product,
    /// Its instant.
    pub at: Timestamp,
    /// What differs.
    pub changed: Changed,
    /// Those who have a claim, before or after; nobody asks where [`ActivityScope::asks_for_claimants`] says no.
    pub claimants: BTreeSet<ObjectId>,
}

impl ActivityScope {
    /// Whether those who have a claim matter.
    pub fn asks_for_claimants(product: &Product, changed: Changed) -> bool {
        changed.credit && *product != Product::CustomerInsights
    }
}

/// What is asked of every row of activity.
#[derive(Debug)]
pub struct ActivitySieve<'a> {
    facts: &'a Facts,
    start: Timestamp,
    /// Accounts that are no users.
    uncounted: BTreeSet<(&'a TenantId, &'a ObjectId)>,
}

impl<'a> ActivitySieve<'a> {
    /// Of facts as they are, and the lines of a month.
    pub fn new(facts: &'a Facts, month: Month) -> Self {
        let uncounted = facts.principals.iter().filter(|(_, known)| !counts_as_user(Some(known.kind)));
        let uncounted = uncounted.map(|(principal, _)| principal).collect();
        Self { facts, start: month.start(), uncounted }
    }

    /// Whether a row that came since can have changed a line. Its resource is the line's.
    pub fn concerns(&self, line: &ActivityScope, activity: &Activity) -> bool {
        if activity.tenant != line.tenant || activity.at >= line.at {
            return false;
        }
        let who = || self.facts.aliases.principal(Some(&activity.tenant), &activity.object, activity.at);
        let in_month = activity.at >= self.start;
        match (&line.product, activity.kind) {
            (Product::CustomerInsights, _) => line.changed.credit && in_month,
            (_, ActivityKind::Use) => {
                let counts = || !self.uncounted.contains(&(&line.tenant, &who()));
                line.changed.quantity && in_month && (self.uncounted.is_empty() || counts())
            }
            (_, ActivityKind::Make) => line.changed.credit && line.claimants.contains(&who()),
        }
    }
}
