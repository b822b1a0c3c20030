//! Spreadsheets: the first sheet that has a header, row by row. Cells are streamed, so that one cell far out takes no room;
//! what a reader must hold whole is bounded before it is opened.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use calamine::{DataRef, Reader, Xlsx};
use csv::ByteRecord;
use serde_json::{Map, Value};

use super::archive::{Archive, Limited};
use super::tables::{COLUMNS, Line, WIDE};

/// The largest part of a spreadsheet, unpacked.
const PART: u64 = 64 << 20;
/// The largest all parts but sheets may be together: texts, styles, drawings.
const SHARED: u64 = 16 << 20;
/// The largest all parts may be together.
const WHOLE: u64 = 256 << 20;
/// How many rows may stand above the header.
const ABOVE: u32 = 50;
/// How many sheets are looked at for a header.
const SHEETS: usize = 20;
/// The most cells of all rows, empty ones included.
const CELLS: usize = 50_000_000;

const LARGE: &str = "the spreadsheet is too large to be read whole: save it as CSV";
const DAMAGED: &str = "the spreadsheet is damaged: save it again, or as CSV";

type Book = Xlsx<BufReader<Limited>>;
/// The cells of a row that are not empty, by column.
type Cells = BTreeMap<u32, String>;

/// Reads a spreadsheet row by row.
///
/// - `take`: gets each row; ends the reading with `false`.
pub(super) fn read(mut archive: Archive, take: &mut dyn FnMut(Line<'_>) -> bool) -> Result<(), &'static str> {
    measure(&mut archive)?;
    let mut book: Book = Xlsx::new(archive.into_inner()).map_err(|_| DAMAGED)?;
    for sheet in book.sheet_names().into_iter().take(SHEETS) {
        if rows(&mut book, &sheet, take)? {
            return Ok(());
        }
    }
    Err("no sheet has a header: a row with the names of at least two columns")
}

/// Unpacks every part without keeping it: what the archive says of their sizes need not be true.
fn measure(archive: &mut Archive) -> Result<(), &'static str> {
    let (mut shared, mut whole) = (0_u64, 0_u64);
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|_| DAMAGED)?;
        let sheet = part.name().map_err(|_| DAMAGED)?.to_lowercase().starts_with("xl/worksheets/");
        let size = io::copy(&mut part.take(PART + 1), &mut io::sink()).map_err(|_| DAMAGED)?;
        whole += size;
        shared += if sheet { 0 } else { size };
        if size > PART || shared > SHARED || whole > WHOLE {
            return Err(LARGE);
        }
    }
    Ok(())
}

/// The rows of a sheet so far.
struct Rows<'a> {
    /// The number of the header, and its names by column.
    header: Option<(u32, Cells)>,
    /// How many cells may still come.
    left: usize,
    take: &'a mut dyn FnMut(Line<'_>) -> bool,
}

/// Reads a sheet; whether it has a header.
fn rows(book: &mut Book, sheet: &str, take: &mut dyn FnMut(Line<'_>) -> bool) -> Result<bool, &'static str> {
    // A sheet of charts has no cells to read.
    let Ok(mut reader) = book.worksheet_cells_reader(sheet) else { return Ok(false) };
    let (mut number, mut cells) = (0, Cells::new());
    let mut rows = Rows { header: None, left: CELLS, take };
    while let Some(cell) = reader.next_cell().map_err(|_| DAMAGED)? {
        let (row, column) = cell.get_position();
        if row != number {
            if !rows.finish(number, std::mem::take(&mut cells))? {
                return Ok(true);
            }
            number = row;
        }
        if rows.header.is_none() && row > ABOVE {
            return Ok(false);
        }
        let text = text(cell.get_value());
        if !text.is_empty() {
            cells.insert(column, text);
        }
        if cells.len() > COLUMNS {
            return Err(WIDE);
        }
    }
    rows.finish(number, cells)?;
    Ok(rows.header.is_some())
}

impl Rows<'_> {
    /// Is done with a row: it is the header, if there is none yet, or a record. `false` where no more are wanted.
    fn finish(&mut self, number: u32, cells: Cells) -> Result<bool, &'static str> {
        let Some((top, names)) = &self.header else {
            // A single cell above is a title.
            if cells.len() > 1 {
                self.header = Some((number, cells));
            }
            return Ok(true);
        };
        if cells.is_empty() {
            return Ok(true);
        }
        self.left = self.left.checked_sub(names.len()).ok_or(LARGE)?;
        let line = u64::from(number.saturating_sub(*top));
        let raw: ByteRecord = cells.values().map(String::as_bytes).collect();
        if cells.keys().any(|column| !names.contains_key(column)) {
            let reason = "the row has cells in columns without a name";
            return Ok((self.take)(Line::Broken(line, reason, &raw)));
        }
        let mut members = Map::new();
        for (column, name) in names {
            let cell = cells.get(column).map(String::as_str).unwrap_or_default();
            members.insert(name.trim().to_owned(), Value::from(cell));
        }
        Ok((self.take)(Line::Row(line, Value::Object(members), &raw)))
    }
}

/// A cell as text: dates year first and without a zone, which spreadsheets do not know.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let day = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) {
                return day;
            }
            format!("{day}T{hour:02}:{minute:02}:{second:02}")
        }
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}
