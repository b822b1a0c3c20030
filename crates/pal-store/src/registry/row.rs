//! Rows to values, once for every engine. What no writer could have stored is a fault, not a panic.

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_rules::word::PartnerKind;
use uuid::Uuid;

use super::audit::{Hash, Head};
use super::database::Value;
use super::link::Record;
use super::rows::Step;
use super::{Change, ChangeKind, DirectoryPartner, KnownPartner, Link, RegistryFault};

/// A row as it was read.
#[derive(Debug)]
pub(super) struct Row(pub(super) Vec<Value>);

impl Row {
    /// The row as one of a table, which faults then name.
    fn of<'a>(&'a self, table: &'static str) -> Cells<'a> {
        Cells { table, values: &self.0 }
    }

    /// A text that may be damaged: verification finds it because its hash no longer fits.
    pub(super) fn lossy(&self, column: usize) -> String {
        match self.0.get(column) {
            Some(Value::Text(text) | Value::Damaged(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// Fails where a value is damaged.
    pub(super) fn whole(&self, table: &'static str) -> Result<(), RegistryFault> {
        let damaged = |value: &Value| matches!(value, Value::Damaged(_));
        let cells = self.of(table);
        self.0.iter().position(damaged).map_or(Ok(()), |column| cells.damaged(column))
    }

    pub(super) fn integer(&self, table: &'static str, column: usize) -> Result<i64, RegistryFault> {
        self.of(table).integer(column)
    }
}

struct Cells<'a> {
    table: &'static str,
    values: &'a [Value],
}

impl<'a> Cells<'a> {
    fn damaged<T>(&self, column: usize) -> Result<T, RegistryFault> {
        let shown = match self.values.get(column) {
            Some(Value::Text(text) | Value::Damaged(text)) => text.clone(),
            Some(Value::Integer(number)) => number.to_string(),
            Some(Value::Null) | None => String::new(),
        };
        Err(RegistryFault::damaged(self.table, &shown))
    }

    fn optional_text(&self, column: usize) -> Result<Option<&'a str>, RegistryFault> {
        match self.values.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => self.damaged(column),
        }
    }

    fn text(&self, column: usize) -> Result<&'a str, RegistryFault> {
        self.optional_text(column)?.map_or_else(|| self.damaged(column), Ok)
    }

    fn optional_string(&self, column: usize) -> Result<Option<String>, RegistryFault> {
        Ok(self.optional_text(column)?.map(str::to_owned))
    }

    fn optional_integer(&self, column: usize) -> Result<Option<i64>, RegistryFault> {
        match self.values.get(column) {
            Some(Value::Integer(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => self.damaged(column),
        }
    }

    fn integer(&self, column: usize) -> Result<i64, RegistryFault> {
        self.optional_integer(column)?.map_or_else(|| self.damaged(column), Ok)
    }

    /// A column whose text must be readable as something.
    fn parse<T>(&self, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, RegistryFault> {
        parse(self.text(column)?).map_or_else(|| self.damaged(column), Ok)
    }

    fn uuid(&self, column: usize) -> Result<Uuid, RegistryFault> {
        self.parse(column, |text| Uuid::try_parse(text).ok())
    }

    fn partner(&self, column: usize) -> Result<PartnerId, RegistryFault> {
        self.parse(column, PartnerId::new)
    }

    fn optional_partner(&self, column: usize) -> Result<Option<PartnerId>, RegistryFault> {
        self.optional_text(column)?.map(|_| self.partner(column)).transpose()
    }

    fn time(&self, column: usize) -> Result<Timestamp, RegistryFault> {
        self.integer(column).map(Timestamp::from_micros)
    }

    fn optional_time(&self, column: usize) -> Result<Option<Timestamp>, RegistryFault> {
        Ok(self.optional_integer(column)?.map(Timestamp::from_micros))
    }
}

/// The record of a principal, and the name of its partner.
pub(super) fn record(row: &Row) -> Result<(Record, Option<String>), RegistryFault> {
    let cells = row.of("link");
    let record = Record {
        partner_id: cells.partner(0)?,
        active: cells.parse(2, |state| match state {
            "Active" => Some(true),
            "Deleted" => Some(false),
            _ => None,
        })?,
        version: cells.integer(3)?,
        created_at: cells.time(4)?,
        updated_at: cells.time(5)?,
        made_by: cells.optional_string(6)?,
    };
    Ok((record, cells.optional_string(1)?))
}

/// A link of a list.
pub(super) fn link(row: &Row) -> Result<Link, RegistryFault> {
    let cells = row.of("link");
    Ok(Link {
        tenant: cells.uuid(0)?,
        object_id: cells.uuid(1)?,
        partner_id: cells.partner(2)?,
        partner_name: cells.optional_string(3)?,
        version: cells.integer(4)?,
        created_at: cells.time(5)?,
        updated_at: cells.time(6)?,
    })
}

/// A row of history.
pub(super) fn change(row: &Row) -> Result<Change, RegistryFault> {
    let cells = row.of("link_history");
    Ok(Change {
        version: cells.integer(0)?,
        kind: cells.parse(1, ChangeKind::parse)?,
        partner_id: cells.partner(2)?,
        partner_before: cells.optional_partner(3)?,
        at: cells.time(4)?,
        audit_sequence: cells.integer(5)?,
        caller_name: cells.optional_string(6)?,
        client_id: cells.optional_string(7)?,
        request_id: cells.uuid(8)?,
        client_request_id: cells.optional_string(9)?,
        via: cells.text(10)?.to_owned(),
    })
}

/// A row of history, as a step of its principal's link.
pub(super) fn step(row: &Row) -> Result<Step, RegistryFault> {
    let cells = row.of("link_history");
    Ok(Step {
        tenant: cells.uuid(0)?,
        object_id: cells.uuid(1)?,
        kind: cells.parse(2, ChangeKind::parse)?,
        partner_id: cells.partner(3)?,
        at: cells.time(4)?,
        sequence: cells.integer(5)?,
    })
}

/// An entry of the partner directory.
pub(super) fn known_partner(row: &Row) -> Result<KnownPartner, RegistryFault> {
    let cells = row.of("partner");
    let partner = DirectoryPartner {
        partner_id: cells.partner(0)?,
        name: cells.text(1)?.to_owned(),
        kind: cells.parse(2, PartnerKind::parse)?,
        global_partner_id: cells.optional_partner(3)?,
        active_from: cells.optional_time(4)?,
        active_until: cells.optional_time(5)?,
    };
    Ok(KnownPartner { partner, changed_at: cells.time(6)? })
}

/// The head of a chain; none for a row that only stands there to be locked, before the first record.
pub(super) fn head(row: &Row) -> Result<Option<Head>, RegistryFault> {
    let cells = row.of("audit_head");
    let head = Head { sequence: cells.integer(0)?, hash: cells.parse(1, Hash::parse)?, at: cells.time(2)? };
    Ok((head.sequence != 0).then_some(head))
}

/// A chain, the end of it and the hash of that.
pub(super) fn chain_head(row: &Row) -> Result<(Uuid, i64, Hash), RegistryFault> {
    let cells = row.of("audit_head");
    Ok((cells.uuid(0)?, cells.integer(1)?, cells.parse(2, Hash::parse)?))
}
