//! The statement: one line per resource, and its roll-ups per partner and per company (`attribution.md` §7).

use std::collections::BTreeMap;

use crate::id::{EnvironmentId, ObjectId, PartnerId, ResourceId, TenantId};
use crate::text::{ABSENT, Written};
use crate::time::{Month, Timestamp};
use crate::word::{Basis, IneligibleReason, Metric, Product, Reason, Workload};

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

/// One line of a roll-up: per partner, or per partner company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// The month.
    pub month: Month,
    /// The partner, or the company.
    pub partner: PartnerId,
    /// The tenant.
    pub tenant: TenantId,
    /// The workload.
    pub workload: Workload,
    /// Distinct partner ids of the company; 1 in the roll-up per partner.
    pub locations: u64,
    /// Resources credited.
    pub resources: u64,
    /// Monthly active users, a person counted once per resource.
    pub mau_line_sum: u64,
    /// Monthly active users, a person counted once.
    pub mau_distinct: u64,
    /// Unified profiles.
    pub unified_profiles: u64,
    /// `mau_distinct` over eligible lines.
    pub eligible_mau_distinct: u64,
    /// `unified_profiles` over eligible lines.
    pub eligible_unified_profiles: u64,
}

/// The columns of `rollup.csv`.
pub const ROLLUP_COLUMNS: [&str; 10] = [
    "month",
    "partner_id",
    "tenant_id",
    "workload",
    "resources",
    "mau_line_sum",
    "mau_distinct",
    "unified_profiles",
    "eligible_mau_distinct",
    "eligible_unified_profiles",
];

/// The columns of `company.csv`.
pub const COMPANY_COLUMNS: [&str; 11] = [
    "month",
    "global_partner_id",
    "tenant_id",
    "workload",
    "locations",
    "resources",
    "mau_line_sum",
    "mau_distinct",
    "unified_profiles",
    "eligible_mau_distinct",
    "eligible_unified_profiles",
];

impl Rollup {
    /// The cells, in the order of [`ROLLUP_COLUMNS`].
    pub fn cells(&self) -> Vec<String> {
        let mut cells = self.company_cells();
        cells.remove(4);
        cells
    }

    /// The cells, in the order of [`COMPANY_COLUMNS`].
    pub fn company_cells(&self) -> Vec<String> {
        let key = [self.month.to_string(), self.partner.to_string(), self.tenant.to_string()];
        let numbers = [
            self.locations,
            self.resources,
            self.mau_line_sum,
            self.mau_distinct,
            self.unified_profiles,
            self.eligible_mau_distinct,
            self.eligible_unified_profiles,
        ];
        let numbers = numbers.into_iter().map(|number| number.to_string());
        key.into_iter().chain([self.workload.to_string()]).chain(numbers).collect()
    }
}

/// Whom a roll-up is per.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollupBy {
    /// The partner id.
    Partner,
    /// The partner company.
    Company,
}

/// A credited line of a roll-up, with the handle of its resource's users.
type Member<'a, H> = (H, &'a Line, &'a Credit);

/// Rolls up the credited lines of one month.
///
/// - `lines`: each with a handle of its resource's users.
/// - `distinct_users`: how many distinct people used any of these resources.
pub fn rollup<H: Copy>(
    month: Month,
    lines: &[(H, &Line)],
    by: RollupBy,
    mut distinct_users: impl FnMut(&[H]) -> u64,
) -> Vec<Rollup> {
    let mut groups: BTreeMap<(PartnerId, &TenantId, &'static str), Vec<Member<'_, H>>> = BTreeMap::new();
    for (handle, line) in lines {
        let (Some(credit), Some(workload)) = (line.credit(), line.product.workload()) else { continue };
        let partner = if by == RollupBy::Partner { credit.partner } else { credit.company };
        let group = groups.entry((partner, &line.tenant, workload.as_str())).or_default();
        group.push((*handle, line, credit));
    }
    groups
        .into_iter()
        .filter_map(|((partner, tenant, workload), group)| {
            let workload = Workload::parse(workload)?;
            Some(rolled_up((month, partner, tenant.clone(), workload), &group, &mut distinct_users))
        })
        .collect()
}

fn rolled_up<H: Copy>(
    (month, partner, tenant, workload): (Month, PartnerId, TenantId, Workload),
    group: &[Member<'_, H>],
    distinct_users: &mut impl FnMut(&[H]) -> u64,
) -> Rollup {
    let counts_users = workload != Workload::CustomerInsights;
    let mut locations: Vec<PartnerId> = group.iter().map(|(_, _, credit)| credit.partner).collect();
    locations.sort_unstable();
    locations.dedup();
    let sum = |eligible_only: bool| -> u64 {
        let counted = group.iter().filter(|(_, _, credit)| !eligible_only || credit.ineligible.is_none());
        counted.fold(0, |sum, (_, line, _)| sum.saturating_add(line.quantity))
    };
    let mut distinct = |eligible_only: bool| -> u64 {
        let counted = group.iter().filter(|(_, _, credit)| !eligible_only || credit.ineligible.is_none());
        let handles: Vec<H> = counted.map(|(handle, _, _)| *handle).collect();
        distinct_users(&handles)
    };
    Rollup {
        month,
        partner,
        tenant,
        workload,
        locations: locations.len() as u64,
        resources: group.len() as u64,
        mau_line_sum: if counts_users { sum(false) } else { 0 },
        mau_distinct: if counts_users { distinct(false) } else { 0 },
        unified_profiles: if counts_users { 0 } else { sum(false) },
        eligible_mau_distinct: if counts_users { distinct(true) } else { 0 },
        eligible_unified_profiles: if counts_users { 0 } else { sum(true) },
    }
}
