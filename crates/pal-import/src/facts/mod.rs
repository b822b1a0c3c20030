//! The facts directory: one file per table, CSV or Parquet, or a folder of Parquet files.

mod activity_file;
mod csv;
mod lines;
mod parquet;

pub use activity_file::{ActivityWriter, Unwritable, WrittenMonth};

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pal_rules::facts::{Address, BadValue, Row, Table};

/// A file of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactFile {
    /// Its table.
    pub table: Table,
    /// Its name as addresses show it, below the facts directory, with `/`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// How it is read.
    pub format: Format,
}

/// The form of a file of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// UTF-8, comma, RFC 4180, with a header.
    Csv,
    /// Parquet with the same column names.
    Parquet,
}

/// How files are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Take Parquet timestamps without a zone as UTC.
    pub assume_utc: bool,
}

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
    #[error("`{}` holds no table of facts: expected files such as `resources.csv`", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
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
    /// A column that the table does not have.
    #[error("`{name}` has a column `{column}` that `{table}` does not have: its columns are {expected}")]
    UnknownColumn {
        /// The file.
        name: String,
        /// The column.
        column: String,
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

/// One record of a file: a row, or the cell that cannot be read.
pub type Record = (Address, Result<Row, BadValue>);

/// Finds the files of a facts directory, in the order of their names.
///
/// # Errors
///
/// [`Unreadable`] when a folder cannot be listed, holds no table, or a table in two forms or with a wrong name.
pub fn discover(directory: &Path) -> Result<Vec<FactFile>, Unreadable> {
    let mut files: Vec<FactFile> = Vec::new();
    let mut forms: BTreeMap<Table, String> = BTreeMap::new();
    for (name, path) in list(directory)? {
        let (stem, format) = match name.rsplit_once('.') {
            Some((stem, "csv")) => (stem, Some(Format::Csv)),
            Some((stem, "parquet")) => (stem, Some(Format::Parquet)),
            _ => (name.as_str(), None),
        };
        let table = Table::parse(stem);
        let found = match (table, format, path.is_dir()) {
            (Some(table), Some(format), false) => {
                vec![FactFile { table, name: name.clone(), path, format }]
            }
            (Some(table), None, true) => parts(table, &name, &path)?,
            (None, Some(_), false) => {
                return Err(Unreadable::UnknownTable { hint: nearest(stem), name });
            }
            (Some(table), Some(_), true) => {
                let hint = format!(": it is a folder; a folder of Parquet files is named `{}`", table.name());
                return Err(Unreadable::UnknownTable { hint, name });
            }
            _ => continue,
        };
        if let (Some(first), Some(_)) = (table.and_then(|table| forms.get(&table)), found.first()) {
            return Err(Unreadable::TwoForms { first: first.clone(), second: name });
        }
        if let (Some(table), false) = (table, found.is_empty()) {
            forms.insert(table, name);
        }
        files.extend(found);
    }
    if files.is_empty() {
        return Err(Unreadable::Empty { path: directory.to_owned() });
    }
    Ok(files)
}

/// The Parquet files of a folder that stands for a table.
fn parts(table: Table, folder: &str, path: &Path) -> Result<Vec<FactFile>, Unreadable> {
    let mut files = Vec::new();
    for (name, path) in list(path)? {
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending == Some("csv") {
            return Err(Unreadable::UnknownTable {
                name: format!("{folder}/{name}"),
                hint: format!(
                    ": a folder of `{folder}` holds Parquet files; put CSV into one file `{folder}.csv`"
                ),
            });
        }
        if ending == Some("parquet") {
            files.push(FactFile { table, name: format!("{folder}/{name}"), path, format: Format::Parquet });
        }
    }
    Ok(files)
}

/// The entries of a folder by name.
fn list(directory: &Path) -> Result<Vec<(String, PathBuf)>, Unreadable> {
    let fault = |source| Unreadable::Io { path: directory.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    entries.sort();
    Ok(entries)
}

/// The table whose name shares the longest beginning, as a hint.
fn nearest(stem: &str) -> String {
    let shared = |table: &Table| {
        table.name().bytes().zip(stem.bytes()).take_while(|(expected, found)| expected == found).count()
    };
    if let Some(table) = Table::ALL.into_iter().max_by_key(shared).filter(|table| shared(table) >= 3) {
        return format!(": did you mean `{}`?", table.name());
    }
    let names: Vec<&str> = Table::ALL.into_iter().map(Table::name).collect();
    format!(": the tables are {}", names.join(", "))
}

/// Reads a file record by record; none is kept.
///
/// - `number`: the file's number in the addresses.
/// - `take`: gets each record in the file's order.
///
/// # Errors
///
/// [`Unreadable`] for the file as a whole; single rows that cannot be read are records.
pub fn read(
    file: &FactFile,
    number: u32,
    options: Options,
    take: &mut dyn FnMut(Record),
) -> Result<(), Unreadable> {
    match file.format {
        Format::Csv => csv::read(file, number, take),
        Format::Parquet => parquet::read(file, number, options, take),
    }
}

/// For each of a file's columns its position in the table.
fn places(file: &FactFile, header: &[String]) -> Result<Vec<usize>, Unreadable> {
    let columns = file.table.columns();
    let mut places = Vec::with_capacity(header.len());
    for name in header {
        let Some(place) = columns.iter().position(|column| column.name == name) else {
            return Err(Unreadable::UnknownColumn {
                name: file.name.clone(),
                column: name.clone(),
                table: file.table.name(),
                expected: expected(file.table),
            });
        };
        if places.contains(&place) {
            return Err(Unreadable::RepeatedColumn { name: file.name.clone(), column: name.clone() });
        }
        places.push(place);
    }
    let missing =
        columns.iter().enumerate().find(|(place, column)| column.required && !places.contains(place));
    match missing {
        Some((_, column)) => Err(Unreadable::MissingColumn {
            name: file.name.clone(),
            column: column.name,
            table: file.table.name(),
        }),
        None => Ok(places),
    }
}

/// The columns of a table for a message; those that may be left out carry `?`.
fn expected(table: Table) -> String {
    let names: Vec<String> = table
        .columns()
        .iter()
        .map(|column| format!("{}{}", column.name, if column.required { "" } else { "?" }))
        .collect();
    names.join(", ")
}
