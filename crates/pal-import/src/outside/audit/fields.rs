//! The members of an audit record that facts are made of, and nothing else: taken from a parsed record, or from its text
//! on the fast path. Whatever makes facts looks only here, so both ways give the same.

use std::borrow::Cow;

use serde_json::Value;

use crate::outside::Record;

/// Names the members once.
macro_rules! names {
    ($($name:ident = $text:literal)*) => {
        /// A member, by its name.
        #[expect(clippy::enum_variant_names, reason = "the names that records have")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::outside) enum Name { $($name),* }

        /// The members as records spell them; other casings are the same.
        pub(super) const NAMES: &[(Name, &str)] = &[$((Name::$name, $text)),*];
        const COUNT: usize = NAMES.len();

    };
}

names! {
    AdditionalInfo = "AdditionalInfo"
    AppId = "AppId"
    AppName = "AppName"
    CreationTime = "CreationTime"
    DashboardId = "DashboardId"
    DatasetId = "DatasetId"
    Datasets = "Datasets"
    FlowDetailsUrl = "FlowDetailsUrl"
    Id = "Id"
    InstanceUrl = "InstanceUrl"
    IsSuccess = "IsSuccess"
    JsonPropertiesCollection = "JsonPropertiesCollection"
    Message = "Message"
    ObjectId = "ObjectId"
    Operation = "Operation"
    OrganizationId = "OrganizationId"
    PrimaryFieldValue = "PrimaryFieldValue"
    PropertyCollection = "PropertyCollection"
    RecordType = "RecordType"
    ReportId = "ReportId"
    ResultStatus = "ResultStatus"
    SystemUserId = "SystemUserId"
    UserId = "UserId"
    UserKey = "UserKey"
    UserType = "UserType"
    UserUpn = "UserUPN"
    Workload = "Workload"
}

impl Name {
    /// A bit for each.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Whether some records spell it so, beside the name that it has.
    pub(super) fn is_also(self, text: &[u8]) -> bool {
        self == Name::UserUpn && text == b"UserUpn"
    }
}

/// What a member holds.
#[derive(Clone, Debug, Default)]
pub(super) enum Cell<'a> {
    /// Nothing, or nothing that is ever asked for.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(i64),
    Truth(bool),
    /// An object or a list.
    Nested(&'a Value),
    Owned(Box<Value>),
}

/// The members of one record.
#[derive(Debug, Default)]
pub(in crate::outside) struct Fields<'a> {
    cells: [Cell<'a>; COUNT],
    /// The bits of those that were set; others hold what an earlier record had.
    set: u32,
}

impl<'a> Fields<'a> {
    /// The members of a parsed record.
    pub(in crate::outside) fn of(record: Record<'a>) -> Fields<'a> {
        let mut fields = Fields::default();
        for (name, text) in NAMES {
            if let Some(value) = record.get(text) {
                fields.set(*name, Cell::of(value));
            }
        }
        fields
    }

    #[inline]
    pub(super) fn set(&mut self, name: Name, cell: Cell<'a>) {
        if let Some(slot) = self.cells.get_mut(name as usize) {
            *slot = cell;
            self.set |= name.bit();
        }
    }

    /// Forgets them, for the next record.
    pub(super) fn clear(&mut self) {
        self.set = 0;
    }

    #[inline]
    fn cell(&self, name: Name) -> &Cell<'a> {
        let cell = self.cells.get(name as usize).filter(|_| self.set & name.bit() != 0);
        cell.unwrap_or(&Cell::Absent)
    }

    /// Whether a member has nothing that is ever asked for.
    pub(super) fn lacks(&self, name: Name) -> bool {
        matches!(self.cell(name), Cell::Absent)
    }

    /// The text of a member, trimmed; none where it is empty.
    pub(in crate::outside) fn text(&self, name: Name) -> Option<&str> {
        let Cell::Text(text) = self.cell(name) else { return None };
        // Most texts need no look at their letters for that.
        let trimmed = match text.as_bytes() {
            [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
            _ => text.trim(),
        };
        Some(trimmed).filter(|text| !text.is_empty())
    }

    /// A whole number, also written as text.
    pub(in crate::outside) fn number(&self, name: Name) -> Option<i64> {
        match self.cell(name) {
            Cell::Number(number) => Some(*number),
            Cell::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A truth, also written as text.
    pub(in crate::outside) fn truth(&self, name: Name) -> Option<bool> {
        match self.cell(name) {
            Cell::Truth(truth) => Some(*truth),
            Cell::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            Cell::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// An object or a list, also the text of one.
    pub(in crate::outside) fn nested(&self, name: Name) -> Option<Cow<'_, Value>> {
        match self.cell(name) {
            Cell::Nested(value) => Some(Cow::Borrowed(value)),
            Cell::Owned(value) => Some(Cow::Borrowed(value)),
            Cell::Text(text) => serde_json::from_str(text).ok().map(Cow::Owned),
            _ => None,
        }
    }
}

impl<'a> Cell<'a> {
    fn of(value: &'a Value) -> Cell<'a> {
        match value {
            Value::Null => Cell::Absent,
            Value::String(text) => Cell::Text(Cow::Borrowed(text)),
            Value::Bool(truth) => Cell::Truth(*truth),
            Value::Number(number) => number.as_i64().map_or(Cell::Absent, Cell::Number),
            Value::Array(_) | Value::Object(_) => Cell::Nested(value),
        }
    }
}
