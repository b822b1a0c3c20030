//! `pal statement`: closed statements shown, listed and compared.

use std::collections::BTreeMap;

use pal_rules::compare::{Cause, Change, changes};
use pal_rules::evidence::Evidence;
use pal_rules::id::ResourceId;
use pal_rules::names::Names;
use pal_rules::time::Month;
use pal_rules::word::Metric;
use pal_store::workspace::Closing;
use serde_json::{Map, Value, json};

use crate::adjust::{Adjustment, AdjustmentsFile};
use crate::cli::{By, Statement};
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Table, draw, object};
use crate::shell::{Shell, workspace_failure};
use crate::stored::{closed_file, closing, evidence, facts};
use crate::view;

pub(crate) fn run(statement: &Statement, shell: &Shell) -> Outcome {
    let answer = match statement {
        Statement::Show { month, version, rollup, company } => {
            let file = match (rollup, company) {
                (true, _) => Some("rollup.csv"),
                (_, true) => Some("company.csv"),
                _ => None,
            };
            show(shell, *month, *version, file)?
        }
        Statement::List => list(shell)?,
        Statement::Diff { month, from, to } => diff(shell, *month, *from, *to)?,
        Statement::Compare { before, after, by } => compare(shell, *before, *after, *by)?,
    };
    shell.output.write(&answer)?;
    Ok(Exit::Ok)
}

fn show(
    shell: &Shell,
    month: Month,
    version: Option<i64>,
    file: Option<&'static str>,
) -> Result<Answer, Failure> {
    let workspace = shell.read()?;
    let closing = closing(&workspace, month, version)?;
    let facts = facts(&workspace)?;
    let names = Names(&facts);
    let head = vec![
        ("month", Value::from(month.to_string())),
        ("version", Value::from(closing.version)),
        ("closed_at", Value::from(closing.closed_at.clone())),
        ("digest", Value::from(closing.digest.clone())),
    ];
    match file {
        Some(file) => {
            let rows = csv_table(&closed_file(&closing, file)?)?;
            Ok(Answer { view: draw(&view::rollup_names(&rows, names)), ..Answer::list(head, "lines", rows) })
        }
        None => Ok(view::lines_answer(head, &evidence(&closing)?, names)),
    }
}

fn csv_table(bytes: &[u8]) -> Result<Table, Failure> {
    let mut reader = csv::Reader::from_reader(bytes);
    let mut table = Table::new(reader.headers()?.iter());
    for record in reader.records() {
        table.rows.push(record?.iter().map(str::to_owned).collect());
    }
    Ok(table)
}

fn list(shell: &Shell) -> Result<Answer, Failure> {
    let workspace = shell.read()?;
    let mut rows =
        Table::new(["month", "version", "closed_at", "last_import", "links_from", "rules_version", "digest"]);
    for closing in workspace.closings().map_err(workspace_failure)? {
        rows.rows.push(vec![
            closing.month.to_string(),
            closing.version.to_string(),
            closing.closed_at,
            closing.last_import.to_string(),
            closing.links_from,
            closing.rules_version,
            closing.digest,
        ]);
    }
    Ok(Answer::list(Vec::new(), "statements", rows))
}

fn diff(shell: &Shell, month: Month, from: Option<i64>, to: Option<i64>) -> Result<Answer, Failure> {
    let workspace = shell.read()?;
    let later = closing(&workspace, month, to)?;
    let earlier = from.unwrap_or(later.version - 1);
    if earlier < 1 || earlier >= later.version {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{month} has no version before version {}", later.version),
            "a version is compared with an earlier one: see `pal statement list`",
        ));
    }
    let mut steps = Vec::new();
    for version in earlier + 1..=later.version {
        let step = closing(&workspace, month, Some(version))?;
        let file: AdjustmentsFile = serde_json::from_slice(&closed_file(&step, "adjustments.json")?)?;
        steps.extend(file.adjustments);
    }
    let adjustments = joined(steps);
    let facts = facts(&workspace)?;
    let mut rows = Table::new(["tenant_id", "product", "resource_id", "column", "before", "after"]);
    let mut text = String::new();
    for adjustment in &adjustments {
        text.push_str(&adjustment_words(adjustment, Names(&facts), &mut rows));
    }
    if adjustments.is_empty() {
        text.push_str("no line changed; the roll-ups did\n");
    }
    let json = object(vec![
        ("month", Value::from(month.to_string())),
        ("from", Value::from(earlier)),
        ("to", Value::from(later.version)),
        ("adjustments", serde_json::to_value(&adjustments)?),
    ]);
    Ok(Answer { json, items: "adjustments", rows, view: text })
}

/// Adjustments over several versions as one per line: what it was first, what it is last, all facts on the way.
fn joined(steps: Vec<Adjustment>) -> Vec<Adjustment> {
    let mut by_resource: BTreeMap<String, Adjustment> = BTreeMap::new();
    for mut step in steps {
        if let Some(earlier) = by_resource.remove(&step.resource_id) {
            step.before = earlier.before;
            step.facts = earlier.facts.into_iter().chain(step.facts).collect();
        }
        by_resource.insert(step.resource_id.clone(), step);
    }
    let mut changed: Vec<Adjustment> =
        by_resource.into_values().filter(|adjustment| adjustment.before != adjustment.after).collect();
    let place = |one: &Adjustment| (one.tenant_id.clone(), one.product.clone(), one.resource_id.clone());
    changed.sort_by_key(place);
    changed
}

fn adjustment_words(adjustment: &Adjustment, names: Names<'_>, rows: &mut Table) -> String {
    let resource = names.resource(&ResourceId::new(&adjustment.resource_id));
    let mut text = format!("{resource} ({}, {})\n", adjustment.product, adjustment.resource_id);
    let empty = Map::new();
    let (before, after) =
        (adjustment.before.as_ref().unwrap_or(&empty), adjustment.after.as_ref().unwrap_or(&empty));
    let columns = if after.is_empty() { before } else { after };
    for column in columns.keys() {
        let cell = |side: &Map<String, Value>| {
            side.get(column).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (before, after) = (cell(before), cell(after));
        if before != after {
            let shown = |cell: &str| if cell.is_empty() { "(none)".to_owned() } else { cell.to_owned() };
            text.push_str(&format!("  {column}: {} → {}\n", shown(&before), shown(&after)));
            let key = [&adjustment.tenant_id, &adjustment.product, &adjustment.resource_id];
            let cells = key.into_iter().cloned().chain([column.clone(), before, after]);
            rows.rows.push(cells.collect());
        }
    }
    for fact in &adjustment.facts {
        let cells: Vec<String> = fact
            .row
            .iter()
            .map(|(column, cell)| {
                format!("{column} {}", cell.as_str().map_or_else(|| cell.to_string(), str::to_owned))
            })
            .collect();
        text.push_str(&format!("  because of {} at {}: {}\n", fact.table, fact.address, cells.join(", ")));
    }
    text
}

fn compare(shell: &Shell, before: Month, after: Month, by: By) -> Result<Answer, Failure> {
    let workspace = shell.read()?;
    let (earlier, later) = (closing(&workspace, before, None)?, closing(&workspace, after, None)?);
    let facts = facts(&workspace)?;
    let names = Names(&facts);
    let all = all_changes(&earlier, &later)?;
    let mut sums: BTreeMap<(String, String, Metric), (i64, i64, u64)> = BTreeMap::new();
    let mut add = |key: String, change: &Change, quantity: i64, eligible: i64| {
        let partner = change.partner.map_or_else(|| "(nobody)".to_owned(), |partner| partner.to_string());
        let sum = sums.entry((key, partner, change.line.metric())).or_default();
        *sum = (sum.0 + quantity, sum.1 + eligible, sum.2 + 1);
    };
    for change in &all {
        match (by, change.cause, change.eligible_cause) {
            (By::Cause, Some(cause), Some(eligible)) if cause == eligible => {
                add(cause.to_string(), change, change.quantity, change.eligible_quantity);
            }
            (By::Cause, cause, eligible) => {
                if let Some(cause) = cause {
                    add(cause.to_string(), change, change.quantity, 0);
                }
                if let Some(eligible) = eligible {
                    add(eligible.to_string(), change, 0, change.eligible_quantity);
                }
            }
            (By::Tenant, ..) => {
                add(change.line.tenant.to_string(), change, change.quantity, change.eligible_quantity);
            }
            (By::Partner, ..) => add(String::new(), change, change.quantity, change.eligible_quantity),
            (By::Workload, ..) => {
                let workload = change.line.product.workload().map(|workload| workload.to_string());
                add(workload.unwrap_or_default(), change, change.quantity, change.eligible_quantity);
            }
        }
    }
    Ok(comparison((before, after), by, sums, &all, names))
}

/// The changes of every resource that either month has.
fn all_changes(earlier: &Closing, later: &Closing) -> Result<Vec<Change>, Failure> {
    let by_resource = |closing: &Closing| -> Result<BTreeMap<ResourceId, Evidence>, Failure> {
        let all = evidence(closing)?;
        Ok(all.into_iter().map(|evidence| (evidence.subject.resource.clone(), evidence)).collect())
    };
    let (before, after) = (by_resource(earlier)?, by_resource(later)?);
    let mut resources: Vec<&ResourceId> = before.keys().chain(after.keys()).collect();
    resources.sort();
    resources.dedup();
    Ok(resources.into_iter().flat_map(|id| changes(before.get(id), after.get(id))).collect())
}

fn comparison(
    (before, after): (Month, Month),
    by: By,
    sums: BTreeMap<(String, String, Metric), (i64, i64, u64)>,
    all: &[Change],
    names: Names<'_>,
) -> Answer {
    let column = match by {
        By::Tenant => "tenant_id",
        By::Partner => "partner_id",
        By::Workload => "workload",
        By::Cause => "cause",
    };
    let columns = [column, "partner_id", "metric", "change", "eligible_change", "resources"];
    let skip = usize::from(by == By::Partner);
    let mut rows = Table::new(columns.into_iter().skip(skip));
    let mut shown = Table::new(
        [column.trim_end_matches("_id"), "partner", "metric", "change", "eligible_change", "resources"]
            .into_iter()
            .skip(skip),
    );
    for ((key, partner, metric), (quantity, eligible, resources)) in sums {
        let tail =
            [metric.to_string(), format!("{quantity:+}"), format!("{eligible:+}"), resources.to_string()];
        let name = |id: &str| match pal_rules::id::PartnerId::new(id) {
            Some(partner) => format!("{} ({id})", names.partner(partner)),
            None => id.to_owned(),
        };
        let key_name =
            if by == By::Tenant { names.tenant(&pal_rules::id::TenantId::new(&key)) } else { key.clone() };
        let cells = |first: String, second: String| -> Vec<String> {
            [first, second].into_iter().chain(tail.clone()).skip(skip).collect()
        };
        shown.rows.push(cells(key_name, name(&partner)));
        rows.rows.push(cells(key, partner));
    }
    let changes = all.iter().map(|change| {
        json!({
            "tenant_id": change.line.tenant.to_string(),
            "resource_id": change.line.resource.to_string(),
            "resource_name": names.resource(&change.line.resource),
            "product": change.line.product.as_str(),
            "metric": change.line.metric().as_str(),
            "partner_id": change.partner.map(|partner| partner.to_string()),
            "change": change.quantity,
            "cause": change.cause.map(Cause::as_str),
            "eligible_change": change.eligible_quantity,
            "eligible_cause": change.eligible_cause.map(Cause::as_str),
        })
    });
    let changes: Value = changes.collect();
    let head = vec![
        ("from", Value::from(before.to_string())),
        ("to", Value::from(after.to_string())),
        ("changes", changes),
    ];
    let text = format!("Change from {before} to {after}, by {column}:\n\n{}", draw(&shown));
    Answer { view: text, ..Answer::list(head, "sums", rows) }
}
