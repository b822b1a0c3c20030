//! Who shares an app. `createdOn` is when a co-owner was added, so it makes a dated fact: dated beats listed. Without it, and
//! for the owner, whose permission is as old as the app and not as the ownership, it is a listing.

use pal_rules::facts::Table;
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::after;
use crate::outside::facts::{Facts, Outcome, id, time, word};
use crate::outside::inventory::{dated, done, listing, somebody, whole_list};
use crate::outside::{Context, Record, normal};

/// A permission on an app, however it was exported.
#[derive(Debug)]
pub(super) struct Permission<'a> {
    pub(super) app: Option<Id>,
    pub(super) role: &'a str,
    /// `User`, `Group`, `Tenant`.
    pub(super) principal_type: &'a str,
    pub(super) principal: Option<Id>,
    pub(super) since: Option<Timestamp>,
}

pub(super) fn app(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let principal = ["properties.principal.id", "principalId", "properties.principal.email"];
    let since = match dated(record.text(&["properties.createdOn"]), context) {
        Ok(since) => since,
        Err(outcome) => return outcome,
    };
    let permission = Permission {
        app: record.text(&["id"]).and_then(|path| after(path, "/apps/")).and_then(normal::guid),
        role: record.text(&["properties.roleName", "roleName"]).unwrap_or_default(),
        principal_type: record.text(&["properties.principal.type", "principalType"]).unwrap_or_default(),
        principal: somebody(&principal.map(|path| record.text(&[path]))),
        since,
    };
    permission.becomes(context, facts)
}

/// Owners of a flow beside its creator.
pub(super) fn of_flow() -> Outcome {
    Outcome::Ignored("co-owners of flows never count: the creator does".into())
}

/// Roles of people in an environment.
pub(super) fn of_environment() -> Outcome {
    Outcome::Ignored("a role in an environment owns no app".into())
}

impl Permission<'_> {
    pub(super) fn becomes(&self, context: &Context, facts: &mut Facts) -> Outcome {
        let role = match self.role.to_ascii_lowercase().as_str() {
            "owner" => "owner",
            "canedit" => "co_owner",
            "canview" => return Outcome::Ignored("role CanView".into()),
            "canviewwithshare" => return Outcome::Ignored("role CanViewWithShare".into()),
            _ => return Outcome::Ignored("a role that owns nothing".into()),
        };
        if self.principal_type.eq_ignore_ascii_case("Tenant") {
            return Outcome::Ignored("shared with the whole tenant, which is no person".into());
        }
        let Some(app) = &self.app else {
            return Outcome::Refused("the record does not say which app".into());
        };
        let Some(who) = &self.principal else {
            return Outcome::Refused("the record does not say whose role it is".into());
        };
        let co_owner = role == "co_owner";
        // Everybody with a role is on a whole list, and so is the owner: without a co-owner it says "none".
        let listed = !context.complete || whole_list(facts, context, app, Some(who).filter(|_| co_owner));
        let Some(since) = self.since.filter(|_| co_owner) else {
            let mut seen = context.seen();
            if context.complete && co_owner {
                seen.pop();
            }
            return done(listed && listing(facts, &seen, app, role, who));
        };
        let cells = [
            ("event_id", id(&Id::new(&format!("permission:{app}:{who}:{since}")))),
            ("resource_id", id(app)),
            ("kind", word("co_owner_added")),
            ("object_id", id(who)),
            ("occurred_at", time(since)),
        ];
        done(listed && facts.push(Table::Ownership, &cells))
    }
}
