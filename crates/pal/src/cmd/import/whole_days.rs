//! The days of which an import has everything: those that it has a record of and that are over, and those that `--covers`
//! declares. They are stored as they come, so that it does not matter how many there are.

use std::collections::BTreeSet;

use pal_import::outside::Covered;
use pal_rules::facts::{Row, Table, Value};
use pal_rules::time::{Day, Timestamp};
use pal_store::workspace::OutsideImport;

use crate::cli::{Days, Exports};
use crate::exit::{Exit, Failure};
use crate::shell::workspace_failure;

/// What there is to know of days while an import is on its way.
pub(super) struct WholeDays {
    today: Day,
    declared: Option<Days>,
    /// What there was a record of, each with the first declared day; nothing where none are declared.
    seen: BTreeSet<Covered>,
}

impl WholeDays {
    /// Days that are not over cannot be declared to be whole.
    pub(super) fn new(exports: &Exports, now: Timestamp) -> Result<Self, Failure> {
        let today = now.day();
        if let Some(days) = exports.covers.filter(|days| days.last >= today) {
            let message = format!("`--covers` ends on {}, which is not over", days.last);
            return Err(Failure::new(
                Exit::Usage,
                message,
                format!("end it on {} or earlier", today.plus(-1)),
            ));
        }
        Ok(Self { today, declared: exports.covers, seen: BTreeSet::new() })
    }

    /// Stores days that there is a record of, but for those that are not over, of which no export has everything, and for
    /// declared ones, which come at the end.
    pub(super) fn store(
        &mut self,
        import: &mut OutsideImport<'_>,
        mut covered: BTreeSet<Covered>,
    ) -> Result<(), Failure> {
        if let Some(days) = self.declared {
            self.seen.extend(covered.iter().map(|covered| Covered { day: days.first, ..covered.clone() }));
            covered.retain(|covered| covered.day < days.first || covered.day > days.last);
        }
        covered.retain(|covered| covered.day < self.today);
        import.derived(covered.into_iter().map(row)).map_err(workspace_failure)
    }

    /// Stores the declared days of all that there was a record of; a warning, where that is nothing.
    pub(super) fn end(self, import: &mut OutsideImport<'_>) -> Result<Option<String>, Failure> {
        let Some(days) = self.declared else { return Ok(None) };
        let each = std::iter::successors(Some(days.first), |day| Some(day.next()))
            .take_while(|day| *day <= days.last);
        let rows =
            each.flat_map(|day| self.seen.iter().map(move |seen| row(Covered { day, ..seen.clone() })));
        import.derived(rows).map_err(workspace_failure)?;
        let nothing = self.seen.is_empty();
        Ok(nothing
            .then(|| "`--covers` declares nothing: no record tells of which tenant and product".to_owned()))
    }
}

/// A row of `coverage` for a day, so that however exports are cut the rows are the same.
fn row(covered: Covered) -> (Table, Row) {
    let Covered { tenant, product, source, actor_basis, day } = covered;
    let row = Row::new(vec![
        Value::Id(tenant),
        Value::Text(product.into()),
        Value::Time(day.start()),
        Value::Time(day.next().start()),
        Value::Text(source.into()),
        Value::Word(actor_basis),
    ]);
    (Table::Coverage, row)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pal_import::outside::Covered;
    use pal_rules::facts::Table;
    use pal_rules::id::Id;
    use pal_rules::time::Day;
    use pal_store::workspace::{NewOutside, Workspace};

    use super::WholeDays;
    use crate::cli::Days;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn covered(tenant: &str, days: &[&str]) -> BTreeSet<Covered> {
        let (product, source, actor_basis) = ("power_bi", "audit", "observed");
        let of =
            |text: &&str| Covered { tenant: Id::new(tenant), product, source, actor_basis, day: day(text) };
        days.iter().map(of).collect()
    }

    /// The days that are stored of what comes in these batches, as tenant and start, in order.
    fn stored(
        declared: Option<(&str, &str)>,
        batches: &[BTreeSet<Covered>],
    ) -> (Vec<String>, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        let mut workspace = Workspace::init(folder.path()).unwrap();
        let declared = declared.map(|(first, last)| Days { first: day(first), last: day(last) });
        let today = day("2026-03-05");
        let mut days = WholeDays { today, declared, seen: BTreeSet::new() };
        let new = NewOutside { source: "auto", path: "exports".to_owned(), imported_at: today.start() };
        let mut import = workspace.begin_outside(&new).unwrap();
        import.begin_file("exports").unwrap();
        for batch in batches {
            days.store(&mut import, batch.clone()).unwrap();
        }
        let warning = days.end(&mut import).unwrap();
        import.commit(&[]).unwrap();
        let rows = workspace.table_rows(Table::Coverage).unwrap();
        let text = |values: &[pal_rules::facts::Value]| format!("{} {}", values[0].text(), values[2].text());
        let mut rows: Vec<String> = rows.iter().map(|new| text(new.row.values())).collect();
        rows.sort();
        (rows, warning)
    }

    #[test]
    fn declared_days_are_stored_once_for_whatever_any_batch_had_a_record_of() {
        let batches = [
            covered("a", &["2026-02-01", "2026-03-02", "2026-03-03"]),
            covered("b", &["2026-03-05"]),
            covered("a", &["2026-03-02", "2026-03-04", "2026-03-05"]),
        ];
        let (rows, warning) = stored(Some(("2026-03-02", "2026-03-03")), &batches);
        let expected =
            [("a", "02-01"), ("a", "03-02"), ("a", "03-03"), ("a", "03-04"), ("b", "03-02"), ("b", "03-03")];
        assert_eq!(rows, expected.map(|(tenant, day)| format!("{tenant} 2026-{day}T00:00:00Z")));
        assert_eq!(warning, None);

        let (rows, warning) = stored(Some(("2026-03-02", "2026-03-03")), &[]);
        assert!(rows.is_empty() && warning.is_some_and(|warning| warning.contains("declares nothing")));

        let (rows, warning) = stored(None, &batches[1..]);
        assert_eq!(rows, ["a 2026-03-02T00:00:00Z", "a 2026-03-04T00:00:00Z"]);
        assert_eq!(warning, None);
    }
}
