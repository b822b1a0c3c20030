//! Why a facts directory cannot be read: messages that say where, what, and what to do.

use std::io;
use std::path::PathBuf;

/// Why a file, and with it the whole directory, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The operating system says no.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A folder without any table.
    #[error("`{}` holds no table of facts: expected files such as `resources.csv`{hint}", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
        /// What may have been meant.
        hint: String,
    },
    /// A file that looks like a table and is none.
    #[error("`{name}` is no table of facts{hint}")]
    UnknownTable {
        /// The file.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// One table in two forms.
    #[error("`{first}` and `{second}` are the same table: keep one of them")]
    TwoForms {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// A CSV file without a header row.
    #[error("`{name}` is empty: its first row must name the columns {expected}")]
    NoHeader {
        /// The file.
        name: String,
        /// The table's columns.
        expected: String,
    },
    /// A file in UTF-16, as spreadsheets write "Unicode text".
    #[error("`{name}` is UTF-16: save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\")")]
    Utf16 {
        /// The file.
        name: String,
    },
    /// Cells that something other than a comma separates.
    #[error("`{name}` separates its cells with {separator}: save it with commas")]
    Separator {
        /// The file.
        name: String,
        /// What separates them.
        separator: &'static str,
    },
    /// A column that the table does not have.
    #[error(
        "`{name}` has a column `{column}` that `{table}` does not have{hint}: its columns are {expected}"
    )]
    UnknownColumn {
        /// The file.
        name: String,
        /// The column.
        column: String,
        /// What may have been meant.
        hint: String,
        /// The table.
        table: &'static str,
        /// The table's columns.
        expected: String,
    },
    /// A column that stands twice.
    #[error("`{name}` has the column `{column}` twice: remove one")]
    RepeatedColumn {
        /// The file.
        name: String,
        /// The column.
        column: String,
    },
    /// A column that must be there.
    #[error("`{name}` lacks the column `{column}`, which `{table}` must have")]
    MissingColumn {
        /// The file.
        name: String,
        /// The column.
        column: &'static str,
        /// The table.
        table: &'static str,
    },
    /// A Parquet column of a type that cannot hold its values.
    #[error("`{name}`: column `{column}` is of type {found}: {advice}")]
    ColumnType {
        /// The file.
        name: String,
        /// The column.
        column: &'static str,
        /// The type it has.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// Bytes that are not the file's format.
    #[error("`{name}` is damaged or not {format}")]
    Damaged {
        /// The file.
        name: String,
        /// What it should be.
        format: &'static str,
        /// What the reader says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
