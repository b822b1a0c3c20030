//! A table as CSV.

use std::cell::Cell;
use std::fs::File;
use std::io;

use csv::{ByteRecord, Reader, ReaderBuilder};
use pal_rules::facts::{Address, BadValue, Row, Table};

use super::lines::Lines;
use super::{FactFile, Record, Unreadable, expected, places};

/// Reads all records; line numbers count physical lines, the header is 1.
pub(super) fn read(
    file: &FactFile,
    number: u32,
    passed: &Cell<u64>,
    take: &mut dyn FnMut(Record),
) -> Result<(), Unreadable> {
    let opened =
        File::open(&file.path).map_err(|source| Unreadable::Io { path: file.path.clone(), source })?;
    let mut reader = ReaderBuilder::new()
        .buffer_capacity(1 << 17)
        .has_headers(false)
        .flexible(true)
        .from_reader(Lines::new(opened));
    let mut record = ByteRecord::new();
    if !next(&mut reader, &mut record, file)? {
        return Err(Unreadable::NoHeader { name: file.name.clone(), expected: expected(file.table) });
    }
    check_encoding(file, &record)?;
    let header: Vec<String> = record
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').to_owned())
        .collect();
    let places = places(file, &header)?;
    while next(&mut reader, &mut record, file)? {
        let start = record.position().map_or(0, csv::Position::byte);
        let line = reader.get_mut().line_at(start);
        passed.set(start);
        take((Address { file: number, line }, row(file.table, &places, &record)));
    }
    passed.set(reader.position().byte());
    Ok(())
}

/// Refuses what only looks like this CSV: UTF-16, and other separators, which make one cell of the whole header.
fn check_encoding(file: &FactFile, header: &ByteRecord) -> Result<(), Unreadable> {
    let name = file.name.clone();
    let start = header.as_slice();
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) || start.get(1) == Some(&0) {
        return Err(Unreadable::Utf16 { name });
    }
    let separators = [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];
    let found = separators.into_iter().find(|(byte, _)| header.len() == 1 && start.contains(byte));
    found.map_or(Ok(()), |(_, separator)| Err(Unreadable::Separator { name, separator }))
}

fn next(
    reader: &mut Reader<Lines<File>>,
    record: &mut ByteRecord,
    file: &FactFile,
) -> Result<bool, Unreadable> {
    reader.read_byte_record(record).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(source) => Unreadable::Io { path: file.path.clone(), source },
        other => Unreadable::Damaged {
            name: file.name.clone(),
            format: "CSV",
            source: io::Error::other(format!("{other:?}")).into(),
        },
    })
}

/// Reads the cells; one that is not UTF-8 is a bad value like any other.
fn row(table: Table, places: &[usize], record: &ByteRecord) -> Result<Row, BadValue> {
    let whole = std::str::from_utf8(record.as_slice()).ok();
    if let Some(cells) = whole.and_then(|text| split(text, record)) {
        return Row::parse(table, places, cells.into_iter());
    }
    // A NUL can be in no column's value, so it marks the cell that is not UTF-8 as one that cannot be read.
    let cells: Vec<&str> =
        record.iter().map(|cell| std::str::from_utf8(cell).unwrap_or(Row::UNREADABLE)).collect();
    Row::parse(table, places, cells.into_iter())
}

/// Cuts the record's text into its cells; `None` where a cut would fall inside a character.
fn split<'a>(text: &'a str, record: &ByteRecord) -> Option<Vec<&'a str>> {
    (0..record.len()).map(|cell| text.get(record.range(cell)?)).collect()
}
