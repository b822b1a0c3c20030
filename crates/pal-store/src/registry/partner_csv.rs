//! The partner directory as CSV: the columns of the facts table `partners`, but for `observed_at`, which the registry
//! sets itself.

use std::collections::BTreeMap;
use std::fmt;

use csv::{ByteRecord, ReaderBuilder};
use pal_rules::facts::{Row, Table};
use pal_rules::id::PartnerId;
use pal_rules::word::PartnerKind;

use super::{DirectoryPartner, check_together};

/// The columns, in the order of `partners`; the first three must be there.
pub const PARTNER_COLUMNS: [&str; 6] =
    ["partner_id", "name", "kind", "global_partner_id", "active_from", "active_until"];

/// How many of them must be there.
const REQUIRED: usize = 3;

/// What the list of the directory has beside them: read past, because the registry sets it itself.
const PASSED_OVER: &str = "changed_at";

/// How much of a name is shown that is no column's.
const SHOWN: usize = 40;

/// A line that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerCsvProblem {
    /// The physical line on which the record starts; the header is 1.
    pub line: u64,
    /// The column at fault, if it is one.
    pub column: Option<&'static str>,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for PartnerCsvProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Why a CSV is not taken, as a whole: either its header, or every line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartnerCsvRefused {
    /// The header, or the file itself.
    Header(PartnerCsvProblem),
    /// Lines, in their order.
    Lines(Vec<PartnerCsvProblem>),
}

/// Reads partners; all of them, or why not. A byte order mark and either kind of line end are accepted.
///
/// # Errors
///
/// [`PartnerCsvRefused`], with every line that is wrong.
pub fn read_partners(bytes: &[u8]) -> Result<Vec<DirectoryPartner>, PartnerCsvRefused> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let header =
        |reason: String| PartnerCsvRefused::Header(PartnerCsvProblem { line: 1, column: None, reason });
    let found = reader.read_byte_record(&mut record).map_err(|error| header(error.to_string()))?;
    let places = places(&record, found).map_err(header)?;
    let (mut partners, mut problems) = (Vec::new(), Vec::new());
    let mut lines: BTreeMap<PartnerId, u64> = BTreeMap::new();
    while reader.read_byte_record(&mut record).map_err(|error| header(error.to_string()))? {
        let line = line_at(bytes, record.position().map_or(0, csv::Position::byte));
        let read = partner(&places, &record).and_then(|partner| match lines.get(&partner.partner_id) {
            None => Ok(partner),
            Some(first) => {
                let reason = format!("partner id {} stands on line {first} already", partner.partner_id);
                Err((Some("partner_id"), reason))
            }
        });
        match read {
            Ok(partner) => {
                lines.insert(partner.partner_id, line);
                partners.push((line, partner));
            }
            Err((column, reason)) => problems.push(PartnerCsvProblem { line, column, reason }),
        }
    }
    let (places, partners): (Vec<u64>, Vec<DirectoryPartner>) = partners.into_iter().unzip();
    problems.extend(check_together(&partners, &[]).into_iter().map(|(position, reason)| PartnerCsvProblem {
        line: places.get(position).copied().unwrap_or_default(),
        column: Some("global_partner_id"),
        reason,
    }));
    if problems.is_empty() {
        return Ok(partners);
    }
    problems.sort_by_key(|problem| problem.line);
    Err(PartnerCsvRefused::Lines(problems))
}

/// For each cell of the file its place among the columns; none for what is passed over.
fn places(header: &ByteRecord, found: bool) -> Result<Vec<Option<usize>>, String> {
    let wanted = || format!("the columns are {}", PARTNER_COLUMNS.join(", "));
    if !found {
        return Err(format!("the file is empty: {}", wanted()));
    }
    let mut places = Vec::new();
    for cell in header {
        let Some(name) = str::from_utf8(cell).ok().filter(|name| !name.contains(char::is_control)) else {
            return Err(format!("this is no CSV file of partners: {}", wanted()));
        };
        let place = PARTNER_COLUMNS.iter().position(|column| *column == name);
        if place.is_none() && name != PASSED_OVER {
            let shown: String = name.chars().take(SHOWN).collect();
            return Err(format!("there is no column `{shown}`: {}", wanted()));
        }
        if places.contains(&place) {
            return Err(format!("the column `{name}` stands there twice"));
        }
        places.push(place);
    }
    let missing =
        PARTNER_COLUMNS.iter().take(REQUIRED).enumerate().find(|(place, _)| !places.contains(&Some(*place)));
    missing.map_or(Ok(places), |(_, name)| Err(format!("the column `{name}` is missing: {}", wanted())))
}

/// Reads one record.
fn partner(
    places: &[Option<usize>],
    record: &ByteRecord,
) -> Result<DirectoryPartner, (Option<&'static str>, String)> {
    if record.len() != places.len() {
        let found = format!("the row has {} cells, its header {}", record.len(), places.len());
        return Err((None, found));
    }
    let read = |cell| str::from_utf8(cell).unwrap_or(Row::UNREADABLE);
    let (places, cells): (Vec<usize>, Vec<&str>) =
        places.iter().zip(record).filter_map(|(place, cell)| Some(((*place)?, read(cell)))).unzip();
    let row = Row::parse(Table::Partners, &places, cells.into_iter())
        .map_err(|bad| (bad.column, bad.found.to_string()))?;
    let unread = || (None, "the row cannot be read".to_owned());
    let partner = DirectoryPartner {
        partner_id: row.partner(0).ok_or_else(unread)?,
        name: row.text(1).ok_or_else(unread)?.to_string(),
        kind: row.word(2).and_then(PartnerKind::parse).ok_or_else(unread)?,
        global_partner_id: row.partner(3),
        active_from: row.time(4),
        active_until: row.time(5),
    };
    partner.check().map_err(|reason| (None, reason))?;
    Ok(partner)
}

/// The line, from 1, of the record that is said to start at this byte; what is left of the line end before it, and
/// blank lines, are passed over.
fn line_at(bytes: &[u8], start: u64) -> u64 {
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
    let (before, rest) = bytes.split_at(start);
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let breaks = before.iter().chain(blank).filter(|byte| **byte == b'\n').count();
    breaks as u64 + 1
}
