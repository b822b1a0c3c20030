//! Power Apps, record type 45: `ObjectId` is who acted, `AppName` the app (`formats.md` §2.4).

use pal_rules::id::Id;
use serde_json::Value;

use super::{Audited, Name};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::{Record, normal};

pub(super) const PRODUCT: &str = "power_apps_canvas";

/// What an operation on an app is (`formats.md` §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Use,
    Create,
    Make,
    /// A permission given, or taken.
    Share,
    Unshare,
    SetOwner,
    Delete,
}

/// What an operation is; none for one that says nothing facts are made of.
pub(super) fn act(operation: &str) -> Option<Act> {
    Some(match operation {
        "LaunchPowerApp" => Act::Use,
        "CreatePowerApp" | "ImportNewCanvasApp" => Act::Create,
        "UpdatePowerApp"
        | "PatchPowerApp"
        | "PublishPowerApp"
        | "PromotePowerAppVersion"
        | "PublishSolutionCanvasAppVersion"
        | "ImportExistingCanvasApp" => Act::Make,
        "PowerAppPermissionEdited" => Act::Share,
        "PowerAppPermissionDeleted" => Act::Unshare,
        "AdminModifyAppOwner" => Act::SetOwner,
        "DeletePowerApp" => Act::Delete,
        _ => return None,
    })
}

pub(super) fn becomes(audited: &Audited<'_>, facts: &mut Facts) -> Outcome {
    let Some(act) = act(audited.operation) else { return audited.ignored("") };
    let app = [Name::AppName, Name::AppId].into_iter().find_map(|name| audited.guid(name));
    let Some(app) = app else {
        return Outcome::Refused("the record does not say which app".into());
    };
    apply(audited, facts, act, &app)
}

/// The facts of an act on an app, of either kind of record.
pub(super) fn apply(audited: &Audited<'_>, facts: &mut Facts, act: Act, app: &Id) -> Outcome {
    facts.cover(&audited.tenant, PRODUCT, audited.source, audited.at);
    match act {
        Act::Delete => return audited.deleted(facts, PRODUCT, app),
        Act::SetOwner => return owner_modified(audited, facts, app),
        Act::Use | Act::Create | Act::Make | Act::Share | Act::Unshare => {}
    }
    let actor = match audited.actor() {
        Ok(actor) => actor,
        Err(outcome) => return outcome,
    };
    let whole = match act {
        Act::Use => return audited.used(facts, std::slice::from_ref(app), &actor),
        Act::Create => audited.owned(facts, "", ("created", app), &actor),
        Act::Share | Act::Unshare => permission(audited, facts, act, app),
        Act::Make | Act::SetOwner | Act::Delete => true,
    };
    facts.activity(audited.at, &audited.tenant, app, &actor, "make");
    Audited::done(whole)
}

/// Who was given or denied what: the target, who may be a group, not the actor. Sharing with a whole tenant names nobody.
fn permission(audited: &Audited<'_>, facts: &mut Facts, act: Act, app: &Id) -> bool {
    let info = info(audited);
    let info = Record::new(&info);
    let kind = match (act, info.text(&["permissionType"])) {
        (Act::Unshare, _) => "co_owner_removed",
        (_, Some(given)) if given.eq_ignore_ascii_case("CanEdit") => "co_owner_added",
        (_, Some(given)) if given.eq_ignore_ascii_case("Owner") => "owner_set",
        _ => return true,
    };
    target(audited, info, &["targetObjectId"])
        .is_none_or(|target| audited.owned(facts, "", (kind, app), &target))
}

fn owner_modified(audited: &Audited<'_>, facts: &mut Facts, app: &Id) -> Outcome {
    let info = info(audited);
    match target(audited, Record::new(&info), &["newOwnerObjectId", "newOwner", "targetObjectId"]) {
        Some(owner) => Audited::done(audited.owned(facts, "", ("owner_set", app), &owner)),
        None => audited.ignored(" without the new owner"),
    }
}

/// A person or group that a record names beside who acted.
fn target(audited: &Audited<'_>, info: Record<'_>, names: &[&str]) -> Option<Id> {
    let mut targets = names.iter().filter_map(|name| Audited::person(info.text(&[name])?));
    targets.find(|target| *target != audited.tenant && !normal::system(target))
}

/// `AdditionalInfo`: an object, or the text of one.
fn info(audited: &Audited<'_>) -> Value {
    audited.fields.nested(Name::AdditionalInfo).map(std::borrow::Cow::into_owned).unwrap_or_default()
}
