//! Tables as they are exported: CSV with its variations, and spreadsheets. A row becomes a record with the header's names.

use std::io::{self, BufRead, BufReader, Read};

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

/// The longest row.
const ROW: usize = 16 << 20;

/// What a table gives.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// A row: its number, from 1 below the header, and the record.
    Row(u64, Value, &'a ByteRecord),
    /// A row that cannot be used.
    Broken(u64, &'static str, &'a ByteRecord),
}

/// Reads a CSV file row by row.
///
/// - `take`: gets each row; ends the reading with `false`.
///
/// # Errors
///
/// What the reader says.
pub(super) fn read(from: &mut dyn Read, take: &mut dyn FnMut(Line<'_>) -> bool) -> io::Result<()> {
    let mut buffered = BufReader::with_capacity(1 << 18, from);
    skip_mark(&mut buffered)?;
    let delimiter = delimiter(&mut buffered)?;
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(buffered);
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record)? {
        return Ok(());
    }
    let header: Vec<String> =
        record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let mut number = 0;
    while reader.read_byte_record(&mut record)? {
        number += 1;
        let line = if record.as_slice().len() > ROW {
            Line::Broken(number, "the row is longer than 16 MiB", &record)
        } else if record.len() > header.len() {
            Line::Broken(number, "the row has more cells than the header", &record)
        } else {
            match row(&header, &record) {
                Some(value) => Line::Row(number, value, &record),
                None => Line::Broken(number, "the row is not UTF-8: save the file as UTF-8", &record),
            }
        };
        if !take(line) {
            break;
        }
    }
    Ok(())
}

fn row(header: &[String], record: &ByteRecord) -> Option<Value> {
    let mut members = Map::new();
    for (name, cell) in header.iter().zip(record) {
        members.insert(name.clone(), Value::from(std::str::from_utf8(cell).ok()?));
    }
    Some(Value::Object(members))
}

/// Skips a byte-order mark, and the line with which Windows PowerShell says what type it exported.
fn skip_mark(from: &mut impl BufRead) -> io::Result<()> {
    if from.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]) {
        from.consume(3);
    }
    if from.fill_buf()?.starts_with(b"#TYPE ") {
        from.skip_until(b'\n')?;
    }
    Ok(())
}

/// A comma, or what stands in the first line where no comma does.
fn delimiter(from: &mut impl BufRead) -> io::Result<u8> {
    let buffer = from.fill_buf()?;
    let line = buffer.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok([b',', b';', b'\t'].into_iter().find(|delimiter| line.contains(delimiter)).unwrap_or(b','))
}
