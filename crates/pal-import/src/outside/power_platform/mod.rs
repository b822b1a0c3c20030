//! What administrators export of Power Platform (`formats.md` §4.1, §4.2, §4.5): the admin lists as the service gives them,
//! which PowerShell, the Microsoft 365 CLI and Terraform record; their `Export-Csv` forms; the inventory of 2025; the
//! tables of the `CoE` Starter Kit.

mod app;
mod environment;
mod exported;
mod flow;
mod inventory;
mod permission;
mod portal;
mod starter_kit;

pub(super) use inventory::warning;

use super::facts::Outcome;
use super::{Record, Shape, Source};

pub(super) const SHAPES: &[Shape] = &[
    shape("app permission", |record| is_at(record, "/apps/", "permissions"), permission::app),
    shape("flow owner", |record| is_at(record, "/flows/", "permissions"), |_, _, _| permission::of_flow()),
    shape(
        "environment role assignment",
        |record| is_at(record, "/environments/", "roleassignments"),
        |_, _, _| permission::of_environment(),
    ),
    Shape {
        name: "flow run",
        source: Source::PowerPlatform,
        recognises: |record| is_at(record, "/flows/", "runs"),
        becomes: flow::run,
        identity: |record| record.text(&["id"]).map(str::to_lowercase),
    },
    shape(
        "app",
        |record| {
            is_at(record, "/apps/", "apps") || is_of(record, &["properties.appVersion", "properties.owner"])
        },
        app::becomes,
    ),
    shape(
        "flow",
        |record| {
            is_at(record, "/flows/", "flows") || is_of(record, &["properties.creator", "properties.state"])
        },
        flow::becomes,
    ),
    shape("environment", |record| is_of(record, &["properties.environmentSku"]), environment::becomes),
    shape("inventory entry", inventory::recognises, inventory::becomes),
    shape("inventory of the admin center", portal::recognises, portal::becomes),
    shape(
        "Get-AdminPowerAppRoleAssignment",
        |record| record.has(&["AppName", "RoleType", "PrincipalType"]),
        exported::permission,
    ),
    shape(
        "Get-AdminFlowOwnerRole",
        |record| record.has(&["FlowName", "RoleType", "PrincipalType"]),
        |_, _, _| permission::of_flow(),
    ),
    shape(
        "Get-AdminPowerAppEnvironmentRoleAssignment",
        |record| record.has(&["RoleId", "RoleName", "PrincipalObjectId", "EnvironmentName"]),
        |_, _, _| permission::of_environment(),
    ),
    shape("Get-AdminPowerApp", |record| record.has(&["AppName", "Owner", "EnvironmentName"]), exported::app),
    shape(
        "Get-AdminFlow",
        |record| record.has(&["FlowName", "CreatedBy", "EnvironmentName"]),
        exported::flow,
    ),
    shape(
        "Get-AdminPowerAppEnvironment",
        |record| record.has(&["EnvironmentName", "EnvironmentType", "CreatedBy"]),
        exported::environment,
    ),
    shape("CoE Starter Kit audit log", |record| record.has(&["admin_auditlogid"]), starter_kit::audit),
    shape("CoE Starter Kit app", |record| record.has(&["admin_appid"]), starter_kit::app),
    shape("CoE Starter Kit flow", |record| record.has(&["admin_flowid"]), starter_kit::flow),
    shape("CoE Starter Kit maker", |record| record.has(&["admin_makerid"]), starter_kit::maker),
];

/// A shape whose records are the same where they become the same.
const fn shape(
    name: &'static str,
    recognises: fn(Record<'_>) -> bool,
    becomes: fn(Record<'_>, &super::Context, &mut super::Facts) -> Outcome,
) -> Shape {
    Shape { name, source: Source::PowerPlatform, recognises, becomes, identity: |_| None }
}

/// Whether a record of the service stands at such a path: `/providers/…/apps/APP/permissions/PERMISSION` is below `/apps/`, at
/// `permissions`.
fn is_at(record: Record<'_>, below: &str, at: &str) -> bool {
    let Some(path) = record.text(&["id"]).filter(|path| path.starts_with("/providers/")) else {
        return false;
    };
    let path = path.to_ascii_lowercase();
    let last = path.trim_end_matches('/').rsplit('/').nth(1);
    record.inner("properties").is_some() && path.contains(below) && last == Some(at)
}

/// Whether a record of the service, whose own path was left out, has these members.
fn is_of(record: Record<'_>, members: &[&str]) -> bool {
    record.has(&["name"]) && members.iter().all(|member| record.get(member).is_some())
}

/// What follows a word in a path: of `/apps/` the id of the app.
fn after<'a>(path: &'a str, word: &str) -> Option<&'a str> {
    // ASCII case does not change the length, so that the place is the same in both.
    let place = path.to_ascii_lowercase().rfind(word)?;
    path.get(place + word.len()..)?.split('/').next().filter(|id| !id.is_empty())
}
