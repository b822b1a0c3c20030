//! A workspace of a scan, or of the admin list with what is in it: an environment, its datasets, and which of them its
//! reports and dashboards show (`formats.md` §3.2, §10.8).

use pal_rules::facts::Table;

use super::{inventory, people, tenant};
use crate::outside::facts::{Facts, Outcome, id, text, time, word};
use crate::outside::{Context, Record, normal};

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let tenant = match tenant(context) {
        Ok(tenant) => tenant,
        Err(outcome) => return outcome,
    };
    let Some(workspace) = record.text(&["id"]).and_then(normal::environment) else {
        return Outcome::Refused("the workspace has no id".into());
    };
    let mut whole = true;
    if let Some(kind) = kind(record) {
        let observed = context.observed(None);
        let cells = [
            ("environment_id", id(&workspace)),
            ("tenant_id", id(tenant)),
            ("name", text(record.text(&["name"]).unwrap_or("unnamed"))),
            ("kind", word(kind)),
            ("kind_from", time(context.assume_since.unwrap_or(observed))),
            ("observed_at", time(observed)),
        ];
        whole &= facts.push(Table::Environments, &cells);
    }
    for dataset in record.list("datasets") {
        whole &= inventory::listed(dataset, context, facts, (tenant, Some(&workspace)));
    }
    for report in record.list("reports") {
        inventory::reported(report, facts, tenant);
    }
    for dashboard in record.list("dashboards") {
        inventory::tiled(dashboard, facts, tenant);
    }
    people(facts, tenant, record.list("users"));
    if !whole {
        return Outcome::Refused("a dataset of the workspace has no id".into());
    }
    Outcome::Facts
}

/// What kind of environment the workspace is. Any other type or state is none that is known: not production.
fn kind(record: Record<'_>) -> Option<&'static str> {
    let is =
        |name: &str, word: &str| record.text(&[name]).is_some_and(|text| text.eq_ignore_ascii_case(word));
    if is("type", "PersonalGroup") {
        Some("developer")
    } else {
        (is("type", "Workspace") && is("state", "Active")).then_some("production")
    }
}
