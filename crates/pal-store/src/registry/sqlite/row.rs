//! Columns to values. What no writer could have stored is a fault, not a panic.

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;
use uuid::Uuid;

use crate::registry::RegistryFault;

/// A row of a table, for reading.
pub(super) struct Cells<'a> {
    pub(super) table: &'static str,
    pub(super) row: &'a Row<'a>,
}

impl Cells<'_> {
    pub(super) fn get<T: FromSql>(&self, column: usize) -> Result<T, RegistryFault> {
        self.row.get(column).map_err(Into::into)
    }

    /// A column whose text must be readable as something.
    pub(super) fn parse<T>(
        &self,
        column: usize,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, RegistryFault> {
        let text: String = self.get(column)?;
        parse(&text).ok_or_else(|| RegistryFault::damaged(self.table, &text))
    }

    pub(super) fn uuid(&self, column: usize) -> Result<Uuid, RegistryFault> {
        self.parse(column, |text| Uuid::try_parse(text).ok())
    }

    pub(super) fn partner(&self, column: usize) -> Result<PartnerId, RegistryFault> {
        self.parse(column, PartnerId::new)
    }

    pub(super) fn optional_partner(&self, column: usize) -> Result<Option<PartnerId>, RegistryFault> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| PartnerId::new(&text).ok_or_else(|| RegistryFault::damaged(self.table, &text)))
            .transpose()
    }

    pub(super) fn time(&self, column: usize) -> Result<Timestamp, RegistryFault> {
        self.get(column).map(Timestamp::from_micros)
    }

    pub(super) fn optional_time(&self, column: usize) -> Result<Option<Timestamp>, RegistryFault> {
        let micros: Option<i64> = self.get(column)?;
        Ok(micros.map(Timestamp::from_micros))
    }
}
