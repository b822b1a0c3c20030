//! Tables of Dataverse: pages of its web API, arrays as clients of it print them, CSV (`formats.md` §5). Records name
//! users, solutions and processes by ids of their environment, which is known by its address on the page, or declared.

mod app;
mod flow;
mod import_job;
mod solution;
mod user;

use pal_rules::id::Id;
use serde_json::Value;

use super::facts::{Facts, Outcome};
use super::{Context, Record, Shape, Source, normal};

const SOURCE: &str = "dataverse";

/// A shape of the tables here.
const fn shape(
    name: &'static str,
    recognises: fn(Record<'_>) -> bool,
    becomes: fn(Record<'_>, &Context, &mut Facts) -> Outcome,
) -> Shape {
    Shape { name, source: Source::Dataverse, recognises, becomes, identity: |_| None }
}

pub(super) const SHAPES: &[Shape] = &[
    shape("import job", |record| record.has(&["importjobid"]), import_job::becomes),
    shape(
        "solution history",
        |record| record.has(&["msdyn_name", "msdyn_operation"]) || record.has(&["msdyn_solutionhistoryid"]),
        |_, _, _| Outcome::ignored("solution history, which names no user: import jobs do"),
    ),
    shape(
        "solution component",
        |record| record.has(&["objectid", "componenttype"]),
        |record, context, facts| Outcome::of(solution::component(record, context, facts)),
    ),
    shape(
        "solution",
        |record| record.has(&["solutionid", "uniquename", "version"]),
        |record, context, facts| Outcome::of(solution::solution(record, context, facts)),
    ),
    shape(
        "Dataverse user",
        |record| record.has(&["systemuserid"]) && !record.has(&["teamid"]),
        |record, context, facts| Outcome::of(user::becomes(record, context, facts)),
    ),
    shape(
        "model-driven app",
        |record| record.has(&["appmoduleid", "uniquename"]),
        |record, context, facts| Outcome::of(app::model_driven(record, context, facts)),
    ),
    shape(
        "canvas app in Dataverse",
        |record| record.has(&["canvasappid", "name"]),
        |record, context, facts| Outcome::of(app::canvas(record, context, facts)),
    ),
    shape(
        "flow run",
        |record| record.has(&["flowrunid"]),
        |record, context, facts| Outcome::of(flow::run(record, context, facts)),
    ),
    shape(
        "process",
        |record| record.has(&["workflowid", "category"]),
        |record, context, facts| Outcome::of(flow::process(record, context, facts)),
    ),
];

/// The environment of a record: by the address of its page (`url:HOST`, which an inventory of environments resolves), else
/// as declared.
fn environment(record: Record<'_>, context: &Context) -> Result<Id, Outcome> {
    let address = record.page().get("@odata.context").and_then(Value::as_str);
    let address = address.filter(|address| address.contains("/api/data/"));
    address
        .and_then(normal::host)
        .or_else(|| context.environment.clone())
        .ok_or(Outcome::refused("the record names no environment: say which with `--environment`"))
}

fn tenant(context: &Context) -> Result<Id, Outcome> {
    context.tenant(None).ok_or(Outcome::refused("the record names no tenant: say which with `--tenant`"))
}

/// The id at the first of several members that has one.
fn guid(record: Record<'_>, names: &[&str]) -> Option<Id> {
    names.iter().find_map(|name| record.text(&[name]).and_then(normal::guid))
}

/// The user that a look-up names, as an alias of the environment; none for a team, and for the platform itself.
fn user(record: Record<'_>, name: &str, environment: &Id) -> Option<Id> {
    let kind = record.annotation(&format!("{name}@Microsoft.Dynamics.CRM.lookuplogicalname"));
    let user = guid(record, &[name]).filter(|user| !normal::system(user))?;
    kind.is_none_or(|kind| kind == "systemuser").then(|| normal::dataverse(environment, &user))
}
