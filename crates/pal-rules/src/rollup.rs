//! Roll-ups: what a partner, or its company, is credited with in a tenant and workload (`attribution.md` §7).

use std::collections::BTreeMap;

use crate::id::{PartnerId, TenantId};
use crate::statement::Line;
use crate::text::Written;
use crate::time::Month;
use crate::word::Workload;

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

/// Whether a column of a roll-up holds numbers: those behind the four that say of whom it is.
pub fn is_number_column(column: &str) -> bool {
    COMPANY_COLUMNS.iter().skip(4).any(|name| *name == column)
}

impl Rollup {
    /// The order of a roll-up: partner or company, tenant, workload, as text.
    fn place(&self) -> (PartnerId, &TenantId, &'static str) {
        (self.partner, &self.tenant, self.workload.as_str())
    }

    /// The values of the cells, in the order of [`ROLLUP_COLUMNS`].
    pub fn values(&self) -> [&dyn Written; 10] {
        let [month, partner, tenant, workload, _, n5, n6, n7, n8, n9, n10] = self.company_values();
        [month, partner, tenant, workload, n5, n6, n7, n8, n9, n10]
    }

    /// The values of the cells, in the order of [`COMPANY_COLUMNS`].
    pub fn company_values(&self) -> [&dyn Written; 11] {
        [
            &self.month,
            &self.partner,
            &self.tenant,
            &self.workload,
            &self.locations,
            &self.resources,
            &self.mau_line_sum,
            &self.mau_distinct,
            &self.unified_profiles,
            &self.eligible_mau_distinct,
            &self.eligible_unified_profiles,
        ]
    }
}

/// What a roll-up takes of a credited line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credited<H> {
    company: PartnerId,
    partner: PartnerId,
    tenant: TenantId,
    workload: Workload,
    quantity: u64,
    eligible: bool,
    users: H,
}

impl<H> Credited<H> {
    /// A line, if it is credited; nothing of a product that no workload has.
    ///
    /// - `users`: a handle of its resource's users.
    pub fn of(users: H, line: &Line) -> Option<Self> {
        let (credit, workload) = (line.credit()?, line.product.workload()?);
        let (company, partner, eligible) = (credit.company, credit.partner, credit.ineligible.is_none());
        let tenant = line.tenant.clone();
        Some(Self { company, partner, tenant, workload, quantity: line.quantity, eligible, users })
    }

    /// The place of its company's roll-up.
    fn place(&self) -> (PartnerId, &TenantId, &'static str) {
        (self.company, &self.tenant, self.workload.as_str())
    }
}

/// The roll-ups of a month, each in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollups {
    /// Per partner.
    pub partners: Vec<Rollup>,
    /// Per partner company.
    pub companies: Vec<Rollup>,
}

impl Rollups {
    /// Rolls up the credited lines of one month.
    ///
    /// - `distinct_users`: how many distinct people used any of these resources.
    pub fn of<H: Copy>(
        month: Month,
        mut credited: Vec<Credited<H>>,
        distinct_users: impl Fn(&[H]) -> u64,
    ) -> Self {
        let groups = by_company(&mut credited);
        Self::joined(groups.into_iter().map(|group| roll_up(month, group, &distinct_users)))
    }

    /// Those of the groups of a month, in their order ([`by_company`], [`roll_up`]).
    pub fn joined(groups: impl Iterator<Item = (Vec<Rollup>, Option<Rollup>)>) -> Self {
        let mut rolled = Self::default();
        for (partners, company) in groups {
            rolled.partners.extend(partners);
            rolled.companies.extend(company);
        }
        rolled.partners.sort_unstable_by(|a, b| a.place().cmp(&b.place()));
        rolled
    }
}

/// Puts credited lines into groups that are rolled up each for itself: by company, tenant and workload.
pub fn by_company<H>(credited: &mut Vec<Credited<H>>) -> Vec<&[Credited<H>]> {
    // Lines come in the order of the statement: dealt out by company, they are mostly sorted.
    let mut companies: BTreeMap<PartnerId, Vec<Credited<H>>> = BTreeMap::new();
    for line in std::mem::take(credited) {
        companies.entry(line.company).or_default().push(line);
    }
    for mut lines in companies.into_values() {
        // Stable: within a group the order of the statement stays, in which resources are near each other.
        lines.sort_by(|a, b| a.place().cmp(&b.place()).then(a.partner.cmp(&b.partner)));
        credited.append(&mut lines);
    }
    credited.chunk_by(|a, b| a.place() == b.place()).collect()
}

/// Rolls up a group of [`by_company`]: per partner, and for the company.
///
/// - `distinct_users`: as [`Rollups::of`].
pub fn roll_up<H: Copy>(
    month: Month,
    group: &[Credited<H>],
    distinct_users: impl Fn(&[H]) -> u64,
) -> (Vec<Rollup>, Option<Rollup>) {
    let of_partners = group.chunk_by(|a, b| a.partner == b.partner);
    let partners: Vec<Rollup> =
        of_partners.filter_map(|lines| rolled_up(month, lines, &distinct_users)).collect();
    // Most companies have one location in a tenant.
    let company = match partners.as_slice() {
        [only] => Some(only.clone()),
        _ => rolled_up(month, group, &distinct_users),
    };
    let of = group.first().map(|line| line.company);
    let company = company.zip(of).map(|(company, partner)| Rollup { partner, ..company });
    (partners, company)
}

/// Some lines of a tenant and workload, rolled up for the first one's partner; nothing of none.
fn rolled_up<H: Copy>(
    month: Month,
    lines: &[Credited<H>],
    distinct_users: impl Fn(&[H]) -> u64,
) -> Option<Rollup> {
    let Credited { partner, tenant, workload, .. } = lines.first()?;
    let sum = |lines: &mut dyn Iterator<Item = &Credited<H>>| -> u64 {
        lines.fold(0, |sum, line| sum.saturating_add(line.quantity))
    };
    let users = |lines: &mut dyn Iterator<Item = &Credited<H>>| -> u64 {
        distinct_users(&lines.map(|line| line.users).collect::<Vec<H>>())
    };
    let counts_users = *workload != Workload::CustomerInsights;
    let eligible = || lines.iter().filter(|line| line.eligible);
    let all_eligible = eligible().count() == lines.len();
    let mut rollup = Rollup {
        month,
        partner: *partner,
        tenant: tenant.clone(),
        workload: *workload,
        locations: lines.chunk_by(|a, b| a.partner == b.partner).count() as u64,
        resources: lines.len() as u64,
        mau_line_sum: 0,
        mau_distinct: 0,
        unified_profiles: 0,
        eligible_mau_distinct: 0,
        eligible_unified_profiles: 0,
    };
    if counts_users {
        rollup.mau_line_sum = sum(&mut lines.iter());
        rollup.mau_distinct = users(&mut lines.iter());
        rollup.eligible_mau_distinct =
            if all_eligible { rollup.mau_distinct } else { users(&mut eligible()) };
    } else {
        rollup.unified_profiles = sum(&mut lines.iter());
        rollup.eligible_unified_profiles = sum(&mut eligible());
    }
    Some(rollup)
}

#[cfg(test)]
mod tests {
    use super::{Credited, Rollup, Rollups};
    use crate::id::{EnvironmentId, ObjectId, PartnerId, ResourceId, TenantId};
    use crate::statement::{Credit, Line, Outcome};
    use crate::time::{Month, Timestamp};
    use crate::word::{Basis, IneligibleReason, Product};

    /// A credited line: partner, company, tenant, product, quantity; a `!` behind it where it does not count.
    fn line(told: &str) -> Line {
        let words: Vec<&str> = told.trim_end_matches('!').split(' ').collect();
        let [partner, company, tenant, product, quantity] = *words else { panic!("{told}") };
        let credit = Credit {
            partner: PartnerId::new(partner).unwrap(),
            company: PartnerId::new(company).unwrap(),
            object: ObjectId::new("ann"),
            basis: Basis::Owner,
            since: Timestamp::MIN,
            last_active_at: Timestamp::MIN,
            ineligible: told.ends_with('!').then_some(IneligibleReason::NotProduction),
        };
        Line {
            month: Month::parse("2026-03").unwrap(),
            tenant: TenantId::new(tenant),
            environment: Some(EnvironmentId::new("e")),
            product: Product::new(product),
            resource: ResourceId::new("r"),
            quantity: quantity.parse().unwrap(),
            outcome: Outcome::Credited(credit),
        }
    }

    fn told(rolled: &[Rollup]) -> Vec<String> {
        let told =
            |rolled: &Rollup| rolled.company_values().map(|value| value.text().to_string())[1..].join(" ");
        rolled.iter().map(told).collect()
    }

    /// Locations take turns among the lines, and companies stand in another order than their locations.
    #[test]
    fn locations_that_take_turns_are_one_company() {
        let lines = [
            "8 1 t power_bi 5",
            "3 9 t power_bi 7",
            "4 1 t power_bi 2!",
            "8 1 t power_bi 1",
            "4 1 s power_bi 4",
            "4 1 t customer_insights 90",
            "8 1 t customer_insights 20!",
            "8 1 t strange 3",
        ];
        let lines = lines.map(line);
        let credited =
            lines.iter().enumerate().filter_map(|(place, line)| Credited::of(place, line)).collect();
        // Each line has a person of its own, and all have another together.
        let distinct = |lines: &[usize]| if lines.is_empty() { 0 } else { lines.len() as u64 + 1 };
        let Rollups { partners, companies } =
            Rollups::of(Month::parse("2026-03").unwrap(), credited, distinct);
        assert_eq!(
            told(&partners),
            [
                "3 t power_bi 1 1 7 2 0 2 0",
                "4 s power_bi 1 1 4 2 0 2 0",
                "4 t customer_insights 1 1 0 0 90 0 90",
                "4 t power_bi 1 1 2 2 0 0 0",
                "8 t customer_insights 1 1 0 0 20 0 0",
                "8 t power_bi 1 2 6 3 0 3 0",
            ]
        );
        assert_eq!(
            told(&companies),
            [
                "1 s power_bi 1 1 4 2 0 2 0",
                "1 t customer_insights 2 2 0 0 110 0 90",
                "1 t power_bi 2 3 8 4 0 3 0",
                "9 t power_bi 1 1 7 2 0 2 0",
            ]
        );
    }
}
