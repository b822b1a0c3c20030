//! Environments as the admin list gives them. The kind holds from when it was seen, so that a later list can change it.

use crate::outside::facts::{Facts, Outcome};
use crate::outside::inventory::{Environment, dated, no_tenant, tenant};
use crate::outside::{Context, Record, normal};

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    environment(record, context, facts).unwrap_or_else(|outcome| outcome)
}

fn environment(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
    let environment = record.text(&["name", "id"]).and_then(normal::environment);
    let environment =
        environment.ok_or(Outcome::Refused("the record does not say which environment".into()))?;
    let named = [record.text(&["properties.tenantId"]), record.text(&["properties.createdBy.tenantId"])];
    let tenant = tenant(Some(&environment), &named, context).ok_or_else(no_tenant)?;
    let modified = dated(record.text(&["properties.lastModifiedTime"]), context)?;
    let linked =
        ["instanceUrl", "instanceApiUrl"].map(|name| format!("properties.linkedEnvironmentMetadata.{name}"));
    let entry = Environment {
        id: &environment,
        tenant: &tenant,
        name: record.text(&["properties.displayName", "displayName"]),
        kind: record.text(&["properties.environmentSku"]).unwrap_or_default(),
        seen: context.environments_since(),
        observed: context.observed(modified),
        addresses: &linked.each_ref().map(|path| record.text(&[path.as_str()])),
    };
    Ok(entry.becomes(facts))
}
