//! The admin cmdlets of PowerShell through `Export-Csv`, or `ConvertTo-Json`. What is an object becomes the text
//! `@{id=…; displayName=…}` in a cell, and a name in it may hold a `;` (`formats.md` §4.1).

use pal_rules::id::Id;

use super::app::product;
use super::permission::Permission;
use crate::outside::facts::{Facts, Outcome};
use crate::outside::inventory::{Environment, FLOW, Thing, dated, done, no_tenant, somebody, tenant};
use crate::outside::{Context, Record, normal};

/// The longest name of a member.
const NAME: usize = 64;

/// A member of an object that is a text in a cell, or an object.
fn member<'a>(record: Record<'a>, object: &str, name: &str) -> Option<&'a str> {
    if let Some(inner) = record.inner(object) {
        return inner.text(&[name]);
    }
    let text = record.text(&[object])?.strip_prefix("@{")?;
    let text = text.strip_suffix('}').unwrap_or(text);
    let value = members(text).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    value.filter(|value| !value.is_empty())
}

/// The `name=value` members of such a text: one begins at the start, and behind each `; ` that a name and `=` follow.
fn members(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let end = whole.match_indices("; ").map(|(place, _)| place).find(|place| {
            let next = whole.as_bytes().get(place + 2..).unwrap_or_default();
            let name =
                next.get(..NAME).unwrap_or(next).split(|byte| *byte == b'=').next().unwrap_or_default();
            next.get(name.len()) == Some(&b'=') && is_name(name)
        });
        let (member, after) = match end {
            Some(end) => (whole.get(..end)?, whole.get(end + 2..)),
            None => (whole, None),
        };
        rest = after;
        member.split_once('=')
    })
}

fn is_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

pub(super) fn app(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let owner = ["id", "userPrincipalName", "email"].map(|name| member(record, "Owner", name));
    let exported = Exported {
        id: record.text(&["AppName"]).and_then(normal::guid),
        product: product(member(record, "Internal", "appType")),
        tenant: member(record, "Owner", "tenantId"),
        solution: member(record, "Internal", "logicalName"),
        holder: somebody(&owner),
    };
    exported.becomes(record, context, facts).unwrap_or_else(|outcome| outcome)
}

pub(super) fn flow(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let creator = ["objectId", "userId"].map(|name| member(record, "CreatedBy", name));
    let exported = Exported {
        id: record.text(&["FlowName"]).and_then(normal::guid),
        product: FLOW,
        tenant: member(record, "CreatedBy", "tenantId"),
        solution: record.text(&["WorkflowEntityId"]),
        holder: somebody(&creator),
    };
    exported.becomes(record, context, facts).unwrap_or_else(|outcome| outcome)
}

/// What differs between apps and flows.
struct Exported<'a> {
    id: Option<Id>,
    product: &'static str,
    tenant: Option<&'a str>,
    solution: Option<&'a str>,
    holder: Option<Id>,
}

impl Exported<'_> {
    fn becomes(self, record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
        let id = self.id.ok_or(Outcome::Refused("the record does not say which app or flow".into()))?;
        let environment = record.text(&["EnvironmentName"]).and_then(normal::environment);
        let tenant = tenant(environment.as_ref(), &[self.tenant], context).ok_or_else(no_tenant)?;
        let modified = dated(record.text(&["LastModifiedTime"]), context)?;
        let thing = Thing {
            id: &id,
            product: self.product,
            tenant: &tenant,
            environment: environment.as_ref(),
            name: record.text(&["DisplayName"]),
            created: dated(record.text(&["CreatedTime"]), context)?,
            observed: context.observed(modified),
        };
        let whole = thing.push(facts)
            && thing.known_as(self.solution, facts)
            && thing.owned_by(self.holder, &context.seen(), facts);
        Ok(done(whole))
    }
}

/// A role on an app: `RoleName` is the id of the assignment, `RoleType` the role. It has no date.
pub(super) fn permission(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let permission = Permission {
        app: record.text(&["AppName"]).and_then(normal::guid),
        role: record.text(&["RoleType"]).unwrap_or_default(),
        principal_type: record.text(&["PrincipalType"]).unwrap_or_default(),
        principal: somebody(&[record.text(&["PrincipalObjectId"]), record.text(&["PrincipalEmail"])]),
        since: None,
    };
    permission.becomes(context, facts)
}

pub(super) fn environment(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    listed_environment(record, context, facts).unwrap_or_else(|outcome| outcome)
}

fn listed_environment(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<Outcome, Outcome> {
    let environment = record.text(&["EnvironmentName"]).and_then(normal::environment);
    let environment =
        environment.ok_or(Outcome::Refused("the record does not say which environment".into()))?;
    let named = [member(record, "CreatedBy", "tenantId"), record.text(&["Internal.properties.tenantId"])];
    let tenant = tenant(Some(&environment), &named, context).ok_or_else(no_tenant)?;
    let modified = dated(record.text(&["LastModifiedTime"]), context)?;
    let linked = ["instanceUrl", "instanceApiUrl"]
        .map(|name| format!("Internal.properties.linkedEnvironmentMetadata.{name}"));
    let entry = Environment {
        id: &environment,
        tenant: &tenant,
        name: record.text(&["DisplayName"]),
        kind: record.text(&["EnvironmentType"]).unwrap_or_default(),
        seen: context.environments_since(),
        observed: context.observed(modified),
        addresses: &linked.each_ref().map(|path| record.text(&[path.as_str()])),
    };
    Ok(entry.becomes(facts))
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn a_name_may_hold_what_separates() {
        for (text, expected) in [
            (
                "id=1; displayName=Doe; John; type=User",
                vec![("id", "1"), ("displayName", "Doe; John"), ("type", "User")],
            ),
            ("id=1; displayName=a=b; ; email=", vec![("id", "1"), ("displayName", "a=b; "), ("email", "")]),
            ("displayName=x; not a name=y", vec![("displayName", "x; not a name=y")]),
            ("", vec![]),
            ("no member", vec![]),
        ] {
            assert_eq!(members(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
