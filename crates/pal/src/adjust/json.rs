//! Adjustments as they are kept: the bytes of [`AdjustmentsFile`](super::AdjustmentsFile) in serde's indented form, written
//! straight from lines, in parts.

use pal_rules::statement::STATEMENT_COLUMNS;
use serde_json::Value as Json;

use super::CausingFact;
use super::changes::{Change, Numbered};
use super::kept::text;
use crate::exit::Failure;
use crate::view::cell_json;

/// What stands before the adjustments.
pub(super) fn head(since_version: i64) -> Vec<u8> {
    format!("{{\n  \"format_version\": 1,\n  \"since_version\": {since_version},\n  \"adjustments\": [")
        .into_bytes()
}

/// What stands behind them.
pub(super) fn end(any: bool) -> &'static [u8] {
    if any { b"\n  ]\n}\n" } else { b"]\n}\n" }
}

/// Adjustments that were written by themselves ([`put`]), as they stand in the file: each begins with the comma that parts
/// it from the one before, and the first has none before it.
pub(super) fn part(written: &[u8], is_first: bool) -> &[u8] {
    written.get(usize::from(is_first)..).unwrap_or_default()
}

/// Writes one adjustment.
pub(super) fn put(to: &mut Vec<u8>, change: &Change<'_>, facts: &[CausingFact]) -> Result<(), Failure> {
    let [_, tenant, _, product, resource, ..] = change.row().cells();
    to.extend_from_slice(b",\n    {\n      \"tenant_id\": ");
    put_text(to, &text(tenant))?;
    to.extend_from_slice(b",\n      \"product\": ");
    put_text(to, &text(product))?;
    to.extend_from_slice(b",\n      \"resource_id\": ");
    put_text(to, &text(resource))?;
    to.extend_from_slice(b",\n      \"before\": ");
    put_line(to, change.before)?;
    to.extend_from_slice(b",\n      \"after\": ");
    put_line(to, change.after)?;
    to.extend_from_slice(b",\n      \"facts\": [");
    for (number, fact) in facts.iter().enumerate() {
        to.extend_from_slice(if number == 0 { b"\n        {" } else { b",\n        {" });
        to.extend_from_slice(b"\n          \"table\": ");
        put_text(to, &fact.table)?;
        to.extend_from_slice(b",\n          \"address\": ");
        put_text(to, &fact.address)?;
        to.extend_from_slice(b",\n          \"row\": ");
        put_object(
            to,
            b"          ",
            fact.row.iter().map(|(column, cell)| (column.as_str(), Cell::Json(cell))),
        )?;
        to.extend_from_slice(b"\n        }");
    }
    to.extend_from_slice(if facts.is_empty() { b"]\n    }" } else { b"\n      ]\n    }" });
    Ok(())
}

/// A line by column, without its month and resource, which are what makes it the same line: all else can change.
fn put_line(to: &mut Vec<u8>, line: Option<Numbered<'_>>) -> Result<(), Failure> {
    let Some(line) = line else {
        to.extend_from_slice(b"null");
        return Ok(());
    };
    let cells = STATEMENT_COLUMNS.into_iter().zip(line.row.cells());
    let cells = cells.filter(|(column, _)| !["month", "resource_id"].contains(column));
    put_object(to, b"      ", cells.map(|(column, cell)| (column, Cell::Csv(cell))))
}

/// A value on its way.
#[derive(Clone, Copy)]
enum Cell<'a> {
    Json(&'a Json),
    /// Of a statement.
    Csv(&'a [u8]),
}

/// - `indent`: that of the line that the object ends in.
fn put_object<'a>(
    to: &mut Vec<u8>,
    indent: &[u8],
    fields: impl Iterator<Item = (&'a str, Cell<'a>)>,
) -> Result<(), Failure> {
    to.push(b'{');
    let mut any = false;
    for (name, cell) in fields {
        to.extend_from_slice(if any { b",\n" } else { b"\n" });
        any = true;
        to.extend_from_slice(indent);
        to.extend_from_slice(b"  ");
        put_text(to, name)?;
        to.extend_from_slice(b": ");
        match cell {
            Cell::Json(json) => serde_json::to_writer(&mut *to, json)?,
            // What is text needs no copy of it.
            Cell::Csv(cell) if !cell.is_empty() && !["quantity", "eligible"].contains(&name) => {
                put_text(to, &text(cell))?;
            }
            Cell::Csv(cell) => serde_json::to_writer(&mut *to, &cell_json(name, &text(cell)))?,
        }
    }
    if any {
        to.push(b'\n');
        to.extend_from_slice(indent);
    }
    to.push(b'}');
    Ok(())
}

fn put_text(to: &mut Vec<u8>, text: &str) -> Result<(), Failure> {
    Ok(serde_json::to_writer(to, text)?)
}
