//! `pal explain`: who gets the credit for one resource in one month, and why.

use pal_rules::decision::Decision;
use pal_rules::evidence::{Evidence, LossFact};
use pal_rules::explain::{Section, explain};
use pal_rules::facts::Facts;
use pal_rules::id::PartnerId;
use pal_rules::names::Names;
use pal_rules::time::Month;
use pal_store::workspace::Workspace;
use serde_json::{Value, json};

use super::attribute::window;
use super::resource::resolve;
use crate::cli::Explain;
use crate::evidence_json::EvidenceJson;
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Table, draw, object};
use crate::shell::{Shell, workspace_failure};
use crate::stored::{closing, credited_before, evidence, facts, judge_months};
use crate::view::line_json;

pub(crate) fn run(arguments: &Explain, shell: &Shell) -> Outcome {
    let workspace = shell.read()?;
    let facts = facts(&workspace)?;
    let resource = resolve(&facts, &arguments.resource)?;
    let (evidence, from) = find(&workspace, arguments, shell, &resource)?;
    let before = credited_before(&workspace, arguments.month)?.remove(&resource).unwrap_or_default();
    shell.output.write(&answer(&evidence, &facts, &before, from)?)?;
    Ok(Exit::Ok)
}

/// The evidence kept with the closed month, or, where it is not closed, what it would be now; and which it is.
fn find(
    workspace: &Workspace,
    arguments: &Explain,
    shell: &Shell,
    resource: &pal_rules::id::ResourceId,
) -> Result<(Evidence, Option<i64>), Failure> {
    let month = arguments.month;
    let closed = workspace.latest_closing(month).map_err(workspace_failure)?;
    let (all, version) = if closed.is_some() || arguments.version.is_some() {
        let closing = closing(workspace, month, arguments.version)?;
        (evidence(&closing)?, Some(closing.version))
    } else {
        let now = shell.now();
        let window = window(month, (now < month.end()).then_some(now))?;
        let judged = judge_months(workspace, &[window], shell.links_from(), &mut shell.progress())?;
        let lines = judged.statements.into_iter().flat_map(|statement| statement.lines);
        (lines.map(|attribution| attribution.evidence).collect(), None)
    };
    let found = all.into_iter().find(|evidence| evidence.subject.resource == *resource);
    found.map(|evidence| (evidence, version)).ok_or_else(|| not_listed(resource, month))
}

fn not_listed(resource: &pal_rules::id::ResourceId, month: Month) -> Failure {
    Failure::new(
        Exit::NotFound,
        format!("`{resource}` has no line in {month}"),
        "it was made later, deleted before, or is of a product that is out of scope",
    )
}

/// An explanation for people and for programs.
pub(crate) fn answer(
    evidence: &Evidence,
    facts: &Facts,
    credited_before: &[PartnerId],
    version: Option<i64>,
) -> Result<Answer, Failure> {
    let names = Names(facts);
    let sections = explain(evidence, names, credited_before);
    let line = evidence.line();
    let lost: Vec<Value> = evidence
        .lost_to(credited_before)
        .iter()
        .map(|loss| {
            let because = match &loss.because {
                LossFact::CreditedBefore => json!({ "because": "credited_before" }),
                LossFact::Involved { object, at, .. } => {
                    json!({ "because": "involved", "object_id": object.to_string(), "at": at.to_string() })
                }
            };
            json!({ "partner_id": loss.partner.to_string(), "fact": because })
        })
        .collect();
    let decisions: Vec<Value> = Decision::behind(evidence)
        .into_iter()
        .map(|decision| json!({ "id": decision.to_string(), "says": decision.says() }))
        .collect();
    let unattributed: Vec<String> =
        evidence.linked_but_not_attributed().map(|involved| involved.object.to_string()).collect();
    let json = object(vec![
        ("statement_version", version.map_or(Value::Null, Value::from)),
        ("line", line_json(&line, evidence.coverage, names)),
        ("evidence", serde_json::to_value(EvidenceJson::from(evidence))?),
        ("decisions", Value::Array(decisions)),
        ("lost_to", Value::Array(lost)),
        ("credited_before", credited_before.iter().map(ToString::to_string).collect()),
        ("linked_but_not_attributed", Value::from(unattributed)),
        ("explanation", sections.iter().map(section_json).collect()),
    ]);
    let mut rows = Table::new(["section", "text"]);
    for section in &sections {
        let lines = section.sentences.iter().map(|sentence| vec![section.title.to_owned(), sentence.clone()]);
        rows.rows.extend(lines);
    }
    Ok(Answer { json, items: "explanation", rows, view: words(&sections, version) })
}

fn section_json(section: &Section) -> Value {
    let table = section.table.as_ref().map(|(columns, rows)| json!({ "columns": columns, "rows": rows }));
    json!({ "title": section.title, "sentences": section.sentences, "table": table })
}

/// The sections as text.
pub(crate) fn words(sections: &[Section], version: Option<i64>) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(section.title);
        text.push('\n');
        for sentence in &section.sentences {
            text.push_str(&format!("  {sentence}\n"));
        }
        if let Some((columns, rows)) = &section.table {
            let table = Table { rows: rows.clone(), ..Table::new(columns.iter().copied()) };
            for line in draw(&table).lines() {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text.push('\n');
    }
    text.push_str(&match version {
        Some(version) => format!("From the closed statement, version {version}.\n"),
        None => "Not closed: as it would be now.\n".to_owned(),
    });
    text
}
