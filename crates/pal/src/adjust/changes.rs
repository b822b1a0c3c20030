//! Which lines differ between two statements of a month, by what stands in them: a partner that moved to another company
//! changes only the company's roll-up.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use pal_rules::facts::Changed;
use pal_rules::id::ResourceId;

use super::kept::Row;

/// A line by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbered<'a> {
    pub(super) number: usize,
    pub(super) row: Row<'a>,
}

/// A line that differs: at least one side is there.
#[derive(Clone, Debug)]
pub(super) struct Change<'a> {
    pub(super) resource: ResourceId,
    pub(super) before: Option<Numbered<'a>>,
    pub(super) after: Option<Numbered<'a>>,
}

impl<'a> Change<'a> {
    /// The line as it is, or the one that is gone.
    pub(super) fn row(&self) -> Row<'a> {
        self.after.or(self.before).map_or(Row::EMPTY, |side| side.row)
    }

    /// Which columns differ.
    pub(super) fn changed(&self) -> Changed {
        let cells = |side: Option<Numbered<'a>>| side.map(|side| side.row.cells());
        Changed::new(cells(self.before).as_ref(), cells(self.after).as_ref())
    }
}

/// The lines that differ, in the statement's order; one that lies elsewhere since stands where it lies now.
pub(super) fn changes<'a>(before: &[Row<'a>], after: &[Row<'a>]) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let (mut gone, mut new) = (BTreeMap::new(), Vec::new());
    let (mut was, mut is) = (0, 0);
    loop {
        let numbered =
            |rows: &[Row<'a>], number: usize| rows.get(number).map(|row| Numbered { number, row: *row });
        let sides = (numbered(before, was), numbered(after, is));
        let order = match sides {
            (None, None) => break,
            (Some(old), Some(new)) if old.row == new.row => {
                (was, is) = (was + 1, is + 1);
                continue;
            }
            (Some(old), Some(new)) => old.row.order(new.row),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        let old = sides.0.filter(|_| order != Ordering::Greater);
        let now = sides.1.filter(|_| order != Ordering::Less);
        was += usize::from(old.is_some());
        is += usize::from(now.is_some());
        let Some(resource) = now.or(old).map(|side| side.row.resource()) else { break };
        match order {
            Ordering::Less => _ = gone.insert(resource.clone(), changes.len()),
            Ordering::Greater => new.push(changes.len()),
            Ordering::Equal => {}
        }
        changes.push(Change { resource, before: old, after: now });
    }
    // One resource has one line.
    for place in new {
        let earlier = changes.get(place).and_then(|change: &Change<'a>| gone.remove(&change.resource));
        let earlier =
            earlier.and_then(|earlier| changes.get_mut(earlier)).and_then(|gone| gone.before.take());
        if let Some(change) = changes.get_mut(place) {
            change.before = earlier;
        }
    }
    let row = |side: Option<Numbered<'a>>| side.map(|side| side.row);
    changes.retain(|change| row(change.before) != row(change.after));
    changes
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use pal_rules::id::{ResourceId, TenantId};
    use pal_rules::word::Product;
    use proptest::prelude::*;

    use super::changes;
    use crate::adjust::json;
    use crate::adjust::kept::{Kept, text};
    use crate::adjust::{AdjustmentsFile, CausingFact};

    type Cells = Vec<String>;

    /// Lines in the order of a statement, each resource once.
    fn statement(lines: BTreeMap<String, (u8, String, u64)>) -> Vec<Cells> {
        let mut all: Vec<Cells> = lines
            .into_iter()
            .map(|(resource, (place, word, quantity))| {
                let mut cells = vec![String::new(); 16];
                let (tenant, product) = (format!("t\"{}", place % 3), format!("p,{}", place / 3));
                let told = ["2026-03", &tenant, &word, &product, &resource, "mau"];
                for (cell, told) in cells.iter_mut().zip(told) {
                    told.clone_into(cell);
                }
                cells[6] = quantity.to_string();
                cells[14] = if quantity == 1 { "true".to_owned() } else { String::new() };
                cells
            })
            .collect();
        let place =
            |cells: &Cells| (TenantId::new(&cells[1]), Product::new(&cells[3]), ResourceId::new(&cells[4]));
        all.sort_by_key(place);
        all
    }

    fn kept(lines: &[Cells]) -> Kept {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(pal_rules::statement::STATEMENT_COLUMNS).unwrap();
        for line in lines {
            writer.write_record(line).unwrap();
        }
        Kept { statement: writer.into_inner().unwrap(), evidence: Vec::new() }
    }

    fn lines() -> impl Strategy<Value = Vec<Cells>> {
        let line = (0..6_u8, "[a\",\n\r é]{0,3}", 0..3_u64);
        prop::collection::btree_map("[ab\",\n]{1,3}", line, 0..12).prop_map(statement)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn changes_are_those_of_lines_held_against_each_other_by_resource(before in lines(), after in lines()) {
            let by_resource = |lines: &[Cells]| -> BTreeMap<String, Cells> {
                lines.iter().map(|cells| (cells[4].clone(), cells.clone())).collect()
            };
            let (was, is) = (by_resource(&before), by_resource(&after));
            let all: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            let mut expected: Vec<(Option<Cells>, Option<Cells>)> = all
                .into_iter()
                .map(|id| (was.get(id).cloned(), is.get(id).cloned()))
                .filter(|(before, after)| before != after)
                .collect();
            expected.sort_by_key(|(before, after)| {
                let cells = after.as_ref().or(before.as_ref()).unwrap();
                (TenantId::new(&cells[1]), Product::new(&cells[3]), ResourceId::new(&cells[4]))
            });
            let (old, new) = (kept(&before), kept(&after));
            let (old, new) = (old.rows(), new.rows());
            let found = changes(&old, &new);
            let cells = |side: Option<super::Numbered<'_>>| -> Option<Cells> {
                side.map(|side| side.row.cells().iter().map(|cell| text(cell).into_owned()).collect())
            };
            let told: Vec<_> = found.iter().map(|one| (cells(one.before), cells(one.after))).collect();
            prop_assert_eq!(told, expected);

            // What is written is what serde would write of what it reads there.
            let row = [("kind", "use".into()), ("rows", 3_u64.into()), ("a\"\n", "é\u{1}".into())];
            let row = row.into_iter().map(|(column, cell)| (column.to_owned(), cell)).collect();
            let fact = CausingFact { table: "activity".to_owned(), address: "a\\b".to_owned(), row };
            let mut written = json::head(7);
            for (number, change) in found.iter().enumerate() {
                let mut one = Vec::new();
                json::put(&mut one, change, &vec![fact.clone(); number % 3]).unwrap();
                written.extend_from_slice(json::part(&one, number == 0));
            }
            written.extend_from_slice(json::end(!found.is_empty()));
            let read: AdjustmentsFile = serde_json::from_slice(&written).unwrap();
            prop_assert_eq!(read.adjustments.len(), found.len());
            let again = format!("{}\n", serde_json::to_string_pretty(&read).unwrap());
            prop_assert_eq!(String::from_utf8(written).unwrap(), again);
            for (one, change) in read.adjustments.iter().zip(&found) {
                prop_assert_eq!(&one.resource_id, &change.resource.to_string());
                for (line, side) in [(&one.before, change.before), (&one.after, change.after)] {
                    let quantity = cells(side).map(|cells| cells[6].parse::<u64>().unwrap());
                    prop_assert_eq!(line.as_ref().map(|line| line["quantity"].as_u64().unwrap()), quantity);
                }
            }
        }
    }
}
