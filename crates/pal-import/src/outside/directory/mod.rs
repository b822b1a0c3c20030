//! The directory: users and guests, deleted ones too, service principals, groups; as Graph and its clients give them, and
//! as the portal exports them (`formats.md` §7). None of these names its tenant: `--tenant` does.

mod group;
mod service_principal;
mod user;

use pal_rules::facts::{Table, Value};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::facts::{Facts, Outcome, id, text, time, word};
use super::{Context, Record, Shape, Source, normal};

const fn shape(
    name: &'static str,
    recognises: fn(Record<'_>) -> bool,
    becomes: fn(Record<'_>, &Context, &mut Facts) -> Outcome,
) -> Shape {
    Shape { name, source: Source::Directory, recognises, becomes, identity: |_| None }
}

pub(super) const SHAPES: &[Shape] = &[
    shape("service principal", service_principal::recognises, |record, context, facts| {
        Outcome::of(service_principal::becomes(record, context, facts))
    }),
    shape("user", user::recognises, |record, context, facts| {
        Outcome::of(user::becomes(record, context, facts))
    }),
    shape("group", group::recognises, |record, context, facts| {
        Outcome::of(group::becomes(record, context, facts))
    }),
];

/// What the directory says of an account.
struct Account<'a> {
    tenant: &'a Id,
    object: &'a Id,
    kind: &'static str,
    upn: Option<&'a str>,
    disabled_at: Option<Timestamp>,
}

impl Account<'_> {
    fn put(&self, record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
        let cells = [
            ("tenant_id", id(self.tenant)),
            ("object_id", id(self.object)),
            ("kind", word(self.kind)),
            ("name", record.text(&["displayName", "appDisplayName"]).and_then(text)),
            ("upn", self.upn.and_then(text)),
            ("disabled_at", self.disabled_at.map(Value::Time)),
            ("observed_at", time(context.observed(None))),
        ];
        facts.put(Table::Principals, &cells)
    }
}

fn tenant(context: &Context) -> Result<Id, Outcome> {
    context.tenant(None).ok_or(Outcome::refused("the record names no tenant: say which with `--tenant`"))
}

fn object(record: Record<'_>) -> Result<Id, Outcome> {
    let found = record.text(&["id", "objectId"]).and_then(normal::guid);
    found.ok_or(Outcome::refused("the record has no object id"))
}

fn dated(record: Record<'_>, context: &Context, name: &str) -> Option<Timestamp> {
    record.text(&[name]).and_then(|text| context.utc(text))
}

/// Since when an account is disabled: since it was deleted, if that is dated; else since it was seen to be, because the
/// directory does not say since when.
fn disabled_at(record: Record<'_>, context: &Context, gone: bool) -> Option<Timestamp> {
    let disabled = gone || record.truth(&["accountEnabled"]) == Some(false);
    dated(record, context, "deletedDateTime").or_else(|| disabled.then(|| context.observed(None)))
}
