//! Service principals and managed identities: `id` is what links and inventories name, `appId` what logs name.

use pal_rules::id::Id;

use super::{Account, dated, disabled_at, object, tenant};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::{Context, Record, normal};

/// Registrations of applications have both ids, too, but theirs is not the account's.
pub(super) fn recognises(record: Record<'_>) -> bool {
    let identified = record.has(&["id"]) || record.has(&["objectId"]);
    let own = ["servicePrincipalType", "servicePrincipalNames", "appOwnerOrganizationId"];
    identified && record.has(&["appId"]) && own.iter().any(|name| record.has(&[name]))
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let tenant = tenant(context)?;
    let object = object(record)?;
    let managed = record
        .text(&["servicePrincipalType"])
        .is_some_and(|kind| kind.eq_ignore_ascii_case("ManagedIdentity"));
    let account = Account {
        tenant: &tenant,
        object: &object,
        kind: if managed { "managed_identity" } else { "service_principal" },
        upn: None,
        disabled_at: disabled_at(record, context, false),
    };
    account.put(record, context, facts)?;
    let Some(application) = record.text(&["appId"]).and_then(normal::guid) else { return Ok(()) };
    let alias = Id::new(&format!("app:{application}"));
    let span = (dated(record, context, "createdDateTime"), dated(record, context, "deletedDateTime"));
    facts.alias(&tenant, "principal", (&alias, &object), span)
}
