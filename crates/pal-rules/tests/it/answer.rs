//! What the rules answer to a case, as text: lines, evidence in words, refused rows.

use pal_rules::attribute::{Attribution, attribute};
use pal_rules::coverage::{COVERAGE_COLUMNS, CoverageLine};
use pal_rules::explain::{Section, explain};
use pal_rules::facts::{Address, Entry, Facts, Gathered, Refusal, RefusalReason, Row, Table, settle};
use pal_rules::meter::{Activity, Meter, Seen};
use pal_rules::names::Names;
use pal_rules::rollup::{COMPANY_COLUMNS, Credited, ROLLUP_COLUMNS, Rollups};
use pal_rules::statement::{Line, STATEMENT_COLUMNS};
use pal_rules::text::Written;
use pal_rules::usage::{Metered, Window};

use crate::case::{Asked, GivenRow};

/// The answer to these rows, whatever their order.
pub(crate) fn answer(asked: &Asked, rows: &[GivenRow]) -> String {
    let windows: Option<Vec<Window>> =
        asked.months.iter().map(|month| Window::new(*month, asked.as_of)).collect();
    let Some(windows) = windows else {
        return "No answer: `as_of` is at or before the start of the month.\n".to_owned();
    };
    let mut given = Given::default();
    for row in rows {
        given.take(row);
    }
    given.gathered.keep_links(asked.links_from);
    let settled = settle(&given.gathered);
    given.refusals.extend(settled.refusals);
    let facts = &settled.facts;
    let mut meter = Meter::new(facts, &windows);
    for (address, activity) in &given.activity {
        if meter.take(activity) == Seen::WrongTenant {
            given.refusals.push(Refusal::of_row(Table::Activity, *address, RefusalReason::WrongTenant));
        }
    }
    meter.finish();
    let mut out = String::new();
    for number in 0..windows.len() {
        month(&mut out, asked, facts, (&meter, &windows, number));
    }
    beside(&mut out, facts);
    refused(&mut out, &given.refusals);
    out.truncate(out.trim_end().len());
    out + "\n"
}

/// Rows as they are given: gathered, streamed, or refused at once.
#[derive(Default)]
struct Given {
    gathered: Gathered,
    activity: Vec<(Address, Activity)>,
    refusals: Vec<Refusal>,
}

impl Given {
    fn take(&mut self, given: &GivenRow) {
        let (table, address) = (given.table, Address { file: 0, line: given.line });
        match Row::parse(table, &given.places, given.cells.iter().map(String::as_str)) {
            Ok(row) if table == Table::Activity => {
                self.activity.push((address, Activity::read(&row).unwrap()));
            }
            Ok(row) => self.gathered.push(table, Entry { row, address }),
            Err(bad) => {
                self.refusals.push(Refusal::of_cell(table, address, bad));
            }
        }
    }
}

type InWindow<'a, 'facts> = (&'a Meter<'facts>, &'a [Window], usize);

/// One month: every line with its evidence, then what else is to be shown.
fn month(out: &mut String, asked: &Asked, facts: &Facts, (meter, windows, number): InWindow) {
    let window = windows[number];
    let mut made: Vec<(usize, Attribution)> = Vec::new();
    for (position, resource) in facts.resources.iter().enumerate() {
        if window.lists(resource) {
            made.push((position, attribute(facts, resource, window, &meter.usage(position, number))));
        }
    }
    made.sort_by(|a, b| a.1.line.place().cmp(&b.1.line.place()));
    if made.is_empty() {
        out.push_str(&format!("== {}: no line\n", window.month));
    }
    for (_, Attribution { line, evidence }) in &made {
        assert_eq!(*line, evidence.line(), "the evidence derives another line");
        out.push_str(&format!("== {} {}\n", line.month, line.resource));
        let cells = STATEMENT_COLUMNS.iter().zip(line.cells());
        for (column, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
            out.push_str(&format!("{column}: {cell}\n"));
        }
        for section in explain(evidence, Names(facts), &asked.credited_before) {
            show_section(out, &section);
        }
        out.push('\n');
    }
    let lines: Vec<(usize, &Line)> = made.iter().map(|(position, made)| (*position, &made.line)).collect();
    if asked.show.iter().any(|what| what == "rollup") {
        let distinct = |resources: &[usize]| meter.distinct_users(resources, number);
        let credited = lines.iter().filter_map(|(position, line)| Credited::of(*position, line)).collect();
        let Rollups { partners, companies } = Rollups::of(window.month, credited, distinct);
        out.push_str("== roll-up per partner\n");
        show_table(
            out,
            "",
            &ROLLUP_COLUMNS,
            &partners.iter().map(|rolled| texts(&rolled.values())).collect::<Vec<_>>(),
        );
        out.push_str("\n== roll-up per partner company\n");
        let cells: Vec<_> = companies.iter().map(|rolled| texts(&rolled.company_values())).collect();
        show_table(out, "", &COMPANY_COLUMNS, &cells);
        out.push('\n');
    }
    if asked.show.iter().any(|what| what == "coverage") {
        let pairs = lines.iter().map(|(_, line)| (line.tenant.clone(), line.product.clone()));
        let rows: Vec<_> = facts
            .coverage_lines(&window, pairs)
            .iter()
            .map(|line| coverage_cells(&window.month.to_string(), line))
            .collect();
        out.push_str("== coverage\n");
        show_table(out, "", &COVERAGE_COLUMNS, &rows);
        out.push('\n');
    }
}

fn coverage_cells(month: &str, line: &CoverageLine) -> Vec<String> {
    let basis = line.actor_basis.map(|basis| basis.to_string()).unwrap_or_default();
    let (tenant, product) = (line.tenant.to_string(), line.product.to_string());
    vec![month.to_owned(), tenant, product, basis, line.covered_days.to_string(), line.days.to_string()]
}

fn show_section(out: &mut String, section: &Section) {
    out.push_str(&format!("\n{}\n", section.title));
    for sentence in &section.sentences {
        out.push_str(&format!("    {sentence}\n"));
    }
    if let Some((columns, rows)) = &section.table {
        show_table(out, "    ", columns, rows);
    }
}

/// A table with its columns under each other.
fn show_table(out: &mut String, indent: &str, columns: &[&str], rows: &[Vec<String>]) {
    let header: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&header).chain(rows).collect();
    let width = |column: usize| all.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    for cells in &all {
        let padded: Vec<String> =
            cells.iter().enumerate().map(|(column, cell)| format!("{cell:0$}", width(column))).collect();
        out.push_str(format!("{indent}{}", padded.join(" | ")).trim_end());
        out.push('\n');
    }
}

/// What stands beside every month: flow runs, and aliases that stand for several ids at one time.
fn beside(out: &mut String, facts: &Facts) {
    for (resource, runs) in &facts.runs {
        let mut runs: Vec<_> = runs.iter().collect();
        runs.sort_by_key(|runs| (runs.day, runs.status.clone()));
        for run in runs {
            let status = run.status.as_deref().unwrap_or("without a status");
            out.push_str(&format!("runs: {resource} on {}: {} {status}\n", run.day, run.runs));
        }
    }
    for (kind, tenant, alias) in facts.aliases.ambiguous() {
        let tenant = tenant.map(|tenant| format!(" of {tenant}")).unwrap_or_default();
        out.push_str(&format!("ambiguous {kind} alias{tenant}: {alias}\n"));
    }
}

/// The refused rows, as `table:line column reason`; a row that was given twice keeps its line and stands there once.
fn refused(out: &mut String, refusals: &[Refusal]) {
    let mut rows: Vec<(&str, u64, &str, &str)> = refusals
        .iter()
        .map(|refusal| {
            let column = refusal.column.unwrap_or_default();
            (refusal.table.name(), refusal.address.line, column, refusal.reason.as_str())
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    for (table, line, column, reason) in rows {
        let column = if column.is_empty() { String::new() } else { format!("{column} ") };
        out.push_str(&format!("refused {table}:{line} {column}{reason}\n"));
    }
}

fn texts(values: &[&dyn Written]) -> Vec<String> {
    values.iter().map(|value| value.text().to_string()).collect()
}
