//! Adjustments: what a later version of a month changed, line by line, and the facts that caused it.

mod since;

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::evidence::Evidence;
use pal_rules::facts::NewRowScope;
use pal_rules::id::ResourceId;
use pal_rules::statement::{Line, STATEMENT_COLUMNS};
use pal_store::workspace::Closing;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::exit::Failure;
use crate::judge::Statement;
use crate::render::tell;
use crate::stored::evidence;
use crate::view::cell_json;
use since::Scopes;
pub(crate) use since::{EarlierFacts, Since};

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
    since: &Since<'_>,
    statement: &Statement,
    new: &std::path::Path,
) -> Result<Vec<Adjustment>, Failure> {
    let before: BTreeMap<ResourceId, Evidence> = evidence(since.last)?
        .into_iter()
        .map(|evidence| (evidence.subject.resource.clone(), evidence))
        .collect();
    let new = crate::stored::evidence_in(new)?;
    let after: BTreeMap<ResourceId, &Evidence> =
        new.iter().map(|evidence| (evidence.subject.resource.clone(), evidence)).collect();
    let resources: BTreeSet<&ResourceId> = before.keys().chain(after.keys()).collect();
    // By what stands in the statement: a partner that moved to another company changes only the company's roll-up.
    let cells = |evidence: &Evidence| evidence.line().cells();
    let changed: Vec<&ResourceId> = resources
        .into_iter()
        .filter(|id| before.get(id).map(cells) != after.get(id).map(|evidence| cells(evidence)))
        .collect();
    let mut users = since.users(statement.window.month, &changed)?;
    let mut scopes = Scopes::new();
    for id in changed {
        let sides = (before.get(id), after.get(id).copied());
        let Some(mut scope) = NewRowScope::new(since.facts(), id, sides.0, sides.1) else { continue };
        scope.add_users(users.remove(id).unwrap_or_default());
        scopes.insert(id, scope);
    }
    let mut activity = since.activity(statement.window.month, &scopes)?;
    let mut adjustments: Vec<(Line, Adjustment)> = Vec::new();
    let mut unexplained = 0;
    for (id, scope) in &scopes {
        let (before, after) = (before.get(id), after.get(id).copied());
        let Some(line) = after.or(before).map(Evidence::line) else { continue };
        let mut facts: Vec<CausingFact> =
            since.causes(scope).chain(activity.remove(id).unwrap_or_default()).collect();
        if facts.is_empty() {
            unexplained += 1;
            facts.extend(since.mentions(scope));
        }
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
    if unexplained > 0 {
        let month = statement.window.month;
        tell(format!(
            "{month}: of {unexplained} changed lines no new fact tells why: all that name them are listed"
        ));
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
