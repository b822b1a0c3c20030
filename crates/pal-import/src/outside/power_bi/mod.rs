//! Power BI: activity events, which are audit records in another container, and what its admin lists and scans show
//! (`formats.md` §3). The resource is the dataset, its environment the workspace.

mod activity;
mod inventory;
mod workspace;

use pal_rules::facts::Table;
use pal_rules::id::Id;

pub(super) use activity::{act, becomes as activity};

use super::audit::{self, Fields};
use super::facts::{Facts, Outcome, id, word};
use super::{Context, Record, Shape, Source, normal};

const PRODUCT: &str = "power_bi";
/// The word for these sources in the coverage table.
const POWER_BI: &str = "power-bi";
const NO_TENANT: Outcome =
    Outcome::Refused(std::borrow::Cow::Borrowed("the record names no tenant: say which with `--tenant`"));

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        name: "Power BI activity event",
        source: Source::PowerBi,
        recognises: |record| {
            record.has(&["Id", "CreationTime", "Operation"])
                && (record.has(&["Activity"]) || record.text(&["Workload"]) == Some("PowerBI"))
        },
        becomes: |record, context, facts| audit::power_bi_event(record, context, facts, POWER_BI),
        identity: |record| audit::identity(&Fields::of(record)),
    },
    Shape {
        name: "Power BI workspace",
        source: Source::PowerBi,
        recognises: |record| {
            record.has(&["id", "type", "state"])
                && ["datasets", "reports", "dashboards", "isOnDedicatedCapacity"]
                    .iter()
                    .any(|name| record.has(&[name]))
        },
        becomes: workspace::becomes,
        identity: |_| None,
    },
    Shape {
        name: "Power BI dataset",
        source: Source::PowerBi,
        recognises: |record| {
            record.has(&["id", "name"])
                && ["addRowsAPIEnabled", "isRefreshable", "isEffectiveIdentityRequired"]
                    .iter()
                    .any(|name| record.has(&[name]))
        },
        becomes: inventory::dataset,
        identity: |_| None,
    },
    Shape {
        name: "Power BI dashboard",
        source: Source::PowerBi,
        recognises: |record| record.has(&["id", "displayName", "embedUrl"]),
        becomes: inventory::dashboard,
        identity: |_| None,
    },
    Shape {
        name: "Power BI report",
        source: Source::PowerBi,
        recognises: |record| {
            record.has(&["id", "name"])
                && (record.has(&["embedUrl"]) || record.has(&["datasetId", "reportType"]))
        },
        becomes: inventory::report,
        identity: |_| None,
    },
    Shape {
        name: "user of a Power BI dataset",
        source: Source::PowerBi,
        recognises: |record| record.has(&["datasetUserAccessRight", "identifier"]),
        becomes: inventory::user,
        identity: |_| None,
    },
];

/// The alias of a report or dashboard. Their ids are unique without the workspace, and a record of use may name another
/// workspace than the inventory or none, so that `power_bi` stands where an alias of this form has an environment.
fn shown(kind: &'static str, shown: &Id) -> Id {
    Id::new(&format!("name:power_bi/{kind}:{shown}"))
}

/// Says that an alias stands for an id, always.
fn alias(facts: &mut Facts, tenant: &Id, kind: &'static str, alias: &Id, stands_for: &Id) -> bool {
    let cells =
        [("tenant_id", id(tenant)), ("kind", word(kind)), ("alias", id(alias)), ("id", id(stands_for))];
    facts.push(Table::Aliases, &cells)
}

/// People that a list of users shows with both name and object id: the only link between the names that activity has and
/// the directory's ids that this source has.
fn people<'a>(facts: &mut Facts, tenant: &Id, users: impl Iterator<Item = Record<'a>>) -> usize {
    let mut found = 0;
    for user in users.filter(|user| user.text(&["principalType"]) == Some("User")) {
        let Some(object) = user.text(&["graphId"]).and_then(normal::guid) else { continue };
        let mut names: Vec<Id> = ["identifier", "emailAddress"]
            .iter()
            .filter_map(|name| normal::upn(user.text(&[name])?))
            .map(|upn| Id::new(&format!("upn:{upn}")))
            .collect();
        names.dedup();
        for name in names {
            found += usize::from(alias(facts, tenant, "principal", &name, &object));
        }
    }
    found
}

/// The tenant that is declared: lists and scans do not name theirs.
fn tenant(context: &Context) -> Result<&Id, Outcome> {
    context.tenant.as_ref().ok_or(NO_TENANT)
}
