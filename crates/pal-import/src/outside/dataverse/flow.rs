//! `workflow`, of which only category 5 is a cloud flow, and `flowrun`, which names the flow's owner and not who ran it.

use pal_rules::id::Id;

use super::app::{Shown, show};
use super::{SOURCE, environment, guid, tenant, user};
use crate::outside::component::ComponentKind;
use crate::outside::facts::{Facts, Outcome};
use crate::outside::{Context, Record, normal};

pub(super) fn process(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let category = record.number(&["category"]).ok_or(Outcome::refused("`category` is no number"))?;
    if let Some(other) = ComponentKind::CloudFlow.other(&category.to_string()) {
        return Err(Outcome::Ignored(format!("a {other}, which is no cloud flow").into()));
    }
    // 2 is what runs of a definition, 3 a template.
    if record.number(&["type"]).is_some_and(|kind| kind != 1) {
        return Err(Outcome::ignored("an activation or template of a flow"));
    }
    let environment = environment(record, context)?;
    let process = guid(record, &["workflowid"]).ok_or(Outcome::refused("`workflowid` is no id"))?;
    let alias = normal::named(&environment, &process.to_string());
    let flow = guid(record, &["resourceid"]);
    let shown = Shown {
        known_as: flow.is_some().then(|| process.to_string()),
        resource: flow.unwrap_or(alias),
        product: ComponentKind::CloudFlow.as_str(),
        name: record.text(&["name"]),
        created: record.text(&["createdon"]),
        // Of a flow the creator counts, not the owner.
        owner: user(record, "_createdby_value", &environment),
        environment,
    };
    show(record, context, facts, &shown)
}

pub(super) fn run(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let refused = Outcome::refused;
    let environment = environment(record, context)?;
    let tenant = tenant(context)?;
    let flow = guid(record, &["_workflow_value", "workflowid"])
        .ok_or(refused("the flow run does not say of which flow it is"))?;
    let at = record.text(&["starttime", "createdon"]).and_then(|text| context.utc(text));
    let at = at.ok_or(refused("`starttime` is no time in UTC between 2015 and tomorrow"))?;
    let owner: Id = user(record, "_ownerid_value", &environment)
        .ok_or(Outcome::ignored("a run of a flow that no person owns"))?;
    let flow = normal::named(&environment, &flow.to_string());
    facts.activity(at, &tenant, &flow, &owner, "use");
    facts.cover_as(&tenant, ComponentKind::CloudFlow.as_str(), SOURCE, "owner_proxy", at);
    Ok(())
}
