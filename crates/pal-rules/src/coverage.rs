//! Whether a zero is a zero: what is covered by data (`attribution.md` §5).

use crate::evidence::Coverage;
use crate::facts::{self, Facts};
use crate::id::TenantId;
use crate::time::{Day, Timestamp};
use crate::usage::Window;
use crate::word::{ActorBasis, Product};

/// One line of `coverage.csv`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoverageLine {
    /// The tenant.
    pub tenant: TenantId,
    /// The product.
    pub product: Product,
    /// How sure the actors are; `None` where nothing is covered.
    pub actor_basis: Option<ActorBasis>,
    /// Whole UTC days inside the union of the rows.
    pub covered_days: u64,
    /// Whole UTC days of the window.
    pub days: u64,
}

/// The columns of `coverage.csv`.
pub const COVERAGE_COLUMNS: [&str; 6] =
    ["month", "tenant_id", "product", "actor_basis", "covered_days", "days"];

impl Facts {
    /// Whether a tenant's product is covered by observed data throughout `[start, end)`.
    pub fn covered(
        &self,
        tenant: &TenantId,
        product: &Product,
        start: Timestamp,
        end: Timestamp,
    ) -> Coverage {
        if self.coverage.is_empty() {
            return Coverage::Untold;
        }
        let spans = self.spans(tenant, product);
        let whole = |from: Timestamp, until: Timestamp| from <= start && until >= end;
        let observed = |span: &&facts::Coverage| span.actor_basis == ActorBasis::Observed;
        // Mostly one row covers all, and every resource asks.
        if spans.iter().filter(observed).any(|span| whole(span.from, span.until)) {
            return Coverage::Covered;
        }
        let spans = union(spans, ActorBasis::Observed);
        if spans.iter().any(|(from, until)| whole(*from, *until)) {
            return Coverage::Covered;
        }
        Coverage::Gaps {
            covered_days: whole_days(&spans, start, end),
            days: whole_days(&[(start, end)], start, end),
        }
    }

    fn spans(&self, tenant: &TenantId, product: &Product) -> &[facts::Coverage] {
        self.coverage.get(&(tenant.clone(), product.clone())).map_or(&[], Vec::as_slice)
    }

    /// The lines of `coverage.csv` for the tenants and products of a statement.
    pub fn coverage_lines(
        &self,
        window: &Window,
        pairs: impl IntoIterator<Item = (TenantId, Product)>,
    ) -> Vec<CoverageLine> {
        let (start, end) = (window.start(), window.end());
        let days = whole_days(&[(start, end)], start, end);
        let mut lines = Vec::new();
        for (tenant, product) in pairs {
            let spans = self.spans(&tenant, &product);
            let of_basis = [ActorBasis::Observed, ActorBasis::OwnerProxy, ActorBasis::RunsOnly]
                .into_iter()
                .map(|basis| (basis, whole_days(&union(spans, basis), start, end)))
                .filter(|(basis, _)| {
                    let meets = |span: &facts::Coverage| span.from < end && span.until > start;
                    spans.iter().any(|span| span.actor_basis == *basis && meets(span))
                });
            let before = lines.len();
            lines.extend(of_basis.map(|(basis, covered_days)| CoverageLine {
                tenant: tenant.clone(),
                product: product.clone(),
                actor_basis: Some(basis),
                covered_days,
                days,
            }));
            if lines.len() == before {
                lines.push(CoverageLine { tenant, product, actor_basis: None, covered_days: 0, days });
            }
        }
        lines.sort_by(|a, b| {
            let basis = |line: &CoverageLine| line.actor_basis.map(ActorBasis::as_str);
            (&a.tenant, &a.product, basis(a)).cmp(&(&b.tenant, &b.product, basis(b)))
        });
        lines.dedup();
        lines
    }
}

/// Makes spans of one basis that touch each other one: there is a row for each day and source, and every resource asks.
pub(crate) fn join(spans: &mut Vec<facts::Coverage>) {
    spans.sort_by(|a, b| {
        (a.actor_basis.as_str(), a.from, a.until).cmp(&(b.actor_basis.as_str(), b.from, b.until))
    });
    spans.dedup_by(|later, first| {
        let touches = later.actor_basis == first.actor_basis && later.from <= first.until;
        // A row that covers nothing is none the less a row of its basis.
        let joined = touches && later.from < later.until && first.from < first.until;
        if joined {
            first.until = first.until.max(later.until);
        }
        joined
    });
}

/// The union of the spans of one basis, as disjoint spans in order.
pub(crate) fn union(spans: &[facts::Coverage], basis: ActorBasis) -> Vec<(Timestamp, Timestamp)> {
    let of_basis = spans.iter().filter(|span| span.actor_basis == basis && span.from < span.until);
    let mut joined: Vec<facts::Coverage> = of_basis.cloned().collect();
    join(&mut joined);
    joined.into_iter().map(|span| (span.from, span.until)).collect()
}

/// How many whole UTC days lie inside the spans and inside `[start, end)`.
pub(crate) fn whole_days(spans: &[(Timestamp, Timestamp)], start: Timestamp, end: Timestamp) -> u64 {
    let mut days = 0;
    for (from, until) in spans {
        let (from, until) = (start.max(*from), end.min(*until));
        let mut day = first_whole_day(from);
        while day.next().start() <= until {
            days += 1;
            day = day.next();
        }
    }
    days
}

/// The first day that begins at an instant or later.
pub(crate) fn first_whole_day(from: Timestamp) -> Day {
    if from.day().start() == from { from.day() } else { from.day().next() }
}

#[cfg(test)]
mod tests {
    use super::join;
    use crate::evidence::Coverage;
    use crate::facts::{self, Facts};
    use crate::id::TenantId;
    use crate::time::Timestamp;
    use crate::word::{ActorBasis, Product};

    #[test]
    fn rows_that_touch_cover_a_month_also_around_one_that_covers_nothing() {
        let day = |day: u32| Timestamp::parse(&format!("2026-03-{day:02}T00:00:00Z")).unwrap();
        let span = |(from, until)| facts::Coverage {
            actor_basis: ActorBasis::Observed,
            from: day(from),
            until: day(until),
            source: "audit".into(),
        };
        let covered = |spans: &[(u32, u32)]| {
            let mut facts = Facts::default();
            let mut spans: Vec<_> = spans.iter().copied().map(span).collect();
            join(&mut spans);
            facts.coverage.insert((TenantId::new("t"), Product::PowerBi), spans);
            facts.covered(&TenantId::new("t"), &Product::PowerBi, day(1), day(29))
        };
        assert_eq!(covered(&[(1, 29)]), Coverage::Covered);
        assert_eq!(covered(&[(1, 15), (15, 29)]), Coverage::Covered);
        assert_eq!(covered(&[(1, 15), (15, 15), (15, 29)]), Coverage::Covered);
        assert_eq!(covered(&[(1, 15), (10, 5), (15, 29)]), Coverage::Covered);
        assert_eq!(covered(&[(1, 15), (16, 29)]), Coverage::Gaps { covered_days: 27, days: 28 });
    }
}
