//! A list of people and accounts that somebody keeps: which names belong to which object ids, and what kind they are. The
//! directory knows better: its rows hold over these.

use pal_rules::facts::Table;
use pal_rules::id::Id;

use super::table;
use crate::outside::facts::{Facts, Outcome, id, text, word};
use crate::outside::{Context, Record, normal};

/// The directory's own exports have the same columns: their names are spelt its way.
pub(super) fn recognises(record: Record<'_>) -> bool {
    let names = [table::UPN, table::APPLICATION, table::NAME];
    let directory = ["userPrincipalName", "appId", "groupTypes", "securityEnabled"];
    table::has(record, table::OBJECT)
        && names.iter().any(|names| table::has(record, names))
        && !directory.iter().any(|name| record.has(&[name]))
        && record.value().as_object().is_some_and(|members| members.values().all(|value| !value.is_object()))
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let tenant = table::tenant(record, context)?;
    let object = table::object(record)?
        .ok_or(Outcome::ignored("a row without an object id, which says nothing of an account"))?;
    let upn = table::text(record, table::UPN).as_deref().and_then(normal::upn);
    let application = table::application(record);
    let said = table::text(record, table::KIND).unwrap_or_default();
    let kind = kind(&said, upn.as_deref(), application.is_some()).ok_or(Outcome::refused(
        "the row's kind of account is not known: user, guest, group, service principal",
    ))?;
    let cells = [
        ("tenant_id", id(&tenant)),
        ("object_id", id(&object)),
        ("kind", word(kind)),
        ("name", table::text(record, table::NAME).as_deref().and_then(text)),
        ("upn", upn.as_deref().and_then(text)),
    ];
    facts.put(Table::Principals, &cells)?;
    let named = upn.map(|upn| Id::new(&format!("upn:{upn}")));
    for alias in [named, application].into_iter().flatten() {
        facts.alias(&tenant, "principal", (&alias, &object), (None, None))?;
    }
    Ok(())
}

fn kind(said: &str, upn: Option<&str>, application: bool) -> Option<&'static str> {
    let letters: String = said.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Some(match letters.as_str() {
        "" if application => "service_principal",
        "" if upn.is_some_and(|upn| upn.contains("#ext#")) => "guest",
        "" | "user" | "member" | "person" | "employee" => "user",
        "guest" | "guestuser" | "external" => "guest",
        "serviceprincipal" | "sp" | "application" | "app" | "spn" => "service_principal",
        "managedidentity" | "mi" => "managed_identity",
        "group" | "securitygroup" => "group",
        _ => return None,
    })
}
