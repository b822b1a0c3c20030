//! Which rows are the same fact, and which contradict each other (`facts.md`, What holds).

use std::borrow::Cow;

use super::gathered::Rows;
use super::table::{Keeping, Table};
use super::{Address, Refusal, RefusalReason, Row};
use crate::word::KnownFrom;

/// A row and where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The row.
    pub row: Row,
    /// Where it stands.
    pub address: Address,
}

/// A distinct row with all its addresses.
#[derive(Clone, Debug)]
pub(super) struct Distinct<'a> {
    pub(super) row: Cow<'a, Row>,
    pub(super) first: Address,
    pub(super) repeats: Vec<Address>,
    pub(super) refused: Option<RefusalReason>,
}

impl<'a> Distinct<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self { row: Cow::Borrowed(&entry.row), first: entry.address, repeats: Vec::new(), refused: None }
    }

    /// Makes `other` a repeat of this row: it is listed with it, and stands for nothing of its own.
    pub(super) fn absorb(&mut self, other: &mut Self) {
        self.repeats.push(other.first);
        self.repeats.append(&mut other.repeats);
    }
}

/// Joins equal rows; sorted by content.
pub(super) fn distinct(rows: &Rows) -> Vec<Distinct<'_>> {
    let mut entries: Vec<&Entry> = rows.entries().collect();
    entries.sort_unstable_by(|a, b| a.row.cmp(&b.row).then(a.address.cmp(&b.address)));
    let mut rows: Vec<Distinct<'_>> = Vec::with_capacity(entries.len());
    for entry in entries {
        match rows.last_mut() {
            Some(last) if *last.row == entry.row => last.repeats.push(entry.address),
            _ => rows.push(Distinct::of(entry)),
        }
    }
    rows
}

/// Judges the rows of one table against equal keys: joins repeats, marks conflicts. Sorted by key on return.
pub(super) fn judge(table: Table, rows: &Rows) -> Vec<Distinct<'_>> {
    if rows.rise() {
        // Each has a key of its own.
        return rows.entries().map(Distinct::of).collect();
    }
    let mut rows = distinct(rows);
    match table.keeping() {
        Keeping::Set => {}
        Keeping::Event => {
            for group in rows.chunk_by_mut(|a, b| a.row.id(0) == b.row.id(0)) {
                refuse_all_if_several(group);
            }
        }
        Keeping::Entity(key) => {
            // The sort is stable: within a key and time the order by content stays.
            let observed = table.columns().len() - 1;
            rows.sort_by(|a, b| {
                a.row.key(key).cmp(b.row.key(key)).then(a.row.time(observed).cmp(&b.row.time(observed)))
            });
            let same = |a: &Distinct<'_>, b: &Distinct<'_>| {
                a.row.key(key).eq(b.row.key(key)) && a.row.time(observed) == b.row.time(observed)
            };
            for group in rows.chunk_by_mut(same) {
                if group.len() > 1 {
                    refuse_contradictions(table, group);
                }
            }
        }
        Keeping::Period(key, until) => {
            rows.sort_by(|a, b| a.row.key(key).cmp(b.row.key(key)));
            for group in rows.chunk_by_mut(|a, b| a.row.key(key).eq(b.row.key(key))) {
                if group.len() > 1 {
                    judge_period(table, until, group);
                }
            }
            rows.retain(|row| !is_absorbed(row));
        }
    }
    rows
}

fn refuse_all_if_several(group: &mut [Distinct<'_>]) {
    if group.len() > 1 {
        for row in group {
            row.refused = Some(RefusalReason::Conflict);
        }
    }
}

/// Refuses entity rows of one key and time; rows that only report a deletion contradict nothing.
fn refuse_contradictions(table: Table, group: &mut [Distinct<'_>]) {
    let claims = |row: &Distinct<'_>| table != Table::Resources || !row.row.only_reports_deletion();
    if group.iter().filter(|row| claims(row)).count() > 1 {
        for row in group.iter_mut().filter(|row| claims(row)) {
            row.refused = Some(RefusalReason::Conflict);
        }
    }
}

/// Rows of one period: an open one repeats one whose end is known; any other difference refuses them all.
///
/// How a link came to be known is no difference of the link: the strongest is kept (decision 0013).
fn judge_period(table: Table, until: usize, group: &mut [Distinct<'_>]) {
    let content = |row: &Row| (table == Table::Links).then(|| row.partner(2));
    let end = group.iter().find_map(|row| row.row.time(until));
    let position = group.iter().position(|row| row.row.time(until) == end).unwrap_or(0);
    group.swap(0, position);
    let Some((keeper, others)) = group.split_first_mut() else { return };
    let agrees = |row: &Row| {
        content(row) == content(&keeper.row) && (row.time(until).is_none() || row.time(until) == end)
    };
    if !others.iter().all(|other| agrees(&other.row)) {
        refuse_all_if_several(group);
        return;
    }
    let strongest = others.iter().map(|other| known_from(&other.row)).chain([known_from(&keeper.row)]).min();
    if let (Table::Links, Some(strongest)) = (table, strongest) {
        let told = super::Value::Word(strongest.as_str());
        keeper.row = Cow::Owned(keeper.row.as_ref().clone().with(5, told));
    }
    for other in others {
        keeper.absorb(other);
        other.refused = None;
        other.row = Cow::Owned(Row::new(Vec::new()));
    }
}

/// A row that was absorbed has no values left.
fn is_absorbed(row: &Distinct<'_>) -> bool {
    row.row.values().is_empty()
}

/// How a link came to be known; declared where nothing is said.
pub(super) fn known_from(row: &Row) -> KnownFrom {
    row.word(5).and_then(KnownFrom::parse).unwrap_or(KnownFrom::Declared)
}

/// The refusals of a judged table: every address of every refused row.
pub(super) fn refusals(table: Table, rows: &[Distinct<'_>]) -> impl Iterator<Item = Refusal> {
    rows.iter().filter_map(|row| row.refused.map(|reason| (row, reason))).flat_map(move |(row, reason)| {
        std::iter::once(row.first)
            .chain(row.repeats.iter().copied())
            .map(move |address| Refusal::of_row(table, address, reason))
    })
}
