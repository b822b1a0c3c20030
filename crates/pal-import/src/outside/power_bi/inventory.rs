//! What the admin lists show: datasets, reports, dashboards, and who may use a dataset (`formats.md` §3.2).

use pal_rules::facts::Table;
use pal_rules::id::Id;

use super::{PRODUCT, alias, people, shown, tenant};
use crate::outside::facts::{Facts, Outcome, flag, id, text, time, word};
use crate::outside::{Context, Record, normal};

/// A dataset and its present owner: `configuredBy` is who may be taken for its publisher until a record says more.
pub(super) fn dataset(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let workspace = record.text(&["workspaceId"]).and_then(normal::environment);
    match tenant(context) {
        Ok(tenant) => done(listed(record, context, facts, (tenant, workspace.as_ref()))),
        Err(outcome) => outcome,
    }
}

/// A dataset of a list or of a workspace. `false` where its id is none.
pub(super) fn listed(
    record: Record<'_>,
    context: &Context,
    facts: &mut Facts,
    (tenant, workspace): (&Id, Option<&Id>),
) -> bool {
    let Some(dataset) = record.text(&["id"]).and_then(normal::guid) else { return false };
    let observed = context.observed(None);
    let created = record.text(&["createdDate", "createdDateTime"]).and_then(|text| context.utc(text));
    let mut cells = vec![
        ("resource_id", id(&dataset)),
        ("product", text(PRODUCT)),
        ("tenant_id", id(tenant)),
        ("name", record.text(&["name"]).and_then(text)),
        ("created_at", created.and_then(time)),
        ("observed_at", time(observed)),
    ];
    cells.extend(workspace.map(|workspace| ("environment_id", id(workspace))));
    let mut whole = facts.push(Table::Resources, &cells);
    let name = record.text(&["configuredBy"]).and_then(normal::person);
    let object = record.text(&["configuredById"]).and_then(normal::guid);
    if let (Some(name), Some(object)) = (&name, &object)
        && name != object
    {
        whole &= alias(facts, tenant, "principal", name, object);
    }
    if let Some(owner) = object.or(name) {
        let cells = [
            ("observed_at", time(observed)),
            ("resource_id", id(&dataset)),
            ("role", word("publisher")),
            ("object_id", id(&owner)),
            ("complete", flag(true)),
        ];
        whole &= facts.push(Table::Listings, &cells);
    }
    people(facts, tenant, record.list("users"));
    whole
}

/// A report: which dataset it shows.
pub(super) fn report(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    match tenant(context) {
        Ok(tenant) => shows(reported(record, facts, tenant), "a report without a dataset"),
        Err(outcome) => outcome,
    }
}

/// A dashboard: which datasets its tiles show.
pub(super) fn dashboard(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    match tenant(context) {
        Ok(tenant) => shows(tiled(record, facts, tenant), "a dashboard without tiles that show a dataset"),
        Err(outcome) => outcome,
    }
}

/// The alias of a report; `false` where it has no dataset.
pub(super) fn reported(record: Record<'_>, facts: &mut Facts, tenant: &Id) -> bool {
    let (report, dataset) = (guid(record, "id"), guid(record, "datasetId"));
    let (Some(report), Some(dataset)) = (report, dataset) else { return false };
    alias(facts, tenant, "resource", &shown("report", &report), &dataset)
}

/// The alias of a dashboard, for each dataset of its tiles. An alias that stands for several at a time stands for none
/// of them and is listed (`facts.md`, Aliases), so that only a dashboard of one dataset passes its use on.
pub(super) fn tiled(record: Record<'_>, facts: &mut Facts, tenant: &Id) -> bool {
    let Some(dashboard) = guid(record, "id") else { return false };
    let mut datasets: Vec<Id> = record.list("tiles").filter_map(|tile| guid(tile, "datasetId")).collect();
    datasets.sort();
    datasets.dedup();
    let name = shown("dashboard", &dashboard);
    let mut shows = false;
    for dataset in &datasets {
        shows |= alias(facts, tenant, "resource", &name, dataset);
    }
    shows
}

/// Somebody who may use a dataset. That is no claim: only publishing is; but it tells whose name is whose id.
pub(super) fn user(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let found = context.tenant.as_ref().map_or(0, |tenant| people(facts, tenant, std::iter::once(record)));
    shows(found > 0, "who may use a dataset, not who published it")
}

fn guid(record: Record<'_>, name: &str) -> Option<Id> {
    record.text(&[name]).and_then(normal::guid)
}

fn shows(some: bool, nothing: &'static str) -> Outcome {
    if some { Outcome::Facts } else { Outcome::Ignored(nothing.into()) }
}

fn done(whole: bool) -> Outcome {
    if whole { Outcome::Facts } else { Outcome::Refused("the dataset has no id".into()) }
}
