//! Adjustments: what a later version of a month changed, line by line, and the facts that caused it.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::evidence::Evidence;
use pal_rules::facts::{Facts, NewRowScope, Table, Value};
use pal_rules::id::{ObjectId, ResourceId};
use pal_rules::meter::Activity;
use pal_rules::statement::{Line, STATEMENT_COLUMNS};
use pal_rules::time::Month;
use pal_store::workspace::{Closing, NewRow, Workspace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::exit::Failure;
use crate::judge::Statement;
use crate::progress::Progress;
use crate::shell::workspace_failure;
use crate::stored::{evidence, file_name, read_activity};
use crate::view::cell_json;

/// One changed line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Adjustment {
    pub(crate) tenant_id: String,
    pub(crate) product: String,
    pub(crate) resource_id: String,
    /// The line before, by column; absent where it is new.
    pub(crate) before: Option<Map<String, Json>>,
    /// The line after, by column; absent where it is gone.
    pub(crate) after: Option<Map<String, Json>>,
    /// The facts that came since and concern the line.
    pub(crate) facts: Vec<CausingFact>,
}

/// A fact that came after the version before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CausingFact {
    pub(crate) table: String,
    /// Where it was first read.
    pub(crate) address: String,
    /// The row by column; of activity, how many rows of which kind.
    pub(crate) row: Map<String, Json>,
}

/// The file of a version's adjustments.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AdjustmentsFile {
    format_version: u32,
    pub(crate) since_version: i64,
    pub(crate) adjustments: Vec<Adjustment>,
}

/// Adjustments as they are kept.
pub(crate) fn adjustments_json(adjustments: &[Adjustment], last: &Closing) -> Result<String, Failure> {
    let file =
        AdjustmentsFile { format_version: 1, since_version: last.version, adjustments: adjustments.to_vec() };
    Ok(format!("{}\n", serde_json::to_string_pretty(&file)?))
}

/// What a new statement changes against the last version, with the facts that came since.
pub(crate) fn adjustments(
    workspace: &Workspace,
    facts: &Facts,
    statement: &Statement,
    last: &Closing,
    last_import: i64,
) -> Result<Vec<Adjustment>, Failure> {
    let before: BTreeMap<ResourceId, Evidence> =
        evidence(last)?.into_iter().map(|evidence| (evidence.subject.resource.clone(), evidence)).collect();
    let after: BTreeMap<ResourceId, &Evidence> = statement
        .lines
        .iter()
        .map(|attribution| (attribution.line.resource.clone(), &attribution.evidence))
        .collect();
    let resources: BTreeSet<&ResourceId> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&ResourceId> = resources
        .into_iter()
        .filter(|id| before.get(id).map(Evidence::line) != after.get(id).map(|evidence| evidence.line()))
        .collect();
    let new_rows = workspace.new_rows(last.last_import, last_import).map_err(workspace_failure)?;
    let mut activity = new_activity(workspace, facts, statement, last.last_import, last_import)?;
    let month = statement.window.month;
    let mut users = users(workspace, facts, month, &new_rows, &changed)?;
    let mut adjustments: Vec<(Line, Adjustment)> = Vec::new();
    for id in changed {
        let (before, after) = (before.get(id), after.get(id).copied());
        let Some(line) = after.or(before).map(Evidence::line) else { continue };
        let mut scope = NewRowScope::new(facts, id, [before, after].into_iter().flatten());
        if before.map(|evidence| evidence.quantity) != after.map(|evidence| evidence.quantity) {
            scope.add_users(users.remove(id).unwrap_or_default());
        }
        let rows = new_rows.iter().filter(|new| scope.concerns(new.table, &new.row)).map(causing);
        let facts = rows.chain(activity.remove(id).unwrap_or_default()).collect();
        let adjustment = Adjustment {
            tenant_id: line.tenant.to_string(),
            product: line.product.to_string(),
            resource_id: id.to_string(),
            before: before.map(|evidence| columns(&evidence.line())),
            after: after.map(|evidence| columns(&evidence.line())),
            facts,
        };
        adjustments.push((line, adjustment));
    }
    adjustments.sort_by(|(a, _), (b, _)| a.place().cmp(&b.place()));
    Ok(adjustments.into_iter().map(|(_, adjustment)| adjustment).collect())
}

/// A line by column, without its month and resource, which are what makes it the same line: all else can change.
fn columns(line: &Line) -> Map<String, Json> {
    STATEMENT_COLUMNS
        .into_iter()
        .zip(line.cells())
        .filter(|(column, _)| !["month", "resource_id"].contains(column))
        .map(|(column, cell)| (column.to_owned(), cell_json(column, &cell)))
        .collect()
}

fn causing(new: &NewRow) -> CausingFact {
    let cells = new.table.columns().iter().zip(new.row.values());
    let row = cells
        .filter(|(_, value)| **value != Value::Absent)
        .map(|(column, value)| (column.name.to_owned(), Json::from(value.text())));
    CausingFact {
        table: new.table.name().to_owned(),
        address: format!("{}:{}", new.file, new.line),
        row: row.collect(),
    }
}

/// For each of some resources who used it in the month, so far as rows that came since may say what a user is or is
/// called: only then it matters who they are.
fn users(
    workspace: &Workspace,
    facts: &Facts,
    month: Month,
    new_rows: &[NewRow],
    resources: &[&ResourceId],
) -> Result<BTreeMap<ResourceId, Vec<ObjectId>>, Failure> {
    let mut users: BTreeMap<ResourceId, BTreeSet<ObjectId>> = BTreeMap::new();
    if !new_rows.iter().any(|new| matches!(new.table, Table::Principals | Table::Aliases)) {
        return Ok(BTreeMap::new());
    }
    let last_import = workspace.last_import().map_err(workspace_failure)?;
    let files = workspace.activity_files(0, last_import, month).map_err(workspace_failure)?;
    for file in files.into_iter().filter(|file| file.month == month) {
        read_activity(workspace, &file, &mut Progress::silent(), &mut |_, row| {
            let Some(activity) = row.ok().and_then(|row| Activity::read(&row)) else { return };
            let id = facts.aliases.resource(&activity.resource, activity.at);
            if resources.binary_search(&&id).is_ok() {
                let user = facts.aliases.principal(Some(&activity.tenant), &activity.object, activity.at);
                users.entry(id).or_default().insert(user);
            }
        })?;
    }
    Ok(users.into_iter().map(|(resource, users)| (resource, users.into_iter().collect())).collect())
}

/// For each resource the activity that came since: how many rows of which kind, by file.
fn new_activity(
    workspace: &Workspace,
    facts: &Facts,
    statement: &Statement,
    after: i64,
    until: i64,
) -> Result<BTreeMap<ResourceId, Vec<CausingFact>>, Failure> {
    let files = workspace.activity_files(after, until, statement.window.month).map_err(workspace_failure)?;
    let names = workspace.file_names().map_err(workspace_failure)?;
    let mut counts: BTreeMap<(ResourceId, u32, &'static str), u64> = BTreeMap::new();
    for file in files {
        read_activity(workspace, &file, &mut Progress::silent(), &mut |address, row| {
            let Some(activity) = row.ok().and_then(|row| Activity::read(&row)) else { return };
            let id = facts.aliases.resource(&activity.resource, activity.at);
            *counts.entry((id, address.file, activity.kind.as_str())).or_default() += 1;
        })?;
    }
    let mut by_resource: BTreeMap<ResourceId, Vec<CausingFact>> = BTreeMap::new();
    for ((resource, file, kind), rows) in counts {
        let address = file_name(&names, file);
        let row = [("kind".to_owned(), Json::from(kind)), ("rows".to_owned(), Json::from(rows))];
        let table = Table::Activity.name().to_owned();
        let fact = CausingFact { table, address, row: row.into_iter().collect() };
        by_resource.entry(resource).or_default().push(fact);
    }
    Ok(by_resource)
}
