//! Who opened which app, which is use; and how often flows ran, which names nobody and so is no use (`formats.md` §4.4).

use pal_rules::facts::Table;
use pal_rules::time::{Day, Timestamp};

use super::{TENANT, THING};
use crate::outside::facts::{Facts, Outcome, count, day, id, text};
use crate::outside::inventory::{CANVAS, FLOW, MODEL_DRIVEN, done, no_tenant, somebody, tenant};
use crate::outside::{Context, Record, Source, normal};

/// When it was: the record's own time, else the day of the folder it lies in.
fn accessed(record: Record<'_>, context: &Context, facts: &Facts) -> Result<Timestamp, Outcome> {
    let refused = || Outcome::Refused("`timeAccessed` is no time between 2015 and tomorrow".into());
    match record.text(&["timeAccessed"]) {
        Some(text) => context.utc(text).ok_or_else(refused),
        None => facts.partition.map(Day::start).ok_or(Outcome::Refused(
            "the record has no time, and no folder names a day: import the folder as it was exported".into(),
        )),
    }
}

pub(super) fn app(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let Some(app) = THING.iter().find_map(|name| record.text(&[name]).and_then(normal::guid)) else {
        return Outcome::Refused("the record does not say which app".into());
    };
    let at = match accessed(record, context, facts) {
        Ok(at) => at,
        Err(outcome) => return outcome,
    };
    let environment = record.text(&["environmentId"]).and_then(normal::environment);
    let Some(tenant) = tenant(environment.as_ref(), &TENANT.map(|name| record.text(&[name])), context) else {
        return no_tenant();
    };
    let Some(who) = somebody(&[record.text(&["objectId"])]) else {
        return Outcome::Ignored("nobody is named as the user".into());
    };
    facts.activity(at, &tenant, &app, &who, "use");
    // The export holds the use of both kinds of apps, and a record does not say of which kind its app is.
    for product in [CANVAS, MODEL_DRIVEN] {
        facts.cover(&tenant, product, Source::DataLake.as_str(), at);
    }
    Outcome::Facts
}

pub(super) fn flow(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let Some(flow) = record.text(&["resourceId"]).and_then(normal::guid) else {
        return Outcome::Refused("the record does not say which flow".into());
    };
    let at = match accessed(record, context, facts) {
        Ok(at) => at,
        Err(outcome) => return outcome,
    };
    let Some(runs) = record.number(&["runs"]).and_then(|runs| u64::try_from(runs).ok()) else {
        return Outcome::Refused("`runs` is no number of runs".into());
    };
    let cells = [
        ("resource_id", id(&flow)),
        ("day", day(at.day())),
        ("status", record.text(&["status"]).and_then(text)),
        ("runs", count(runs)),
    ];
    let environment = record.text(&["environmentId"]).and_then(normal::environment);
    if let Some(tenant) = tenant(environment.as_ref(), &TENANT.map(|name| record.text(&[name])), context) {
        facts.cover_as(&tenant, FLOW, Source::DataLake.as_str(), "runs_only", at);
    }
    done(facts.push(Table::Runs, &cells))
}
