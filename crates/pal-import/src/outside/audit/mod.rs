//! The unified audit log in every container that it is exported in (`formats.md` §2): content blobs and JSON lines hold the
//! records themselves; portal and PowerShell CSV hold them as text in a cell; Graph in a member.

mod flow;
mod power_apps;

use pal_rules::id::Id;
use pal_rules::time::Timestamp;
use serde_json::Value;

use super::facts::{Facts, Outcome};
use super::{Context, Record, Shape, Source, normal};

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        name: "audit record",
        source: Source::Audit,
        recognises: |record| record.has(&["CreationTime", "Operation", "Id", "RecordType"]),
        becomes: whole,
        identity: |record| identity(record),
    },
    Shape {
        name: "audit search result",
        source: Source::Audit,
        recognises: |record| record.has(&["AuditData"]),
        becomes: packed,
        identity: |record| unpacked(record, identity).flatten(),
    },
    Shape {
        name: "list of audit content",
        source: Source::Audit,
        recognises: |record| record.has(&["contentUri", "contentId"]),
        becomes: |_, _, _| {
            Outcome::Ignored("a listing of content, not the content: fetch what `contentUri` names".into())
        },
        identity: |_| None,
    },
];

/// What every audit record says.
#[derive(Debug)]
struct Audited<'a> {
    record: Record<'a>,
    /// Its id, for the ids of events.
    id: &'a str,
    at: Timestamp,
    tenant: Id,
    operation: &'a str,
}

/// Tenant and id, which are the same however often a record is delivered.
fn identity(record: Record<'_>) -> Option<String> {
    Some(format!("{}/{}", record.text(&["OrganizationId"]).unwrap_or_default(), record.text(&["Id"])?))
}

fn whole(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let refused = |reason: &'static str| Outcome::Refused(reason.into());
    let Some(id) = record.text(&["Id"]) else { return refused("the record has no `Id`") };
    let Some(operation) = record.text(&["Operation"]) else {
        return refused("the record has no `Operation`");
    };
    let Some(at) = record.text(&["CreationTime"]).and_then(|text| context.utc(text)) else {
        return refused("`CreationTime` is no time between 2015 and tomorrow");
    };
    let Some(tenant) = context.tenant(record.text(&["OrganizationId"])) else {
        return refused("the record names no tenant: say which with `--tenant`");
    };
    let audited = Audited { record, id, at, tenant, operation };
    match record.number(&["RecordType"]) {
        Some(45) => power_apps::becomes(&audited, facts),
        Some(30) => flow::becomes(&audited, facts),
        _ => audited.ignored(),
    }
}

/// A record that stands as text in a cell, or as a member.
fn packed(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    let becomes = unpacked(record, |inner| whole(inner, context, facts));
    becomes.unwrap_or(Outcome::Refused("`AuditData` is no JSON".into()))
}

/// `AuditData`, whatever it is wrapped in: an object, a text, a text in a text.
fn unpacked<T>(record: Record<'_>, take: impl FnOnce(Record<'_>) -> T) -> Option<T> {
    let mut value = record.get("AuditData")?.clone();
    for _ in 0..2 {
        let Value::String(text) = &value else { break };
        value = serde_json::from_str(text).ok()?;
    }
    value.is_object().then(|| take(Record::new(&value)))
}

impl Audited<'_> {
    /// The id of an event made from the record; `part` tells apart several of one record.
    fn event(&self, part: &str) -> Id {
        if part.is_empty() { Id::new(self.id) } else { Id::new(&format!("{}:{part}", self.id)) }
    }

    /// The person that a name or id stands for.
    #[expect(clippy::unused_self, reason = "asked of the record")]
    fn person(&self, text: &str) -> Option<Id> {
        normal::guid(text).or_else(|| normal::person(text))
    }

    fn ignored(&self) -> Outcome {
        Outcome::Ignored(format!("operation {}", self.operation).into())
    }
}
