//! Apps, flows and environments of the Data Lake. A row comes again each time it changes; the one that changed last holds.
//!
//! It names who created something and never who owns it now (`owner` is a name, not an id). So the creator is listed at the
//! time of creation: listed at any later time, it would seem to take an app back from an owner it was given to.

use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::{TENANT, THING};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::inventory::{
    Environment, FLOW, Thing, dated, done, kind_of_app, no_tenant, somebody, tenant,
};
use crate::outside::{Context, Record, normal};

pub(super) fn app(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let Some(product) = record.text(&["subType"]).and_then(kind_of_app) else {
        return Outcome::Refused("`subType` is neither Canvas, Model, Pages nor a component library".into());
    };
    let entry = Entry {
        product,
        created: record.text(&["createdTime", "events_created_timestamp"]),
        creator: somebody(&[record.text(&["createdPrincipalId", "events_created_principalId"])]),
        modified: record.text(&["lastModifiedTime", "events_modified_timestamp"]),
        deleted: record.text(&["deletedTime"]),
    };
    entry.becomes(record, context, facts).unwrap_or_else(|outcome| outcome)
}

pub(super) fn flow(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let entry = Entry {
        product: FLOW,
        created: record.text(&["events_created_timestamp", "createdTime"]),
        creator: somebody(&[record.text(&["events_created_principalId", "createdPrincipalId"])]),
        modified: record.text(&[
            "events_modified_timestamp",
            "events_lastModified_timestamp",
            "lastModifiedTime",
        ]),
        deleted: record.text(&["events_deleted_timestamp", "deletedTime"]),
    };
    entry.becomes(record, context, facts).unwrap_or_else(|outcome| outcome)
}

/// What apps and flows name differently.
struct Entry<'a> {
    product: &'static str,
    created: Option<&'a str>,
    creator: Option<Id>,
    modified: Option<&'a str>,
    deleted: Option<&'a str>,
}

impl Entry<'_> {
    fn becomes(self, record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
        let resource = THING.iter().find_map(|name| record.text(&[name]).and_then(normal::guid));
        let resource =
            resource.ok_or(Outcome::Refused("the record does not say which app or flow".into()))?;
        let environment = record.text(&["environmentId"]).and_then(normal::environment);
        let named = TENANT.map(|name| record.text(&[name]));
        let tenant = tenant(environment.as_ref(), &named, context).ok_or_else(no_tenant)?;
        let created = dated(self.created, context)?;
        let modified = dated(self.modified, context)?;
        let thing = Thing {
            id: &resource,
            product: self.product,
            tenant: &tenant,
            environment: environment.as_ref(),
            name: record.text(&["name"]),
            created,
            observed: observed(&[modified, created], facts, context),
        };
        let whole = thing.push(facts)
            && thing.owned_by(self.creator, &[created.unwrap_or_else(|| context.observed(None))], facts)
            && thing.deleted(dated(self.deleted, context)?, facts);
        Ok(done(whole))
    }
}

/// When a row says what it says: its own time, else the day of its folder, else when the snapshot was taken.
fn observed(times: &[Option<Timestamp>], facts: &Facts, context: &Context) -> Timestamp {
    let own = times.iter().flatten().next().copied();
    context.observed(own.or_else(|| facts.partition.map(pal_rules::time::Day::start)))
}

pub(super) fn environment(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    listed_environment(record, context, facts).unwrap_or_else(|outcome| outcome)
}

fn listed_environment(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
    // Of the two names that are in use, the query's may hold a display name: only an id is one.
    let ids = ["environmentId", "environmentName"].into_iter().filter_map(|name| record.text(&[name]));
    let is_id = |text: &&str| {
        normal::guid(text.trim_start_matches("Default-").trim_start_matches("default-")).is_some()
    };
    let environment = ids.filter(is_id).find_map(normal::environment);
    let environment =
        environment.ok_or(Outcome::Refused("the record does not say which environment".into()))?;
    let named = TENANT.map(|name| record.text(&[name]));
    let tenant = tenant(Some(&environment), &named, context).ok_or_else(no_tenant)?;
    let modified = dated(record.text(&["modifiedTime", "lastModifiedTime"]), context)?;
    let kind = record.text(&["environmentType"]).unwrap_or_default();
    let default = record.truth(&["isDefault"]) == Some(true);
    let seen = observed(&[modified], facts, context);
    let entry = Environment {
        id: &environment,
        tenant: &tenant,
        name: record.text(&["displayName", "name"]),
        kind: if default { "default" } else { kind },
        // A row comes when something changed, so its own time is when it was seen.
        seen: context.assume_since.unwrap_or(seen),
        observed: seen,
        addresses: &[record.text(&["cdsInstanceUrl"])],
    };
    Ok(entry.becomes(facts))
}
