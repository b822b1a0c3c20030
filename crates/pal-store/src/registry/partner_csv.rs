//! The partner directory as CSV: the columns of the facts table `partners`, but for `observed_at`, which the registry
//! sets itself.

use std::collections::BTreeMap;
use std::fmt;

use csv::{ByteRecord, ReaderBuilder};
use pal_rules::facts::{Row, Table};
use pal_rules::id::PartnerId;
use pal_rules::word::PartnerKind;

use super::DirectoryPartner;

/// The columns, in the order of `partners`; the first three must be there.
pub const PARTNER_COLUMNS: [&str; 6] =
    ["partner_id", "name", "kind", "global_partner_id", "active_from", "active_until"];

/// How many of them must be there.
const REQUIRED: usize = 3;

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
    problems.extend(wrong_companies(&partners, &lines));
    if problems.is_empty() {
        return Ok(partners.into_iter().map(|(_, partner)| partner).collect());
    }
    problems.sort_by_key(|problem| problem.line);
    Err(PartnerCsvRefused::Lines(problems))
}

/// For each cell of the file its place among the columns.
fn places(header: &ByteRecord, found: bool) -> Result<Vec<usize>, String> {
    let wanted = || format!("the columns are {}", PARTNER_COLUMNS.join(", "));
    if !found {
        return Err(format!("the file is empty: {}", wanted()));
    }
    let mut places = Vec::new();
    for cell in header {
        let name = String::from_utf8_lossy(cell);
        let place = PARTNER_COLUMNS.iter().position(|column| *column == name);
        let place = place.ok_or_else(|| format!("there is no column `{name}`: {}", wanted()))?;
        if places.contains(&place) {
            return Err(format!("the column `{name}` stands there twice"));
        }
        places.push(place);
    }
    let missing =
        PARTNER_COLUMNS.iter().take(REQUIRED).enumerate().find(|(place, _)| !places.contains(place));
    missing.map_or(Ok(places), |(_, name)| Err(format!("the column `{name}` is missing: {}", wanted())))
}

/// Reads one record.
fn partner(
    places: &[usize],
    record: &ByteRecord,
) -> Result<DirectoryPartner, (Option<&'static str>, String)> {
    let cells: Vec<&str> =
        record.iter().map(|cell| std::str::from_utf8(cell).unwrap_or(Row::UNREADABLE)).collect();
    let row = Row::parse(Table::Partners, places, cells.into_iter())
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

/// Locations whose company is no company, by what the same file says of it.
fn wrong_companies(
    partners: &[(u64, DirectoryPartner)],
    lines: &BTreeMap<PartnerId, u64>,
) -> Vec<PartnerCsvProblem> {
    let is_location = |id: &PartnerId| {
        partners.iter().any(|(_, partner)| partner.partner_id == *id && partner.kind == PartnerKind::Location)
    };
    let wrong = |(line, partner): &(u64, DirectoryPartner)| {
        let company = partner.global_partner_id.filter(is_location)?;
        let at = lines.get(&company)?;
        let reason = format!("{company} is a location, says line {at}: a company is of kind `global`");
        Some(PartnerCsvProblem { line: *line, column: Some("global_partner_id"), reason })
    };
    partners.iter().filter_map(wrong).collect()
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
