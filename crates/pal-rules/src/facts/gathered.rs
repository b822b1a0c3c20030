//! Rows of a set of facts on their way to be settled.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keep::{self, Distinct, Entry};
use super::link::LinksFrom;
use super::table::{Keeping, Table};
use super::{Refusal, Row, Value};

/// Rows of one table, as they were added.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Each part as it was added: to put millions of rows behind each other is to copy them.
    parts: Vec<Vec<Entry>>,
    /// Whether some row is not above the one before it.
    unordered: bool,
    /// Texts that rows share: of a million resources a dozen products.
    texts: Vec<Arc<str>>,
}

/// So many texts are shared at most: each row is held against them.
const TEXTS: usize = 1 << 4;

/// Whether a row comes after another, and its key, too.
///
/// Of a workspace, rows mostly do. Whether they do is asked as they are added, when they are at hand: there are more than
/// a cache holds, and to look at them again is to fetch them again.
fn is_above(table: Table, row: &Row, before: &Row) -> bool {
    let keys_rise = match table.keeping() {
        Keeping::Entity(key) | Keeping::Period(key, _) => before.key(key).lt(row.key(key)),
        Keeping::Event => before.id(0) < row.id(0),
        Keeping::Set => true,
    };
    keys_rise && before < row
}

impl Rows {
    /// Adds a row.
    ///
    /// - `table`: always the same.
    pub fn push(&mut self, table: Table, mut entry: Entry) {
        self.look_at(table, &entry);
        entry.row = self.share(table, entry.row);
        match self.parts.last_mut() {
            Some(part) => part.push(entry),
            None => self.parts.push(vec![entry]),
        }
    }

    /// A row with the text that others have, too, in place of its own.
    fn share(&mut self, table: Table, row: Row) -> Row {
        const PRODUCT: usize = 1;
        let Some(text) = row.text(PRODUCT).filter(|_| table == Table::Resources) else { return row };
        match self.texts.iter().find(|shared| *shared == text) {
            Some(shared) => row.with(PRODUCT, Value::Text(shared.clone())),
            None if self.texts.len() < TEXTS => {
                self.texts.push(text.clone());
                row
            }
            None => row,
        }
    }

    /// Adds others of the table.
    fn append(&mut self, table: Table, mut others: Self) {
        if let Some(first) = others.parts.iter().find_map(|part| part.first()) {
            self.look_at(table, first);
            self.unordered |= others.unordered;
            self.parts.append(&mut others.parts);
        }
    }

    /// Notes whether a row stands above those that are there.
    fn look_at(&mut self, table: Table, next: &Entry) {
        let last = self.parts.iter().rev().find_map(|part| part.last());
        self.unordered |= last.is_some_and(|last| !is_above(table, &next.row, &last.row));
    }

    /// The rows.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.parts.iter().flatten()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// Whether they are sorted, each with a key of its own.
    pub const fn rise(&self) -> bool {
        !self.unordered
    }

    /// Takes out those of which `which` holds.
    fn extract(&mut self, mut which: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
        let mut extracted = Vec::new();
        for part in &mut self.parts {
            extracted.extend(part.extract_if(.., |entry| which(entry)));
        }
        extracted
    }
}

/// The rows of a set of facts, as read; `activity` is streamed past the rules and never gathered.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    tables: BTreeMap<Table, Rows>,
    /// Links that do not count here.
    links_left_out: Rows,
}

impl Gathered {
    /// Adds a row.
    pub fn push(&mut self, table: Table, entry: Entry) {
        self.tables.entry(table).or_default().push(table, entry);
    }

    /// Adds rows.
    pub fn extend(&mut self, table: Table, rows: Rows) {
        self.tables.entry(table).or_default().append(table, rows);
    }

    /// The rows of a table, as they were added.
    pub fn rows(&self, table: Table) -> impl Iterator<Item = &Entry> + Clone {
        self.tables.get(&table).into_iter().flat_map(Rows::entries)
    }

    /// How many rows a table has.
    pub fn count(&self, table: Table) -> usize {
        self.tables.get(&table).map_or(0, Rows::count)
    }

    /// Whether the rows of a table are sorted, each with a key of its own.
    pub fn rise(&self, table: Table) -> bool {
        self.tables.get(&table).is_none_or(Rows::rise)
    }

    /// Takes out the rows of a table of which `which` holds.
    pub fn extract(&mut self, table: Table, which: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
        self.tables.get_mut(&table).map(|rows| rows.extract(which)).unwrap_or_default()
    }

    /// Leaves aside the links that do not count (decision D11): they decide nothing, and no row of theirs is refused.
    pub fn keep_links(&mut self, links_from: LinksFrom) {
        let does_not_count = |entry: &Entry| !links_from.counts(keep::known_from(&entry.row));
        for entry in self.extract(Table::Links, does_not_count) {
            self.links_left_out.push(Table::Links, entry);
        }
    }

    /// The rows of a table, judged against equal keys.
    pub(super) fn judge(&self, table: Table) -> Vec<Distinct<'_>> {
        self.tables.get(&table).map(|rows| keep::judge(table, rows)).unwrap_or_default()
    }

    /// The links that do not count here, in the same way.
    pub(super) fn judge_links_left_out(&self) -> Vec<Distinct<'_>> {
        keep::judge(Table::Links, &self.links_left_out)
    }
}

/// The rows of one import that contradict each other: all that can be judged without what came before or elsewhere.
pub fn in_one_import(gathered: &Gathered) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (table, rows) in &gathered.tables {
        refusals.extend(keep::refusals(*table, &keep::judge(*table, rows)));
    }
    refusals
}

#[cfg(test)]
mod tests {
    use super::{Arc, Entry, Gathered, Row, Rows, TEXTS, Table};
    use crate::facts::Address;

    /// An event by its id and whom it names.
    fn entry(told: &str) -> Entry {
        let (event, by) = told.split_at(1);
        let cells = [event, "app", "created", by, "2026-01-01T00:00:00Z"];
        let row = Row::parse(Table::Ownership, &[0, 1, 2, 3, 4], cells.into_iter()).unwrap();
        Entry { row, address: Address { file: 0, line: 1 } }
    }

    #[test]
    fn rows_rise_while_each_has_a_greater_key() {
        let rise = |parts: &[&[&str]]| {
            let mut gathered = Gathered::default();
            for part in parts {
                let mut rows = Rows::default();
                part.iter().for_each(|told| rows.push(Table::Ownership, entry(told)));
                gathered.extend(Table::Ownership, rows);
            }
            let count: usize = parts.iter().map(|part| part.len()).sum();
            assert_eq!(gathered.count(Table::Ownership), count);
            assert_eq!(gathered.rows(Table::Ownership).count(), count);
            gathered.rise(Table::Ownership)
        };
        assert!(rise(&[]) && rise(&[&[], &["a+"]]));
        assert!(rise(&[&["a+", "b+"], &[], &["c+"]]));
        // Within a part, between parts, the same row twice, the same key twice.
        assert!(!rise(&[&["b+", "a+"]]));
        assert!(!rise(&[&["a+"], &["c+", "b+"]]));
        assert!(!rise(&[&["c+"], &["a+", "b+"]]));
        assert!(!rise(&[&["a+", "a+"]]));
        assert!(!rise(&[&["a+", "b+"], &["b-", "c+"]]));
    }

    #[test]
    fn rows_are_taken_out_of_every_part() {
        let mut gathered = Gathered::default();
        for part in [&["a+", "b+"][..], &[], &["c-"], &["d+", "e-"]] {
            let mut rows = Rows::default();
            for told in part {
                rows.push(Table::Ownership, entry(told));
            }
            gathered.extend(Table::Ownership, rows);
        }
        gathered.push(Table::Ownership, entry("f-"));
        let told = |rows: &mut dyn Iterator<Item = &Entry>| -> String {
            rows.filter_map(|entry| Some(entry.row.id(0)?.to_string())).collect()
        };
        let by = |entry: &Entry| entry.row.id(3).is_some_and(|by| by.to_string() == "-");
        assert_eq!(told(&mut gathered.extract(Table::Ownership, by).iter()), "cef");
        assert_eq!(told(&mut gathered.rows(Table::Ownership)), "abd");
        assert_eq!(gathered.count(Table::Ownership), 3);
        assert!(gathered.extract(Table::Links, by).is_empty());
    }

    #[test]
    fn resources_share_the_names_of_their_products() {
        let mut gathered = Gathered::default();
        let products: Vec<String> = (0..40).map(|number| format!("product {}", number % 20)).collect();
        for (line, product) in (1..).zip(&products) {
            let id = format!("r{line:02}");
            let cells = [id.as_str(), product, "t", "", "", "", "", ""];
            let row = Row::parse(Table::Resources, &[0, 1, 2, 3, 4, 5, 6, 7], cells.into_iter()).unwrap();
            gathered.push(Table::Resources, Entry { row, address: Address { file: 0, line } });
        }
        let told: Vec<_> = gathered.rows(Table::Resources).filter_map(|entry| entry.row.text(1)).collect();
        assert!(told.iter().zip(&products).all(|(told, product)| ***told == **product));
        let (first, second) = told.split_at(20);
        let shared = first.iter().zip(second).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!((shared, gathered.rise(Table::Resources)), (TEXTS, true));
    }
}
