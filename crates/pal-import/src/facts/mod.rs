//! The facts directory: one file per table, CSV or Parquet, or a folder of Parquet files.

mod activity_file;
mod checksums;
mod csv;
mod fault;
mod lines;
mod month_file;
mod pairs;
mod parquet;
mod stored_activity;

pub use fault::Unreadable;

pub use activity_file::{ActivityWriter, Unwritable, WrittenMonth};
pub use checksums::{Checksums, checksums};
pub use pairs::{Sought, may_have};
pub use stored_activity::{ActivityPart, StoredActivity, StoredRow};

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
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
    /// Parquet that [`ActivityWriter`] wrote: its rows keep the addresses where they were first read.
    Stored {
        /// The checksum of its footer ([`WrittenMonth::checksum`]).
        checksum: u32,
    },
}

impl FactFile {
    /// The checksum of a file that an import wrote.
    pub fn checksum(&self) -> Option<u32> {
        match self.format {
            Format::Stored { checksum } => Some(checksum),
            Format::Csv | Format::Parquet => None,
        }
    }
}

/// How files are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Take Parquet timestamps without a zone as UTC.
    pub assume_utc: bool,
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
        let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
        let (stem, format) = match ending.to_lowercase().as_str() {
            "csv" => (stem, Some(Format::Csv)),
            "parquet" => (stem, Some(Format::Parquet)),
            _ => (name.as_str(), None),
        };
        let table = Table::parse(stem);
        if let Some(hint) = misspelt(&name, path.is_dir()) {
            return Err(Unreadable::UnknownTable { hint, name });
        }
        let found = match (table, format, path.is_dir()) {
            (Some(table), Some(format), false) => {
                vec![FactFile { table, name: name.clone(), path, format }]
            }
            (Some(table), None | Some(Format::Parquet), true) => parts(table, &name, &path)?,
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
        return Err(Unreadable::Empty { path: directory.to_owned(), hint: below(directory) });
    }
    Ok(files)
}

/// For an entry that has the name of a table but not quite a form of one, what may have been meant.
fn misspelt(name: &str, folder: bool) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let table = Table::parse(&stem.to_lowercase())?.name();
    let meant = match (ending.to_lowercase().as_str(), folder) {
        (ending @ ("csv" | "parquet"), _) => format!("{table}.{ending}"),
        ("", true) => table.to_owned(),
        ("", false) => format!("{table}.csv"),
        _ => return None,
    };
    (name != meant).then(|| format!(": did you mean `{meant}`?"))
}

/// The Parquet files of a folder that stands for a table, and of the folders in it: by month, by day, as they are
/// written. Names that begin with `_` or `.` are other programs' marks.
fn parts(table: Table, folder: &str, path: &Path) -> Result<Vec<FactFile>, Unreadable> {
    let mut files = Vec::new();
    let all = list(path)?.into_iter().filter(|(name, _)| !name.starts_with(['_', '.']));
    for (name, path) in all {
        let name = format!("{folder}/{name}");
        match path.extension().and_then(|ending| ending.to_str()) {
            _ if path.is_dir() => files.extend(parts(table, &name, &path)?),
            Some("parquet") => files.push(FactFile { table, name, path, format: Format::Parquet }),
            Some("csv") => {
                let hint = format!(
                    ": a folder of `{folder}` holds Parquet files; put CSV into one file `{folder}.csv`"
                );
                return Err(Unreadable::UnknownTable { name, hint });
            }
            _ => {}
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

/// A folder below that is a facts directory, as a hint.
fn below(directory: &Path) -> String {
    let folders = list(directory).unwrap_or_default().into_iter().filter(|(_, path)| path.is_dir());
    let mut facts = folders.filter(|(name, path)| Table::parse(name).is_none() && discover(path).is_ok());
    facts.next().map(|(_, path)| format!("; did you mean `{}`?", path.display())).unwrap_or_default()
}

/// The name among these that is most like another, as a hint; nothing where none is like it.
fn most_like<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this likeness (0 to 1, by Jaro and Winkler) a hint would only distract.
    const LIKE: f64 = 0.85;
    let name = name.to_lowercase();
    let like = among.map(|other| (strsim::jaro_winkler(&name, other), other));
    like.filter(|(likeness, _)| *likeness >= LIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

/// The table that may have been meant, or all of them.
fn nearest(stem: &str) -> String {
    if let Some(table) = most_like(stem, Table::ALL.into_iter().map(Table::name)) {
        return format!(": did you mean `{table}`?");
    }
    let names: Vec<&str> = Table::ALL.into_iter().map(Table::name).collect();
    format!(": the tables are {}", names.join(", "))
}

/// Reads a file record by record; none is kept.
///
/// - `number`: the file's number in the addresses.
/// - `passed`: holds how many of the file's bytes are behind, while `take` is called and at the end.
/// - `take`: gets each record in the file's order.
///
/// # Errors
///
/// [`Unreadable`] for the file as a whole; single rows that cannot be read are records.
pub fn read(
    file: &FactFile,
    number: u32,
    options: Options,
    passed: &Cell<u64>,
    take: &mut dyn FnMut(Record),
) -> Result<(), Unreadable> {
    match file.format {
        Format::Csv => csv::read(file, number, passed, take),
        Format::Parquet | Format::Stored { .. } => parquet::read(file, number, options, passed, take),
    }
}

/// For each of a file's columns its position in the table.
fn places(file: &FactFile, header: &[String]) -> Result<Vec<usize>, Unreadable> {
    let columns = file.table.columns();
    let mut places = Vec::with_capacity(header.len());
    for name in header {
        let Some(place) = columns.iter().position(|column| column.name == name) else {
            let missing =
                columns.iter().map(|column| column.name).filter(|name| !header.iter().any(|one| one == name));
            let meant = most_like(name, missing);
            return Err(Unreadable::UnknownColumn {
                name: file.name.clone(),
                column: name.clone(),
                hint: meant.map(|meant| format!(" (did you mean `{meant}`?)")).unwrap_or_default(),
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
