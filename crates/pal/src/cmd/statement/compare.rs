//! `pal statement compare`: two months, every change of quantity booked to exactly one cause.

use std::collections::BTreeMap;

use pal_rules::compare::{Cause, Change, all_changes};
use pal_rules::evidence::Evidence;
use pal_rules::id::{PartnerId, TenantId};
use pal_rules::names::Names;
use pal_rules::time::Month;
use pal_rules::word::Metric;
use serde_json::{Value, json};

use crate::cli::By;
use crate::exit::{Exit, Failure};
use crate::render::{Answer, Items, Table, draw};
use crate::shell::Shell;
use crate::stored::{closing, evidence, facts};

pub(super) fn answer(shell: &Shell, (before, after): (Month, Month), by: By) -> Result<Answer, Failure> {
    if before >= after {
        return Err(Failure::new(
            Exit::Usage,
            format!("{before} is not before {after}"),
            "the earlier month comes first: `pal statement compare 2026-02 2026-03`",
        ));
    }
    let workspace = shell.read()?;
    let (earlier, later) = (closing(&workspace, before, None)?, closing(&workspace, after, None)?);
    let facts = facts(&workspace, shell)?;
    let names = Names(&facts);
    let (was, is) = (evidence(&earlier)?, evidence(&later)?);
    let all = all_changes(was.iter(), is.iter());
    let sums = sums(&all, by);
    let head = vec![
        ("from", Value::from(before.to_string())),
        ("to", Value::from(after.to_string())),
        ("totals", totals(&was, &is).objects()),
        ("changes", all.iter().map(|change| change_json(change, names)).collect()),
    ];
    let mut view = format!("Change from {before} to {after}, by {}\n\n", by.word());
    view.push_str(&draw(&named(&sums.table(), by, names)));
    view.push_str("\nWhich add up to\n\n");
    view.push_str(&draw(&named(&totals(&was, &is).table(), By::Partner, names)));
    if by == By::Cause {
        view.push_str("\nThe resources that changed\n\n");
        view.push_str(&changed_resources(&all, names));
    }
    Ok(Answer { view, ..Answer::list(head, "sums", &sums) })
}

/// What a sum is of: the key asked for, a partner (or nobody), a metric.
type Key = (String, Option<PartnerId>, Metric);

/// The changes, summed; those of `--by cause` may book a line's eligible part to a cause of its own.
fn sums(all: &[Change], by: By) -> Items {
    let mut sums: BTreeMap<Key, (i64, i64, u64)> = BTreeMap::new();
    let mut add = |key: &str, change: &Change, quantity: i64, eligible: i64| {
        let sum = sums.entry((key.to_owned(), change.partner, change.line.metric())).or_default();
        *sum = (sum.0 + quantity, sum.1 + eligible, sum.2 + 1);
    };
    for change in all {
        let (quantity, eligible) = (change.quantity, change.eligible_quantity);
        match (by, change.cause, change.eligible_cause) {
            (By::Cause, Some(cause), Some(of_eligible)) if cause == of_eligible => {
                add(cause.as_str(), change, quantity, eligible);
            }
            (By::Cause, cause, of_eligible) => {
                for (cause, quantity, eligible) in [(cause, quantity, 0), (of_eligible, 0, eligible)] {
                    if let Some(cause) = cause {
                        add(cause.as_str(), change, quantity, eligible);
                    }
                }
            }
            (By::Tenant, ..) => add(&change.line.tenant.to_string(), change, quantity, eligible),
            (By::Partner, ..) => add("", change, quantity, eligible),
            (By::Workload, ..) => {
                let workload = change.line.product.workload();
                add(workload.map_or("", |workload| workload.as_str()), change, quantity, eligible);
            }
        }
    }
    let columns = ["partner_id", "metric", "change", "eligible_change", "resources"];
    let skip = usize::from(by == By::Partner);
    let mut items = Items::new([by.column()].into_iter().chain(columns).skip(skip));
    for ((key, partner, metric), (quantity, eligible, resources)) in sums {
        let partner = partner.map_or(Value::Null, |partner| partner.to_string().into());
        let row =
            [key.into(), partner, metric.as_str().into(), quantity.into(), eligible.into(), resources.into()];
        items.push(row.into_iter().skip(skip).collect());
    }
    items
}

/// For each partner (or nobody) and metric what it had before and after: the difference is what the sums add up to.
fn totals(before: &[Evidence], after: &[Evidence]) -> Items {
    let mut totals: BTreeMap<(Option<PartnerId>, Metric), (i64, i64)> = BTreeMap::new();
    for (side, is_after) in [(before, false), (after, true)] {
        for line in side.iter().map(Evidence::line) {
            let partner = line.credit().map(|credit| credit.partner);
            let total = totals.entry((partner, line.metric())).or_default();
            let quantity = line.quantity.cast_signed();
            *total = if is_after { (total.0, total.1 + quantity) } else { (total.0 + quantity, total.1) };
        }
    }
    let mut items = Items::new(["partner_id", "metric", "before", "after", "change"]);
    for ((partner, metric), (before, after)) in totals {
        let partner = partner.map_or(Value::Null, |partner| partner.to_string().into());
        let change = after - before;
        items.push(vec![partner, metric.as_str().into(), before.into(), after.into(), change.into()]);
    }
    items
}

/// Sums for people: names in place of ids, a sign before each change.
fn named(sums: &Table, by: By, names: Names<'_>) -> Table {
    let mut shown = sums.clone();
    for row in &mut shown.rows {
        for (column, cell) in sums.columns.iter().zip(row) {
            *cell = match (column.as_str(), PartnerId::new(cell)) {
                ("partner_id", Some(partner)) => names.partner_and_id(partner),
                ("partner_id", None) => "(nobody)".to_owned(),
                ("tenant_id", _) if by == By::Tenant => names.tenant(&TenantId::new(cell)),
                ("change" | "eligible_change", _) => signed(cell),
                _ => cell.clone(),
            };
        }
    }
    for column in &mut shown.columns {
        *column = column.trim_end_matches("_id").to_owned();
    }
    shown
}

fn signed(number: &str) -> String {
    if number.starts_with('-') || number == "0" { number.to_owned() } else { format!("+{number}") }
}

/// The resources that changed by anything but plain use, by cause.
fn changed_resources(all: &[Change], names: Names<'_>) -> String {
    let mut table = Table::new(["cause", "resource", "customer", "partner", "change", "eligible_change"]);
    let mut by_usage = 0;
    for change in all {
        let Some(cause) = change.cause.or(change.eligible_cause) else { continue };
        if cause == Cause::Usage {
            by_usage += 1;
            continue;
        }
        table.rows.push(vec![
            cause.to_string(),
            names.resource(&change.line.resource),
            names.tenant(&change.line.tenant),
            change.partner.map_or_else(|| "(nobody)".to_owned(), |partner| names.partner_shown(partner)),
            signed(&change.quantity.to_string()),
            signed(&change.eligible_quantity.to_string()),
        ]);
    }
    table.rows.sort();
    format!("{}\n{by_usage} more by usage alone; `-o json` has them all.\n", draw(&table))
}

fn change_json(change: &Change, names: Names<'_>) -> Value {
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
}
