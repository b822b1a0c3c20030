//! Users and guests, from Graph, its clients, and the portal's CSV of 25 columns.

use pal_rules::id::Id;

use super::{Account, dated, disabled_at, object, tenant};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::{Context, Record, normal};

/// Sign-ins and risks have a name, too, but their `id` is not the user's.
pub(super) fn recognises(record: Record<'_>) -> bool {
    let identified = record.has(&["id"]) || record.has(&["objectId"]);
    identified && record.has(&["userPrincipalName", "displayName"]) && !record.has(&["userId"])
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let tenant = tenant(context)?;
    let object = object(record)?;
    let written = record.text(&["userPrincipalName"]).and_then(normal::upn);
    // The name of a deleted account begins with its id, so that somebody else may have the name.
    let digits = object.to_string().replace('-', "");
    let own = written.as_deref().and_then(|upn| upn.strip_prefix(&digits));
    let (upn, mangled) = (own.or(written.as_deref()), own.is_some());
    let outside = upn.is_some_and(|upn| upn.contains("#ext#"));
    let guest = match record.text(&["userType"]) {
        // Guests are told by their type: members from outside exist.
        Some(kind) => kind.eq_ignore_ascii_case("guest"),
        None => outside,
    };
    let account = Account {
        tenant: &tenant,
        object: &object,
        kind: if guest { "guest" } else { "user" },
        upn,
        disabled_at: disabled_at(record, context, mangled),
    };
    account.put(record, context, facts)?;
    let mail = record.text(&["mail"]).and_then(normal::upn);
    let home = upn.and_then(home);
    let mut names: Vec<&str> = [upn, mail.as_deref(), home.as_deref()].into_iter().flatten().collect();
    names.sort_unstable();
    names.dedup();
    let span = (dated(record, context, "createdDateTime"), dated(record, context, "deletedDateTime"));
    for name in names {
        let alias = Id::new(&format!("upn:{name}"));
        facts.alias(&tenant, "principal", (&alias, &object), span)?;
    }
    Ok(())
}

/// The name that a guest has at home: `alice_fabrikam.com#ext#@…` is `alice@fabrikam.com` there.
fn home(upn: &str) -> Option<String> {
    let (name, domain) = upn.split_once("#ext#")?.0.rsplit_once('_')?;
    (!name.is_empty() && domain.contains('.')).then(|| format!("{name}@{domain}"))
}
