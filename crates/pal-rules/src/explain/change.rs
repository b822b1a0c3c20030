//! What would have to change for an uncredited line to be credited.

use super::claims::claimant;
use super::{Section, not_linked_words};
use crate::claim::Claim;
use crate::evidence::{Evidence, Involved};
use crate::names::Names;
use crate::standing::{LinkStanding, Verdict};
use crate::word::{PrincipalKind, Product, Reason};

/// What would have to change; nothing where the line is credited and every linked maker has a claim.
pub(super) fn section(evidence: &Evidence, names: Names<'_>) -> Option<Section> {
    let credited = evidence.line().credit().is_some();
    let mut sentences: Vec<String> = evidence
        .linked_but_not_attributed()
        .filter(|_| !credited)
        .map(|involved| linked_maker(involved, evidence, names))
        .collect();
    if !credited {
        sentences.extend(evidence.beaten_by_standing().map(|claim| mend(claim, evidence, names)));
        if evidence.claims.is_empty() && sentences.is_empty() {
            sentences.push(format!("Nobody claims it: {}", claim_it(evidence)));
        }
        sentences.push("A change counts from then on: no earlier month is filled in.".to_owned());
    }
    (!sentences.is_empty()).then(|| Section::new("What would have to change", sentences))
}

/// What is missing for one claim to count.
fn mend(claim: &Claim, evidence: &Evidence, names: Names<'_>) -> String {
    let who = claimant(claim, evidence, names);
    match (claim.standing.verdict(), claim.standing.link, claim.standing.kind) {
        (Verdict::System, _, _) => {
            format!("{who}, is the platform itself and cannot be linked: {}", claim_it(evidence))
        }
        (_, _, Some(PrincipalKind::Group)) => {
            format!("{who}, is a group and cannot be linked: {}", claim_it(evidence))
        }
        (Verdict::Not(Reason::IdentityDisabled), _, _) => {
            format!(
                "{who}, is linked but disabled: enable the account, or give its role to another linked account."
            )
        }
        (Verdict::Not(Reason::PartnerInactive), LinkStanding::On { partner, .. }, _) => {
            format!(
                "{who}, is linked to partner id {partner}, which is not active: link it to an active location id."
            )
        }
        (Verdict::Not(Reason::LinkRemoved), LinkStanding::Removed { partner, unlinked_at, .. }, _) => {
            format!(
                "{who}, was linked to {} ({partner}) until {unlinked_at}: link it again.",
                names.partner(partner)
            )
        }
        (_, LinkStanding::Later { linked_at, .. }, _) => {
            format!("{who}: {}; it counts for months that end after that.", not_linked_words(Some(linked_at)))
        }
        _ => format!("{who}, is not linked: link it to a partner location id, if it is a partner's account."),
    }
}

fn linked_maker(involved: &Involved, evidence: &Evidence, names: Names<'_>) -> String {
    let who = names.principal(&evidence.subject.tenant, &involved.object);
    let partner = match involved.link {
        LinkStanding::On { partner, .. } => format!(" to {} ({partner})", names.partner(partner)),
        _ => String::new(),
    };
    let last = involved.last_make.map(|at| format!(" at {at}")).unwrap_or_default();
    format!(
        "Linked but not attributed: {who} is linked{partner} and last worked on it{last}, but holds no claim: {}",
        claim_it(evidence)
    )
}

/// How an account comes to claim a resource of this product.
fn claim_it(evidence: &Evidence) -> String {
    match evidence.subject.product {
        Product::PowerAppsCanvas => {
            "let a linked account own or co-own the app, or import the solution that contains it."
        }
        Product::PowerAppsModelDriven => "let a linked account import the solution that contains the app.",
        Product::PowerAutomate => {
            "let a linked account own the flow, or import the solution that contains it."
        }
        Product::PowerBi => "let a linked account publish the dataset.",
        Product::CustomerInsights => "let a linked account use the instance.",
        Product::OutOfScope(_) => "it is out of scope.",
    }
    .to_owned()
}
