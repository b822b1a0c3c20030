//! Rows on their way to tables: repeated, respelled and shuffled at the end.

use std::collections::BTreeMap;

use super::rng::Rng;
use crate::naive::{Kind, Row, SCHEMAS, Schema, Table, Tables, time};

/// Rows by table, cells in the order of the table's columns.
#[derive(Debug, Default)]
pub(crate) struct Book(BTreeMap<&'static str, Vec<Vec<String>>>);

impl Book {
    /// Adds a row; cells left out at the end are empty.
    pub(crate) fn add(&mut self, table: &str, cells: &[&str]) {
        let schema = schema(table);
        let mut row: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        assert!(row.len() <= schema.columns.len(), "{table} has fewer columns");
        row.resize(schema.columns.len(), String::new());
        self.0.entry(schema.name).or_default().push(row);
    }

    /// Adds a row just as it is, with too many or too few cells perhaps.
    pub(crate) fn add_raw(&mut self, table: &str, cells: Vec<String>) {
        self.0.entry(schema(table).name).or_default().push(cells);
    }

    /// The rows of a table so far.
    pub(crate) fn rows(&self, table: &str) -> &[Vec<String>] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// The tables: some rows repeated, all shuffled, columns in any order, empty columns left out.
    pub(crate) fn finish(self, rng: &mut Rng) -> Tables {
        let mut tables = Tables::default();
        for (name, mut rows) in self.0 {
            let schema = schema(name);
            let mut repeats = Vec::new();
            for row in &rows {
                if rng.chance(6) {
                    repeats.push(row.clone());
                }
            }
            rows.extend(repeats);
            rng.shuffle(&mut rows);
            for row in &mut rows {
                respell(schema, row, rng);
            }
            tables.0.insert(name.to_owned(), table(schema, rows, rng));
        }
        tables
    }
}

pub(crate) fn schema(table: &str) -> &'static Schema {
    SCHEMAS.iter().find(|schema| schema.name == table).unwrap()
}

/// Writes some times and GUIDs of a row in another spelling of the same value.
fn respell(schema: &Schema, row: &mut [String], rng: &mut Rng) {
    for (column, cell) in schema.columns.iter().zip(row) {
        match column.kind {
            Kind::Time => {
                if let Some(micros) = time(cell)
                    && rng.chance(25)
                {
                    *cell = rng.respell(micros);
                }
            }
            Kind::Id if cell.len() == 36 && !cell.contains(':') && rng.chance(4) => {
                *cell = cell.to_ascii_uppercase();
            }
            _ => {}
        }
    }
}

/// Orders the columns and counts the physical lines.
fn table(schema: &Schema, rows: Vec<Vec<String>>, rng: &mut Rng) -> Table {
    let mut order: Vec<usize> = (0..schema.columns.len()).collect();
    // A row of another length stands for itself only while the columns keep their number.
    if rows.iter().all(|row| row.len() == schema.columns.len()) {
        order.retain(|position| {
            !schema.columns[*position].optional || rows.iter().any(|row| !row[*position].is_empty())
        });
    }
    if rng.chance(30) {
        rng.shuffle(&mut order);
    }
    let header = order.iter().map(|position| schema.columns[*position].name.to_owned()).collect();
    let mut line = 2;
    let mut out = Vec::new();
    for row in rows {
        let cells = if row.len() == schema.columns.len() {
            order.iter().map(|position| row[*position].clone()).collect()
        } else {
            row
        };
        let breaks = cells.iter().map(|cell: &String| cell.matches('\n').count()).sum::<usize>();
        out.push(Row { line, cells });
        line += 1 + u64::try_from(breaks).unwrap();
    }
    Table { header, rows: out }
}
