//! Power Apps, record type 45: `ObjectId` is who acted, `AppName` the app (`formats.md` §2.4).

use pal_rules::facts::Table;
use pal_rules::id::Id;
use serde_json::Value;

use super::Audited;
use crate::outside::facts::{Facts, Outcome, id, time, word};
use crate::outside::{Record, normal};

const SOURCE: &str = "audit";
const PRODUCT: &str = "power_apps_canvas";

pub(super) fn becomes(audited: &Audited<'_>, facts: &mut Facts) -> Outcome {
    let record = audited.record;
    let Some(app) = record.text(&["AppName", "AppId"]).and_then(normal::guid) else {
        return audited.ignored();
    };
    if audited.operation == "DeletePowerApp" {
        let cells = [
            ("resource_id", id(&app)),
            ("product", Some(pal_rules::facts::Value::Text(PRODUCT.into()))),
            ("tenant_id", id(&audited.tenant)),
            ("deleted_at", time(audited.at)),
            ("observed_at", time(audited.at)),
        ];
        return done(facts.push(Table::Resources, &cells));
    }
    let Some(actor) = actor(audited) else {
        return Outcome::Refused("the record does not say who acted".into());
    };
    facts.cover(&audited.tenant, PRODUCT, SOURCE, audited.at);
    let kind = match audited.operation {
        "LaunchPowerApp" => "use",
        "CreatePowerApp" | "ImportNewCanvasApp" => {
            if !owned(audited, facts, ("", "created"), &app, &actor) {
                return done(false);
            }
            "make"
        }
        "UpdatePowerApp"
        | "PatchPowerApp"
        | "PublishPowerApp"
        | "PromotePowerAppVersion"
        | "PublishSolutionCanvasAppVersion"
        | "ImportExistingCanvasApp" => "make",
        "PowerAppPermissionEdited" | "PowerAppPermissionDeleted" => {
            if !permission(audited, facts, &app) {
                return done(false);
            }
            "make"
        }
        "AdminModifyAppOwner" => return owner_modified(audited, facts, &app),
        _ => return audited.ignored(),
    };
    facts.activity(audited.at, &audited.tenant, &app, &actor, kind);
    Outcome::Facts
}

fn done(whole: bool) -> Outcome {
    if whole { Outcome::Facts } else { Outcome::Refused("the record lacks what its facts need".into()) }
}

fn actor(audited: &Audited<'_>) -> Option<Id> {
    let named = |path| audited.record.text(&[path]).and_then(|text| audited.person(text));
    named("ObjectId").or_else(|| named("UserKey")).or_else(|| named("UserId"))
}

fn owned(
    audited: &Audited<'_>,
    facts: &mut Facts,
    (part, kind): (&str, &'static str),
    app: &Id,
    who: &Id,
) -> bool {
    let cells = [
        ("event_id", id(&audited.event(part))),
        ("resource_id", id(app)),
        ("kind", word(kind)),
        ("object_id", id(who)),
        ("occurred_at", time(audited.at)),
    ];
    facts.push(Table::Ownership, &cells)
}

/// Who was given or denied what; the target is somebody else than the actor. `false` where it cannot be told.
fn permission(audited: &Audited<'_>, facts: &mut Facts, app: &Id) -> bool {
    let info = info(audited.record);
    let info = Record::new(&info);
    let target = info.text(&["targetObjectId"]).and_then(|text| audited.person(text));
    let kind = match (audited.operation, info.text(&["permissionType"])) {
        ("PowerAppPermissionDeleted", _) => "co_owner_removed",
        (_, Some("CanEdit")) => "co_owner_added",
        (_, Some("Owner")) => "owner_set",
        _ => return true,
    };
    target.is_none_or(|target| owned(audited, facts, ("", kind), app, &target))
}

fn owner_modified(audited: &Audited<'_>, facts: &mut Facts, app: &Id) -> Outcome {
    let info = info(audited.record);
    let info = Record::new(&info);
    let named =
        info.text(&["targetObjectId", "newOwner", "newOwnerObjectId"]).and_then(|text| audited.person(text));
    match named {
        Some(owner) => done(owned(audited, facts, ("", "owner_set"), app, &owner)),
        None => Outcome::Ignored("operation AdminModifyAppOwner without the new owner".into()),
    }
}

/// `AdditionalInfo`: an object, or the text of one.
fn info(record: Record<'_>) -> Value {
    match record.get("AdditionalInfo") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(value) => value.clone(),
        None => Value::Null,
    }
}
