//! A list of links that somebody keeps: who is linked to which partner, since when. Declared, whatever it says of itself.

use pal_rules::facts::{Table, Value};

use super::table;
use crate::outside::facts::{Facts, Outcome, id, time, word};
use crate::outside::{Context, Record, normal};

pub(super) fn recognises(record: Record<'_>) -> bool {
    let names = [table::OBJECT, table::UPN, table::APPLICATION];
    table::has(record, table::PARTNER) && names.iter().any(|names| table::has(record, names))
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let refused = Outcome::refused;
    let written =
        table::text(record, table::PARTNER).ok_or(Outcome::ignored("a row without a partner id"))?;
    let partner = table::partner(&written).ok_or(refused("the row's partner id is not 1 to 10 digits"))?;
    let tenant = table::tenant(record, context)?;
    let named = table::text(record, table::UPN);
    let object = table::object(record)?
        .or_else(|| table::application(record))
        .or_else(|| named.as_deref().and_then(normal::person))
        .ok_or(refused("the row does not say whose link it is: an object id or a UPN does"))?;
    let from = table::time(record, table::LINKED, context)?.or(context.assume_since).ok_or(refused(
        "the row does not say since when: add a column `linked_at`, or use `--assume-since`",
    ))?;
    let until = table::time(record, table::UNLINKED, context)?;
    if until.is_some_and(|until| until <= from) {
        return Err(refused("the row's link ends before it begins"));
    }
    let cells = [
        ("tenant_id", id(&tenant)),
        ("object_id", id(&object)),
        ("partner_id", Some(partner)),
        ("linked_at", time(from)),
        ("unlinked_at", until.map(Value::Time)),
        ("known_from", word("declared")),
    ];
    facts.put(Table::Links, &cells)
}
