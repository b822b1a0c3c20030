//! Aliases: which id a text stood for at one time.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::Marks;
use super::read::Fact;

#[derive(Debug)]
struct Row {
    tenant: String,
    kind: String,
    id: String,
    from: Option<i64>,
    until: Option<i64>,
}

/// The `aliases` table, by alias text.
#[derive(Debug, Default)]
pub(crate) struct Aliases(BTreeMap<String, Vec<Row>>);

impl Aliases {
    pub(crate) fn new(facts: &[Fact]) -> Aliases {
        let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for fact in facts {
            rows.entry(fact.text("alias").to_owned()).or_default().push(Row {
                tenant: fact.text("tenant_id").to_owned(),
                kind: fact.text("kind").to_owned(),
                id: fact.text("id").to_owned(),
                from: fact.maybe_time("alias_from"),
                until: fact.maybe_time("alias_until"),
            });
        }
        Aliases(rows)
    }

    /// The principal that a text means in a tenant (none: the tenant is not known) at a time.
    pub(crate) fn principal(&self, tenant: Option<&str>, text: &str, at: i64, marks: &mut Marks) -> String {
        self.id(text, at, marks, |row| row.kind == "principal" && Some(row.tenant.as_str()) == tenant)
    }

    /// The resource or environment that a text means at a time, in whatever tenant.
    pub(crate) fn thing(&self, kind: &str, text: &str, at: i64, marks: &mut Marks) -> String {
        self.id(text, at, marks, |row| row.kind == kind)
    }

    fn id(&self, text: &str, at: i64, marks: &mut Marks, fits: impl Fn(&Row) -> bool) -> String {
        let Some(rows) = self.0.get(text) else {
            if text.contains(':') {
                marks.hit("alias: no row");
            }
            return text.to_owned();
        };
        let on =
            |row: &&Row| row.from.is_none_or(|from| from <= at) && row.until.is_none_or(|until| at < until);
        let ids: BTreeSet<&str> =
            rows.iter().filter(|row| fits(row)).filter(on).map(|row| row.id.as_str()).collect();
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (Some(id), None) => {
                marks.hit("alias: resolved");
                id.to_owned()
            }
            (Some(_), Some(_)) => {
                marks.hit("alias: ambiguous");
                text.to_owned()
            }
            (None, _) => {
                marks.hit("alias: not at this time, of this kind or tenant");
                text.to_owned()
            }
        }
    }
}
