//! Records of exports on their way into the workspace: some wait until they are stored together, so that the database is
//! written in the order of its pages, and no more of them than memory is good for.

use std::collections::BTreeSet;

use pal_import::facts::ActivityWriter;
use pal_import::outside::{Covered, Part, Taken};
use pal_rules::facts::{Address, Row, Table};
use pal_store::workspace::{OutsideImport, SeenRecord, SolutionPart};
use sha2::{Digest, Sha256};

use super::whole_days::WholeDays;
use crate::exit::Failure;
use crate::shell::workspace_failure;

/// How many records wait until they are stored together, and how many rows they may have.
pub(super) const BATCH: usize = 1 << 14;

/// Records of a file that wait until they are stored together.
pub(super) struct Waiting<'a, 'b> {
    import: &'a mut OutsideImport<'b>,
    writer: &'a mut ActivityWriter,
    days: &'a mut WholeDays,
    /// The number of the file.
    file: u32,
    records: Vec<SeenRecord>,
    /// Their activity, with the position of its record.
    activity: Vec<(usize, Row)>,
    /// How many rows they have.
    rows: usize,
    covered: BTreeSet<Covered>,
    fault: Option<Failure>,
}

impl<'a, 'b> Waiting<'a, 'b> {
    /// Begins a file.
    pub(super) fn begin(
        import: &'a mut OutsideImport<'b>,
        writer: &'a mut ActivityWriter,
        days: &'a mut WholeDays,
        name: &str,
    ) -> Result<Self, Failure> {
        let file = u32::try_from(import.begin_file(name).map_err(workspace_failure)?)?;
        let (records, activity, covered) = (Vec::new(), Vec::new(), BTreeSet::new());
        Ok(Self { import, writer, days, file, records, activity, rows: 0, covered, fault: None })
    }

    /// Takes a record; what goes wrong is told at the end.
    pub(super) fn take(&mut self, taken: Taken) {
        let place = self.records.len();
        let key = key(&taken);
        self.rows += taken.rows.len();
        let mut rows = Vec::new();
        for (table, row) in taken.rows {
            if table == Table::Activity {
                self.activity.push((place, row));
            } else {
                rows.push((table, row));
            }
        }
        let parts = taken.parts.iter().flat_map(parts_of).collect();
        self.covered.extend(taken.covered);
        self.records.push(SeenRecord { key, line: taken.line, rows, parts });
        if self.records.len().max(self.rows) >= BATCH {
            self.store();
        }
    }

    /// Stores what still waits, and tells what went wrong.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        self.store();
        self.fault.map_or(Ok(()), Err)
    }

    /// Stores what waits; the activity of records that were there before is in files already.
    fn store(&mut self) {
        if self.fault.is_none()
            && let Err(fault) = self.try_store()
        {
            self.fault = Some(fault);
        }
        self.records.clear();
        self.activity.clear();
        self.rows = 0;
    }

    fn try_store(&mut self) -> Result<(), Failure> {
        let new = self.import.records(&self.records).map_err(workspace_failure)?;
        let covered = std::mem::take(&mut self.covered);
        self.days.store(self.import, covered)?;
        for (place, row) in self.activity.drain(..) {
            if let (Some(true), Some(record)) = (new.get(place), self.records.get(place)) {
                self.writer.push(Address { file: self.file, line: record.line }, row)?;
            }
        }
        Ok(())
    }
}

/// What makes a record the same wherever it comes again: its identity, or all that it says.
fn key(taken: &Taken) -> [u8; 16] {
    let mut key = Sha256::new();
    if let Some(identity) = &taken.identity {
        key.update(identity);
    } else {
        taken.rows.iter().for_each(|(table, row)| update_with_row(&mut key, *table, row));
        taken.parts.iter().for_each(|part| update_with_part(&mut key, part));
    }
    key.finalize().first_chunk().copied().unwrap_or_default()
}

fn update_with_row(key: &mut Sha256, table: Table, row: &Row) {
    key.update(table.name());
    for value in row.values() {
        key.update(value.text());
        key.update([0]);
    }
}

/// What a file says of solutions, as it is stored.
fn parts_of(part: &Part) -> Vec<SolutionPart> {
    match part {
        Part::Package(package) => {
            let components = package.components.iter().map(|component| SolutionPart::Packaged {
                solution: package.unique_name.clone(),
                version: package.version.clone(),
                name: component.key.clone(),
            });
            components.collect()
        }
        Part::Solution { environment, solution, unique_name, version } => vec![SolutionPart::Installed {
            environment: environment.to_string(),
            id: solution.to_string(),
            version: version.clone(),
            solution: unique_name.clone(),
        }],
        Part::Component { environment, solution, resource } => vec![SolutionPart::Component {
            environment: environment.to_string(),
            id: solution.to_string(),
            resource: resource.to_string(),
        }],
    }
}

fn update_with_part(key: &mut Sha256, part: &Part) {
    // A package may have no component that counts, and is itself all the same.
    if let Part::Package(package) = part {
        key.update(format!("{}\0{}\0", package.unique_name, package.version));
    }
    for part in parts_of(part) {
        key.update(part.cells().join("\0"));
        key.update([0]);
    }
}
