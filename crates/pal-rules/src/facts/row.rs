//! One row of a table: its cells, read as the types of their columns.

use std::fmt;
use std::sync::Arc;

use super::table::{Column, ColumnKind, Table};
use crate::id::{Id, PartnerId};
use crate::time::{Day, Timestamp};
use crate::word::KnownFrom;

/// A cell, read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// An empty cell of a column that may be empty.
    Absent,
    /// See [`ColumnKind::Id`].
    Id(Id),
    /// See [`ColumnKind::Partner`].
    Partner(PartnerId),
    /// See [`ColumnKind::Text`].
    Text(Arc<str>),
    /// See [`ColumnKind::Time`].
    Time(Timestamp),
    /// See [`ColumnKind::Day`].
    Day(Day),
    /// See [`ColumnKind::Word`]: the word itself.
    Word(&'static str),
    /// See [`ColumnKind::Flag`].
    Flag(bool),
    /// See [`ColumnKind::Count`].
    Count(u64),
}

impl Value {
    /// Reads a cell; `None` if it cannot be read as the column's type, or is empty and may not be.
    pub fn parse(column: &Column, cell: &str) -> Option<Self> {
        if cell.is_empty() {
            return (!column.required).then_some(Self::Absent);
        }
        // No other kind has one, nor has a GUID.
        let has_nul = || cell.contains('\0');
        Some(match column.kind {
            ColumnKind::Id => Self::Id(Some(Id::new(cell)).filter(|id| id.guid().is_some() || !has_nul())?),
            ColumnKind::Partner => Self::Partner(PartnerId::new(cell)?),
            ColumnKind::Text => (!has_nul()).then(|| Self::Text(Arc::from(cell)))?,
            ColumnKind::Time => Self::Time(Timestamp::parse(cell)?),
            ColumnKind::Day => Self::Day(Day::parse(cell)?),
            ColumnKind::Word(words) => Self::Word(words.iter().find(|word| **word == cell)?),
            ColumnKind::Flag => Self::Flag(match cell {
                "true" => true,
                "false" => false,
                _ => return None,
            }),
            ColumnKind::Count => {
                Self::Count(cell.bytes().all(|byte| byte.is_ascii_digit()).then(|| cell.parse().ok())??)
            }
        })
    }

    /// The canonical text of the cell: what [`Value::parse`] reads back as the same value.
    pub fn text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Value {
    /// As [`Value::text`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Id(id) => fmt::Display::fmt(id, f),
            Self::Partner(partner) => fmt::Display::fmt(partner, f),
            Self::Text(text) => f.write_str(text),
            Self::Time(at) => fmt::Display::fmt(at, f),
            Self::Day(day) => fmt::Display::fmt(day, f),
            Self::Word(word) => f.write_str(word),
            Self::Flag(flag) => fmt::Display::fmt(flag, f),
            Self::Count(count) => fmt::Display::fmt(count, f),
        }
    }
}

/// One row: its values in the order of [`Table::columns`].
///
/// Equal rows are the same fact, however their cells were written. A copy shares its values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row(Arc<[Value]>);

/// A cell that cannot be read: the first of its row, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// Its column; `None` for too few or too many cells.
    pub column: Option<&'static str>,
    /// What is wrong, in words.
    pub found: Arc<str>,
}

impl Row {
    /// Makes a row of values that are already read; they are those of the table's columns, in order.
    pub fn new(values: Vec<Value>) -> Self {
        Self(values.into())
    }

    /// Stands for a cell that is not even text, where cells are text: no column reads a NUL.
    pub const UNREADABLE: &'static str = "\0";

    /// Reads the cells of one record.
    ///
    /// - `places`: for each cell in the file's order, the position of its column in [`Table::columns`].
    ///
    /// # Errors
    ///
    /// [`BadValue`] for the first cell that cannot be read, or a wrong number of cells.
    pub fn parse<'a>(
        table: Table,
        places: &[usize],
        cells: impl ExactSizeIterator<Item = &'a str>,
    ) -> Result<Self, BadValue> {
        if cells.len() != places.len() {
            let found = format!("the row has {} cells, its header {}", cells.len(), places.len());
            return Err(BadValue { column: None, found: found.into() });
        }
        let columns = table.columns();
        let read = |(place, cell): (&usize, &'a str)| {
            let value = columns.get(*place).and_then(|column| Value::parse(column, cell));
            (*place, value.ok_or(cell))
        };
        Self::read(table, places.iter().zip(cells).map(read))
    }

    /// Makes a row of the cells of one record, in the file's order: of each the position of its column in
    /// [`Table::columns`], and its value, or what stands there if that cannot be read.
    ///
    /// # Errors
    ///
    /// [`BadValue`] for the first cell that cannot be read, or is empty and may not be: only an observation from
    /// Microsoft may say "not linked" (`facts.md`, Periods).
    pub fn read<C: AsRef<str>>(
        table: Table,
        cells: impl Iterator<Item = (usize, Result<Value, C>)>,
    ) -> Result<Self, BadValue> {
        const PARTNER: usize = 2;
        let columns = table.columns();
        let mut row = Self(std::iter::repeat_n(Value::Absent, columns.len()).collect());
        let values = Arc::make_mut(&mut row.0);
        // A link's file may lack the column altogether: the cell that is missing then comes after all others.
        let (mut bad, mut partner_at): (Option<(usize, BadValue)>, usize) = (None, usize::MAX);
        for (position, (place, value)) in cells.enumerate() {
            if place == PARTNER {
                partner_at = position;
            }
            match (value, values.get_mut(place)) {
                (Ok(value), Some(slot)) => *slot = value,
                (Err(cell), _) if bad.is_none() => {
                    bad = columns.get(place).map(|column| (position, unreadable(column, cell.as_ref())));
                }
                _ => {}
            }
        }
        let observed = row.word(5) == Some(KnownFrom::Microsoft.as_str());
        if table == Table::Links && row.partner(PARTNER).is_none() && !observed {
            let found =
                "the cell is empty: only a link that is known from `microsoft` may be without a partner";
            let partner =
                BadValue { column: columns.get(PARTNER).map(|column| column.name), found: found.into() };
            if bad.as_ref().is_none_or(|(position, _)| partner_at < *position) {
                bad = Some((partner_at, partner));
            }
        }
        bad.map_or(Ok(row), |(_, bad)| Err(bad))
    }

    /// The values, in the order of the table's columns.
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// The values at these positions: the row's key.
    pub fn key<'a>(&'a self, positions: &'static [usize]) -> impl Iterator<Item = &'a Value> + Clone + 'a {
        positions.iter().filter_map(|position| self.0.get(*position))
    }

    /// The same row with the value at `position` replaced.
    #[must_use]
    pub fn with(mut self, position: usize, value: Value) -> Self {
        if let Some(place) = Arc::make_mut(&mut self.0).get_mut(position) {
            *place = value;
        }
        self
    }

    /// Whether a `resources` row has `deleted_at` but neither name nor `created_at`.
    pub fn only_reports_deletion(&self) -> bool {
        self.time(6).is_some() && self.text(4).is_none() && self.time(5).is_none()
    }

    /// The id at a position; `None` if absent.
    pub fn id(&self, position: usize) -> Option<&Id> {
        match self.0.get(position)? {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }

    /// The partner id at a position; `None` if absent.
    pub fn partner(&self, position: usize) -> Option<PartnerId> {
        match self.0.get(position)? {
            Value::Partner(partner) => Some(*partner),
            _ => None,
        }
    }

    /// The text at a position; `None` if absent.
    pub fn text(&self, position: usize) -> Option<&Arc<str>> {
        match self.0.get(position)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The instant at a position; `None` if absent.
    pub fn time(&self, position: usize) -> Option<Timestamp> {
        match self.0.get(position)? {
            Value::Time(at) => Some(*at),
            _ => None,
        }
    }

    /// The day at a position; `None` if absent.
    pub fn day(&self, position: usize) -> Option<Day> {
        match self.0.get(position)? {
            Value::Day(day) => Some(*day),
            _ => None,
        }
    }

    /// The word at a position; `None` if absent.
    pub fn word(&self, position: usize) -> Option<&'static str> {
        match self.0.get(position)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The flag at a position; `None` if absent.
    pub fn flag(&self, position: usize) -> Option<bool> {
        match self.0.get(position)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The number at a position; `None` if absent.
    pub fn count(&self, position: usize) -> Option<u64> {
        match self.0.get(position)? {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }
}

/// Why a cell cannot be read as its column's type.
fn unreadable(column: &Column, cell: &str) -> BadValue {
    /// As much of a cell as a message shows.
    const SHOWN: usize = 60;
    let mut shown: String = cell.chars().take(SHOWN).collect();
    if shown.len() < cell.len() {
        shown.push('…');
    }
    let found = if cell == Row::UNREADABLE {
        "the cell is not UTF-8 text: save the file as UTF-8".to_owned()
    } else if cell.contains('\0') {
        "the cell holds a NUL byte".to_owned()
    } else if cell.is_empty() {
        "the cell is empty and may not be".to_owned()
    } else {
        match column.kind {
            ColumnKind::Partner => format!("`{shown}` is no partner id: those are 1 to 10 decimal digits"),
            ColumnKind::Time if cell.starts_with("0000-01-01") || cell.starts_with("9999-12-31") => {
                format!("`{shown}` is no RFC 3339 time with a zone in the years 0 to 9999 of UTC")
            }
            ColumnKind::Time => {
                format!("`{shown}` is no RFC 3339 time with a zone, such as 2026-03-01T00:00:00Z")
            }
            ColumnKind::Day => format!("`{shown}` is no day such as 2026-03-01"),
            ColumnKind::Word(words) => format!("`{shown}` is none of {}", words.join(", ")),
            ColumnKind::Flag => format!("`{shown}` is neither `true` nor `false`"),
            ColumnKind::Count => format!("`{shown}` is no whole number"),
            ColumnKind::Id | ColumnKind::Text => format!("`{shown}` cannot be read as text"),
        }
    };
    BadValue { column: Some(column.name), found: found.into() }
}

#[cfg(test)]
mod tests {
    use super::{Table, Value};

    #[test]
    fn no_column_reads_a_nul() {
        let guid = "0ad67e72-b1a4-44f9-bb91-e572ebe718df\0";
        for column in Table::ALL.iter().flat_map(|table| table.columns()) {
            for cell in
                ["\0", "1\0", "true\0", "user\0", "2026-03-01\0", "2026-03-01T00:00:00Z\0", "a\0b", guid]
            {
                assert_eq!(Value::parse(column, cell), None, "{} {cell:?}", column.name);
            }
        }
    }
}
