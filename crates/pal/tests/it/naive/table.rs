//! Text tables exactly as CSV files hold them, with a reader and a writer of its own.

use std::collections::BTreeMap;
use std::path::Path;

/// The tables of a facts directory, by name without `.csv`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables(pub(crate) BTreeMap<String, Table>);

/// One table: its header and its rows, in file order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// One record and the physical line on which it starts (the header is 1).
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
}

impl Tables {
    /// Reads every `*.csv` of a directory.
    pub(crate) fn load(directory: &Path) -> Tables {
        let mut tables = BTreeMap::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                tables.insert(name, Table::parse(&std::fs::read_to_string(&path).unwrap()));
            }
        }
        Tables(tables)
    }
}

impl Table {
    /// Reads RFC 4180 text: a BOM, quotes, `""`, line breaks inside quotes, LF and CRLF.
    pub(crate) fn parse(text: &str) -> Table {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut records = Vec::new();
        let mut cells = Vec::new();
        let mut cell = String::new();
        let (mut line, mut start, mut quoted) = (1, 1, false);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => {
                    characters.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                '\r' if !quoted && characters.peek() == Some(&'\n') => {}
                '\n' if !quoted => {
                    cells.push(std::mem::take(&mut cell));
                    records.push(Row { line: start, cells: std::mem::take(&mut cells) });
                    line += 1;
                    start = line;
                }
                other => {
                    line += u64::from(other == '\n');
                    cell.push(other);
                }
            }
        }
        if !cell.is_empty() || !cells.is_empty() {
            cells.push(cell);
            records.push(Row { line: start, cells });
        }
        // A line with nothing on it is no record.
        records.retain(|row| row.cells.len() > 1 || row.cells.iter().any(|cell| !cell.is_empty()));
        let mut records = records.into_iter();
        let header = records.next().map(|row| row.cells).unwrap_or_default();
        Table { header, rows: records.collect() }
    }
}

impl Table {
    /// The text of the file.
    pub(crate) fn csv(&self) -> String {
        let mut out = String::new();
        for cells in [&self.header].into_iter().chain(self.rows.iter().map(|row| &row.cells)) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            write(&mut out, &cells);
        }
        out
    }
}

/// Writes one record: cells are quoted only where RFC 4180 needs it, lines end in LF.
pub(crate) fn write(out: &mut String, cells: &[&str]) {
    for (position, cell) in cells.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push('\n');
}
