//! Apps as the admin lists give them. The owner is a listing; who created is not told apart from it, because an inventory says
//! who holds and not since when (`formats.md` §10.8).

use pal_rules::id::Id;

use super::after;
use crate::outside::facts::{Facts, Outcome};
use crate::outside::inventory::{
    CANVAS, LIBRARY, Thing, dated, done, kind_of_app, no_tenant, somebody, tenant,
};
use crate::outside::{Context, Record, normal};

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    app(record, context, facts).unwrap_or_else(|outcome| outcome)
}

fn app(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
    // Where the two differ, the path is right (`formats.md` §4.1).
    let of_path = record.text(&["id"]).and_then(normal::guid);
    let app = of_path.or_else(|| record.text(&["name"]).and_then(normal::guid));
    let app = app.ok_or(Outcome::Refused("the record does not say which app".into()))?;
    let environment = environment(record);
    let named = ["properties.owner.tenantId", "properties.createdBy.tenantId"];
    let named = named.map(|path| record.text(&[path]));
    let tenant = tenant(environment.as_ref(), &named, context).ok_or_else(no_tenant)?;
    let library = record.truth(&["isAppComponentLibrary", "properties.isAppComponentLibrary"]);
    let modified = dated(record.text(&["properties.lastModifiedTime"]), context)?;
    let thing = Thing {
        id: &app,
        product: if library == Some(true) {
            LIBRARY
        } else {
            product(record.text(&["appType", "properties.appType"]))
        },
        tenant: &tenant,
        environment: environment.as_ref(),
        name: record.text(&["properties.displayName", "displayName"]),
        created: dated(record.text(&["properties.createdTime"]), context)?,
        observed: context.observed(modified),
    };
    let owner = ["properties.owner.id", "properties.owner.userPrincipalName", "properties.owner.email"];
    let owner = somebody(&owner.map(|path| record.text(&[path])));
    let whole = thing.push(facts)
        && thing.known_as(record.text(&["logicalName", "properties.logicalName"]), facts)
        && thing.owned_by(owner, &context.seen(), facts);
    Ok(done(whole))
}

/// The environment: named, in its own path, or in that of the record.
pub(super) fn environment(record: Record<'_>) -> Option<Id> {
    let own = ["properties.environment.name", "properties.environment.id"];
    let own = own.iter().find_map(|path| record.text(&[path]).and_then(normal::environment));
    own.or_else(|| {
        let path = ["properties.scope", "id"].iter().filter_map(|path| record.text(&[path]));
        path.filter_map(|path| after(path, "/environments/")).find_map(normal::environment)
    })
}

/// The product of an app by the service's word for its kind; a canvas app where nothing is said.
pub(super) fn product(kind: Option<&str>) -> &'static str {
    let Some(label) = kind.filter(|label| !label.is_empty()) else { return CANVAS };
    kind_of_app(label).unwrap_or("power_apps_other")
}
