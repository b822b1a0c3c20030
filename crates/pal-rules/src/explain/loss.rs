//! Whose loss the line is (decision D12).

use super::Section;
use super::teller::{Teller, day, event_did, no_link_before};
use crate::claim::FactRef;
use crate::evidence::{CreditedBefore, Loss, LossFact};
use crate::fold::FoldEvent;
use crate::id::{Id, ObjectId, PartnerId};
use crate::standing::LinkStanding;
use crate::word::{OwnershipKind, Product};

/// Each partner that the line is lost to; that it is nobody's, where it is uncredited.
pub(super) fn section(teller: &Teller<'_>, credited_before: &[CreditedBefore]) -> Option<Section> {
    let losses = teller.evidence.lost_to(credited_before);
    if losses.is_empty() {
        let left_out = teller.evidence.involved.iter().any(|involved| involved.standing.left_out.is_some());
        let linked = if left_out { "account with a link that counts here" } else { "linked account" };
        let nobody = format!("It is nobody's loss: no {linked} ever had to do with the resource.");
        return teller.line.credit().is_none().then(|| Section::new("Whose loss", vec![nobody]));
    }
    let sentences = losses.iter().map(|loss| loss_words(loss, teller)).collect();
    Section::if_any("Whose loss", sentences)
}

fn loss_words(loss: &Loss, teller: &Teller<'_>) -> String {
    let because = match &loss.because {
        LossFact::CreditedBefore { month, version } => {
            format!("the statement of {month} (version {version}) credited it to this partner")
        }
        LossFact::Involved { object, fact, at } => format!(
            "{}, {}, {} on {}",
            teller.who(object),
            link_words(object, loss.partner, teller),
            did_words(fact, teller),
            day(*at)
        ),
    };
    let company = |partner: PartnerId| teller.names.0.company(partner);
    let same = teller.line.credit().is_some_and(|credit| credit.company == company(loss.partner));
    let same = if same { ", a location of the same company" } else { "" };
    format!("Not credited to {}{same}, whose it could be: {because}.", teller.partner(loss.partner))
}

/// How an account was linked to a partner: since when, until when, or not yet.
fn link_words(object: &ObjectId, to: PartnerId, teller: &Teller<'_>) -> String {
    let involved = teller.evidence.involved.iter().find(|involved| involved.object == *object);
    match involved.map(|involved| involved.standing.link) {
        Some(LinkStanding::On { partner, linked_at, .. }) if partner == to => {
            format!("linked to this partner since {}", day(linked_at))
        }
        Some(LinkStanding::Later { linked_at, .. }) => {
            let first = no_link_before(linked_at, teller.evidence.instant);
            format!("{first}, linked to this partner later")
        }
        Some(LinkStanding::Removed { partner, unlinked_at, .. }) if partner == to => {
            format!("linked to this partner until {}", day(unlinked_at))
        }
        _ => "linked to this partner at another time".to_owned(),
    }
}

/// What the account did, or was given, by the fact that the loss rests on.
fn did_words(fact: &FactRef, teller: &Teller<'_>) -> String {
    match fact {
        FactRef::Event(id) => format!("{} ({})", event_did(event_kind(id, teller)), teller.fact(fact)),
        FactRef::Import(id) => format!("imported the solution that contains it (import {id})"),
        FactRef::Membership(group) => format!("became a co-owner through {}", teller.who(group)),
        FactRef::Activity(_) => "worked on it (edited, saved, published or shared)".to_owned(),
        FactRef::AnyActivity => "was active on it".to_owned(),
    }
}

/// The kind of an event that gives a claim: those of the holder are in the fold.
fn event_kind(id: &Id, teller: &Teller<'_>) -> OwnershipKind {
    let step = teller.evidence.fold.iter().find(|step| step.id == *id);
    match (step.map(|step| &step.what), &teller.evidence.subject.product) {
        (Some(FoldEvent::Created), _) => OwnershipKind::Created,
        (Some(_), _) => OwnershipKind::OwnerSet,
        (None, Product::PowerBi) => OwnershipKind::Published,
        (None, _) => OwnershipKind::CoOwnerAdded,
    }
}
