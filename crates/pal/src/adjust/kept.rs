//! What is kept of a statement: its lines as CSV, told apart by their bytes, and the evidence of each.

use std::borrow::Cow;
use std::path::Path;

use pal_rules::id::{ResourceId, TenantId};
use pal_rules::word::Product;

use crate::closed_files::{EVIDENCE_FILE, file};
use crate::exit::Failure;
use crate::line_files::STATEMENT_FILE;
use crate::line_rows;

/// The two files of a statement.
#[derive(Debug)]
pub(crate) struct Kept {
    /// `statement.csv`.
    pub(super) statement: Vec<u8>,
    /// The evidence of its lines, in their order: any number of compressed parts.
    pub(super) evidence: Vec<u8>,
}

impl Kept {
    /// Those in a folder.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self, Failure> {
        Ok(Self { statement: file(folder, STATEMENT_FILE)?, evidence: file(folder, EVIDENCE_FILE)? })
    }

    /// The lines.
    pub(super) fn rows(&self) -> Vec<Row<'_>> {
        rows(&self.statement)
    }
}

/// A line of a statement as it stands in the file, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<'a>(&'a [u8]);

impl<'a> Row<'a> {
    /// No line.
    pub(super) const EMPTY: Self = Self(&[]);

    /// The cells as they stand, quoted where they are; equal ones have equal bytes.
    pub(super) fn cells(self) -> [&'a [u8]; 16] {
        let (mut cells, mut number, mut start, mut quoted) = ([&[][..]; 16], 0, 0, false);
        let ends = memchr::memchr2_iter(b',', b'"', self.0).chain([self.0.len()]);
        for end in ends {
            if self.0.get(end) == Some(&b'"') {
                quoted = !quoted;
            } else if !quoted {
                if let Some(cell) = cells.get_mut(number) {
                    *cell = self.0.get(start..end).unwrap_or_default();
                }
                (number, start) = (number + 1, end + 1);
            }
        }
        cells
    }

    /// What orders the lines of a statement.
    pub(super) fn place(self) -> (TenantId, Product, ResourceId) {
        let [_, tenant, _, product, resource, ..] = self.cells();
        (TenantId::new(&text(tenant)), Product::new(&text(product)), ResourceId::new(&text(resource)))
    }

    /// Whether another line stands before it, at its place or after it.
    pub(super) fn order(self, other: Self) -> std::cmp::Ordering {
        let same = |cells: [&'a [u8]; 16], others: [&[u8]; 16]| {
            [1, 3, 4].iter().all(|place: &usize| cells.get(*place) == others.get(*place))
        };
        if same(self.cells(), other.cells()) {
            return std::cmp::Ordering::Equal;
        }
        self.place().cmp(&other.place())
    }

    /// The line's resource.
    pub(super) fn resource(self) -> ResourceId {
        let [_, _, _, _, resource, ..] = self.cells();
        ResourceId::new(&text(resource))
    }
}

/// What a cell says.
pub(super) fn text(cell: &[u8]) -> Cow<'_, str> {
    match cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")) {
        Some(quoted) => String::from_utf8_lossy(quoted).replace("\"\"", "\"").into(),
        None => str::from_utf8(cell).map_or_else(|_| String::from_utf8_lossy(cell), Cow::from),
    }
}

/// The lines of a file below its head.
pub(super) fn rows(file: &[u8]) -> Vec<Row<'_>> {
    line_rows::rows(file).skip(1).map(Row).collect()
}
