//! Power Automate, record type 30: who made and edited flows. There are no runs in the audit log (`formats.md` §2.6).

use pal_rules::facts::{Table, Value};
use pal_rules::id::Id;

use super::Audited;
use crate::outside::facts::{Facts, Outcome, id, time, word};
use crate::outside::normal;

const SOURCE: &str = "audit";
const PRODUCT: &str = "power_automate";

pub(super) fn becomes(audited: &Audited<'_>, facts: &mut Facts) -> Outcome {
    let known = ["CreateFlow", "EditFlow", "DeleteFlow", "PutPermissions", "DeletePermissions"];
    if !known.contains(&audited.operation) {
        return audited.ignored();
    }
    let Some(flow) = flow(audited) else {
        return Outcome::Refused("the record does not say which flow".into());
    };
    facts.cover(&audited.tenant, PRODUCT, SOURCE, audited.at);
    if audited.operation == "DeleteFlow" {
        let cells = [
            ("resource_id", id(&flow)),
            ("product", Some(Value::Text(PRODUCT.into()))),
            ("tenant_id", id(&audited.tenant)),
            ("deleted_at", time(audited.at)),
            ("observed_at", time(audited.at)),
        ];
        return done(facts.push(Table::Resources, &cells));
    }
    let Some(actor) = actor(audited) else {
        return Outcome::Refused("the record does not say who acted".into());
    };
    let mut whole = true;
    if audited.operation == "CreateFlow" {
        let cells = [
            ("event_id", id(&audited.event(""))),
            ("resource_id", id(&flow)),
            ("kind", word("created")),
            ("object_id", id(&actor)),
            ("occurred_at", time(audited.at)),
        ];
        whole = facts.push(Table::Ownership, &cells);
    }
    facts.activity(audited.at, &audited.tenant, &flow, &actor, "make");
    done(whole)
}

fn done(whole: bool) -> Outcome {
    if whole { Outcome::Facts } else { Outcome::Refused("the record lacks what its facts need".into()) }
}

/// The flow in the address of its page; of a deleted one, which has none, the object.
fn flow(audited: &Audited<'_>) -> Option<Id> {
    let of_address = |address: &str| {
        let after = address.split("/flows/").nth(1)?;
        normal::guid(after.split(['/', '?', '#']).next()?)
    };
    let address = audited.record.text(&["FlowDetailsUrl"]).and_then(of_address);
    address.or_else(|| audited.record.text(&["ObjectId"]).and_then(normal::guid))
}

fn actor(audited: &Audited<'_>) -> Option<Id> {
    let key = audited.record.text(&["UserKey"]).and_then(normal::guid);
    key.or_else(|| audited.record.text(&["UserUPN", "UserId"]).and_then(|text| audited.person(text)))
}
