//! Power Automate, record type 30: who made and edited flows. There are no runs in the audit log (`formats.md` §2.6).

use pal_rules::id::Id;

use super::{Audited, Name};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::normal;

const PRODUCT: &str = "power_automate";

/// What an operation on a flow is (`formats.md` §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Create,
    /// Edited, or shared: co-owners of flows never count.
    Make,
    Delete,
}

/// What an operation is; none for one that says nothing facts are made of.
pub(super) fn act(operation: &str) -> Option<Act> {
    Some(match operation {
        "CreateFlow" => Act::Create,
        "EditFlow" | "PutPermissions" | "DeletePermissions" => Act::Make,
        "DeleteFlow" => Act::Delete,
        _ => return None,
    })
}

pub(super) fn becomes(audited: &Audited<'_>, facts: &mut Facts) -> Outcome {
    let Some(act) = act(audited.operation) else { return audited.ignored("") };
    let Some(flow) = flow(audited) else {
        return Outcome::Refused("the record does not say which flow".into());
    };
    apply(audited, facts, act, &flow)
}

/// The facts of an act on a flow, of either kind of record.
pub(super) fn apply(audited: &Audited<'_>, facts: &mut Facts, act: Act, flow: &Id) -> Outcome {
    // The log has who makes flows, never who runs them: a day of it must not make "no use seen" a zero.
    facts.cover_as(&audited.tenant, PRODUCT, audited.source, "owner_proxy", audited.at);
    if act == Act::Delete {
        return audited.deleted(facts, PRODUCT, flow);
    }
    let actor = match audited.actor() {
        Ok(actor) => actor,
        Err(outcome) => return outcome,
    };
    let whole = act != Act::Create || audited.owned(facts, "", ("created", flow), &actor);
    facts.activity(audited.at, &audited.tenant, flow, &actor, "make");
    Audited::done(whole)
}

/// The flow in the address of its page, whose host may be any; of a deleted one, which has none, the object.
fn flow(audited: &Audited<'_>) -> Option<Id> {
    let of_address = |address: &str| {
        let after = address.split("/flows/").nth(1)?;
        normal::guid(after.split(['/', '?', '#']).next()?)
    };
    let address = audited.fields.text(Name::FlowDetailsUrl).and_then(of_address);
    address.or_else(|| audited.guid(Name::ObjectId))
}
