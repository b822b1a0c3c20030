//! What audit records are wrapped in: text in a cell, a member of a query's answer, a row of a log table. Members of the
//! wrapping stand in only where the record itself has none: its times may be local.

use serde_json::{Map, Value};

use super::{AUDIT, Fields, Name, Quick, Unused, become_quickly, identity, kind, quick, whole};
use crate::outside::facts::{Facts, Outcome};
use crate::outside::quick::{Passed, Places};
use crate::outside::{Context, Record};

/// A member of the record, and what the wrapping calls it.
type Renamed = (Name, &'static str, &'static [&'static str]);

/// Portal and PowerShell CSV, and Graph queries.
const PACKED: &[Renamed] = &[
    (Name::Id, "Id", &["RecordId", "Identity", "id"]),
    (Name::CreationTime, "CreationTime", &["createdDateTime", "CreationDate"]),
    (Name::Operation, "Operation", &["Operation", "Operations"]),
    (Name::OrganizationId, "OrganizationId", &["organizationId"]),
    (Name::RecordType, "RecordType", &["RecordType", "auditLogRecordType"]),
    (Name::UserType, "UserType", &["userType"]),
    (Name::UserId, "UserId", &["userPrincipalName", "UserIds"]),
    (Name::ObjectId, "ObjectId", &["objectId"]),
    (Name::Workload, "Workload", &["service"]),
];

/// Tables of Sentinel and Log Analytics. `TenantId` is the workspace there, and `ObjectId` not who acted.
const LOGGED: &[Renamed] = &[
    (Name::Id, "Id", &["EventOriginalUid"]),
    (Name::CreationTime, "CreationTime", &["TimeGenerated"]),
    (Name::Operation, "Operation", &["EventOriginalType"]),
    (Name::UserKey, "UserKey", &["ActorUserId"]),
    (Name::UserId, "UserId", &["ActorName"]),
    (Name::UserType, "UserType", &["ActorUserType"]),
];

/// A record that stands as text in a cell, or as a member.
pub(super) fn packed(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    if let Some(fields) = quickly(record) {
        return whole(&fields, context, facts, AUDIT);
    }
    match unpacked(record) {
        Some(value) => whole(&Fields::of(Record::new(&value)), context, facts, AUDIT),
        None => Outcome::Refused("`AuditData` is no JSON".into()),
    }
}

pub(super) fn packed_identity(record: Record<'_>) -> Option<String> {
    match quickly(record) {
        Some(fields) => identity(&fields),
        None => identity(&Fields::of(Record::new(&unpacked(record)?))),
    }
}

/// The members of a record that stands as text and needs nothing of its wrapping: most rows of a CSV file.
fn quickly(record: Record<'_>) -> Option<Fields<'_>> {
    let Value::String(text) = record.get("AuditData")? else { return None };
    if record.has(&["auditLogRecordType"]) {
        return None;
    }
    let mut fields = Fields::default();
    let places = Places::of(text.as_bytes());
    quick::read::<1>((text.as_bytes(), 0, &places), &mut fields)?;
    let needs = |(name, _, outer): &Renamed| fields.lacks(*name) && record.first(outer).is_some();
    (!PACKED.iter().any(needs)).then_some(fields)
}

/// Where a table has its records, and what else of a row may be needed.
pub(in crate::outside) struct Columns {
    /// The column with the record.
    pub(in crate::outside) record: usize,
    /// The members of a record that these columns stand in for.
    others: Vec<(Name, usize)>,
}

impl Columns {
    /// By the names in a header. None where a name stands twice, or in need of a closer look.
    pub(super) fn of(header: &[String]) -> Option<Columns> {
        let place = |wanted: &str| {
            let mut found = header.iter().zip(0..).filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            match (found.next(), found.next()) {
                (Some((_, place)), None) => Ok(Some(place)),
                (None, _) => Ok(None),
                _ => Err(()),
            }
        };
        if place("auditLogRecordType") != Ok(None) {
            return None;
        }
        let mut others = Vec::new();
        for (name, _, outer) in PACKED {
            for outer in *outer {
                others.extend(place(outer).ok()?.map(|place| (*name, place)));
            }
        }
        Some(Columns { record: place("AuditData").ok()??, others })
    }

    /// What becomes of the record in a row; as [`packed`], for a row that needs nothing but the record.
    ///
    /// - the row up to the end of the record, where that begins, where its doubled quotes stand, and how many cells there
    ///   are.
    pub(in crate::outside) fn quickly<'a>(
        &self,
        fields: &mut Fields<'a>,
        (row, from, places, cells): (&'a [u8], usize, &Places, usize),
        context: &Context,
        made: (&mut Facts, &mut Passed),
    ) -> Option<Quick> {
        fields.clear();
        quick::read::<2>((row, from, places), fields)?;
        let fields = &*fields;
        let needs = |(name, place): &(Name, usize)| *place < cells && fields.lacks(*name);
        if self.others.iter().any(needs) {
            // A record that is of no use by what it says itself needs nothing else.
            let typed = fields.number(Name::RecordType).is_some() || fields.text(Name::RecordType).is_some();
            let known = typed && !fields.lacks(Name::Operation);
            let passed = known && matches!(kind(fields), Err(Unused::Passed(_)));
            if !passed {
                return None;
            }
        }
        Some(become_quickly(fields, context, made))
    }
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
    for (_, name, outer) in PACKED {
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
    for (_, name, outer) in LOGGED {
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
