//! The rows of `statement.csv` and `statement.named.csv`, straight into bytes: a month has a million of them.

use pal_rules::attribute::Attribution;
use pal_rules::names::Names;
use pal_rules::text::Text;

/// Adds lines as rows of CSV without a head, and the same with the names in front, if there are any.
///
/// - `positions`: of each line where its resource stands in the facts that know the names.
pub(crate) fn put_lines(
    (lines, positions): (&[Attribution], &[usize]),
    names: Option<Names<'_>>,
    (plain, named): (&mut Vec<u8>, &mut Vec<u8>),
) {
    for (Attribution { line, .. }, position) in lines.iter().zip(positions) {
        let begin = plain.len();
        put_cells(plain, &line.cells());
        plain.push(b'\n');
        if let Some(names) = names {
            put_cells(named, &names.of_line_at(line, *position));
            named.push(b',');
            named.extend_from_slice(plain.get(begin..).unwrap_or_default());
        }
    }
}

/// Cells with commas between them, quoted where the `csv` crate quotes them: that writes all other files.
fn put_cells(row: &mut Vec<u8>, cells: &[Text<'_>]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            row.push(b',');
        }
        let cell = cell.as_bytes();
        if needs_quotes(cell) {
            row.push(b'"');
            for byte in cell {
                row.push(*byte);
                if *byte == b'"' {
                    row.push(b'"');
                }
            }
            row.push(b'"');
        } else {
            row.extend_from_slice(cell);
        }
    }
}

/// Looks at all bytes, however early the first that decides: that is many at once.
fn needs_quotes(cell: &[u8]) -> bool {
    cell.iter().fold(false, |needs, byte| needs | matches!(byte, b',' | b'"' | b'\r' | b'\n'))
}
