//! The statement: one line per resource (`attribution.md` §7).

use crate::id::{EnvironmentId, ObjectId, PartnerId, ResourceId, TenantId};
use crate::text::{ABSENT, Written};
use crate::time::{Month, Timestamp};
use crate::word::{Basis, IneligibleReason, Metric, Product, Reason};

/// The version of these rules; it goes into every digest.
pub const RULES_VERSION: &str = "1";

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The month.
    pub month: Month,
    /// The resource's tenant.
    pub tenant: TenantId,
    /// The resource's environment.
    pub environment: Option<EnvironmentId>,
    /// The resource's product.
    pub product: Product,
    /// The resource.
    pub resource: ResourceId,
    /// The month's number, in the product's metric.
    pub quantity: u64,
    /// To whom it is attributed, or why to nobody.
    pub outcome: Outcome,
}

/// What became of a line. "Uncredited" is an answer, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Attributed to one partner.
    Credited(Credit),
    /// Attributed to nobody.
    Uncredited(Reason),
}

/// Whom a line is attributed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The partner.
    pub partner: PartnerId,
    /// The partner's company; the partner itself where it has none.
    pub company: PartnerId,
    /// The attributed user.
    pub object: ObjectId,
    /// Through what it claims the resource.
    pub basis: Basis,
    /// Since when.
    pub since: Timestamp,
    /// When it was last active on it.
    pub last_active_at: Timestamp,
    /// Why the line does not count for a program, if it does not.
    pub ineligible: Option<IneligibleReason>,
}

/// The columns of `statement.csv`.
pub const STATEMENT_COLUMNS: [&str; 16] = [
    "month",
    "tenant_id",
    "environment_id",
    "product",
    "resource_id",
    "metric",
    "quantity",
    "outcome",
    "partner_id",
    "object_id",
    "basis",
    "since",
    "last_active_at",
    "reason",
    "eligible",
    "ineligible_reason",
];

impl Line {
    /// The metric of the line's number.
    pub fn metric(&self) -> Metric {
        self.product.metric()
    }

    /// The credit, if there is one.
    pub fn credit(&self) -> Option<&Credit> {
        match &self.outcome {
            Outcome::Credited(credit) => Some(credit),
            Outcome::Uncredited(_) => None,
        }
    }

    /// Whether the line counts for a program; `None` when uncredited.
    pub fn eligible(&self) -> Option<bool> {
        self.credit().map(|credit| credit.ineligible.is_none())
    }

    /// The order of a statement: tenant, product, resource, as text.
    pub fn place(&self) -> (&TenantId, &Product, &ResourceId) {
        (&self.tenant, &self.product, &self.resource)
    }

    /// The cells, in the order of [`STATEMENT_COLUMNS`]; empty = absent.
    pub fn cells(&self) -> [String; 16] {
        self.values().map(|value| value.text().to_string())
    }

    /// The values of the cells.
    pub fn values(&self) -> [&dyn Written; 16] {
        let [mut partner, mut object, mut basis, mut since, mut last_active_at] = [ABSENT; 5];
        let [mut reason, mut eligible, mut ineligible] = [ABSENT; 3];
        let outcome: &dyn Written = match &self.outcome {
            Outcome::Credited(credit) => {
                (partner, object, basis) = (&credit.partner, &credit.object, &credit.basis);
                (since, last_active_at) = (&credit.since, &credit.last_active_at);
                eligible = if credit.ineligible.is_none() { &"true" } else { &"false" };
                ineligible = credit.ineligible.as_ref().map_or(ABSENT, |why| why);
                &"credited"
            }
            Outcome::Uncredited(why) => {
                reason = why;
                &"uncredited"
            }
        };
        let metric: &dyn Written = match self.metric() {
            Metric::MonthlyActiveUsers => &Metric::MonthlyActiveUsers,
            Metric::UnifiedProfiles => &Metric::UnifiedProfiles,
        };
        [
            &self.month,
            &self.tenant,
            self.environment.as_ref().map_or(ABSENT, |environment| environment),
            &self.product,
            &self.resource,
            metric,
            &self.quantity,
            outcome,
            partner,
            object,
            basis,
            since,
            last_active_at,
            reason,
            eligible,
            ineligible,
        ]
    }
}
