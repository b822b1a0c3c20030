//! Facts as they were told: every distinct row, at the address where it was first read.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use pal_rules::facts::{Address, Entry, Gathered, Row, Rows, Table};
use rusqlite::types::ValueRef;
use rusqlite::{Transaction, params, params_from_iter};

use super::{Workspace, WorkspaceFault};

/// All rows of a workspace but its activity.
#[derive(Debug, Default)]
pub struct StoredFacts {
    /// The rows; an address's file is a position in `names`.
    pub gathered: Gathered,
    /// The files that rows were read from, as people know them.
    pub names: Vec<String>,
    /// The files that are exports, and not facts as they are.
    pub exports: BTreeSet<u32>,
}

/// A row that a later import brought.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// Its table.
    pub table: Table,
    /// The row.
    pub row: Row,
    /// The import.
    pub import: i64,
    /// The file it was first read from.
    pub file: String,
    /// The line in it.
    pub line: u64,
}

/// The files that rows were read from, by number.
struct Files {
    names: Vec<String>,
    imports: Vec<i64>,
}

/// The imports after one and up to another. Whether a file is of them is looked up here: asked to join the two, the database
/// would look it up anew for each row.
struct Span {
    after: i64,
    until: i64,
    /// By number of the file.
    imports: Vec<i64>,
    /// The smallest number of a file of them: rows of earlier ones are passed over where they stand.
    least: Option<i64>,
}

impl Span {
    fn has(&self, file: i64) -> bool {
        let import = usize::try_from(file).ok().and_then(|file| self.imports.get(file));
        import.is_some_and(|import| *import > self.after && *import <= self.until)
    }
}

/// Which rows of a table, by the text in their first column, as it is stored.
#[derive(Clone, Copy, Debug)]
enum Which<'a> {
    All,
    Is(&'a str),
    /// From one up to another, or all above.
    Between(&'a str, Option<&'a str>),
}

/// A quarter of all GUIDs are between each of them and the next.
const QUARTERS: [(&str, Option<&str>); 4] =
    [("", Some("4")), ("4", Some("8")), ("8", Some("c")), ("c", None)];

/// The tables with most rows, read first: whoever is done early waits no longer than for a part of a small table.
const LARGEST: [Table; 3] = [Table::Resources, Table::Ownership, Table::Principals];

impl Files {
    fn new_row(&self, table: Table, row: Row, file: i64, line: u64) -> NewRow {
        let position = usize::try_from(file).unwrap_or(0);
        NewRow {
            table,
            row,
            import: self.imports.get(position).copied().unwrap_or(0),
            file: self.names.get(position).cloned().unwrap_or_default(),
            line,
        }
    }
}

impl Workspace {
    /// Reads every row but activity, as far as the given import.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`], and [`WorkspaceFault::DamagedRow`] for a row that no import could have stored.
    pub fn facts(&self, last_import: i64) -> Result<StoredFacts, WorkspaceFault> {
        let (names, exports) = (self.file_names()?, self.export_files()?);
        let mut facts = StoredFacts { names, exports, ..StoredFacts::default() };
        let span = self.span(0, last_import)?;
        // What imports up to one told never changes, so two connections see the same. In quarters, since one table can be
        // most of it; those that begin with the one tenant there is, or with a letter, are in one of them.
        let quarters = |table| QUARTERS.map(|(from, until)| (table, Which::Between(from, until)));
        let others = fact_tables().filter(|table| !LARGEST.contains(table));
        let quarters: Vec<_> = LARGEST.into_iter().chain(others).flat_map(quarters).collect();
        let next = AtomicUsize::new(0);
        let some = |workspace: &Self| {
            let next = || {
                let number = next.fetch_add(1, Ordering::Relaxed);
                Some((number, quarters.get(number)?))
            };
            let read = |(number, (table, which)): (usize, &(Table, Which<'_>))| {
                workspace.gathered(*table, &span, *which).map(|rows| (number, *table, rows))
            };
            std::iter::from_fn(next).map(read).collect::<Result<Vec<_>, _>>()
        };
        let folder = &self.folder;
        let (own, other) = thread::scope(|scope| {
            // Where no thread may be started, this one reads all.
            let other = thread::Builder::new().spawn_scoped(scope, || some(&Self::open(folder)?));
            let own = some(self);
            let other = other
                .map_or(Ok(Vec::new()), |other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            (own, other)
        });
        let mut read: Vec<_> = own?.into_iter().chain(other?).collect();
        read.sort_by_key(|(number, ..)| *number);
        for (_, table, rows) in read {
            facts.gathered.extend(table, rows);
        }
        Ok(facts)
    }

    fn gathered(&self, table: Table, span: &Span, which: Which<'_>) -> Result<Rows, WorkspaceFault> {
        let mut rows = Rows::default();
        self.rows(table, span, which, |row, file, line| {
            let address = Address { file: u32::try_from(file).unwrap_or(0), line };
            rows.push(table, Entry { row, address });
        })?;
        Ok(rows)
    }

    /// The rows that imports after `after` and up to `until` brought, by table and content.
    ///
    /// # Errors
    ///
    /// As [`Workspace::facts`].
    pub fn new_rows(&self, after: i64, until: i64) -> Result<Vec<NewRow>, WorkspaceFault> {
        self.rows_of(fact_tables(), after, until)
    }

    /// Every row of one table, with the import that first brought it.
    ///
    /// # Errors
    ///
    /// As [`Workspace::facts`].
    pub fn table_rows(&self, table: Table) -> Result<Vec<NewRow>, WorkspaceFault> {
        self.rows_of(std::iter::once(table), 0, self.last_import()?)
    }

    /// The rows of one table that have one of these texts in their first column, as it is stored, found without reading
    /// the others.
    ///
    /// # Errors
    ///
    /// As [`Workspace::facts`].
    pub fn rows_that_begin(
        &self,
        table: Table,
        first: &BTreeSet<String>,
    ) -> Result<Vec<NewRow>, WorkspaceFault> {
        let (files, span) = (self.files()?, self.span(0, self.last_import()?)?);
        let mut rows = Vec::new();
        for text in first {
            self.rows(table, &span, Which::Is(text), |row, file, line| {
                rows.push(files.new_row(table, row, file, line));
            })?;
        }
        Ok(rows)
    }

    fn rows_of(
        &self,
        tables: impl Iterator<Item = Table>,
        after: i64,
        until: i64,
    ) -> Result<Vec<NewRow>, WorkspaceFault> {
        let (files, span) = (self.files()?, self.span(after, until)?);
        let mut rows = Vec::new();
        for table in tables {
            self.rows(table, &span, Which::All, |row, file, line| {
                rows.push(files.new_row(table, row, file, line));
            })?;
        }
        Ok(rows)
    }

    fn span(&self, after: i64, until: i64) -> Result<Span, WorkspaceFault> {
        let imports = self.file_imports()?;
        let of_span = |import: &i64| *import > after && *import <= until;
        let least = imports.iter().position(of_span).and_then(|file| i64::try_from(file).ok());
        Ok(Span { after, until, imports, least })
    }

    fn files(&self) -> Result<Files, WorkspaceFault> {
        Ok(Files { names: self.file_names()?, imports: self.file_imports()? })
    }

    fn rows(
        &self,
        table: Table,
        span: &Span,
        which: Which<'_>,
        mut take: impl FnMut(Row, i64, u64),
    ) -> Result<(), WorkspaceFault> {
        let Some(least) = span.least else { return Ok(()) };
        let columns = table.columns();
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let places: Vec<usize> = (0..columns.len()).collect();
        let mut sql = format!("select {}, import_file_id, line from {}", names.join(", "), table.name());
        let (compared, text, until) = match which {
            Which::All => (">=", "", None),
            Which::Is(text) => ("=", text, None),
            Which::Between(from, until) => (">=", from, until),
        };
        if let Some(name) = names.first() {
            sql.push_str(&format!(" where {name} {compared} ?1 and import_file_id >= ?2"));
            if until.is_some() {
                sql.push_str(&format!(" and {name} < ?3"));
            }
        }
        let mut statement = self.connection.prepare(&sql)?;
        let mut stored = match until {
            Some(until) => statement.query(params![text, least, until])?,
            None => statement.query(params![text, least])?,
        };
        while let Some(found) = stored.next()? {
            let file: i64 = found.get(columns.len())?;
            if !span.has(file) {
                continue;
            }
            let cell = |place: &usize| match found.get_ref(*place) {
                Ok(ValueRef::Text(text)) => std::str::from_utf8(text).unwrap_or(Row::UNREADABLE),
                _ => Row::UNREADABLE,
            };
            let row = Row::parse(table, &places, places.iter().map(cell)).map_err(|_| {
                let cells = places.iter().map(cell).collect::<Vec<_>>().join(",");
                WorkspaceFault::DamagedRow { table: table.name(), cells }
            })?;
            let line: i64 = found.get(columns.len() + 1)?;
            take(row, file, line.cast_unsigned());
        }
        Ok(())
    }

    /// For each number of an import file its name, the import in front; the numbers begin at 1.
    ///
    /// # Errors
    ///
    /// [`WorkspaceFault::Sql`].
    pub fn file_names(&self) -> Result<Vec<String>, WorkspaceFault> {
        let sql = "select id, import_id, name from import_file order by id";
        let mut names = vec![String::new()];
        let mut statement = self.connection.prepare(sql)?;
        let mut files = statement.query([])?;
        while let Some(file) = files.next()? {
            let (import, name): (i64, String) = (file.get(1)?, file.get(2)?);
            names.push(format!("import {import}: {name}"));
        }
        Ok(names)
    }

    fn export_files(&self) -> Result<BTreeSet<u32>, WorkspaceFault> {
        let mut statement = self.connection.prepare("select id from import_file where table_name = ''")?;
        let numbers = statement.query_map([], |row| row.get(0))?;
        numbers.collect::<Result<_, _>>().map_err(Into::into)
    }

    fn file_imports(&self) -> Result<Vec<i64>, WorkspaceFault> {
        let mut statement = self.connection.prepare("select import_id from import_file order by id")?;
        let imports = statement.query_map([], |row| row.get(0))?;
        std::iter::once(Ok(0)).chain(imports).collect::<Result<_, _>>().map_err(Into::into)
    }
}

/// The tables whose rows stand in the database; activity stands in files.
fn fact_tables() -> impl Iterator<Item = Table> {
    Table::ALL.into_iter().filter(|table| *table != Table::Activity)
}

/// Stores a row unless it is there already; says whether it was new.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    table: Table,
    row: &Row,
    file: i64,
    line: u64,
) -> Result<bool, WorkspaceFault> {
    let columns = table.columns().len();
    let marks: Vec<String> = (1..=columns + 2).map(|place| format!("?{place}")).collect();
    let sql = format!("insert into {} values ({}) on conflict do nothing", table.name(), marks.join(", "));
    let cells = row.values().iter().map(|value| rusqlite::types::Value::Text(value.text()));
    let address =
        [rusqlite::types::Value::Integer(file), rusqlite::types::Value::Integer(line.cast_signed())];
    Ok(transaction.prepare_cached(&sql)?.execute(params_from_iter(cells.chain(address)))? == 1)
}
