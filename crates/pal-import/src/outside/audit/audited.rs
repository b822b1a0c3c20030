//! One audit record that facts are made of, and what the kinds of records have in common.

use pal_rules::facts::Table;
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::{Fields, Name};
use crate::outside::facts::{Facts, Outcome, id, text, time, word as cell};
use crate::outside::normal;
use crate::outside::quick::Pass;

/// What every audit record says.
#[derive(Debug)]
pub(in crate::outside) struct Audited<'a> {
    pub(in crate::outside) fields: &'a Fields<'a>,
    /// Its id, for the ids of events.
    pub(super) id: &'a str,
    pub(in crate::outside) at: Timestamp,
    pub(in crate::outside) tenant: Id,
    pub(in crate::outside) operation: &'a str,
    /// Who acted, as the record says it.
    pub(super) actor: Option<Id>,
    /// Where it comes from, as coverage names it.
    pub(in crate::outside) source: &'static str,
}

/// A record's operation, for people; what is no such word is not repeated, since reasons are counted and kept.
pub(super) fn word(operation: &str) -> &str {
    let closed = operation.len() <= 64
        && operation.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte));
    if closed { operation } else { "of an unusual name" }
}

/// Ignored by its operation; `why` begins with a space or colon, or is empty.
pub(super) fn pass<'a>(operation: &'a str, why: &'static str) -> Pass<'a> {
    Pass { what: "operation", word: word(operation), why }
}

impl Audited<'_> {
    /// The id of an event made from the record; `part` tells apart several of one record.
    pub(in crate::outside) fn event(&self, part: &str) -> Id {
        if part.is_empty() { Id::new(self.id) } else { Id::new(&format!("{}:{part}", self.id)) }
    }

    /// The person that a name or id stands for.
    pub(super) fn person(text: &str) -> Option<Id> {
        normal::guid(text).or_else(|| normal::person(text))
    }

    /// The first person that these members name.
    pub(super) fn first(fields: &Fields<'_>, names: &[Name]) -> Option<Id> {
        names.iter().find_map(|name| Self::person(fields.text(*name)?))
    }

    /// A GUID in a member.
    pub(in crate::outside) fn guid(&self, name: Name) -> Option<Id> {
        self.fields.text(name).and_then(normal::guid)
    }

    /// Ignored by its operation; `why` begins with a space, or is empty.
    pub(in crate::outside) fn ignored(&self, why: &'static str) -> Outcome {
        Outcome::Ignored(pass(self.operation, why).reason())
    }

    /// Whether the record says that what was tried did not happen.
    pub(super) fn failed(&self) -> bool {
        let status = self.fields.text(Name::ResultStatus);
        let failed = |status: &str| {
            ["failed", "failure", "fail", "false"].iter().any(|word| status.eq_ignore_ascii_case(word))
        };
        status.is_some_and(failed) || self.fields.truth(Name::IsSuccess) == Some(false)
    }

    /// Who acted; never the platform itself (user types 4, 7 and 8 of `formats.md` §2.1).
    pub(in crate::outside) fn actor(&self) -> Result<Id, Outcome> {
        let platform = matches!(user_type(self.fields), Some(4 | 7 | 8));
        match &self.actor {
            Some(actor) if normal::system(actor) => Err(self.ignored(" by the platform itself")),
            _ if platform => Err(self.ignored(" by the platform itself")),
            Some(actor) => Ok(actor.clone()),
            None => Err(Outcome::Refused("the record does not say who acted".into())),
        }
    }

    /// A use of some resources. What applications use (user types 5 and 6) is nobody's use, also where no directory
    /// tells that they are applications; what they make is theirs.
    pub(in crate::outside) fn used(&self, facts: &mut Facts, resources: &[Id], actor: &Id) -> Outcome {
        if matches!(user_type(self.fields), Some(5 | 6)) {
            return self.ignored(" by an application");
        }
        for resource in resources {
            facts.activity(self.at, &self.tenant, resource, actor, "use");
        }
        Outcome::Facts
    }

    /// An ownership event. `false` where it lacks something.
    pub(in crate::outside) fn owned(
        &self,
        facts: &mut Facts,
        part: &str,
        (kind, resource): (&'static str, &Id),
        who: &Id,
    ) -> bool {
        let cells = [
            ("event_id", id(&self.event(part))),
            ("resource_id", id(resource)),
            ("kind", cell(kind)),
            ("object_id", id(who)),
            ("occurred_at", time(self.at)),
        ];
        facts.push(Table::Ownership, &cells)
    }

    /// The end of a resource.
    pub(in crate::outside) fn deleted(
        &self,
        facts: &mut Facts,
        product: &'static str,
        resource: &Id,
    ) -> Outcome {
        let cells = [
            ("resource_id", id(resource)),
            ("product", text(product)),
            ("tenant_id", id(&self.tenant)),
            ("deleted_at", time(self.at)),
            ("observed_at", time(self.at)),
        ];
        Self::done(facts.push(Table::Resources, &cells))
    }

    pub(in crate::outside) fn done(whole: bool) -> Outcome {
        if whole { Outcome::Facts } else { Outcome::Refused("the record lacks what its facts need".into()) }
    }
}

/// The user type, by its number or its name.
fn user_type(fields: &Fields<'_>) -> Option<i64> {
    let named = |name: &str| match name.to_ascii_lowercase().as_str() {
        "system" => Some(4),
        "application" => Some(5),
        "serviceprincipal" => Some(6),
        "custompolicy" => Some(7),
        "systempolicy" => Some(8),
        _ => None,
    };
    fields.number(Name::UserType).or_else(|| fields.text(Name::UserType).and_then(named))
}
