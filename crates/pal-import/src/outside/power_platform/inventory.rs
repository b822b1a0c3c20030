//! The inventory of 2025 (`formats.md` §4.2). It calls the creator of a flow its owner and does not follow changes, which is
//! right for attribution; model-driven apps belong to their creator, whatever `ownerId` says.

use pal_rules::id::Id;

use crate::outside::facts::{Facts, Outcome};
use crate::outside::inventory::{
    CANVAS, Environment, FLOW, MODEL_DRIVEN, Thing, alias, dated, done, no_tenant, somebody, tenant,
};
use crate::outside::{Context, Page, Record, normal};

const TYPES: [&str; 4] = [
    "microsoft.powerapps/",
    "microsoft.powerautomate/",
    "microsoft.copilotstudio/",
    "microsoft.powerplatform/",
];

pub(super) fn recognises(record: Record<'_>) -> bool {
    let kind = kind(record);
    record.has(&["name", "tenantId", "properties"]) && TYPES.iter().any(|start| kind.starts_with(start))
}

/// What the user should know about a page of the inventory, the last of its file.
pub(in crate::outside) fn warning(page: &Page) -> Option<&'static str> {
    let set = |name: &str| page.get(name).filter(|value| !value.is_null());
    let truncated = set("resultTruncated").is_some_and(|value| {
        !matches!(value.to_string().trim_matches('"').to_ascii_lowercase().as_str(), "0" | "false" | "")
    });
    (truncated && set("skipToken").is_none()).then_some(
        "the inventory is incomplete: `resultTruncated` is set and there is no `skipToken` to go on with: export it \
         again, one environment at a time",
    )
}

fn kind(record: Record<'_>) -> String {
    record.text(&["type"]).unwrap_or_default().to_ascii_lowercase()
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let kind = kind(record);
    let outcome = match kind.as_str() {
        "microsoft.powerplatform/environments" => environment(record, context, facts),
        kind if kind.starts_with("microsoft.powerplatform/") => {
            Ok(Outcome::Ignored("an entry that is neither app, flow nor environment".into()))
        }
        "microsoft.powerapps/canvasapps" => thing(record, context, facts, CANVAS),
        "microsoft.powerapps/modeldrivenapps" => thing(record, context, facts, MODEL_DRIVEN),
        "microsoft.powerautomate/cloudflows" => thing(record, context, facts, FLOW),
        // Code apps, agents, agent flows: kept under their own word, and out of scope.
        other => thing(record, context, facts, other),
    };
    outcome.unwrap_or_else(|outcome| outcome)
}

fn environment(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
    let environment = record.text(&["name"]).and_then(normal::environment);
    let environment =
        environment.ok_or(Outcome::Refused("the record does not say which environment".into()))?;
    let tenant = tenant(Some(&environment), &[record.text(&["tenantId"])], context).ok_or_else(no_tenant)?;
    let modified = dated(record.text(&["properties.lastModifiedAt"]), context)?;
    let entry = Environment {
        id: &environment,
        tenant: &tenant,
        name: record.text(&["properties.displayName"]),
        kind: record.text(&["properties.environmentType"]).unwrap_or_default(),
        seen: context.environments_since(),
        observed: context.observed(modified),
        addresses: &[],
    };
    Ok(entry.becomes(facts))
}

fn thing(
    record: Record<'_>,
    context: &Context,
    facts: &mut Facts,
    product: &str,
) -> Result<Outcome, Outcome> {
    let named = record.text(&["name"]).and_then(normal::guid);
    let module = record.text(&["properties.appModuleId"]).and_then(normal::guid);
    let module = module.filter(|_| product == MODEL_DRIVEN);
    let resource = module.clone().or_else(|| named.clone());
    let resource = resource.ok_or(Outcome::Refused("the record does not say which app or flow".into()))?;
    let environment = record.text(&["properties.environmentId"]).and_then(normal::environment);
    let tenant =
        tenant(environment.as_ref(), &[record.text(&["tenantId"])], context).ok_or_else(no_tenant)?;
    let modified = dated(record.text(&["properties.lastModifiedAt"]), context)?;
    let thing = Thing {
        id: &resource,
        product,
        tenant: &tenant,
        environment: environment.as_ref(),
        name: record.text(&["properties.displayName"]),
        created: dated(record.text(&["properties.createdAt"]), context)?,
        observed: context.observed(modified),
    };
    let solution = if product == FLOW { "properties.workflowEntityId" } else { "properties.logicalName" };
    let whole = thing.push(facts)
        && thing.known_as(record.text(&[solution]), facts)
        && other_name(facts, &thing, named.as_ref())
        && thing.owned_by(holder(record, product), &context.seen(), facts);
    Ok(done(whole))
}

/// A model-driven app that the inventory names by another id than solutions do.
fn other_name(facts: &mut Facts, thing: &Thing<'_>, named: Option<&Id>) -> bool {
    named.is_none_or(|named| named == thing.id || alias(facts, thing.tenant, "resource", named, thing.id))
}

fn holder(record: Record<'_>, product: &str) -> Option<Id> {
    let (owner, creator) = ("properties.ownerId", "properties.createdBy");
    let order = if product == MODEL_DRIVEN { [creator, owner] } else { [owner, creator] };
    somebody(&order.map(|path| record.text(&[path])))
}
