//! Customer Insights: instances, their profile stores, who may use them, and their diagnostic logs (`formats.md` §6).

use pal_rules::facts::Table;
use pal_rules::id::Id;

use super::facts::{Facts, Outcome, count, id, text, time, word};
use super::{Context, Record, Shape, Source, normal};

const PRODUCT: &str = "customer_insights";
/// The word for the diagnostic logs in the coverage table.
const SOURCE: &str = "customer-insights";

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        name: "Customer Insights instance",
        source: Source::CustomerInsights,
        recognises: |record| record.has(&["instanceId", "instanceType"]),
        becomes: instance,
        identity: |_| None,
    },
    Shape {
        name: "Customer Insights profile store",
        source: Source::CustomerInsights,
        recognises: |record| record.has(&["instanceId", "primaryInfo"]),
        becomes: profiles,
        identity: |_| None,
    },
    Shape {
        name: "Customer Insights role",
        source: Source::CustomerInsights,
        recognises: |record| record.has(&["principalId", "roles", "instanceId"]),
        becomes: |_, _, _| Outcome::Ignored("a role, not activity".into()),
        identity: |_| None,
    },
    Shape {
        name: "Customer Insights log",
        source: Source::CustomerInsights,
        recognises: |record| {
            let named = || record.text(&["resourceId"]).and_then(of_path).is_some();
            record.has(&["time", "operationName", "properties"])
                && (record.inner("properties").is_some_and(|inner| inner.has(&["instanceId", "eventType"]))
                    || named())
        },
        becomes: log,
        identity: |_| None,
    },
    Shape {
        name: "row of a Customer Insights log table",
        source: Source::CustomerInsights,
        recognises: |record| record.has(&["TimeGenerated", "OperationName", "InstanceId", "EventType"]),
        becomes: log,
        identity: |_| None,
    },
];

fn refused(reason: &'static str) -> Outcome {
    Outcome::Refused(reason.into())
}

/// An instance. It lives in its Dataverse environment, and is an environment of its own where it has none.
fn instance(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let Some(instance) = record.text(&["instanceId"]).and_then(normal::guid) else {
        return refused("the instance has no id");
    };
    let Some(tenant) = context.tenant(record.text(&["tenantId"])) else {
        return refused("the record names no tenant: say which with `--tenant`");
    };
    let own = |name: &str| record.text(&[name]).and_then(|text| context.utc(text));
    let observed = context.observed(own("updatedUtc").or_else(|| own("createdUtc")));
    let environment = record.text(&["cdsOrgInfo.url"]).and_then(normal::host);
    let environment = environment.unwrap_or_else(|| instance.clone());
    let name = record.text(&["name"]).unwrap_or("unnamed");
    let cells = [
        ("resource_id", id(&instance)),
        ("product", text(PRODUCT)),
        ("tenant_id", id(&tenant)),
        ("environment_id", id(&environment)),
        ("name", text(name)),
        ("created_at", own("createdUtc").and_then(time)),
        ("observed_at", time(observed)),
    ];
    let mut whole = facts.push(Table::Resources, &cells);
    if let Some(kind) = record.text(&["instanceType"]).and_then(kind) {
        let seen = context.assume_since.unwrap_or_else(|| context.observed(None));
        let cells = [
            ("environment_id", id(&environment)),
            ("tenant_id", id(&tenant)),
            ("name", text(record.text(&["cdsOrgInfo.friendlyName"]).unwrap_or(name))),
            ("kind", word(kind)),
            ("kind_from", time(seen)),
            ("observed_at", time(observed)),
        ];
        whole &= facts.push(Table::Environments, &cells);
    }
    if whole { Outcome::Facts } else { refused("the record lacks what its facts need") }
}

/// The kind of an instance as that of an environment; demonstrations and proofs are trials.
fn kind(instance: &str) -> Option<&'static str> {
    Some(match instance.to_ascii_lowercase().as_str() {
        "production" => "production",
        "sandbox" => "sandbox",
        "trial" | "pitchdemo" | "pov" => "trial",
        _ => return None,
    })
}

/// A reading of the profile store: the rows of the half that can be asked.
fn profiles(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let Some(instance) = record.text(&["instanceId"]).and_then(normal::guid) else {
        return refused("the reading names no instance");
    };
    let queryable = |half: &Record<'_>| {
        half.text(&["currentState"]).is_some_and(|state| state.eq_ignore_ascii_case("queryable"))
    };
    let halves = [record.inner("primaryInfo"), record.inner("secondaryInfo")];
    let Some(half) = halves.into_iter().flatten().find(queryable) else {
        return Outcome::Ignored("a profile store that cannot be asked yet".into());
    };
    let Some(rows) = half.number(&["rowCount"]).and_then(|rows| u64::try_from(rows).ok()) else {
        return refused("`rowCount` is no whole number");
    };
    // When the profiles were counted; a reading without that is one of now.
    let Some(at) = record.text(&["ingestionTime"]).map_or(Some(context.observed(None)), |at| context.utc(at))
    else {
        return refused("`ingestionTime` is no time between 2015 and tomorrow");
    };
    let cells =
        [("resource_id", id(&instance)), ("measured_at", time(at)), ("unified_profiles", count(rows))];
    if facts.push(Table::Profiles, &cells) {
        Outcome::Facts
    } else {
        refused("the record lacks what its facts need")
    }
}

/// A line of a diagnostic log. Only calls are somebody's activity: a workflow that somebody starts is a call, too, and
/// one that a schedule starts is nobody's.
fn log(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let event = record.text(&["properties.eventType", "EventType"]).unwrap_or_default();
    if !event.eq_ignore_ascii_case("ApiEvent") {
        let scheduled = record.text(&["properties.workflowSubmissionKind", "WorkflowSubmissionKind"]);
        return Outcome::Ignored(match (event, scheduled) {
            ("WorkflowEvent", Some("Scheduled")) => "a scheduled workflow".into(),
            ("WorkflowEvent", _) => "a workflow; the call that started it counts".into(),
            _ => "an event that is no call".into(),
        });
    }
    let Some(instance) = logged_instance(record) else { return refused("the event names no instance") };
    let Some(at) = record.text(&["time", "TimeGenerated"]).and_then(|text| context.utc(text)) else {
        return refused("`time` is no time between 2015 and tomorrow");
    };
    // In a log table `TenantId` is the workspace.
    let Some(tenant) = context.tenant(record.text(&["properties.tenantId"])) else {
        return refused("the record names no tenant: say which with `--tenant`");
    };
    facts.cover(&tenant, PRODUCT, SOURCE, at);
    if record.text(&["resultType"]).is_some_and(|result| result.to_lowercase().contains("fail")) {
        return Outcome::Ignored("a call that failed".into());
    }
    let caller = record.text(&["properties.callerObjectId", "CallerObjectId"]).and_then(normal::guid);
    let caller = caller.or_else(|| {
        let name = record.text(&["properties.userPrincipalName", "UserPrincipalName"])?;
        normal::person(name)
    });
    match caller {
        Some(caller) if normal::system(&caller) => Outcome::Ignored("a call by the platform itself".into()),
        Some(caller) => {
            facts.activity(at, &tenant, &instance, &caller, "use");
            Outcome::Facts
        }
        None => Outcome::Ignored("a call that names no caller".into()),
    }
}

fn logged_instance(record: Record<'_>) -> Option<Id> {
    let named = record.text(&["properties.instanceId", "InstanceId"]).and_then(normal::guid);
    named.or_else(|| record.text(&["resourceId"]).and_then(of_path))
}

/// The instance at the end of a resource's path.
fn of_path(path: &str) -> Option<Id> {
    let (_, id) = path.rsplit_once('/')?;
    let is_instance = path.to_ascii_lowercase().contains("customerinsights/instances/");
    is_instance.then(|| normal::guid(id)).flatten()
}
