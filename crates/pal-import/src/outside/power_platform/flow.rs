//! Flows, which belong to their creator, and their runs, which name nobody.

use pal_rules::facts::Table;

use super::{after, app};
use crate::outside::facts::{Facts, Outcome, count, day, id, text};
use crate::outside::inventory::{FLOW, Thing, dated, done, no_tenant, somebody, tenant};
use crate::outside::{Context, Record, Source, normal};

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    flow(record, context, facts).unwrap_or_else(|outcome| outcome)
}

fn flow(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
    let flow = ["id", "name"].iter().find_map(|path| record.text(&[path]).and_then(normal::guid));
    let flow = flow.ok_or(Outcome::Refused("the record does not say which flow".into()))?;
    let environment = app::environment(record);
    let named = [record.text(&["properties.creator.tenantId"])];
    let tenant = tenant(environment.as_ref(), &named, context).ok_or_else(no_tenant)?;
    let modified = dated(record.text(&["properties.lastModifiedTime"]), context)?;
    let thing = Thing {
        id: &flow,
        product: FLOW,
        tenant: &tenant,
        environment: environment.as_ref(),
        name: record.text(&["properties.displayName", "displayName"]),
        created: dated(record.text(&["properties.createdTime"]), context)?,
        observed: context.observed(modified),
    };
    let creator = ["properties.creator.objectId", "properties.creator.userId"];
    let creator = somebody(&creator.map(|path| record.text(&[path])));
    let whole = thing.push(facts)
        && thing.known_as(record.text(&["properties.workflowEntityId"]), facts)
        && thing.owned_by(creator, &context.seen(), facts);
    Ok(done(whole))
}

/// A run: counted, because nobody is known to have run it (`formats.md` §4.4).
pub(super) fn run(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let path = record.text(&["id"]).unwrap_or_default();
    let flow = after(path, "/flows/").and_then(normal::guid);
    let (Some(flow), Some(run)) = (flow, after(path, "/runs/")) else {
        return Outcome::Refused("the record does not say which run of which flow".into());
    };
    let Some(at) = record.text(&["properties.startTime", "startTime"]).and_then(|text| context.utc(text))
    else {
        return Outcome::Refused("`startTime` is no time between 2015 and tomorrow".into());
    };
    let status = record.text(&["properties.status", "status"]).unwrap_or_default();
    let mut whole = true;
    if let Some(runs) = facts.runs.add(&flow, run, at.day(), status) {
        let cells = [
            ("resource_id", id(&flow)),
            ("day", day(at.day())),
            ("status", text(status)),
            ("runs", count(runs)),
        ];
        whole = facts.push(Table::Runs, &cells);
    }
    if let Some(tenant) = tenant(app::environment(record).as_ref(), &[], context) {
        facts.cover_as(&tenant, FLOW, Source::PowerPlatform.as_str(), "runs_only", at);
    }
    done(whole)
}
