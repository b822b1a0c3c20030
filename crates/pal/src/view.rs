//! What people see of statements: tables with names, and words on stderr.

mod rollup;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pal_rules::attribute::Attribution;
use pal_rules::evidence::{Coverage, Evidence};
use pal_rules::facts::{Address, Facts, Refusal, Table as FactTable, Waiting};
use pal_rules::id::ResourceId;
use pal_rules::names::{NAME_COLUMNS, Names};
use pal_rules::rollup::is_number_column;
use pal_rules::statement::{Line, STATEMENT_COLUMNS};
use pal_rules::time::Month;
use pal_rules::word::{AliasKind, EnvironmentKind};
use serde_json::Value;

pub(crate) use self::rollup::rollup_view;
use crate::exit::Failure;
use crate::judge::{Counts, Statement};
use crate::render::{Answer, Items, Table, draw, object, tell};

/// How many refused rows are told one by one on stderr; `refused.csv` has them all.
const TOLD: usize = 20;

/// Lists refused rows on stderr: where, what, and what to do.
pub(crate) fn tell_refusals(refusals: &[(String, Refusal)]) {
    let mut sorted: Vec<&(String, Refusal)> = refusals.iter().collect();
    sorted.sort_by(|(a, x), (b, y)| (a, x.address.line).cmp(&(b, y.address.line)));
    for (file, refusal) in sorted.iter().take(TOLD) {
        let column = refusal.column.map(|column| format!(", column `{column}`")).unwrap_or_default();
        let (line, reason) = (refusal.address.line, refusal.reason);
        tell(format!("refused: {file}:{line}{column}: {reason}: {}", refusal.advice()));
    }
    if let Some(more) = refusals.len().checked_sub(TOLD).filter(|more| *more > 0) {
        tell(format!("refused: … and {more} more rows"));
    }
}

/// Words about the rows that wait for resources that are not known: a mistyped id looks just like that.
pub(crate) fn told_waiting(
    settled: &BTreeMap<FactTable, Waiting>,
    unknown: &BTreeSet<ResourceId>,
    name: impl Fn(Address) -> String,
) -> Vec<String> {
    let words = |(table, Waiting { rows, first }): (&FactTable, &Waiting)| {
        let (table, name, line) = (table.name(), name(*first), first.line);
        let (rows, verb) =
            if *rows == 1 { ("1 row".to_owned(), "waits") } else { (format!("{rows} rows"), "wait") };
        format!("warning: {rows} of `{table}` {verb} for resources that are not known (first: {name}:{line})")
    };
    let of_activity = unknown.first().map(|first| {
        let count = unknown.len();
        let resources = if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") };
        format!("warning: `activity` waits for {resources} not known yet (first by id: {first})")
    });
    settled.iter().map(words).chain(of_activity).collect()
}

/// Says once what a reader of the statements should know.
pub(crate) fn tell_warnings(facts: &Facts, statements: &[Statement], waiting: &[String]) {
    for words in waiting {
        tell(words);
    }
    tell_months_without_data(facts, statements);
    tell_unknown_links(facts);
    if facts.coverage.is_empty() {
        tell("warning: no `coverage` table: a quantity of 0 may be a gap in the data");
    }
    tell_unknown_users(statements);
    for (kind, tenant, alias) in facts.aliases.ambiguous() {
        let of = tenant.map(|tenant| format!(" of tenant {tenant}")).unwrap_or_default();
        let one = if kind == AliasKind::Principal { "one person of its own" } else { "one of its own" };
        tell(format!("warning: alias `{alias}`{of} stands for two ids at one time: it is taken as {one}"));
    }
    tell_unmanaged(facts);
}

/// A month in which nothing was used and nothing is covered is rather one that nobody imported.
fn tell_months_without_data(facts: &Facts, statements: &[Statement]) {
    for statement in statements {
        let used = statement.counts.used > 0;
        let covered = statement.coverage.iter().any(|line| line.covered_days > 0);
        if !facts.resources.is_empty() && !used && !covered {
            tell(format!(
                "warning: no use and no coverage in {}: was its data imported?",
                statement.window.month
            ));
        }
    }
}

/// Accounts that are linked and that no directory knows count, and may be mistyped.
fn tell_unknown_links(facts: &Facts) {
    // Both are sorted, so one walk through them does.
    let mut known = facts.principals.keys().peekable();
    let mut unknown = facts.links.keys().filter(|key| {
        while known.next_if(|known| known < key).is_some() {}
        known.peek() != Some(key)
    });
    if let Some((tenant, object)) = unknown.next() {
        let more = match unknown.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        tell(format!(
            "warning: linked accounts that are not in `principals`: `{object}` of tenant `{tenant}`{more}"
        ));
    }
}

/// Users whom no directory knows count as users, and may be people under a second name.
fn tell_unknown_users(statements: &[Statement]) {
    let unknown = statements.iter().map(|statement| (statement.window.month, statement.counts.unknown_users));
    let counts: Vec<(Month, u64)> = unknown.filter(|(_, users)| *users > 0).collect();
    let users = |count: u64| if count == 1 { "1 user".to_owned() } else { format!("{count} users") };
    let words = match counts.as_slice() {
        [] => return,
        [(month, count)] => format!("{} of {month}", users(*count)),
        [(first, count), .., (last, _)] if counts.iter().all(|(_, other)| other == count) => {
            format!("{} in each of {} months from {first} to {last}", users(*count), counts.len())
        }
        several => {
            let each = several.iter().map(|(month, count)| format!("{} of {month}", users(*count)));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    tell(format!("warning: {words} not in `principals`; they count as users"));
}

/// Managed or not makes no difference to credit; unmanaged into production is worth a word.
fn tell_unmanaged(facts: &Facts) {
    for (id, import) in &facts.unmanaged {
        let kind = facts.environment_kind(&import.environment, import.completed_at);
        if matches!(kind, Some(EnvironmentKind::Production | EnvironmentKind::Default)) {
            let (solution, version) = (&import.solution, &import.version);
            tell(format!("warning: import `{id}` put `{solution}` {version} unmanaged into production"));
        }
    }
}

/// Says what was written where.
pub(crate) fn tell_written(statement: &Statement, folder: &Path) {
    let (month, Counts { lines, credited, .. }) = (statement.window.month, statement.counts);
    tell(format!("{month}: {lines} resources, {credited} credited; written to `{}`", folder.display()));
}

/// The coverage of a line as one word.
pub(crate) fn coverage_word(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Untold => "untold",
        Coverage::Covered => "covered",
        Coverage::Gaps { .. } => "gaps",
    }
}

/// The lines of statements as an answer.
pub(crate) fn statements_answer(lines: Vec<Vec<Attribution>>, names: Names<'_>) -> Answer {
    let lines = lines.into_iter().flatten();
    let evidence: Vec<Evidence> = lines.map(|attribution| attribution.evidence).collect();
    lines_answer(Vec::new(), &evidence, names)
}

/// Lines as an answer: the normative cells as rows, names for people.
pub(crate) fn lines_answer(
    mut head: Vec<(&'static str, Value)>,
    evidence: &[Evidence],
    names: Names<'_>,
) -> Answer {
    let mut rows = Table::new(STATEMENT_COLUMNS);
    let mut view = Table::new([
        "month", "tenant", "resource", "product", "quantity", "partner", "account", "basis", "reason",
        "eligible",
    ]);
    let mut lines = Vec::new();
    for evidence in evidence {
        let line = evidence.line();
        rows.rows.push(line.cells().to_vec());
        view.rows.push(view_row(&line, evidence.shown_quantity(), names));
        lines.push(line_json(&line, evidence.coverage, names));
    }
    head.push(("lines", Value::Array(lines)));
    Answer { json: object(head), items: "lines", rows, view: draw(&view) }
}

/// The rows of a file of a closed statement as items.
pub(crate) fn csv_items(bytes: &[u8]) -> Result<Items, Failure> {
    let mut reader = csv::Reader::from_reader(bytes);
    let columns = reader.headers()?.clone();
    let mut items = Items::new(columns.iter());
    for record in reader.records() {
        let record = record?;
        items.push(columns.iter().zip(&record).map(|(column, cell)| cell_json(column, cell)).collect());
    }
    Ok(items)
}

/// Losses for people.
pub(crate) fn losses_view(items: &Items) -> Table {
    let mut table = items.table();
    for row in &mut table.rows {
        if let [_, _, _, _, _, metric, quantity, shown, by_id, by, to_id, went_to, reason, because, account] =
            row.as_mut_slice()
        {
            *quantity = match (shown.as_str(), metric.as_str()) {
                ("unknown", _) => "unknown".to_owned(),
                ("1", "mau") => "1 user".to_owned(),
                ("1", _) => "1 profile".to_owned(),
                (shown, "mau") => format!("{shown} users"),
                (shown, _) => format!("{shown} profiles"),
            };
            for (id, name) in [(by_id, by), (to_id, &mut *went_to)] {
                if !id.is_empty() && id == name {
                    *name = format!("partner id {id}");
                }
            }
            if went_to.is_empty() {
                "nobody".clone_into(went_to);
            } else {
                "credited to another".clone_into(reason);
            }
            if !account.is_empty() {
                because.clone_from(account);
            }
        }
    }
    table.with_heads(&[
        ("resource_name", "resource"),
        ("tenant_name", "customer"),
        ("quantity", "lost"),
        ("lost_by_name", "lost by"),
        ("went_to_name", "went to"),
        ("reason", "reason"),
        ("because", "because"),
    ])
}

fn view_row(line: &Line, quantity: String, names: Names<'_>) -> Vec<String> {
    let [tenant, _, resource, account, _] = names.of_line(line);
    let partner = line.credit().map(|credit| names.partner_shown(credit.partner)).unwrap_or_default();
    let [.., basis, _, _, reason, eligible, ineligible] = line.cells();
    let eligible = if ineligible.is_empty() { eligible } else { ineligible };
    let product = line.product.to_string();
    vec![
        line.month.to_string(),
        tenant,
        resource,
        product,
        quantity,
        partner,
        account,
        basis,
        reason,
        eligible,
    ]
}

/// A line as JSON: the columns of `statement.csv`, typed, with names and coverage.
pub(crate) fn line_json(line: &Line, coverage: Coverage, names: Names<'_>) -> Value {
    let cells = STATEMENT_COLUMNS.into_iter().zip(line.cells());
    let mut fields: serde_json::Map<String, Value> =
        cells.map(|(column, cell)| (column.to_owned(), cell_json(column, &cell))).collect();
    for (column, name) in NAME_COLUMNS.into_iter().zip(names.of_line(line)) {
        fields
            .insert(format!("{column}_name"), if name.is_empty() { Value::Null } else { Value::from(name) });
    }
    fields.insert("coverage".to_owned(), Value::from(coverage_word(coverage)));
    Value::Object(fields)
}

/// A cell of a statement or roll-up as JSON: numbers and truth values as such, what is absent as null.
pub(crate) fn cell_json(column: &str, cell: &str) -> Value {
    let number = || cell.parse::<u64>().ok().filter(|_| column == "quantity" || is_number_column(column));
    match (column, cell) {
        (_, "") => Value::Null,
        ("eligible", word) => Value::from(word == "true"),
        _ => number().map_or_else(|| Value::from(cell), Value::from),
    }
}
