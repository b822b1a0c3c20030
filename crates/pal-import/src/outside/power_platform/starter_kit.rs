//! Tables of the `CoE` Starter Kit (`formats.md` §4.5). They are second-hand: a row is what the kit saw when it last wrote it,
//! so its listings bear that time and what is read from the service later comes after them. They make no dated ownership:
//! the audit log itself does, under the same ids.

use pal_rules::id::Id;

use crate::outside::facts::{Facts, Outcome};
use crate::outside::inventory::{
    CANVAS, FLOW, Thing, alias, dated, done, kind_of_app, no_tenant, somebody, tenant,
};
use crate::outside::{Context, Record, Source, normal};

/// The label of a choice: in an export as text the value itself, from the Web API beside its number.
fn label<'a>(record: Record<'a>, name: &str) -> Option<&'a str> {
    let beside = format!("{name}@OData.Community.Display.V1.FormattedValue");
    record.annotation(&beside).or_else(|| record.text(&[name]))
}

pub(super) fn app(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let Some(product) = label(record, "admin_powerappstype").and_then(kind_of_app) else {
        return Outcome::Refused(
            "`admin_powerappstype` does not say which kind of app: export its label".into(),
        );
    };
    let row = KitRow {
        id: record.text(&["admin_appid"]),
        product,
        environment: record.text(&["admin_appenvironmentid"]),
        created: record.text(&["admin_appcreatedon"]),
        modified: record.text(&["admin_appmodifiedon"]),
        deleted: record.text(&["admin_appdeletedon"]),
        holder: &["_admin_appowner_value", "admin_appowner"],
        solution: None,
    };
    row.becomes(record, context, facts).unwrap_or_else(|outcome| outcome)
}

pub(super) fn flow(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let row = KitRow {
        id: record.text(&["admin_flowid"]),
        product: FLOW,
        environment: record.text(&["admin_flowenvironmentid"]),
        created: record.text(&["admin_flowcreatedon"]),
        modified: record.text(&["admin_flowmodifiedon"]),
        deleted: record.text(&["admin_flowdeletedon"]),
        // Despite its name it holds the object id.
        holder: &["admin_flowcreatorupn", "_admin_flowcreator_value", "admin_flowcreator"],
        solution: record.text(&["admin_workflowentityid"]),
    };
    row.becomes(record, context, facts).unwrap_or_else(|outcome| outcome)
}

/// What apps and flows name differently.
struct KitRow<'a> {
    id: Option<&'a str>,
    product: &'static str,
    environment: Option<&'a str>,
    created: Option<&'a str>,
    modified: Option<&'a str>,
    deleted: Option<&'a str>,
    /// Members that hold the object id of the owner or creator: a maker's row has that id.
    holder: &'static [&'static str],
    solution: Option<&'a str>,
}

impl KitRow<'_> {
    fn becomes(self, record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
        let id = self.id.and_then(normal::guid);
        let id = id.ok_or(Outcome::Refused("the record does not say which app or flow".into()))?;
        let environment = self.environment.and_then(normal::environment);
        let tenant = tenant(environment.as_ref(), &[], context).ok_or_else(no_tenant)?;
        let written = dated(record.text(&["modifiedon"]), context)?;
        let modified = dated(self.modified, context)?;
        let thing = Thing {
            id: &id,
            product: self.product,
            tenant: &tenant,
            environment: environment.as_ref(),
            name: record.text(&["admin_displayname"]),
            created: dated(self.created, context)?,
            observed: context.observed(modified.or(written)),
        };
        let holder = self.holder.iter().find_map(|name| somebody(&[record.text(&[name])]));
        let whole = thing.push(facts)
            && thing.known_as(self.solution, facts)
            && thing.owned_by(holder, &[context.observed(written)], facts)
            && thing.deleted(dated(self.deleted, context)?, facts);
        Ok(done(whole))
    }
}

/// A maker: which object id a name stands for. Kind and state of the account are the directory's to tell.
pub(super) fn maker(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let Some(object) = record.text(&["admin_recordguidasstring", "admin_makerid"]).and_then(normal::guid)
    else {
        return Outcome::Refused("the record does not say whose it is".into());
    };
    let Some(tenant) = context.tenant.clone() else { return no_tenant() };
    let name = record.text(&["admin_userprincipalname"]).and_then(normal::person);
    match name.filter(|name| name != &object && !normal::system(&object)) {
        Some(name) => done(alias(facts, &tenant, "principal", &name, &object)),
        None => Outcome::Ignored("a maker without a name of its own".into()),
    }
}

/// A record of the audit log as the kit keeps it: use and make only.
pub(super) fn audit(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let operation = record.text(&["admin_operation"]).unwrap_or_default();
    let kind = match operation {
        "LaunchPowerApp" => "use",
        "CreatePowerApp"
        | "UpdatePowerApp"
        | "PatchPowerApp"
        | "PublishPowerApp"
        | "PromotePowerAppVersion"
        | "PublishSolutionCanvasAppVersion"
        | "ImportNewCanvasApp"
        | "ImportExistingCanvasApp"
        | "PowerAppPermissionEdited"
        | "PowerAppPermissionDeleted" => "make",
        _ => return Outcome::Ignored(format!("operation {operation}").into()),
    };
    let Some(at) = record.text(&["admin_creationtime"]).and_then(|text| context.time(text)) else {
        return Outcome::Refused("`admin_creationtime` is no time between 2015 and tomorrow".into());
    };
    let app: Option<Id> = record.text(&["admin_appid"]).and_then(normal::guid);
    let Some(app) = app else { return Outcome::Refused("the record does not say which app".into()) };
    let Some(who) = somebody(&[record.text(&["admin_userupn"])]) else {
        return Outcome::Refused("the record does not say who acted".into());
    };
    let Some(tenant) = context.tenant.clone() else { return no_tenant() };
    facts.cover(&tenant, CANVAS, Source::PowerPlatform.as_str(), at);
    facts.activity(at, &tenant, &app, &who, kind);
    Outcome::Facts
}
