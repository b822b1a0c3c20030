//! From text rows to facts: each row judged alone, then against equal keys.

use std::collections::BTreeMap;

use super::schema::{Column, Rule, SCHEMAS, Schema};
use super::table::{Row, Table, Tables, write};
use super::value::{self, Cell};

/// A row that holds, with every line that says it (its repeats are refused with it).
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    columns: &'static [Column],
    cells: Vec<Cell>,
    pub(crate) lines: Vec<u64>,
}

impl Fact {
    pub(crate) fn get(&self, name: &str) -> &Cell {
        let position = self.columns.iter().position(|column| column.name == name).unwrap();
        &self.cells[position]
    }

    pub(crate) fn maybe_text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.maybe_text(name).unwrap()
    }

    pub(crate) fn maybe_time(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Cell::Time(time) => Some(*time),
            _ => None,
        }
    }

    pub(crate) fn time(&self, name: &str) -> i64 {
        self.maybe_time(name).unwrap()
    }

    fn key(&self, names: &[&str]) -> Vec<Cell> {
        names.iter().map(|name| self.get(name).clone()).collect()
    }

    fn without(&self, left_out: impl Fn(&str) -> bool) -> Vec<&Cell> {
        let kept = self.columns.iter().zip(&self.cells).filter(|(column, _)| !left_out(column.name));
        kept.map(|both| both.1).collect()
    }
}

/// The refused rows, in any order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refused(Vec<(String, u64, String, &'static str)>);

impl Refused {
    pub(crate) fn add(&mut self, table: &str, lines: &[u64], reason: &'static str) {
        for line in lines {
            self.0.push((format!("{table}.csv"), *line, String::new(), reason));
        }
    }

    fn bad_value(&mut self, table: &str, line: u64, column: &str) {
        self.0.push((format!("{table}.csv"), line, column.to_owned(), "bad_value"));
    }

    pub(crate) fn rows(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn csv(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort();
        let mut out = "file,line,column,reason\n".to_owned();
        for (file, line, column, reason) in &sorted {
            write(&mut out, &[file, &line.to_string(), column, reason]);
        }
        out
    }
}

/// The facts of every table that hold after each row was judged alone and against equal keys.
pub(crate) fn facts(tables: &Tables, refused: &mut Refused) -> BTreeMap<&'static str, Vec<Fact>> {
    for name in tables.0.keys() {
        assert!(SCHEMAS.iter().any(|schema| schema.name == name), "`{name}` is no table of facts");
    }
    let mut all = BTreeMap::new();
    for schema in SCHEMAS {
        let empty = Table::default();
        let table = tables.0.get(schema.name).unwrap_or(&empty);
        let mut read = Vec::new();
        for row in &table.rows {
            match fact(schema, &table.header, row) {
                Ok(fact) => read.push(fact),
                Err(column) => refused.bad_value(schema.name, row.line, &column),
            }
        }
        all.insert(schema.name, hold(schema, read, refused));
    }
    all
}

/// Reads one row; the error is the first bad column in the file's order.
fn fact(schema: &Schema, header: &[String], row: &Row) -> Result<Fact, String> {
    if row.cells.len() != header.len() {
        return Err(String::new());
    }
    let mut cells = vec![Cell::Absent; schema.columns.len()];
    for (name, text) in header.iter().zip(&row.cells) {
        let position = schema.columns.iter().position(|column| column.name == name);
        let position = position.unwrap_or_else(|| panic!("`{name}` is no column of {}", schema.name));
        let column = &schema.columns[position];
        if text.is_empty() {
            if !column.optional || (name == "partner_id" && !observed_now(header, row)) {
                return Err(name.clone());
            }
        } else {
            cells[position] = value::read(column.kind, text).ok_or_else(|| name.clone())?;
        }
    }
    let mut fact = Fact { columns: schema.columns, cells, lines: vec![row.line] };
    if schema.name == "links" && *fact.get("known_from") == Cell::Absent {
        let position = schema.columns.len() - 1;
        fact.cells[position] = Cell::Text("declared".to_owned());
    }
    Ok(fact)
}

/// A link without a partner is allowed for `microsoft` only.
fn observed_now(header: &[String], row: &Row) -> bool {
    header.iter().zip(&row.cells).any(|(name, text)| name == "known_from" && text == "microsoft")
}

/// A row that only reports a deletion.
pub(crate) fn deletion_only(fact: &Fact) -> bool {
    fact.maybe_time("deleted_at").is_some()
        && fact.maybe_text("name").is_none()
        && fact.maybe_time("created_at").is_none()
}

fn hold(schema: &Schema, facts: Vec<Fact>, refused: &mut Refused) -> Vec<Fact> {
    let mut kept = Vec::new();
    let mut keys: BTreeMap<Vec<Cell>, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        let key = match &schema.rule {
            Rule::Set => None,
            Rule::Entity(_) if schema.name == "resources" && deletion_only(&fact) => None,
            Rule::Entity(names) => {
                let mut key = fact.key(names);
                key.push(fact.get("observed_at").clone());
                Some(key)
            }
            Rule::Period(names, _) => Some(fact.key(names)),
            Rule::Event(name) => Some(fact.key(&[name])),
        };
        match key {
            None => kept.push(fact),
            Some(key) => keys.entry(key).or_default().push(fact),
        }
    }
    for group in keys.into_values() {
        let lines: Vec<u64> = group.iter().flat_map(|fact| fact.lines.clone()).collect();
        match one(schema, &group) {
            Some(mut fact) => {
                fact.lines = lines;
                kept.push(fact);
            }
            None => refused.add(schema.name, &lines, "conflict"),
        }
    }
    kept
}

/// The one content of a key, or nothing when its rows differ.
fn one(schema: &Schema, group: &[Fact]) -> Option<Fact> {
    if let Rule::Period(_, until) = schema.rule {
        let mut period =
            group.iter().find(|fact| fact.maybe_time(until).is_some()).unwrap_or(&group[0]).clone();
        if schema.name == "links" {
            // How it is known says nothing about the link itself: the strongest stands for all.
            let known = ["microsoft", "declared", "this_server"];
            let known =
                known.into_iter().find(|known| group.iter().any(|fact| fact.text("known_from") == *known));
            *period.cells.last_mut().unwrap() = Cell::Text(known.unwrap().to_owned());
        }
        let same = |fact: &Fact| {
            let open = fact.maybe_time(until).is_none();
            let beside = |name: &str| name == "known_from" || name == until;
            (open || fact.get(until) == period.get(until)) && fact.without(beside) == period.without(beside)
        };
        return group.iter().all(same).then_some(period);
    }
    group.iter().all(|fact| fact.cells == group[0].cells).then(|| group[0].clone())
}
