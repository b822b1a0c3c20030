//! What an account lacks, and what to do about it, each as part of a sentence.

use super::teller::{Teller, claim_it, day, left_out_words, moment, no_link_before};
use crate::advice::{Relink, Step};
use crate::standing::{LinkStanding, Obstacle, Standing};
use crate::word::Product;

/// How an account is linked, and all that keeps it from counting: what follows its name.
pub(super) fn lacks(standing: &Standing, teller: &Teller<'_>) -> String {
    let disabled = standing.disabled_at.map(|at| format!("disabled since {}", day(at)));
    let link = match standing.obstacles().pop() {
        None | Some(Obstacle::Disabled(_)) => on_words(standing, teller),
        Some(Obstacle::PartnerInactive(partner)) => {
            format!("is linked to {}, which is not active", teller.partner(partner))
        }
        Some(Obstacle::LeftOut(link)) => format!("is {}", left_out_words(&link, teller)),
        Some(Obstacle::NoLink(LinkStanding::Removed { partner, unlinked_at, .. })) => {
            format!("was linked to {} until {}", teller.partner(partner), moment(unlinked_at))
        }
        Some(Obstacle::NoLink(LinkStanding::Later { linked_at, .. })) => {
            format!("has {}", no_link_before(linked_at, teller.evidence.instant))
        }
        Some(Obstacle::NoLink(_)) => "is not linked".to_owned(),
        Some(Obstacle::System | Obstacle::Group) => "cannot be linked".to_owned(),
    };
    let and = match standing.obstacles().as_slice() {
        [_] => " but",
        [.., Obstacle::LeftOut(_) | Obstacle::PartnerInactive(_)] => ", and is",
        _ => " and is",
    };
    disabled.map_or_else(|| link.clone(), |disabled| format!("{link}{and} {disabled}"))
}

fn on_words(standing: &Standing, teller: &Teller<'_>) -> String {
    let partner = standing.link.partner().map(|partner| teller.partner(partner));
    partner.map_or_else(|| "is not linked".to_owned(), |partner| format!("is linked to {partner}"))
}

/// Everything to do with one account, as one request: "link this account again and enable it".
pub(super) fn steps_words(steps: &[Step], teller: &Teller<'_>) -> String {
    let product = &teller.evidence.subject.product;
    let mut words = String::new();
    for (position, step) in steps.iter().enumerate() {
        let last = position + 1 == steps.len();
        words.push_str(match (position, last) {
            (0, _) => "",
            (_, true) => " and ",
            (_, false) => ", ",
        });
        words.push_str(&step_words(*step, if position == 0 { "this account" } else { "it" }, product));
    }
    words
}

fn step_words(step: Step, it: &str, product: &Product) -> String {
    match (step, product) {
        (Step::Link(Relink::First), _) => format!("link {it} to a partner location id"),
        (Step::Link(Relink::Again), _) => format!("link {it} again"),
        (Step::Link(Relink::Active), _) => format!("link {it} to an active location id"),
        (Step::Link(Relink::InTime), _) => format!("have {it} linked when a month ends"),
        (Step::Link(Relink::WhereItCounts), _) => format!("link {it} where it counts"),
        (Step::Enable, _) => format!("enable {it}"),
        (Step::Claim, _) => claim_it(product, it),
        (Step::CoOwn, _) => format!("make {it} a co-owner again"),
        (Step::Work, Product::PowerBi) => format!("let {it} publish the dataset again or work on it"),
        (Step::Work, Product::CustomerInsights) => format!("let {it} be active on the instance"),
        (Step::Work, _) => format!("let {it} work on the resource"),
    }
}
