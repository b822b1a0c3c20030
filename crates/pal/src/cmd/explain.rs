//! `pal explain`: who gets the credit for one resource in one month, and why.

use pal_rules::decision::Decision;
use pal_rules::evidence::{CreditedBefore, Evidence, Loss, LossFact};
use pal_rules::explain::{Section, explain};
use pal_rules::facts::{Facts, Resource};
use pal_rules::id::ResourceId;
use pal_rules::names::Names;
use pal_rules::time::Month;
use pal_store::workspace::Workspace;
use serde_json::{Map, Value, json};

use super::preview::begun;
use super::resource::resolve;
use crate::cli::{Explain, MachineArguments};
use crate::evidence_json::{EvidenceJson, FactJson};
use crate::exit::{Exit, Failure, Outcome};
use crate::prose::{draw_within, width, wrap};
use crate::render::{Answer, Table, object};
use crate::shell::{Shell, workspace_failure};
use crate::sources::{self, FactSource, sources};
use crate::state::Updating;
use crate::stored::{closing, credited_before, evidence, facts, judge_months};
use crate::view::line_json;

pub(crate) fn run(arguments: &Explain, shell: &Shell) -> Outcome {
    let workspace = shell.read()?;
    let mut facts = facts(&workspace, shell)?;
    facts.declared = sources::declared(&workspace, &facts)?;
    let resource = resolve(&facts, &arguments.resource)?;
    let (evidence, from) = find(&workspace, arguments, shell, &resource, &facts)?;
    let before = credited_before(&workspace, arguments.month)?.remove(&resource).unwrap_or_default();
    let sources = sources(&workspace, &facts, &evidence)?;
    shell.output.write(&answer(&evidence, &facts, (&before, &sources), from)?)?;
    Ok(Exit::Ok)
}

/// The evidence kept with the closed month, or, where it is not closed, what it would be now; and which it is.
fn find(
    workspace: &Workspace,
    arguments: &Explain,
    shell: &Shell,
    resource: &ResourceId,
    facts: &Facts,
) -> Result<(Evidence, Option<i64>), Failure> {
    let month = arguments.month;
    let closed = workspace.latest_closing(month).map_err(workspace_failure)?;
    let (all, version) = if closed.is_some() || arguments.version.is_some() {
        let closing = closing(workspace, month, arguments.version)?;
        (evidence(&closing)?, Some(closing.version))
    } else {
        let window = begun(month, None, shell.now())?;
        let mut progress = shell.progress();
        let machine = MachineArguments::default().settle();
        let updating = Updating { windows: &[window], machine, keep: false };
        let (_, lines) = judge_months(workspace, &updating, shell, &mut progress)?;
        drop(progress);
        (lines.into_iter().flatten().map(|attribution| attribution.evidence).collect(), None)
    };
    let found = all.into_iter().find(|evidence| evidence.subject.resource == *resource);
    found.map(|evidence| (evidence, version)).ok_or_else(|| not_listed(facts, resource, month, version))
}

/// Why a resource has no line in a month, and where it has one.
fn not_listed(facts: &Facts, id: &ResourceId, month: Month, version: Option<i64>) -> Failure {
    let known: Option<&Resource> = facts.resource(id).and_then(|position| facts.resources.get(position));
    let name = Names(facts).resource(id);
    let failure = |why: String, hint: String| {
        Failure::new(Exit::NotFound, format!("{name} has no line in {month}: {why}"), hint)
    };
    let Some(resource) = known else {
        return failure("it is not known".to_owned(), "look at all with `pal resource find \"\"`".to_owned());
    };
    match (resource.created_at, resource.deleted_at, version) {
        _ if resource.product.workload().is_none() => failure(
            format!("its product, `{}`, is out of scope", resource.product),
            "credit is for Power Apps, Power Automate, Power BI and Customer Insights".to_owned(),
        ),
        (Some(at), _, _) if at >= month.end() => failure(
            format!("it was created later, on {}", at.day()),
            format!("its first line is in {}: `pal explain {id} --month {0}`", at.month()),
        ),
        (_, Some(at), _) if at <= month.start() => failure(
            format!("it was deleted before, on {}", at.day()),
            format!("its last line is in {}: `pal explain {id} --month {0}`", last_month(at)),
        ),
        (Some(at), _, None) => {
            failure(format!("it is created later in the month, at {at}"), "look again after that".to_owned())
        }
        (_, _, version) => failure(
            format!("it was not known yet when version {} was closed", version.unwrap_or_default()),
            format!("make a new version with `pal close {month}`"),
        ),
    }
}

/// The last month that lists what was deleted at this time: a month begins after its first instant.
fn last_month(deleted_at: pal_rules::time::Timestamp) -> Month {
    let month = deleted_at.month();
    if deleted_at == month.start() { month.previous() } else { month }
}

/// An explanation for people and for programs.
pub(crate) fn answer(
    evidence: &Evidence,
    facts: &Facts,
    (credited_before, sources): (&[CreditedBefore], &[FactSource]),
    version: Option<i64>,
) -> Result<Answer, Failure> {
    let names = Names(facts);
    let mut sections = explain(evidence, names, credited_before);
    sections.extend(read_from(sources));
    let decisions: Value = Decision::behind(evidence)
        .into_iter()
        .map(|decision| json!({ "id": decision.to_string(), "says": decision.says() }))
        .collect();
    let losses = evidence.lost_to(credited_before);
    let lost = losses.iter().map(|loss| loss_json(loss, evidence, names)).collect::<Result<Vec<_>, _>>()?;
    let before = credited_before.iter().map(|before| {
        json!({
            "partner_id": before.partner.to_string(),
            "partner_name": names.partner(before.partner),
            "month": before.month.to_string(),
            "version": before.version,
        })
    });
    let unattributed = evidence.linked_but_not_attributed().map(|involved| involved.object.to_string());
    let json = object(vec![
        ("statement_version", version.map_or(Value::Null, Value::from)),
        ("line", line_json(&evidence.line(), evidence.coverage, names)),
        ("accounts", accounts_json(evidence, names)),
        ("evidence", serde_json::to_value(EvidenceJson::from(evidence))?),
        ("decisions", decisions),
        ("lost_to", Value::Array(lost)),
        ("credited_before", before.collect()),
        ("linked_but_not_attributed", unattributed.collect()),
        ("sources", sources.iter().map(FactSource::json).collect()),
        ("explanation", sections.iter().map(section_json).collect()),
    ]);
    let mut rows = Table::new(["section", "text"]);
    rows.rows = sections.iter().flat_map(section_rows).collect();
    Ok(Answer { json, items: "explanation", rows, view: words(&sections, version, width()) })
}

/// Where the facts were read.
fn read_from(sources: &[FactSource]) -> Option<Section> {
    let rows: Vec<Vec<String>> =
        sources.iter().map(|source| vec![source.fact.clone(), source.place()]).collect();
    let table = (!rows.is_empty()).then(|| (vec!["fact", "read from"], rows))?;
    Some(Section { title: "Read from", sentences: Vec::new(), table: Some(table), notes: Vec::new() })
}

/// A partner that the line is lost to, and the fact that says so.
fn loss_json(loss: &Loss, evidence: &Evidence, names: Names<'_>) -> Result<Value, Failure> {
    let mut fields = Map::new();
    let mut field = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    field("partner_id", Value::from(loss.partner.to_string()));
    field("partner_name", Value::from(names.partner(loss.partner)));
    match &loss.because {
        LossFact::CreditedBefore { month, version } => {
            field("because", Value::from("credited_before"));
            field("month", Value::from(month.to_string()));
            field("version", Value::from(*version));
        }
        LossFact::Involved { object, fact, at } => {
            field("because", Value::from("involved"));
            field("object_id", Value::from(object.to_string()));
            field("account_name", Value::from(names.principal(&evidence.subject.tenant, object)));
            field("at", Value::from(at.to_string()));
            field("fact", serde_json::to_value(FactJson::from(fact))?);
        }
    }
    Ok(Value::Object(fields))
}

/// The accounts that the evidence names, with what they are called.
fn accounts_json(evidence: &Evidence, names: Names<'_>) -> Value {
    let tenant = &evidence.subject.tenant;
    let account = |object: &pal_rules::id::ObjectId| {
        let principal = names.0.principals.get(tenant, object);
        json!({
            "object_id": object.to_string(),
            "name": principal.and_then(|principal| principal.name.as_deref()),
            "upn": principal.and_then(|principal| principal.upn.as_deref()),
            "kind": principal.map(|principal| principal.kind.as_str()),
        })
    };
    evidence.accounts().into_iter().map(account).collect()
}

fn section_json(section: &Section) -> Value {
    let table = section.table.as_ref().map(|(columns, rows)| json!({ "columns": columns, "rows": rows }));
    json!({ "title": section.title, "sentences": section.sentences, "table": table, "notes": section.notes })
}

/// Everything a section says, a row each.
fn section_rows(section: &Section) -> Vec<Vec<String>> {
    let (columns, rows) =
        section.table.as_ref().map_or((&[][..], &[][..]), |(columns, rows)| (columns, rows));
    let table = rows.iter().map(|row| {
        let cells = columns.iter().zip(row).map(|(column, cell)| format!("{column}: {cell}"));
        cells.collect::<Vec<_>>().join("; ")
    });
    let sentences = section.sentences.iter().cloned();
    let all = sentences.chain(table).chain(section.notes.iter().cloned());
    all.map(|text| vec![section.title.to_owned(), text]).collect()
}

/// The sections as text within a width.
fn words(sections: &[Section], version: Option<i64>, width: usize) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(section.title);
        text.push('\n');
        for sentence in &section.sentences {
            text.push_str(&wrap(sentence, "  ", 2, width));
        }
        if let Some((columns, rows)) = &section.table {
            let table = Table { rows: rows.clone(), ..Table::new(columns.iter().copied()) };
            for line in draw_within(&table, width.saturating_sub(2)).lines() {
                text.push_str(&format!("  {line}\n"));
            }
        }
        for note in &section.notes {
            text.push_str(&wrap(note, "  - ", 4, width));
        }
        text.push('\n');
    }
    text.push_str(&match version {
        Some(version) => format!("From the closed statement, version {version}.\n"),
        None => "Not closed: as it would be now.\n".to_owned(),
    });
    text
}
