//! What would have to change for an uncredited line to be credited, or for a lost one to be won back.

use super::Section;
use super::teller::{Teller, claim_it, day, many, moment, no_link_before};
use crate::claim::Claim;
use crate::evidence::{CreditedBefore, Involved, LinkedUser, Loss, LossFact, PastCoOwner};
use crate::id::PartnerId;
use crate::standing::{LinkStanding, Verdict};
use crate::statement::Outcome;
use crate::word::{PrincipalKind, Product, Reason};

/// Above this many claims that were never linked they are told together.
const TOLD: usize = 3;

/// What would have to change; nothing where the line is credited and nobody's loss.
pub(super) fn section(teller: &Teller<'_>, credited_before: &[CreditedBefore]) -> Option<Section> {
    let subject = &teller.evidence.subject;
    let sentences = if subject.deleted_at == Some(teller.evidence.instant) {
        let lost = !teller.evidence.lost_to(credited_before).is_empty();
        let nothing = "Nothing can change any more: the resource is deleted.".to_owned();
        (lost || teller.line.credit().is_none()).then_some(nothing).into_iter().collect()
    } else if teller.line.credit().is_some() {
        win_back(teller, credited_before)
    } else {
        to_be_credited(teller, credited_before)
    };
    Section::if_any("What would have to change", sentences)
}

fn to_be_credited(teller: &Teller<'_>, credited_before: &[CreditedBefore]) -> Vec<String> {
    let evidence = teller.evidence;
    let mut sentences = Vec::new();
    sentences.extend(evidence.linked_but_not_attributed().map(|involved| linked_maker(involved, teller)));
    sentences.extend(evidence.past_co_owners.iter().filter_map(|past| past_co_owner(past, teller)));
    sentences.extend(evidence.linked_users.iter().filter_map(|user| linked_user(user, teller)));
    let advised = sentences.len();
    let only_system = teller.line.outcome == Outcome::Uncredited(Reason::SystemOwned);
    let (never, others): (Vec<&Claim>, Vec<&Claim>) = evidence
        .beaten_by_standing()
        .filter(|claim| only_system || claim.standing.verdict() != Verdict::System)
        .partition(|claim| is_plainly_unlinked(claim));
    sentences.extend(others.into_iter().map(|claim| mend(claim, teller)));
    if never.len() > TOLD {
        let accounts = many(never.len() as u64, "account that claims", "accounts that claim");
        sentences.push(format!(
            "None of the {accounts} it was ever linked: link those that are a partner's accounts to a partner \
             location id."
        ));
    } else {
        sentences.extend(never.into_iter().map(|claim| mend(claim, teller)));
    }
    if evidence.claims.is_empty() && advised == 0 {
        sentences.push(sentence(&claim_it(&evidence.subject.product, "a linked account")));
    }
    sentences.push("A change counts from then on: no earlier month is filled in.".to_owned());
    if evidence.lost_to(credited_before).is_empty() {
        sentences.insert(0, "Nothing, if the resource is the customer's own. Otherwise:".to_owned());
    }
    sentences
}

/// The words of a sentence, with its capital and its full stop.
fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

/// A claim that lacks nothing but a link.
fn is_plainly_unlinked(claim: &Claim) -> bool {
    claim.standing.link == LinkStanding::Never
        && !matches!(claim.standing.kind, Some(PrincipalKind::Group | PrincipalKind::System))
}

/// What is missing for one claim to count.
fn mend(claim: &Claim, teller: &Teller<'_>) -> String {
    let (who, standing) = (teller.claimant(claim), &claim.standing);
    let instead = claim_it(&teller.evidence.subject.product, "a linked account");
    match (standing.verdict(), standing.link, standing.kind) {
        (Verdict::System, _, _) => {
            format!("{who}, is the platform itself and cannot be linked: {instead}.")
        }
        (_, _, Some(PrincipalKind::Group)) => format!("{who}, is a group and cannot be linked: {instead}."),
        (Verdict::Not(Reason::IdentityDisabled), _, _) => {
            format!("{who}, is linked but disabled: enable this account, or {instead}.")
        }
        (Verdict::Not(Reason::PartnerInactive), LinkStanding::On { partner, .. }, _) => format!(
            "{who}, is linked to {}, which is not active: link this account to an active location id.",
            teller.partner(partner)
        ),
        (Verdict::Not(Reason::LinkRemoved), LinkStanding::Removed { partner, unlinked_at, .. }, _) => {
            format!(
                "{who}, was linked to {} until {}: link this account again.",
                teller.partner(partner),
                moment(unlinked_at)
            )
        }
        (_, LinkStanding::Later { linked_at, .. }, _) => format!(
            "{who}: {}; this account counts for months that end after that.",
            no_link_before(linked_at, teller.evidence.instant)
        ),
        _ => format!(
            "{who}, is not linked: if this account is a partner's, link the account to a partner location id; \
             else {instead}."
        ),
    }
}

fn linked_maker(involved: &Involved, teller: &Teller<'_>) -> String {
    let partner = match involved.link {
        LinkStanding::On { partner, .. } => format!(" to {}", teller.partner(partner)),
        _ => String::new(),
    };
    let last = involved.last_make.map(|at| format!(", last at {}", moment(at))).unwrap_or_default();
    format!(
        "Linked but not attributed: {} is linked{partner} and worked on it (edited, saved, published or \
         shared{last}), but has no claim on it: {}.",
        teller.who(&involved.object),
        claim_it(&teller.evidence.subject.product, "this account")
    )
}

/// A past co-owner whose link is on.
fn past_co_owner(past: &PastCoOwner, teller: &Teller<'_>) -> Option<String> {
    let involved = teller.evidence.involved.iter().find(|involved| involved.object == past.object)?;
    let LinkStanding::On { partner, .. } = involved.link else { return None };
    let again = match &past.group {
        Some(group) => {
            format!("add this account to {} again, or make the account a co-owner itself", teller.who(group))
        }
        None => "make this account a co-owner again".to_owned(),
    };
    Some(format!(
        "{}, linked to {}, was a co-owner until {}: {again}.",
        teller.who(&past.object),
        teller.partner(partner),
        day(past.until)
    ))
}

/// A linked account that only used the resource.
fn linked_user(user: &LinkedUser, teller: &Teller<'_>) -> Option<String> {
    let LinkStanding::On { partner, .. } = user.link else { return None };
    Some(format!(
        "{}, linked to {}, used it in the month; using it gives no claim: {}.",
        teller.who(&user.object),
        teller.partner(partner),
        claim_it(&teller.evidence.subject.product, "this account")
    ))
}

/// For each partner that lost the line to another, what would win it back.
fn win_back(teller: &Teller<'_>, credited_before: &[CreditedBefore]) -> Vec<String> {
    let evidence = teller.evidence;
    let company = |partner: PartnerId| teller.names.0.company(partner);
    let (Some(credit), Some(winner)) = (teller.line.credit(), evidence.contest().first().copied()) else {
        return Vec::new();
    };
    let mut sentences = Vec::new();
    for loss in evidence.lost_to(credited_before) {
        if company(loss.partner) == credit.company {
            continue;
        }
        let unfit = evidence.beaten_by_standing().filter(|claim| linked_to(claim) == Some(loss.partner));
        let unfit: Vec<&Claim> = unfit.collect();
        sentences.extend(unfit.iter().map(|claim| mend(claim, teller)));
        let later = unfit.into_iter().find(|claim| claim.last_active_at > winner.last_active_at);
        sentences.push(match later {
            Some(claim) => format!(
                "That is enough for {}: this account was active later than {} ({}, after {}).",
                teller.partner(loss.partner),
                teller.who(&winner.claimed.object),
                moment(claim.last_active_at),
                moment(winner.last_active_at)
            ),
            None => win_back_words(&loss, winner, teller),
        });
    }
    if !sentences.is_empty() {
        sentences
            .push("It counts from the month in which that happens: no earlier month changes.".to_owned());
    }
    sentences
}

/// The partner that a claim's account is, was or will be linked to.
fn linked_to(claim: &Claim) -> Option<PartnerId> {
    match claim.standing.link {
        LinkStanding::On { partner, .. }
        | LinkStanding::Removed { partner, .. }
        | LinkStanding::Later { partner, .. } => Some(partner),
        LinkStanding::Never => None,
    }
}

fn win_back_words(loss: &Loss, winner: &Claim, teller: &Teller<'_>) -> String {
    let evidence = teller.evidence;
    let after = moment(winner.last_active_at);
    let claims_it = evidence.claims.iter().find(|claim| linked_to(claim) == Some(loss.partner));
    let again = if matches!(loss.because, LossFact::CreditedBefore { .. }) { " back" } else { "" };
    let back = format!("For {} to win it{again}", teller.partner(loss.partner));
    match (&evidence.subject.product, claims_it) {
        (product @ (Product::PowerAppsCanvas | Product::PowerBi), Some(claim)) => {
            let work =
                if *product == Product::PowerBi { "publish it again or work on it" } else { "work on it" };
            format!(
                "{back}: an account linked to this partner that claims it ({}) must {work} after {after}, and later \
                 than any other.",
                teller.who(&claim.claimed.object)
            )
        }
        (Product::PowerAppsCanvas, None) => format!(
            "{back}: an account linked to this partner must own or co-own it, or import the solution that \
             contains it, and be active later than {after}; being given the role then is enough."
        ),
        (Product::PowerBi, None) => {
            format!("{back}: an account linked to this partner must publish it after {after}.")
        }
        (Product::CustomerInsights, _) => format!(
            "{back}: in a month to come, an account linked to this partner must be active on it later than those \
             of all others."
        ),
        (Product::PowerAutomate, _) => format!(
            "{back}: an account linked to this partner must be made its owner, or import the solution that \
             contains it, after {after}."
        ),
        _ => format!(
            "{back}: an account linked to this partner must import the solution that contains it after {after}."
        ),
    }
}
