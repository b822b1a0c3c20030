//! The rules on the same text tables as the naive evaluator, out as the same files.

use std::collections::BTreeMap;

use pal_rules::attribute::{Attribution, attribute};
use pal_rules::facts::{
    Address, Entry, Facts, Gathered, LinksFrom, Refusal, RefusalReason, Row, Settled, Table, settle,
};
use pal_rules::meter::{Activity, Meter, Seen};
use pal_rules::rollup::{COMPANY_COLUMNS, Credited, ROLLUP_COLUMNS, Rollups};
use pal_rules::statement::{Line, STATEMENT_COLUMNS};
use pal_rules::text::Written;
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::{Metered, Usage, Window};

use crate::naive::{Tables, csv_record};

/// The files of one month, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) statement: String,
    pub(crate) rollup: String,
    pub(crate) company: String,
}

/// A month and, before its end, the instant up to which it is looked at.
pub(crate) type Asked<'a> = (&'a str, Option<&'a str>);

/// Facts settled, and the activity rows that could be read.
pub(crate) struct Rules {
    settled: Settled,
    activity: Vec<(Address, Activity)>,
    refusals: Vec<Refusal>,
}

impl Rules {
    pub(crate) fn new(tables: &Tables) -> Self {
        let (mut gathered, mut activity, mut refusals) = (Gathered::default(), Vec::new(), Vec::new());
        read(tables, &mut gathered, &mut activity, &mut refusals);
        Self::settled(&gathered, activity, refusals)
    }

    /// The rules where only these links count.
    pub(crate) fn with_links_from(tables: &Tables, links_from: LinksFrom) -> Self {
        let (mut gathered, mut activity, mut refusals) = (Gathered::default(), Vec::new(), Vec::new());
        read(tables, &mut gathered, &mut activity, &mut refusals);
        gathered.keep_links(links_from);
        Self::settled(&gathered, activity, refusals)
    }

    /// The same facts, told by several imports one after the other.
    pub(crate) fn of_imports(imports: &[Tables]) -> Self {
        let (mut gathered, mut activity, mut refusals) = (Gathered::default(), Vec::new(), Vec::new());
        for tables in imports {
            read(tables, &mut gathered, &mut activity, &mut refusals);
        }
        Self::settled(&gathered, activity, refusals)
    }

    fn settled(gathered: &Gathered, activity: Vec<(Address, Activity)>, mut refusals: Vec<Refusal>) -> Self {
        let mut settled = settle(gathered);
        refusals.append(&mut settled.refusals);
        Self { settled, activity, refusals }
    }

    /// The files of each month asked for, the activity read once for all of them, and `refused.csv`.
    pub(crate) fn files(&self, asked: &[Asked]) -> (Vec<Files>, String) {
        let windows: Vec<Window> = asked.iter().map(window).collect();
        let facts = &self.settled.facts;
        let mut meter = Meter::new(facts, &windows);
        let mut refusals = self.refusals.clone();
        for (address, activity) in &self.activity {
            if meter.take(activity) == Seen::WrongTenant {
                refusals.push(Refusal::of_row(Table::Activity, *address, RefusalReason::WrongTenant));
            }
        }
        meter.finish();
        let files = (0..windows.len()).map(|window| self.month(&meter, &windows, window)).collect();
        (files, refused_csv(&refusals))
    }

    fn month(&self, meter: &Meter, windows: &[Window], number: usize) -> Files {
        let window = windows[number];
        let made = self.made(meter, window, number);
        let lines: Vec<(usize, Line)> =
            made.into_iter().map(|(position, made)| (position, made.line)).collect();
        let distinct = |resources: &[usize]| meter.distinct_users(resources, number);
        let credited = lines.iter().filter_map(|(position, line)| Credited::of(*position, line)).collect();
        let Rollups { partners, companies } = Rollups::of(window.month, credited, distinct);
        Files {
            statement: csv(&STATEMENT_COLUMNS, lines.iter().map(|(_, line)| line.cells().to_vec())),
            rollup: csv(&ROLLUP_COLUMNS, partners.iter().map(|rolled| texts(&rolled.values()))),
            company: csv(&COMPANY_COLUMNS, companies.iter().map(|rolled| texts(&rolled.company_values()))),
        }
    }

    /// The lines of a month with their evidence and the positions of their resources, in the statement's order.
    fn made(&self, meter: &Meter, window: Window, number: usize) -> Vec<(usize, Attribution)> {
        let facts = &self.settled.facts;
        let mut made = Vec::new();
        for (position, resource) in facts.resources.iter().enumerate() {
            if window.lists(resource) {
                let usage = meter.usage(position, number);
                let attribution = attribute(facts, resource, window, &usage);
                assert_eq!(
                    attribution.line,
                    attribution.evidence.line(),
                    "the evidence derives another line"
                );
                made.push((position, attribution));
            }
        }
        made.sort_by(|a, b| a.1.line.place().cmp(&b.1.line.place()));
        made
    }

    /// The lines of one month with their evidence, in the statement's order.
    pub(crate) fn attributions(&self, asked: &Asked) -> Vec<Attribution> {
        let mut meter = Meter::new(&self.settled.facts, &[window(asked)]);
        for (_, activity) in &self.activity {
            meter.take(activity);
        }
        meter.finish();
        self.made(&meter, window(asked), 0).into_iter().map(|(_, made)| made).collect()
    }

    /// Every line of a month, with the position of its resource and what activity says of that.
    pub(crate) fn judged(&self, asked: &Asked) -> Vec<(usize, Usage, Attribution)> {
        let mut meter = Meter::new(&self.settled.facts, &[window(asked)]);
        for (_, activity) in &self.activity {
            meter.take(activity);
        }
        meter.finish();
        let made = self.made(&meter, window(asked), 0).into_iter();
        made.map(|(position, made)| (position, meter.usage(position, 0), made)).collect()
    }

    /// The activity rows that could be read, ids as they came.
    pub(crate) fn activity(&self) -> impl Iterator<Item = &Activity> {
        self.activity.iter().map(|(_, activity)| activity)
    }

    /// The facts that hold.
    pub(crate) fn facts(&self) -> &Facts {
        &self.settled.facts
    }

    /// Why rows do not hold, by where they stand.
    pub(crate) fn refused(&self) -> BTreeMap<Address, RefusalReason> {
        self.refusals.iter().map(|refusal| (refusal.address, refusal.reason)).collect()
    }

    /// How many resources the months list, all in all.
    pub(crate) fn listed(&self, asked: &[Asked]) -> usize {
        let resources = &self.settled.facts.resources;
        asked.iter().map(window).map(|window| resources.iter().filter(|one| window.lists(one)).count()).sum()
    }
}

/// The rows that can be read, but for activity.
pub(crate) fn gathered(tables: &Tables) -> Gathered {
    let mut gathered = Gathered::default();
    read(tables, &mut gathered, &mut Vec::new(), &mut Vec::new());
    gathered
}

fn window((month, as_of): &Asked) -> Window {
    let as_of = as_of.map(|text| Timestamp::parse(text).unwrap());
    Window::new(Month::parse(month).unwrap(), as_of).unwrap()
}

fn read(
    tables: &Tables,
    gathered: &mut Gathered,
    activity: &mut Vec<(Address, Activity)>,
    refusals: &mut Vec<Refusal>,
) {
    for (name, rows) in &tables.0 {
        let table = Table::parse(name).unwrap();
        let place = |name: &String| table.columns().iter().position(|column| column.name == name).unwrap();
        let places: Vec<usize> = rows.header.iter().map(place).collect();
        let file = u32::try_from(Table::ALL.iter().position(|one| *one == table).unwrap()).unwrap();
        for row in &rows.rows {
            let address = Address { file, line: row.line };
            match Row::parse(table, &places, row.cells.iter().map(String::as_str)) {
                Ok(row) if table == Table::Activity => {
                    activity.push((address, Activity::read(&row).unwrap()));
                }
                Ok(row) => gathered.push(table, Entry { row, address }),
                Err(bad) => {
                    refusals.push(Refusal::of_cell(table, address, bad));
                }
            }
        }
    }
}

fn texts(values: &[&dyn Written]) -> Vec<String> {
    values.iter().map(|value| value.text().to_string()).collect()
}

fn csv(header: &[&str], records: impl Iterator<Item = Vec<String>>) -> String {
    let mut out = String::new();
    csv_record(&mut out, header);
    for record in records {
        csv_record(&mut out, &record.iter().map(String::as_str).collect::<Vec<_>>());
    }
    out
}

fn refused_csv(refusals: &[Refusal]) -> String {
    let mut rows: Vec<(String, u64, &str, &str)> = refusals
        .iter()
        .map(|refusal| {
            let file = format!("{}.csv", refusal.table.name());
            (file, refusal.address.line, refusal.column.unwrap_or(""), refusal.reason.as_str())
        })
        .collect();
    rows.sort();
    let mut out = String::new();
    csv_record(&mut out, &["file", "line", "column", "reason"]);
    for (file, line, column, reason) in rows {
        csv_record(&mut out, &[&file, &line.to_string(), column, reason]);
    }
    out
}
