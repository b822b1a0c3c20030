//! What people see of statements: tables with names, and words on stderr.

use std::path::Path;

use pal_rules::evidence::Coverage;
use pal_rules::facts::{Facts, Refusal};
use pal_rules::names::{NAME_COLUMNS, Names};
use pal_rules::statement::{Line, STATEMENT_COLUMNS};
use pal_rules::word::{AliasKind, EnvironmentKind};
use serde_json::{Value, json};

use crate::judge::Statement;
use crate::output_files::statement_table;
use crate::render::{Answer, Table, draw, object, tell};

/// How many refused rows are told one by one on stderr; `refused.csv` has them all.
const TOLD: usize = 20;

/// Lists refused rows on stderr: where, what, and what to do.
pub(crate) fn tell_refusals(refusals: &[Refusal], name: &dyn Fn(&Refusal) -> String) {
    let mut sorted: Vec<(String, &Refusal)> =
        refusals.iter().map(|refusal| (name(refusal), refusal)).collect();
    sorted.sort_by(|(a, x), (b, y)| (a, x.address.line).cmp(&(b, y.address.line)));
    for (file, refusal) in sorted.iter().take(TOLD) {
        let column = refusal.column.map(|column| format!(", column `{column}`")).unwrap_or_default();
        let (line, reason) = (refusal.address.line, refusal.reason);
        tell(format!("refused: {file}:{line}{column}: {reason}: {}", reason.advice()));
    }
    if let Some(more) = refusals.len().checked_sub(TOLD).filter(|more| *more > 0) {
        tell(format!("refused: … and {more} more rows (`--out` writes all of them to refused.csv)"));
    }
}

/// Says once what a reader of the statements should know.
pub(crate) fn tell_warnings(facts: &Facts, statements: &[Statement]) {
    if facts.coverage.is_empty() {
        tell("warning: no `coverage` table: a quantity of 0 may be a gap in the data");
    }
    for statement in statements.iter().filter(|statement| statement.unknown_users > 0) {
        let (month, users) = (statement.window.month, statement.unknown_users);
        tell(format!("warning: {month}: {users} users are not in `principals`; they count as users"));
    }
    for (kind, tenant, alias) in facts.aliases.ambiguous() {
        let of = tenant.map(|tenant| format!(" of tenant {tenant}")).unwrap_or_default();
        let one = if kind == AliasKind::Principal { "one person of its own" } else { "one of its own" };
        tell(format!("warning: alias `{alias}`{of} stands for two ids at one time: it is taken as {one}"));
    }
    tell_unmanaged(facts);
}

/// Managed or not makes no difference to credit; unmanaged into production is worth a word.
fn tell_unmanaged(facts: &Facts) {
    let mut told = std::collections::BTreeSet::new();
    for resource in &facts.resources {
        for import in resource.imports.iter().filter(|import| !import.managed) {
            let kind = facts.environment_kind(&import.environment, import.completed_at);
            let production = matches!(kind, Some(EnvironmentKind::Production | EnvironmentKind::Default));
            if production && told.insert(&import.id) {
                let (solution, version, id) = (&import.solution, &import.version, &import.id);
                tell(format!("warning: import `{id}` put `{solution}` {version} unmanaged into production"));
            }
        }
    }
}

/// Says what was written where.
pub(crate) fn tell_written(statement: &Statement, folder: &Path) {
    let credited = statement.lines.iter().filter(|attribution| attribution.line.credit().is_some()).count();
    let (month, lines) = (statement.window.month, statement.lines.len());
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

/// Statements as an answer: the normative cells as rows, names for people.
pub(crate) fn statements_answer(statements: &[Statement], names: Names<'_>) -> Answer {
    let mut rows = Table::new(STATEMENT_COLUMNS);
    let mut view = Table::new([
        "month", "tenant", "resource", "product", "quantity", "partner", "account", "basis", "reason",
        "eligible",
    ]);
    let mut lines = Vec::new();
    for statement in statements {
        rows.rows.extend(statement_table(statement).rows);
        for attribution in &statement.lines {
            let evidence = &attribution.evidence;
            let shown = evidence.shown_quantity();
            view.rows.push(view_row(&attribution.line, shown, names));
            lines.push(line_json(&attribution.line, evidence.coverage, names));
        }
    }
    let json = object(vec![("lines", Value::Array(lines))]);
    Answer { json, items: "lines", rows, view: draw(&view) }
}

fn view_row(line: &Line, quantity: String, names: Names<'_>) -> Vec<String> {
    let [tenant, _, resource, account, partner] = names.of_line(line);
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
    let cells = line.cells();
    let mut fields = serde_json::Map::new();
    for (column, cell) in STATEMENT_COLUMNS.into_iter().zip(cells) {
        let value = match column {
            "quantity" => json!(line.quantity),
            "eligible" => json!(line.eligible()),
            _ if cell.is_empty() => Value::Null,
            _ => Value::from(cell),
        };
        fields.insert(column.to_owned(), value);
    }
    for (column, name) in NAME_COLUMNS.into_iter().zip(names.of_line(line)) {
        fields
            .insert(format!("{column}_name"), if name.is_empty() { Value::Null } else { Value::from(name) });
    }
    fields.insert("coverage".to_owned(), Value::from(coverage_word(coverage)));
    Value::Object(fields)
}
