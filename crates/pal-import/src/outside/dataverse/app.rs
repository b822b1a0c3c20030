//! `appmodule` and `canvasapp`: apps with the ids and names that they have in an environment, and who holds them.

use pal_rules::facts::{Table, Value};
use pal_rules::id::Id;

use super::{environment, guid, tenant, user};
use crate::outside::component::ComponentKind;
use crate::outside::facts::{Facts, Outcome, flag, id, text, time, word};
use crate::outside::{Context, Record, normal};

/// A thing that an inventory shows.
pub(super) struct Shown<'a> {
    pub(super) resource: Id,
    pub(super) product: &'static str,
    pub(super) environment: Id,
    pub(super) name: Option<&'a str>,
    pub(super) created: Option<&'a str>,
    /// The name by which solutions know it, if it is another one than its id.
    pub(super) known_as: Option<String>,
    pub(super) owner: Option<Id>,
}

/// The rows of a thing: itself, its alias, and its owner.
pub(super) fn show(
    record: Record<'_>,
    context: &Context,
    facts: &mut Facts,
    shown: &Shown<'_>,
) -> Result<(), Outcome> {
    let tenant = tenant(context)?;
    let changed = record.text(&["modifiedon", "lastmodifiedtime"]).and_then(|text| context.utc(text));
    let cells = [
        ("resource_id", id(&shown.resource)),
        ("product", Some(Value::Text(shown.product.into()))),
        ("tenant_id", id(&tenant)),
        ("environment_id", id(&shown.environment)),
        ("name", shown.name.and_then(text)),
        ("created_at", shown.created.and_then(|text| context.utc(text)).map(Value::Time)),
        ("observed_at", time(context.observed(changed))),
    ];
    facts.put(Table::Resources, &cells)?;
    if let Some(name) = &shown.known_as {
        let alias = normal::named(&shown.environment, name);
        facts.alias(&tenant, "resource", (&alias, &shown.resource), (None, None))?;
    }
    if let Some(owner) = &shown.owner {
        // As declared, it was so before, too.
        for at in context.assume_since.into_iter().chain([context.observed(None)]) {
            let cells = [
                ("observed_at", time(at)),
                ("resource_id", id(&shown.resource)),
                ("role", word("owner")),
                ("object_id", id(owner)),
                ("complete", flag(true)),
            ];
            facts.put(Table::Listings, &cells)?;
        }
    }
    Ok(())
}

pub(super) fn model_driven(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let environment = environment(record, context)?;
    let shown = Shown {
        resource: guid(record, &["appmoduleid"]).ok_or(Outcome::refused("`appmoduleid` is no id"))?,
        product: ComponentKind::ModelDrivenApp.as_str(),
        name: record.text(&["name", "uniquename"]),
        created: record.text(&["createdon"]),
        known_as: record.text(&["uniquename"]).map(str::to_owned),
        // There is no owner: the creator stands as one.
        owner: user(record, "_createdby_value", &environment),
        environment,
    };
    show(record, context, facts, &shown)
}

pub(super) fn canvas(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let class = record.number(&["canvasapptype"]).unwrap_or(0).to_string();
    if let Some("component library") = ComponentKind::CanvasApp.other(&class) {
        return Err(Outcome::ignored("a component library, which is no app"));
    }
    if ComponentKind::CanvasApp.other(&class).is_some() {
        return Err(Outcome::ignored("a custom page, which is no app"));
    }
    let environment = environment(record, context)?;
    let shown = Shown {
        resource: guid(record, &["canvasappid"]).ok_or(Outcome::refused("`canvasappid` is no id"))?,
        product: ComponentKind::CanvasApp.as_str(),
        name: record.text(&["displayname", "name"]),
        created: record.text(&["createdtime", "createdon"]),
        known_as: record.text(&["name"]).map(str::to_owned),
        owner: user(record, "_ownerid_value", &environment),
        environment,
    };
    show(record, context, facts, &shown)
}
