//! What a record says that the tables must hold.

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::registry::{Change, ChangeKind};

/// The rows that were written with a record.
#[derive(Debug)]
pub(in crate::registry) enum Told {
    /// Of a change of a link.
    Link {
        /// The principal.
        object_id: Uuid,
        /// Its row of history.
        change: Change,
        /// Its record from then on.
        after: Value,
    },
    /// Of a change of the partner directory.
    Partner {
        /// The partner.
        partner_id: PartnerId,
        /// Its entry from then on.
        after: Value,
        /// Since when.
        at: Timestamp,
    },
}

impl Told {
    /// Reads a record; `None` where it tells of no row, or cannot be read.
    pub(in crate::registry) fn read(record: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(record).ok()?;
        let after = json.get("after")?.clone();
        if json.get("what")?.as_str()? == "partner_put" {
            let partner_id = PartnerId::new(after.get("partner_id")?.as_str()?)?;
            let at = Timestamp::parse(json.get("at")?.as_str()?)?;
            return Some(Self::Partner { partner_id, after, at });
        }
        let object_id = Uuid::try_parse(after.get("object_id")?.as_str()?).ok()?;
        Some(Self::Link { object_id, change: change(&json)?, after })
    }
}

fn change(json: &Value) -> Option<Change> {
    let (before, after, who) = (json.get("before")?, json.get("after")?, json.get("who")?);
    let text = |from: &Value, name: &str| from.get(name).and_then(Value::as_str).map(str::to_owned);
    let partner = |state: &Value| PartnerId::new(state.get("partner_id")?.as_str()?);
    let what = json.get("what")?.as_str()?;
    let kinds = [ChangeKind::Created, ChangeKind::Updated, ChangeKind::Deleted];
    let kind = kinds.into_iter().find(|kind| kind.audit_word() == what)?;
    Some(Change {
        version: after.get("version")?.as_i64()?,
        kind,
        partner_id: partner(after)?,
        partner_before: if kind == ChangeKind::Updated { Some(partner(before)?) } else { None },
        at: Timestamp::parse(json.get("at")?.as_str()?)?,
        audit_sequence: json.get("sequence")?.as_i64()?,
        caller_name: text(who, "name"),
        client_id: text(who, "client_id"),
        request_id: Uuid::try_parse(json.get("request_id")?.as_str()?).ok()?,
        client_request_id: text(json, "client_request_id"),
        via: text(json, "via")?,
    })
}
