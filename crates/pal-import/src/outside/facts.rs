//! What a record becomes: rows of canonical facts, or a word on why it becomes none.
#![expect(clippy::unnecessary_wraps, reason = "cells are optional, so that all of them are written alike")]

use std::borrow::Cow;
use std::collections::BTreeSet;

use pal_rules::facts::{Column, Row, Table, Value};
use pal_rules::id::Id;
use pal_rules::time::{Day, Timestamp};

use super::part::Part;
use super::runs::Runs;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It became the facts that were pushed.
    Facts,
    /// It is a record as it should be, and says nothing that facts are made of.
    Ignored(Reason),
    /// It cannot be used as it is.
    Refused(Reason),
}

impl Outcome {
    /// What became of a record whose reading may stop early.
    pub(super) fn of(read: Result<(), Outcome>) -> Outcome {
        read.err().unwrap_or(Outcome::Facts)
    }

    pub(super) fn refused(reason: &'static str) -> Outcome {
        Outcome::Refused(reason.into())
    }

    pub(super) fn ignored(reason: &'static str) -> Outcome {
        Outcome::Ignored(reason.into())
    }
}

/// Why a record became no facts: short, and the same for records that are alike, because reasons are counted.
pub type Reason = Cow<'static, str>;

/// Facts of one record, and what is seen on the way.
#[derive(Debug, Default)]
pub struct Facts {
    rows: Vec<(Table, Row)>,
    parts: Vec<Part>,
    /// Days on which a source has a record of a tenant and product.
    pub(super) covered: BTreeSet<Covered>,
    /// Some of them, each in a place that follows from its day and product: what follows is one of these, as a rule.
    recent: Vec<Option<Covered>>,
    /// Runs that come one by one; they are counted over the file.
    pub(super) runs: Runs,
    /// The day that the folders of the file name, for records without a time.
    pub(super) partition: Option<Day>,
}

/// A day on which a source has a record of a tenant and product (`facts.md`, `coverage`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covered {
    /// The tenant.
    pub tenant: Id,
    /// The product.
    pub product: &'static str,
    /// The source, as the `coverage` table names it.
    pub source: &'static str,
    /// `observed`, `owner_proxy` or `runs_only`.
    pub actor_basis: &'static str,
    /// The day.
    pub day: Day,
}

/// How many covered days are known to be so without a search: of a month, and of each product.
const DAYS: usize = 32;
const PRODUCTS: usize = 4;

impl Facts {
    /// Adds a row; columns that are not named are absent. A word that the column does not have, or a required column
    /// that is absent, leaves the row out: the record is then refused by [`Facts::push`]'s `false`.
    #[must_use]
    pub fn push(&mut self, table: Table, cells: &[(&'static str, Option<Value>)]) -> bool {
        let columns = table.columns();
        let mut values = vec![Value::Absent; columns.len()];
        for (name, value) in cells {
            let place = columns.iter().position(|column| column.name == *name);
            debug_assert!(place.is_some(), "{} has no column {name}", table.name());
            if let (Some(slot), Some(value)) = (place.and_then(|place| values.get_mut(place)), value) {
                *slot = value.clone();
            }
        }
        let whole = columns.iter().zip(&values).all(|(column, value)| whole(column, value));
        if whole {
            self.rows.push((table, Row::new(values)));
        }
        whole
    }

    /// As [`Facts::push`], for a reading that stops where a row is not whole.
    pub(super) fn put(
        &mut self,
        table: Table,
        cells: &[(&'static str, Option<Value>)],
    ) -> Result<(), Outcome> {
        let whole = self.push(table, cells);
        whole.then_some(()).ok_or(Outcome::refused("the record lacks what its facts need"))
    }

    /// Adds a row of `aliases`, on from and until these times where they are known.
    pub(super) fn alias(
        &mut self,
        tenant: &Id,
        kind: &'static str,
        (alias, stands_for): (&Id, &Id),
        (from, until): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<(), Outcome> {
        let cells = [
            ("tenant_id", id(tenant)),
            ("kind", word(kind)),
            ("alias", id(alias)),
            ("id", id(stands_for)),
            ("alias_from", from.map(Value::Time)),
            ("alias_until", until.map(Value::Time)),
        ];
        self.put(Table::Aliases, &cells)
    }

    /// Adds what becomes facts only together with another file.
    pub(super) fn part(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// The parts so far, taken out.
    pub fn take_parts(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.parts)
    }

    /// Adds a row of `activity`, the most frequent of all.
    #[expect(clippy::too_many_arguments, reason = "the cells of a row, in their order")]
    pub fn activity(&mut self, at: Timestamp, tenant: &Id, resource: &Id, actor: &Id, kind: &'static str) {
        self.rows.push((
            Table::Activity,
            Row::new(vec![
                Value::Time(at),
                Value::Id(tenant.clone()),
                Value::Id(resource.clone()),
                Value::Id(actor.clone()),
                Value::Word(kind),
            ]),
        ));
    }

    /// Says that a source has records of a tenant and product on a day.
    pub fn cover(&mut self, tenant: &Id, product: &'static str, source: &'static str, at: Timestamp) {
        self.cover_as(tenant, product, source, "observed", at);
    }

    /// The same where the persons are not those who acted (`formats.md` §4.4).
    #[expect(clippy::too_many_arguments, reason = "the cells of a row, in their order")]
    pub fn cover_as(
        &mut self,
        tenant: &Id,
        product: &'static str,
        source: &'static str,
        actor_basis: &'static str,
        at: Timestamp,
    ) {
        let day = at.day();
        let days = usize::try_from(day.days_after(Day::from_days(0))).unwrap_or(0);
        let place = days % DAYS + DAYS * (product.len() % PRODUCTS);
        self.recent.resize(DAYS * PRODUCTS, None);
        let Some(recent) = self.recent.get_mut(place) else { return };
        let same = |covered: &Covered| {
            covered.day == day
                && covered.tenant == *tenant
                && same_word(covered.product, product)
                && same_word(covered.source, source)
                && same_word(covered.actor_basis, actor_basis)
        };
        if !recent.as_ref().is_some_and(same) {
            let covered = Covered { tenant: tenant.clone(), product, source, actor_basis, day };
            *recent = Some(covered.clone());
            self.covered.insert(covered);
        }
    }

    /// The rows so far, taken out.
    pub fn take(&mut self) -> Vec<(Table, Row)> {
        std::mem::take(&mut self.rows)
    }
}

/// Whether a value can stand in a column, and be read again.
fn whole(column: &Column, value: &Value) -> bool {
    match value {
        Value::Absent => !column.required,
        Value::Id(id) if id.guid().is_none() => {
            let text = id.to_string();
            let missing = column.required && text.is_empty();
            !missing && !text.contains('\0')
        }
        _ => true,
    }
}

/// An id as a cell.
pub(super) fn id(id: &Id) -> Option<Value> {
    Some(Value::Id(id.clone()))
}

/// A text as a cell; empty is absent.
pub(super) fn text(text: &str) -> Option<Value> {
    (!text.is_empty() && !text.contains('\0')).then(|| Value::Text(text.into()))
}

/// An instant as a cell.
pub(super) fn time(at: Timestamp) -> Option<Value> {
    Some(Value::Time(at))
}

/// One of a column's words as a cell.
pub(super) fn word(word: &'static str) -> Option<Value> {
    Some(Value::Word(word))
}

/// A flag as a cell.
pub(super) fn flag(flag: bool) -> Option<Value> {
    Some(Value::Flag(flag))
}

/// A number as a cell.
pub(super) fn count(number: u64) -> Option<Value> {
    Some(Value::Count(number))
}

/// A day as a cell.
pub(super) fn day(day: Day) -> Option<Value> {
    Some(Value::Day(day))
}

/// Whether two words of ours are the same: as a rule they stand in the same place.
pub(super) fn same_word(one: &'static str, other: &'static str) -> bool {
    std::ptr::eq(one, other) || one == other
}
