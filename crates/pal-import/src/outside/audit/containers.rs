//! What audit records are wrapped in: text in a cell, a member of a query's answer, a row of a log table. Members of the
//! wrapping stand in only where the record itself has none: its times may be local.

use serde_json::{Map, Value};

use super::{AUDIT, Fields, identity, whole};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::{Context, Record};

/// A member of the record, and what the wrapping calls it.
type Renamed = (&'static str, &'static [&'static str]);

/// Portal and PowerShell CSV, and Graph queries.
const PACKED: &[Renamed] = &[
    ("Id", &["RecordId", "Identity", "id"]),
    ("CreationTime", &["createdDateTime", "CreationDate"]),
    ("Operation", &["Operation", "Operations"]),
    ("OrganizationId", &["organizationId"]),
    ("RecordType", &["RecordType", "auditLogRecordType"]),
    ("UserType", &["userType"]),
    ("UserId", &["userPrincipalName", "UserIds"]),
    ("ObjectId", &["objectId"]),
    ("Workload", &["service"]),
];

/// Tables of Sentinel and Log Analytics. `TenantId` is the workspace there, and `ObjectId` not who acted.
const LOGGED: &[Renamed] = &[
    ("Id", &["EventOriginalUid"]),
    ("CreationTime", &["TimeGenerated"]),
    ("Operation", &["EventOriginalType"]),
    ("UserKey", &["ActorUserId"]),
    ("UserId", &["ActorName"]),
    ("UserType", &["ActorUserType"]),
];

/// A record that stands as text in a cell, or as a member.
pub(super) fn packed(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    match unpacked(record) {
        Some(value) => whole(&Fields::of(Record::new(&value)), context, facts, AUDIT),
        None => Outcome::Refused("`AuditData` is no JSON".into()),
    }
}

pub(super) fn packed_identity(record: Record<'_>) -> Option<String> {
    identity(&Fields::of(Record::new(&unpacked(record)?)))
}

/// A row of a log table.
pub(super) fn logged(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    whole(&Fields::of(Record::new(&renamed(record))), context, facts, AUDIT)
}

pub(super) fn logged_identity(record: Record<'_>) -> Option<String> {
    identity(&Fields::of(Record::new(&renamed(record))))
}

/// `AuditData`, whatever it is wrapped in: an object, a text, a text in a text; with the wrapping's members where it has
/// none.
fn unpacked(record: Record<'_>) -> Option<Value> {
    let mut value = record.get("AuditData").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    for _ in 0..2 {
        let Value::String(text) = &value else { break };
        value = serde_json::from_str(text).ok()?;
    }
    let graph = record.has(&["auditLogRecordType"]);
    if let (Value::Object(members), true) = (&mut value, graph) {
        // `userId` is the key there, and the record's own `userId` is a name.
        if let Some(key) = record.get("userId") {
            fill(members, "UserKey", key);
        }
    }
    let members = value.as_object_mut()?;
    for (name, outer) in PACKED {
        if let Some(found) = record.first(outer) {
            fill(members, name, found);
        }
    }
    Some(value)
}

/// The row under the names of a record.
fn renamed(record: Record<'_>) -> Value {
    let mut members = record.value().as_object().cloned().unwrap_or_default();
    members.retain(|name, _| !name.eq_ignore_ascii_case("ObjectId"));
    for (name, outer) in LOGGED {
        if let Some(found) = record.first(outer) {
            fill(&mut members, name, found);
        }
    }
    Value::Object(members)
}

/// Sets a member that is not there in any casing.
fn fill(members: &mut Map<String, Value>, name: &str, value: &Value) {
    let there = |(key, held): (&String, &Value)| key.eq_ignore_ascii_case(name) && !held.is_null();
    if !members.iter().any(there) {
        members.retain(|key, _| !key.eq_ignore_ascii_case(name));
        members.insert(name.to_owned(), value.clone());
    }
}
