//! Groups, with their members where those are expanded (`groups?$expand=members`). A page of members alone does not say of
//! which group they are.

use pal_rules::facts::Table;

use super::{Account, disabled_at, object, tenant};
use crate::outside::facts::{Facts, Outcome, id, time};
use crate::outside::{Context, Record, normal};

pub(super) fn recognises(record: Record<'_>) -> bool {
    let own = ["groupTypes", "securityEnabled", "mailEnabled"];
    record.has(&["displayName"])
        && (record.has(&["id"]) || record.has(&["objectId"]))
        && own.iter().any(|name| record.has(&[name]))
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let tenant = tenant(context)?;
    let group = object(record)?;
    let account = Account {
        tenant: &tenant,
        object: &group,
        kind: "group",
        upn: None,
        disabled_at: disabled_at(record, context, false),
    };
    account.put(record, context, facts)?;
    let since = context.assume_since.unwrap_or(context.observed(None));
    for member in record.list("members") {
        let Some(member) = member.text(&["id", "objectId"]).and_then(normal::guid) else { continue };
        let cells = [
            ("tenant_id", id(&tenant)),
            ("group_id", id(&group)),
            ("object_id", id(&member)),
            ("member_from", time(since)),
        ];
        facts.put(Table::GroupMembers, &cells)?;
    }
    Ok(())
}
