//! Answers on stdout, in the format that was asked for; words go to stderr.

use std::io::{self, IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table as Drawn, presets};
use serde_json::Value;

use crate::exit::{Exit, Failure};

/// The formats of `-o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs; carries `format_version`.
    Json,
    /// JSON as YAML.
    Yaml,
    /// Tab-separated, without header.
    Tsv,
    /// Comma-separated, with header.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Nothing.
    None,
}

/// Rows under columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }
}

impl Table {
    /// The same rows under other heads, in their order; columns that are named by none, or hold nothing but empty
    /// cells and zeros, are left out.
    pub(crate) fn with_heads(&self, heads: &[(&str, &str)]) -> Self {
        let place = |name: &str| self.columns.iter().position(|column| column == name);
        let holds = |at: &usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(*at));
            cells.clone().count() == 0 || cells.clone().any(|cell| !cell.is_empty() && cell != "0")
        };
        let shown: Vec<(usize, &str)> = heads
            .iter()
            .filter(|(_, head)| !head.is_empty())
            .filter_map(|(name, head)| place(name).filter(holds).map(|at| (at, *head)))
            .collect();
        let row = |row: &Vec<String>| {
            shown.iter().map(|(at, _)| row.get(*at).cloned().unwrap_or_default()).collect()
        };
        Self {
            columns: shown.iter().map(|(_, head)| (*head).to_owned()).collect(),
            rows: self.rows.iter().map(row).collect(),
        }
    }
}

/// Items under columns, as data: numbers are numbers, what is absent is null.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Items {
    pub(crate) fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds an item: its values in the order of the columns.
    pub(crate) fn push(&mut self, values: Vec<Value>) {
        self.rows.push(values);
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The items as JSON objects.
    pub(crate) fn objects(&self) -> Value {
        let object = |row: &Vec<Value>| {
            let fields = self.columns.iter().cloned().zip(row.iter().cloned());
            Value::Object(fields.collect())
        };
        self.rows.iter().map(object).collect()
    }

    /// The items as rows of text.
    pub(crate) fn table(&self) -> Table {
        let rows = self.rows.iter().map(|row| row.iter().map(plain).collect());
        Table { columns: self.columns.clone(), rows: rows.collect() }
    }
}

/// What a command answers, before it is formatted.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The whole answer as data; an object.
    pub(crate) json: Value,
    /// The key of `json` whose array `ndjson` writes line by line.
    pub(crate) items: &'static str,
    /// The rows for `csv` and `tsv`.
    pub(crate) rows: Table,
    /// The answer for people.
    pub(crate) view: String,
}

impl Answer {
    /// An answer whose items are also its view.
    pub(crate) fn list(mut fields: Vec<(&str, Value)>, key: &'static str, items: &Items) -> Self {
        fields.push((key, items.objects()));
        let rows = items.table();
        Self { json: object(fields), items: key, view: draw(&rows), rows }
    }
}

/// A JSON object that carries `format_version` first.
pub(crate) fn object(fields: Vec<(&str, Value)>) -> Value {
    let version = [("format_version".to_owned(), Value::from(1))];
    let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value));
    Value::Object(version.into_iter().chain(fields).collect())
}

/// The output that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) format: Option<Format>,
    pub(crate) query: Option<String>,
}

impl Output {
    /// Writes an answer to stdout.
    pub(crate) fn write(&self, answer: &Answer) -> Result<(), Failure> {
        self.write_as(answer, if io::stdout().is_terminal() { Format::Table } else { Format::Json })
    }

    /// Whether the answer is for people.
    pub(crate) fn is_table(&self) -> bool {
        self.format.map_or_else(|| io::stdout().is_terminal(), |format| format == Format::Table)
    }

    /// Whether an answer is written with all its fields, as a document; rows, items and queries leave some out.
    pub(crate) fn is_whole(&self) -> bool {
        let format = self.format.unwrap_or(Format::Json);
        self.query.is_none() && !self.is_table() && matches!(format, Format::Json | Format::Yaml)
    }

    /// Writes an answer to stdout, in this format unless another was asked for.
    pub(crate) fn write_as(&self, answer: &Answer, unless_asked: Format) -> Result<(), Failure> {
        let format = self.format.unwrap_or(unless_asked);
        let text = match &self.query {
            Some(query) => formatted_query(&search(query, &answer.json)?, format)?,
            None => formatted(answer, format)?,
        };
        let on_terminal = io::stdout().is_terminal();
        say(&if is_read_by_people(format, on_terminal) { harmless(&text) } else { text })
    }
}

/// Whether what is written goes to eyes and not to programs: then data must not steer the terminal.
fn is_read_by_people(format: Format, on_terminal: bool) -> bool {
    match format {
        Format::Table => true,
        // JSON escapes what steers a terminal itself.
        Format::Json | Format::Ndjson => false,
        Format::Yaml | Format::Tsv | Format::Csv | Format::None => on_terminal,
    }
}

/// Text without what could steer a terminal or turn the direction of reading, whoever wrote it; line ends and tabs stay.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|sign| if steers(sign) { '\u{fffd}' } else { sign }).collect()
}

/// A cell as it stands in a table for people: on one line, and harmless.
pub(crate) fn harmless_cell(cell: &str) -> String {
    let one_line = cell.replace("\r\n", " ");
    harmless(&one_line.replace(['\n', '\t'], " "))
}

fn steers(sign: char) -> bool {
    let turns = matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (sign.is_control() && !matches!(sign, '\n' | '\t'))
}

/// Writes text to stdout as it is. A reader that has gone away is no error.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let error = anyhow::Error::new(error).context("cannot write the answer");
            Err(Failure::of(Exit::Fault, error).or_advise("see where stdout leads, then run it again"))
        }
        _ => Ok(()),
    }
}

/// Writes one line of words to stderr; what others wrote in them cannot steer the terminal.
pub(crate) fn tell(words: impl std::fmt::Display) {
    // Words are lost where there is nowhere to write them; the work goes on.
    let _ = writeln!(io::stderr().lock(), "{}", harmless(&words.to_string()));
}

fn search(query: &str, json: &Value) -> Result<Value, Failure> {
    let wrong = |error: jmespath::JmespathError| {
        Failure::new(Exit::Usage, format!("`--query`: {error}"), "see jmespath.org for the language")
    };
    let expression = jmespath::compile(query).map_err(wrong)?;
    let found = expression.search(json).map_err(wrong)?;
    Ok(serde_json::to_value(&*found)?)
}

fn formatted(answer: &Answer, format: Format) -> Result<String, Failure> {
    Ok(match format {
        Format::Table => answer.view.clone(),
        Format::Csv => delimited(&answer.rows, b',', true)?,
        Format::Tsv => delimited(&answer.rows, b'\t', false)?,
        Format::Ndjson => lines(answer.json.get(answer.items).unwrap_or(&answer.json))?,
        other => document(&answer.json, other)?,
    })
}

fn formatted_query(found: &Value, format: Format) -> Result<String, Failure> {
    Ok(match format {
        Format::Table => draw(&tabular(found)),
        Format::Csv => delimited(&tabular(found), b',', true)?,
        // One line for one value, also for none: scripts read it as the empty text.
        Format::Tsv if found.is_null() => "\n".to_owned(),
        Format::Tsv => delimited(&tabular(found), b'\t', false)?,
        Format::Ndjson => lines(found)?,
        other => document(found, other)?,
    })
}

fn document(json: &Value, format: Format) -> Result<String, Failure> {
    Ok(match format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(json)?),
        Format::Yaml => serde_saphyr::to_string(json)?,
        _ => String::new(),
    })
}

fn lines(json: &Value) -> Result<String, Failure> {
    let items = json.as_array().map_or(std::slice::from_ref(json), Vec::as_slice);
    let mut text = String::new();
    for item in items {
        text.push_str(&serde_json::to_string(item)?);
        text.push('\n');
    }
    Ok(text)
}

/// Any JSON as rows: the objects or arrays of an array, or one row.
fn tabular(json: &Value) -> Table {
    let items = match json {
        // What a query does not find is null: no row.
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let widest = items.iter().filter_map(|item| item.as_array().map(Vec::len)).max();
    if let (Some(widest), true) = (widest, items.iter().all(Value::is_array)) {
        // Columns without a name are called as the Azure CLI calls them.
        let mut table = Table::new((1..=widest).map(|number| format!("Column{number}")));
        let row = |item: &Value| (0..widest).map(|at| item.get(at).map(plain).unwrap_or_default()).collect();
        table.rows = items.iter().map(row).collect();
        return table;
    }
    let mut table = Table::default();
    for item in items {
        for key in item.as_object().into_iter().flat_map(serde_json::Map::keys) {
            if !table.columns.contains(key) {
                table.columns.push(key.clone());
            }
        }
    }
    if table.columns.is_empty() {
        table.columns.push("value".to_owned());
        table.rows = items.iter().map(|item| vec![plain(item)]).collect();
    } else {
        let row = |item: &Value| {
            table.columns.iter().map(|key| item.get(key).map(plain).unwrap_or_default()).collect()
        };
        table.rows = items.iter().map(row).collect();
    }
    table
}

fn plain(json: &Value) -> String {
    match json {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Rows as delimited text, quoted only where needed, LF line ends.
pub(crate) fn delimited(table: &Table, delimiter: u8, header: bool) -> Result<String, Failure> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    if header {
        writer.write_record(&table.columns)?;
    }
    for row in &table.rows {
        writer.write_record(row)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Rows for people: aligned, numbers to the right, as wide as the terminal.
pub(crate) fn draw(table: &Table) -> String {
    if table.rows.is_empty() {
        return "(none)\n".to_owned();
    }
    let mut drawn = Drawn::new();
    drawn.load_style(presets::NOTHING);
    match terminal_width() {
        Some(width) => drawn.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => drawn.set_content_arrangement(ContentArrangement::Disabled),
    };
    drawn.set_header(table.columns.iter().map(|column| column.to_uppercase().replace('_', " ")));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|cell| harmless_cell(cell)));
    }
    for (position, column) in drawn.column_iter_mut().enumerate() {
        let cells = || table.rows.iter().filter_map(|row| row.get(position));
        if cells().any(|cell| !cell.is_empty()) && cells().all(|cell| cell.is_empty() || is_number(cell)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = drawn.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n"))
}

/// How wide the terminal on stdout is; `None` off a terminal, where nothing is cut.
pub(crate) fn terminal_width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}

fn is_number(cell: &str) -> bool {
    cell.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit()) || cell == "unknown"
}

#[cfg(test)]
mod tests {
    use super::{Format, Table, draw, harmless, is_read_by_people};

    #[test]
    fn nothing_in_data_steers_a_terminal() {
        let evil = "a\u{1b}[31mb\u{7}\u{7f}\u{9b}2J\u{202e}c\u{2066}\u{0}";
        assert_eq!(harmless(evil), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}2J\u{fffd}c\u{fffd}\u{fffd}");
        assert_eq!(harmless("Köln\n\tRotterdam ✓"), "Köln\n\tRotterdam ✓");
        let mut table = Table::new(["name"]);
        table.rows.push(vec!["one\r\ntwo\tthree\u{1b}]0;x".to_owned()]);
        assert_eq!(draw(&table), "NAME\none two three\u{fffd}]0;x\n");
    }

    #[test]
    fn programs_get_data_as_it_is() {
        for format in [Format::Csv, Format::Tsv, Format::Yaml] {
            assert_eq!([true, false].map(|terminal| is_read_by_people(format, terminal)), [true, false]);
        }
        assert!(is_read_by_people(Format::Table, false) && !is_read_by_people(Format::Json, true));
    }
}
