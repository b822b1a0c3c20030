//! Roll-ups for people: names in place of ids, and "unknown" or "at least" where the data has gaps.

use std::collections::BTreeSet;

use pal_rules::evidence::Evidence;
use pal_rules::explain::shown_number;
use pal_rules::id::{PartnerId, TenantId};
use pal_rules::names::Names;
use pal_rules::word::Metric;

use crate::render::{Items, Table};

/// The columns that hold numbers: of which metric, and whether only of eligible lines.
const NUMBERS: [(&str, Metric, bool); 4] = [
    ("mau_distinct", Metric::MonthlyActiveUsers, false),
    ("unified_profiles", Metric::UnifiedProfiles, false),
    ("eligible_mau_distinct", Metric::MonthlyActiveUsers, true),
    ("eligible_unified_profiles", Metric::UnifiedProfiles, true),
];

/// The column that tells the roll-up per company from that per partner.
const COMPANY: &str = "global_partner_id";

/// A roll-up for people, with only the columns in which something stands.
///
/// - `evidence`: that of the lines that are rolled up; a sum over a line whose number is uncertain is uncertain
///   (`attribution.md` §5).
pub(crate) fn rollup_view(items: &Items, evidence: &[Evidence], names: Names<'_>) -> Table {
    let mut table = items.table();
    let per_company = table.columns.iter().any(|column| column == COMPANY);
    let workload = table.columns.iter().position(|column| column == "workload");
    let numbers: Vec<_> = NUMBERS
        .into_iter()
        .filter_map(|(name, metric, eligible)| {
            let at = table.columns.iter().position(|column| column == name)?;
            Some((at, metric, eligible))
        })
        .collect();
    let uncertain = uncertain(evidence, per_company);
    for row in &mut table.rows {
        let [_, partner, tenant, ..] = row.as_slice() else { continue };
        let workload = workload.and_then(|at| row.get(at)).cloned().unwrap_or_default();
        let group = [partner.clone(), tenant.clone(), workload];
        for (at, metric, eligible) in &numbers {
            let is_uncertain = uncertain.contains(&(group.clone(), *metric, *eligible));
            let number = row.get(*at).and_then(|cell| cell.parse().ok());
            if let (true, Some(number), Some(cell)) = (is_uncertain, number, row.get_mut(*at)) {
                *cell = shown_number(number, false);
            }
        }
        if let [_, partner, tenant, ..] = row.as_mut_slice() {
            if let Some(id) = PartnerId::new(partner) {
                *partner = names.partner_shown(id);
            }
            *tenant = names.tenant(&TenantId::new(tenant));
        }
    }
    table.with_heads(&[
        ("month", ""),
        ("partner_id", "partner"),
        (COMPANY, "company"),
        ("tenant_id", "customer"),
        ("workload", "workload"),
        ("locations", "locations"),
        ("resources", "resources"),
        ("mau_line_sum", ""),
        ("mau_distinct", "users"),
        ("unified_profiles", "profiles"),
        ("eligible_mau_distinct", "eligible users"),
        ("eligible_unified_profiles", "eligible profiles"),
    ])
}

/// A row of a roll-up: partner or company, tenant, workload.
type Group = [String; 3];

/// The numbers that rest on a line whose own number is uncertain.
fn uncertain(evidence: &[Evidence], per_company: bool) -> BTreeSet<(Group, Metric, bool)> {
    let mut uncertain = BTreeSet::new();
    for evidence in evidence.iter().filter(|evidence| !evidence.is_certain()) {
        let line = evidence.line();
        let Some(credit) = line.credit() else { continue };
        let whom = if per_company { credit.company } else { credit.partner };
        let Some(workload) = line.product.workload() else { continue };
        let group = [whom.to_string(), line.tenant.to_string(), workload.to_string()];
        if credit.ineligible.is_none() {
            uncertain.insert((group.clone(), line.metric(), true));
        }
        uncertain.insert((group, line.metric(), false));
    }
    uncertain
}
