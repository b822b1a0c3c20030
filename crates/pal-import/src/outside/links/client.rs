//! What `az managementpartner show` and `Get-AzManagementPartner` print: the link of whoever asked, as it is at Microsoft.

use pal_rules::facts::{Table, Value};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::table;
use crate::outside::facts::{Facts, Outcome, id, time, word};
use crate::outside::{Context, Record, normal};

/// Members lie in `properties`, or flat beside the id.
fn text<'a>(record: Record<'a>, nested: &str, flat: &str) -> Option<&'a str> {
    record.text(&[nested, flat])
}

pub(super) fn recognises(record: Record<'_>) -> bool {
    let has = |record: Record<'_>| record.has(&["partnerId", "tenantId", "objectId", "state"]);
    has(record) || record.inner("properties").is_some_and(has)
}

/// The body of a 404 of the service.
pub(super) fn not_linked(record: Record<'_>) -> bool {
    text(record, "error.code", "code").is_some_and(|code| code == "ManagementPartnerNotFound")
}

/// One answer about one account.
struct Answer {
    tenant: Id,
    object: Id,
    partner: Value,
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let refused = Outcome::refused;
    let object = text(record, "properties.objectId", "objectId").and_then(normal::guid);
    let answer = Answer {
        tenant: context
            .tenant(text(record, "properties.tenantId", "tenantId"))
            .ok_or(refused("the record names no tenant: say which with `--tenant`"))?,
        object: object.ok_or(refused("the record does not say whose link it is"))?,
        partner: partner_of(record).ok_or(refused("`partnerId` is no partner id of 1 to 10 digits"))?,
    };
    // It moves at every real change; `createdTime` survives a link that was deleted and made anew.
    let updated = text(record, "properties.updatedTime", "updatedTime");
    let updated = match updated {
        None => None,
        Some(text) => Some(context.utc(text).ok_or(refused("`updatedTime` is no time"))?),
    };
    let deleted =
        text(record, "properties.state", "state").is_some_and(|state| state.eq_ignore_ascii_case("Deleted"));
    let at = context.observed(updated);
    if deleted {
        return answer.put(facts, None, (at, None), "microsoft");
    }
    let linked = Some(answer.partner.clone());
    match (context.assume_since.filter(|since| *since < at), updated) {
        (None, _) => answer.put(facts, linked, (at, None), "microsoft"),
        // A start is told: what is declared lies before it.
        (Some(since), Some(updated)) => {
            answer.put(facts, linked.clone(), (since, Some(updated)), "declared")?;
            answer.put(facts, linked, (at, None), "microsoft")
        }
        (Some(since), None) => answer.put(facts, linked, (since, None), "declared"),
    }
}

fn partner_of(record: Record<'_>) -> Option<Value> {
    let written = text(record, "properties.partnerId", "partnerId").map(str::to_owned);
    let number = || record.number(&["properties.partnerId", "partnerId"]).map(|number| number.to_string());
    table::partner(&written.or_else(number)?)
}

impl Answer {
    fn put(
        &self,
        facts: &mut Facts,
        partner: Option<Value>,
        (from, until): (Timestamp, Option<Timestamp>),
        known_from: &'static str,
    ) -> Result<(), Outcome> {
        let cells = [
            ("tenant_id", id(&self.tenant)),
            ("object_id", id(&self.object)),
            ("partner_id", partner),
            ("linked_at", time(from)),
            ("unlinked_at", until.map(Value::Time)),
            ("known_from", word(known_from)),
        ];
        facts.put(Table::Links, &cells)
    }
}
