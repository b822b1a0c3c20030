//! Reads a case: a text file that a person of the field can read and write (`cases/README.md`).

use pal_rules::evidence::CreditedBefore;
use pal_rules::facts::{LinksFrom, Table};
use pal_rules::id::PartnerId;
use pal_rules::time::{Month, Timestamp};

/// The line between what is given and what is expected.
const RULE: &str = "\n----\n";

/// A case as it stands in its file.
#[derive(Debug)]
pub(crate) struct Case {
    /// Everything above the line, as it stands.
    pub(crate) given: String,
    /// What the comment says.
    pub(crate) comment: String,
    pub(crate) asked: Asked,
    pub(crate) rows: Vec<GivenRow>,
    /// Everything below the line; empty where there is no line yet.
    pub(crate) expected: String,
}

/// What is asked of the facts.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) months: Vec<Month>,
    pub(crate) as_of: Option<Timestamp>,
    /// Partners that earlier statements credited.
    pub(crate) credited_before: Vec<CreditedBefore>,
    pub(crate) links_from: LinksFrom,
    /// What else is shown: `rollup`, `coverage`.
    pub(crate) show: Vec<String>,
}

/// A row of a table: the header is line 1, as in a file of its own.
#[derive(Clone, Debug)]
pub(crate) struct GivenRow {
    pub(crate) table: Table,
    /// For each cell the position of its column.
    pub(crate) places: Vec<usize>,
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
}

impl Case {
    /// Reads a case; in words what is wrong with it, if it is no case.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (given, expected) = text.split_once(RULE).unwrap_or((text, ""));
        let mut asked = Asked {
            months: Vec::new(),
            as_of: None,
            credited_before: Vec::new(),
            links_from: LinksFrom::Both,
            show: Vec::new(),
        };
        let (mut comment, mut rows, mut table) = (String::new(), Vec::new(), None);
        for (position, line) in given.lines().enumerate() {
            let line = line.trim();
            let about = |problem: &str| format!("line {}: {problem}: `{line}`", position + 1);
            if line.is_empty() {
                continue;
            }
            if let Some(words) = line.strip_prefix('#') {
                comment += words;
            } else if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                table = Some(OpenTable::new(name).ok_or_else(|| about("no such table"))?);
            } else if let Some(table) = &mut table {
                rows.extend(table.line(line).map_err(|problem| about(&problem))?);
            } else {
                asked.set(line).ok_or_else(|| about("not understood"))?;
            }
        }
        if comment.is_empty() || asked.months.is_empty() || rows.is_empty() {
            return Err("a case has a comment, a month and facts".to_owned());
        }
        Ok(Self { given: given.to_owned(), comment, asked, rows, expected: expected.to_owned() })
    }

    /// The text of the file with this below the line.
    pub(crate) fn with_expected(&self, expected: &str) -> String {
        format!("{}{RULE}{expected}", self.given)
    }
}

impl Asked {
    /// Takes a line such as `month: 2026-03`.
    fn set(&mut self, line: &str) -> Option<()> {
        let (key, value) = line.split_once(": ")?;
        match key {
            "month" => self.months.push(Month::parse(value)?),
            "as_of" => self.as_of = Some(Timestamp::parse(value)?),
            "credited_before" => self.credited_before.push(credited_before(value)?),
            "links_from" => {
                self.links_from = match value {
                    "microsoft" => LinksFrom::Microsoft,
                    "registry" => LinksFrom::Registry,
                    "both" => LinksFrom::Both,
                    _ => return None,
                }
            }
            "show" if ["rollup", "coverage"].contains(&value) => self.show.push(value.to_owned()),
            _ => return None,
        }
        Some(())
    }
}

/// A table being read: its columns once its header was seen.
struct OpenTable {
    table: Table,
    places: Vec<usize>,
    line: u64,
}

impl OpenTable {
    fn new(name: &str) -> Option<Self> {
        Some(Self { table: Table::parse(name)?, places: Vec::new(), line: 0 })
    }

    /// Takes the header or a row; cells may be padded with blanks.
    fn line(&mut self, line: &str) -> Result<Option<GivenRow>, String> {
        self.line += 1;
        let cells: Vec<String> = line.split(',').map(|cell| cell.trim().to_owned()).collect();
        if self.line > 1 {
            let (table, places) = (self.table, self.places.clone());
            return Ok(Some(GivenRow { table, places, line: self.line, cells }));
        }
        let columns = self.table.columns();
        for cell in &cells {
            let place = columns.iter().position(|column| column.name == cell);
            self.places.push(place.ok_or_else(|| format!("no column `{cell}`"))?);
        }
        let missing = |(place, _): &(usize, &_)| !self.places.contains(place);
        match columns.iter().enumerate().filter(|(_, column)| column.required).find(missing) {
            Some((_, column)) => Err(format!("column `{}` is missing", column.name)),
            None => Ok(None),
        }
    }
}

/// Reads `6000110 2026-02 v1`: the partner, month and version of an earlier statement.
fn credited_before(text: &str) -> Option<CreditedBefore> {
    let mut words = text.split(' ');
    let (partner, month, version) = (words.next()?, words.next()?, words.next()?);
    let version = version.strip_prefix('v')?.parse().ok()?;
    Some(CreditedBefore { partner: PartnerId::new(partner)?, month: Month::parse(month)?, version })
}
