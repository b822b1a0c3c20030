//! Evidence as words: plain sentences and compact tables, made last and from nothing else.

mod accounts;
mod change;
mod claims;
mod holder;
mod loss;
pub mod make_real;
mod mend;
mod quantity;
mod teller;

use crate::decision::Decision;
use crate::evidence::{CreditedBefore, Evidence};
use crate::names::Names;
use crate::statement::Outcome;
use crate::word::Product;
use teller::Teller;
use teller::{day, moment};

pub use quantity::shown_number;

/// A part of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it answers.
    pub title: &'static str,
    /// The answer.
    pub sentences: Vec<String>,
    /// Columns and rows of a table, if it has one.
    pub table: Option<(Vec<&'static str>, Vec<Vec<String>>)>,
    /// What more there is to say of the table's rows.
    pub notes: Vec<String>,
}

impl Section {
    fn new(title: &'static str, sentences: Vec<String>) -> Self {
        Self { title, sentences, table: None, notes: Vec::new() }
    }

    /// The section, if it says anything.
    fn if_any(title: &'static str, sentences: Vec<String>) -> Option<Self> {
        (!sentences.is_empty()).then(|| Self::new(title, sentences))
    }
}

/// Explains a line from its evidence.
///
/// - `credited_before`: for each partner the latest earlier statement that credited it for the resource.
pub fn explain(evidence: &Evidence, names: Names<'_>, credited_before: &[CreditedBefore]) -> Vec<Section> {
    let teller = Teller::new(evidence, names);
    let mut sections = vec![resource(&teller), answer(&teller), instant(evidence)];
    sections.extend(holder::section(&teller));
    sections.push(claims::section(&teller));
    sections.extend(claims::contest(&teller));
    sections.push(quantity::section(evidence));
    sections.push(quantity::eligibility(&teller));
    sections.extend(loss::section(&teller, credited_before));
    sections.extend(change::section(&teller, credited_before));
    sections.extend(accounts::section(&teller));
    sections.push(decisions(evidence));
    sections
}

/// The product in words.
pub(crate) fn product_words(product: &Product) -> &str {
    match product {
        Product::PowerAppsCanvas => "canvas app",
        Product::PowerAppsModelDriven => "model-driven app",
        Product::PowerAutomate => "flow",
        Product::PowerBi => "dataset",
        Product::CustomerInsights => "Customer Insights instance",
        Product::OutOfScope(other) => other,
    }
}

/// What was judged and where it lies, with the ids to find it by.
fn resource(teller: &Teller<'_>) -> Section {
    let (evidence, subject) = (teller.evidence, &teller.evidence.subject);
    let product = product_words(&subject.product);
    let dates: String = [("created", subject.created_at), ("deleted", subject.deleted_at)]
        .into_iter()
        .filter_map(|(what, at)| Some(format!(", {what} {}", day(at?))))
        .collect();
    let name = teller.names.resource(&subject.resource);
    let place = if subject.product == Product::PowerBi { "Workspace" } else { "Environment" };
    let environment = match (&subject.environment, evidence.place.environment) {
        (None, _) => format!("{place}: not known."),
        (Some(id), None) => format!("{place}: nothing says what it is, id {id}."),
        (Some(id), Some(kind)) => {
            let name = teller.names.environment_at(id, evidence.instant);
            format!("{place}: {name}, {kind}, id {id}.")
        }
    };
    Section::new(
        "Resource",
        vec![
            format!("{name}: {product}{dates}."),
            format!("Id: {}.", subject.resource),
            environment,
            format!("Tenant: {}, id {}.", teller.names.tenant(&subject.tenant), subject.tenant),
        ],
    )
}

fn answer(teller: &Teller<'_>) -> Section {
    let line = &teller.line;
    let counted = quantity::counted(teller.evidence);
    let mut sentences = match &line.outcome {
        Outcome::Credited(credit) => {
            let through = teller.evidence.contest().first().map(|claim| teller.claimant(claim));
            vec![format!(
                "{counted} attributed to {}, through {}.",
                teller.partner(credit.partner),
                through.unwrap_or_else(|| teller.who(&credit.object)),
            )]
        }
        Outcome::Uncredited(reason) => {
            vec![format!("{counted} attributed to nobody: {}.", claims::why_nobody(teller, *reason))]
        }
    };
    if let Some(reason) = line.credit().and_then(|credit| credit.ineligible) {
        sentences.push(format!("The line does not count for programs ({reason})."));
    }
    Section::new("Answer", sentences)
}

fn instant(evidence: &Evidence) -> Section {
    let at = evidence.instant;
    let why = if evidence.subject.deleted_at == Some(at) {
        "when the resource was deleted"
    } else if evidence.window.as_of == Some(at) {
        "now; the month is not over"
    } else {
        "the end of the month"
    };
    let sentence = format!("Judged at {}, {why}: only facts from before that count.", moment(at));
    Section::new("Instant", vec![sentence])
}

fn decisions(evidence: &Evidence) -> Section {
    let rows = Decision::behind(evidence)
        .into_iter()
        .map(|decision| vec![decision.to_string(), decision.says().to_owned()])
        .collect();
    let sentence = "These are our readings where Microsoft's page is silent (docs/decisions).".to_owned();
    let table = Some((vec!["decision", "says"], rows));
    Section { table, ..Section::new("Rests on", vec![sentence]) }
}

#[cfg(test)]
mod tests;
