//! What would have to change for an uncredited line to be credited, or for a lost one to be won back.

use super::Section;
use super::mend::{lacks, steps_words};
use super::teller::{Teller, claim_it, day, many, moment};
use crate::advice::{Advice, Ground, Step, can_be_credited};
use crate::claim::Claim;
use crate::evidence::{CreditedBefore, Loss, LossFact};
use crate::standing::{LinkStanding, Obstacle, Standing, Verdict};
use crate::statement::Outcome;
use crate::word::{PrincipalKind, Product, Reason};

/// Above this many claims that were never linked they are told together.
const TOLD: usize = 3;

/// What would have to change; nothing where the line is credited and nobody's loss.
pub(super) fn section(teller: &Teller<'_>, credited_before: &[CreditedBefore]) -> Option<Section> {
    let advice = teller.evidence.advice(teller.names.0, credited_before);
    let sentences = if teller.evidence.is_deleted() {
        let lost = !teller.evidence.lost_to(credited_before).is_empty();
        let nothing = "Nothing can change any more: the resource is deleted.".to_owned();
        (lost || teller.line.credit().is_none()).then_some(nothing).into_iter().collect()
    } else if teller.line.credit().is_some() {
        win_back(teller, &advice, credited_before)
    } else {
        to_be_credited(teller, &advice, credited_before)
    };
    Section::if_any("What would have to change", sentences)
}

fn to_be_credited(teller: &Teller<'_>, advice: &[Advice], credited_before: &[CreditedBefore]) -> Vec<String> {
    let evidence = teller.evidence;
    let beside = advice.iter().filter(|one| one.ground != Ground::Claims);
    let mut sentences: Vec<String> = beside.filter_map(|one| beside_claims(one, teller)).collect();
    let advised = sentences.len();
    let only_system = teller.line.outcome == Outcome::Uncredited(Reason::SystemOwned);
    let (never, others): (Vec<&Claim>, Vec<&Claim>) = evidence
        .beaten_by_standing()
        .filter(|claim| only_system || claim.standing.verdict() != Verdict::System)
        .partition(|claim| is_plainly_unlinked(&claim.standing));
    sentences.extend(others.into_iter().map(|claim| mend(claim, advice, teller)));
    if never.len() > TOLD {
        let accounts = many(never.len() as u64, "account that claims", "accounts that claim");
        sentences.push(format!(
            "None of the {accounts} it was ever linked: link those that are a partner's accounts to a partner \
             location id."
        ));
    } else {
        sentences.extend(never.into_iter().map(|claim| mend(claim, advice, teller)));
    }
    if evidence.claims.is_empty() && advised == 0 {
        sentences.push(sentence(&claim_it(&evidence.subject.product, "a linked account")));
    }
    sentences
        .push(format!("A change counts from then on{}: no earlier month is filled in.", if_used(teller)));
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

/// An account that lacks nothing but a link.
fn is_plainly_unlinked(standing: &Standing) -> bool {
    matches!(standing.obstacles().as_slice(), [Obstacle::NoLink(LinkStanding::Never)])
}

/// What is missing for one claim to count, all of it.
fn mend(claim: &Claim, advice: &[Advice], teller: &Teller<'_>) -> String {
    let (who, standing) = (teller.claimant(claim), &claim.standing);
    let instead = claim_it(&teller.evidence.subject.product, "a linked account");
    let own = advice
        .iter()
        .find(|one| one.ground == Ground::Claims && one.account.as_ref() == Some(&claim.claimed.object));
    let Some(own) = own else {
        let what = match standing.kind {
            Some(PrincipalKind::Group) => "a group",
            _ => "the platform itself",
        };
        return format!("{who}, is {what} and cannot be linked: {instead}.");
    };
    let (lacks, steps) = (lacks(standing, teller), steps_words(&own.steps, teller));
    match standing.obstacles().as_slice() {
        [.., Obstacle::NoLink(LinkStanding::Never)] => {
            format!("{who}, {lacks}: if this account is a partner's, {steps}; else {instead}.")
        }
        [Obstacle::Disabled(_)] => format!("{who}, {lacks}: {steps}, or {instead}."),
        _ => format!("{who}, {lacks}: {steps}."),
    }
}

/// Advice about an account that has no claim; of those that only were or are around, why they come into question.
fn beside_claims(advice: &Advice, teller: &Teller<'_>) -> Option<String> {
    let object = advice.account.as_ref()?;
    let (evidence, who) = (teller.evidence, teller.who(object));
    let lacks = lacks(evidence.standing(object)?, teller);
    let steps = steps_words(&advice.steps, teller);
    Some(match advice.ground {
        Ground::Worked => {
            let involved = evidence.involved.iter().find(|involved| involved.object == *object)?;
            let last = involved.last_make.map(|at| format!(", last at {}", moment(at))).unwrap_or_default();
            let linked = matches!(involved.standing.link, LinkStanding::On { .. });
            let usual = if linked { "Linked but not attributed: " } else { "" };
            format!(
                "{usual}{who} {lacks}, and worked on it (edited, saved, published or \
                 shared{last}), but has no claim on it: {steps}."
            )
        }
        Ground::CoOwned => {
            let past = evidence.past_co_owners.iter().find(|past| past.object == *object)?;
            let through = past.group.as_ref().map(|group| format!(" through {}", teller.who(group)));
            let through = through.unwrap_or_default();
            format!("{who} {lacks}, and was a co-owner{through} until {}: {steps}.", day(past.until))
        }
        Ground::Used => {
            format!("{who} {lacks}, and used it in the month; using it gives no claim: {steps}.")
        }
        Ground::Claims | Ground::Anybody => return None,
    })
}

/// For each partner that lost the line to another, what would win it back.
fn win_back(teller: &Teller<'_>, advice: &[Advice], credited_before: &[CreditedBefore]) -> Vec<String> {
    let evidence = teller.evidence;
    let (facts, Some(winner)) = (teller.names.0, evidence.contest().first().copied()) else {
        return Vec::new();
    };
    let company = teller.line.credit().map(|credit| credit.company);
    let mut sentences = Vec::new();
    let mut can_be_won = false;
    for loss in evidence.lost_to(credited_before) {
        if company == Some(facts.company(loss.partner)) {
            continue;
        }
        if !can_be_credited(loss.partner, facts, evidence.instant) {
            let partner = teller.partner(loss.partner);
            let unfit = format!("{partner} cannot win it: it is not an active location id");
            sentences.push(sentence(&unfit));
            continue;
        }
        can_be_won = true;
        // Where several accounts only have to work on it, one is named.
        let only_work = |one: &&Advice| one.steps == [Step::Work];
        let its_own = advice.iter().filter(|one| one.partner == Some(loss.partner));
        let rest = its_own.clone().filter(|one| !only_work(one));
        let told = its_own.filter(only_work).take(1).chain(rest);
        sentences.extend(told.filter_map(|one| win_back_words(one, &loss, winner, teller)));
    }
    if can_be_won {
        let from = match evidence.subject.product {
            Product::CustomerInsights => "for each month in which that is so",
            _ => "from the month in which that happens",
        };
        sentences.push(format!("It counts {from}: no earlier month changes."));
    }
    sentences
}

/// Claims on an instance last for a month.
fn if_used(teller: &Teller<'_>) -> &'static str {
    match teller.evidence.subject.product {
        Product::CustomerInsights => ", in months in which the account uses the instance",
        _ => "",
    }
}

/// One way to win the line back.
fn win_back_words(advice: &Advice, loss: &Loss, winner: &Claim, teller: &Teller<'_>) -> Option<String> {
    let evidence = teller.evidence;
    let once = if matches!(loss.because, LossFact::CreditedBefore { .. }) { " back" } else { "" };
    let back = format!("For {} to win it{once}", teller.partner(loss.partner));
    let Some(object) = &advice.account else {
        return Some(format!("{back}: {}.", anybody_words(&evidence.subject.product, winner)));
    };
    let claim = evidence.claims.iter().find(|claim| claim.claimed.object == *object)?;
    let steps = steps_words(&advice.steps, teller);
    if advice.steps == [Step::Work] && evidence.subject.product == Product::CustomerInsights {
        // A claim on an instance lasts for a month, so any account does in the next.
        return Some(format!("{back}: {}.", anybody_words(&evidence.subject.product, winner)));
    }
    if advice.steps == [Step::Work] {
        let again = if evidence.subject.product == Product::PowerBi { "publish it again or " } else { "" };
        return Some(format!(
            "{back}: an account linked to this partner that claims it ({}) must {again}work on it after {}, and later than \
             any other.",
            teller.who(object),
            moment(winner.last_active_at)
        ));
    }
    let mend = format!("{back}: {}, {}: {steps}", teller.claimant(claim), lacks(&claim.standing, teller));
    Some(if advice.steps.contains(&Step::Work) {
        format!("{mend} after {}, and later than any other.", moment(winner.last_active_at))
    } else {
        format!(
            "{mend}. That is enough: this account was active later than {} ({}, after {}).",
            teller.who(&winner.claimed.object),
            moment(claim.last_active_at),
            moment(winner.last_active_at)
        )
    })
}

/// What any account linked to the partner has to do.
fn anybody_words(product: &Product, winner: &Claim) -> String {
    let after = moment(winner.last_active_at);
    let who = "an account linked to this partner must";
    match product {
        Product::PowerAppsCanvas => format!(
            "{who} own or co-own it, or import the solution that contains it, and be active later than {after}; \
             being given the role then is enough"
        ),
        Product::PowerBi => format!("{who} publish it after {after}"),
        Product::CustomerInsights => {
            format!("in a month to come, {who} be active on it later than those of all others")
        }
        Product::PowerAutomate => {
            format!("{who} be made its owner, or import the solution that contains it, after {after}")
        }
        _ => format!("{who} import the solution that contains it after {after}"),
    }
}
