//! `pal statement diff`: what changed between two versions of a month, and the facts that caused it.

use std::collections::BTreeMap;

use pal_rules::id::{ObjectId, PartnerId, ResourceId, TenantId};
use pal_rules::names::Names;
use pal_rules::time::Month;
use pal_store::workspace::{Closing, Workspace};
use serde_json::{Map, Value};

use crate::adjust::{Adjustment, read_adjustments};
use crate::exit::{Exit, Failure};
use crate::render::{Answer, Items, object};
use crate::shell::Shell;
use crate::stored::{closing, facts};

pub(super) fn answer(
    shell: &Shell,
    month: Month,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<Answer, Failure> {
    let workspace = shell.read()?;
    let (earlier, later) = versions(&workspace, month, from, to)?;
    let mut steps = Vec::new();
    for version in earlier + 1..=later.version {
        let step = closing(&workspace, month, Some(version))?;
        steps.extend(read_adjustments(&step)?);
    }
    let adjustments = joined(steps);
    let facts = facts(&workspace, shell)?;
    let mut items = Items::new(["tenant_id", "product", "resource_id", "column", "before", "after"]);
    let mut text = format!("{month}: version {earlier} → version {}\n\n", later.version);
    for adjustment in &adjustments {
        text.push_str(&words(adjustment, Names(&facts)));
        for (column, before, after) in changed_columns(adjustment) {
            let key = [&adjustment.tenant_id, &adjustment.product, &adjustment.resource_id];
            let key = key.into_iter().map(|cell| Value::from(cell.clone()));
            items.push(key.chain([column.into(), before, after]).collect());
        }
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
    Ok(Answer { json, items: "adjustments", rows: items.table(), view: text })
}

/// The versions to compare: those asked for, else the newest and the one before it.
fn versions(
    workspace: &Workspace,
    month: Month,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<(i64, Closing), Failure> {
    let later = closing(workspace, month, to)?;
    let earlier = match from {
        Some(from) => closing(workspace, month, Some(from))?.version,
        None => later.version - 1,
    };
    if earlier < 1 || closing(workspace, month, None)?.version == 1 {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{month} has no version before version {}", later.version),
            "a version is compared with an earlier one: see `pal statement list`",
        ));
    }
    if earlier >= later.version {
        return Err(Failure::new(
            Exit::Usage,
            format!("version {earlier} of {month} is not before version {}", later.version),
            "the earlier version comes first: `--from 1 --to 2`",
        ));
    }
    Ok((earlier, later))
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

/// The columns of a line that differ: name, before, after; null where there is no line or no value.
fn changed_columns(adjustment: &Adjustment) -> Vec<(String, Value, Value)> {
    let empty = Map::new();
    let (before, after) =
        (adjustment.before.as_ref().unwrap_or(&empty), adjustment.after.as_ref().unwrap_or(&empty));
    let columns = if after.is_empty() { before } else { after };
    let cell = |side: &Map<String, Value>, column: &String| side.get(column).cloned().unwrap_or(Value::Null);
    let all = columns.keys().map(|column| (column.clone(), cell(before, column), cell(after, column)));
    all.filter(|(_, before, after)| before != after).collect()
}

fn words(adjustment: &Adjustment, names: Names<'_>) -> String {
    let tenant = TenantId::new(&adjustment.tenant_id);
    let resource = names.resource(&ResourceId::new(&adjustment.resource_id));
    let (product, id) = (&adjustment.product, &adjustment.resource_id);
    let mut text = format!("{resource} ({product}, {}, {id})\n", names.tenant(&tenant));
    for (column, before, after) in changed_columns(adjustment) {
        let shown = |value: &Value| match (value, column.as_str()) {
            (Value::Null, _) => "(none)".to_owned(),
            (Value::String(id), "partner_id") => {
                PartnerId::new(id).map_or_else(|| id.clone(), |partner| names.partner_and_id(partner))
            }
            (Value::String(id), "object_id") => {
                format!("{} ({id})", names.principal(&tenant, &ObjectId::new(id)))
            }
            (Value::String(text), _) => text.clone(),
            (other, _) => other.to_string(),
        };
        text.push_str(&format!("  {column}: {} → {}\n", shown(&before), shown(&after)));
    }
    for fact in &adjustment.facts {
        let cell = |(column, cell): (&String, &Value)| {
            format!("{column} {}", cell.as_str().map_or_else(|| cell.to_string(), str::to_owned))
        };
        let cells: Vec<String> = fact.row.iter().map(cell).collect();
        let told = match fact.table.as_str() {
            "settings" => format!("the setting {}", fact.address),
            table => format!("{table} at {}", fact.address),
        };
        text.push_str(&format!("  because of {told}: {}\n", cells.join(", ")));
    }
    text
}
