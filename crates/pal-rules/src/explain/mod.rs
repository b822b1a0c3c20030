//! Evidence as words: plain sentences and compact tables, made last and from nothing else.

mod change;
mod claims;
mod quantity;

use crate::decision::{Decision, origin_words};
use crate::evidence::{Evidence, LossFact};
use crate::fold::{FoldEffect, FoldEvent, FoldStep};
use crate::id::PartnerId;
use crate::names::Names;
use crate::statement::Outcome;
use crate::time::Timestamp;
use crate::word::{Basis, Metric, Product, Reason};

/// A part of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it answers.
    pub title: &'static str,
    /// The answer.
    pub sentences: Vec<String>,
    /// Columns and rows of a table, if it has one.
    pub table: Option<(Vec<&'static str>, Vec<Vec<String>>)>,
}

impl Section {
    fn new(title: &'static str, sentences: Vec<String>) -> Self {
        Self { title, sentences, table: None }
    }
}

/// Explains a line from its evidence.
///
/// - `credited_before`: partners that earlier statements credited for the resource.
pub fn explain(evidence: &Evidence, names: Names<'_>, credited_before: &[PartnerId]) -> Vec<Section> {
    let mut sections = vec![answer(evidence, names), instant(evidence)];
    sections.extend(holder(evidence, names));
    sections.push(claims::section(evidence, names));
    sections.extend(claims::contest(evidence, names));
    sections.push(quantity::section(evidence));
    sections.extend(quantity::eligibility(evidence, names));
    sections.extend(change::section(evidence, names));
    sections.extend(loss(evidence, names, credited_before));
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

/// The basis of a claim in words.
pub(crate) const fn basis_words(basis: Basis) -> &'static str {
    match basis {
        Basis::Importer => "who imported the solution that contains it",
        Basis::Owner => "its owner",
        Basis::Creator => "its creator",
        Basis::Publisher => "who published it",
        Basis::CoOwner => "a co-owner",
        Basis::ActiveUser => "an active user",
    }
}

/// A reason in words.
pub(crate) const fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::IdentityDisabled => "whoever claims it is linked, but the account is disabled",
        Reason::PartnerInactive => "whoever claims it is linked, but to a partner id that is not active",
        Reason::LinkRemoved => "whoever claims it was linked once and no longer is",
        Reason::NotLinked => "nobody who claims it is linked to a partner",
        Reason::SystemOwned => "only the platform itself claims it",
        Reason::NoAttributedUser => "nobody claims it",
    }
}

fn answer(evidence: &Evidence, names: Names<'_>) -> Section {
    let (line, subject) = (evidence.line(), &evidence.subject);
    let what = format!(
        "{} ({}, {})",
        names.resource(&subject.resource),
        product_words(&subject.product),
        names.tenant(&subject.tenant)
    );
    let counted = match line.metric() {
        Metric::MonthlyActiveUsers => "monthly active users",
        Metric::UnifiedProfiles => "unified profiles",
    };
    let counted = format!("{} {counted} of {}", evidence.shown_quantity(), line.month);
    let sentence = match &line.outcome {
        Outcome::Credited(credit) => format!(
            "{what}: {counted} are attributed to {} ({}), through {}, {} since {}.",
            names.partner(credit.partner),
            credit.partner,
            names.principal(&subject.tenant, &credit.object),
            basis_words(credit.basis),
            credit.since,
        ),
        Outcome::Uncredited(reason) => {
            format!("{what}: {counted} are attributed to nobody: {} ({reason}).", reason_words(*reason))
        }
    };
    Section::new("Answer", vec![sentence])
}

fn instant(evidence: &Evidence) -> Section {
    let at = evidence.instant;
    let why = if evidence.subject.deleted_at == Some(at) {
        "when the resource was deleted"
    } else if evidence.window.as_of == Some(at) {
        "the instant that was asked for"
    } else {
        "the end of the month"
    };
    let sentence = format!("Judged at {at}, {why}: only facts from before that count.");
    Section::new("Instant", vec![sentence])
}

/// How the holder came to hold it, step by step.
fn holder(evidence: &Evidence, names: Names<'_>) -> Option<Section> {
    if !evidence.subject.product.goes_into_solutions() {
        return None;
    }
    let who = |step: &FoldStep| names.principal(&evidence.subject.tenant, &step.object);
    let rows = evidence.fold.iter().map(|step| {
        let effect = match step.effect {
            FoldEffect::Holds => format!("{} holds it", who(step)),
            FoldEffect::KeepsImporter => {
                "changes nothing: the importer before counts, this one does not".to_owned()
            }
        };
        let fact = [step.id.to_string(), origin_words(step.origin).to_owned()];
        let fact = fact.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        vec![step.at.to_string(), step_words(&step.what), who(step), effect, fact]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut sentences = Vec::new();
    if rows.is_empty() {
        sentences.push("No creation, owner change or import of it is known, so nobody holds it.".to_owned());
    }
    for kept in &evidence.kept_by_platform {
        sentences.push(format!(
            "The inventory of {} names {}, the owner from before an import: the platform kept the old owner \
             (owner_kept_by_platform); here the import decides.",
            kept.observed_at,
            names.principal(&evidence.subject.tenant, &kept.owner)
        ));
    }
    let table = (!rows.is_empty()).then(|| (vec!["when", "what", "who", "effect", "fact"], rows));
    Some(Section { title: "Holder", sentences, table })
}

fn step_words(what: &FoldEvent) -> String {
    match what {
        FoldEvent::Created => "created".to_owned(),
        FoldEvent::OwnerSet => "owner set".to_owned(),
        FoldEvent::Imported { solution, managed, counts } => format!(
            "import of {solution} ({}), importer {}",
            if *managed { "managed" } else { "unmanaged" },
            if *counts { "counts" } else { "does not count" }
        ),
    }
}

/// Whose loss the line is (decision D12).
fn loss(evidence: &Evidence, names: Names<'_>, credited_before: &[PartnerId]) -> Option<Section> {
    let losses = evidence.lost_to(credited_before);
    let credited = evidence.line().credit().is_some();
    if losses.is_empty() {
        let nobody = "It is nobody's loss: no linked account ever had to do with the resource.".to_owned();
        return (!credited).then(|| Section::new("Whose loss", vec![nobody]));
    }
    let sentences = losses.iter().map(|loss| {
        let because = match &loss.because {
            LossFact::CreditedBefore => "an earlier statement credited it to that partner".to_owned(),
            LossFact::Involved { object, fact, at } => format!(
                "{}, once linked to it, had to do with the resource at {at} ({})",
                names.principal(&evidence.subject.tenant, object),
                claims::fact_words(fact, names, &evidence.subject.tenant)
            ),
        };
        format!(
            "Not credited to {} ({}), whose it could be: {because}.",
            names.partner(loss.partner),
            loss.partner
        )
    });
    Some(Section::new("Whose loss", sentences.collect()))
}

fn decisions(evidence: &Evidence) -> Section {
    let rows = Decision::behind(evidence)
        .into_iter()
        .map(|decision| vec![decision.to_string(), decision.says().to_owned()])
        .collect();
    let sentence = "These are our readings where Microsoft's page is silent (docs/decisions).".to_owned();
    Section { title: "Rests on", sentences: vec![sentence], table: Some((vec!["decision", "says"], rows)) }
}

/// "no link known before DATE" where the first known link begins later, else "not linked".
pub(crate) fn not_linked_words(first: Option<Timestamp>) -> String {
    first.map_or_else(|| "not linked".to_owned(), |first| format!("no link known before {first}"))
}
