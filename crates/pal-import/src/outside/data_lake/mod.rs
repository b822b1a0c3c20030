//! The Data Lake export of Power Platform (`formats.md` §4.3): one JSON document a line, full at first, then what changed each
//! day. Members are named in several ways, in any case.

mod inventory;
mod usage;

use super::facts::{Facts, Outcome};
use super::{Context, Record, Shape, Source};

/// The names of what a record is about.
const THING: [&str; 3] = ["resourceId", "appId", "AppName"];
const TENANT: [&str; 2] = ["tenantId", "tenantGuid"];

pub(super) const SHAPES: &[Shape] = &[
    shape("Data Lake flow usage", |record| record.has(&["resourceId", "runs", "status"]), usage::flow),
    shape(
        "Data Lake app usage",
        |record| {
            any(record, &THING) && record.has(&["objectId"]) && any(record, &["timeAccessed", "sessionId"])
        },
        usage::app,
    ),
    shape(
        "Data Lake flow",
        |record| {
            record.has(&["resourceId"])
                && any(record, &["events_created_timestamp", "events_created_principalId"])
        },
        inventory::flow,
    ),
    shape(
        "Data Lake app",
        |record| {
            any(record, &THING)
                && record.has(&["subType"])
                && any(record, &["createdPrincipalId", "lifecycleState"])
        },
        inventory::app,
    ),
    shape(
        "Data Lake environment",
        |record| record.has(&["environmentType", "environmentState", "tenantGuid"]),
        inventory::environment,
    ),
    shape(
        "Data Lake connection",
        |record| {
            any(record, &["connectionRefId", "connectionId"]) && any(record, &["environmentId", "resourceId"])
        },
        |_, _, _| Outcome::Ignored("a connection is no app and no flow".into()),
    ),
];

const fn shape(
    name: &'static str,
    recognises: fn(Record<'_>) -> bool,
    becomes: fn(Record<'_>, &Context, &mut Facts) -> Outcome,
) -> Shape {
    Shape { name, source: Source::DataLake, recognises, becomes, identity: |_| None }
}

fn any(record: Record<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| record.has(&[name]))
}
