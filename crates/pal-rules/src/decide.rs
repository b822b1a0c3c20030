//! Which claim wins, and whether the line counts for a program (`attribution.md` §4, §6).

use std::cmp::Ordering;

use crate::claim::Claim;
use crate::evidence::Place;
use crate::standing::{LinkStanding, Verdict};
use crate::statement::{Credit, Outcome};
use crate::word::{EnvironmentKind, IneligibleReason, Reason};

/// The one outcome of a resource and month.
pub fn outcome(claims: &[Claim], place: &Place) -> Outcome {
    match contest(claims).first().and_then(|winner| credit(winner, place)) {
        Some(credit) => Outcome::Credited(credit),
        None => Outcome::Uncredited(reason(claims)),
    }
}

/// The claims that count, the latest first (decision D7).
pub(crate) fn contest(claims: &[Claim]) -> Vec<&Claim> {
    let mut counting: Vec<&Claim> = claims.iter().filter(|claim| claim.standing.counts()).collect();
    counting.sort_by(|a, b| later(a, b));
    counting
}

/// What decided between two claims that count, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Was active later.
    LastActive,
    /// Has held its claim since later.
    Since,
    /// Was linked later.
    LinkedAt,
    /// Has the numerically smaller partner id.
    PartnerId,
    /// Has the smaller object id, as text.
    ObjectId,
}

/// Orders the later of two claims that count first.
fn later(a: &Claim, b: &Claim) -> Ordering {
    compare(a, b).map_or(Ordering::Equal, |(_, ordering)| ordering)
}

/// What decides between two claims that count, and which of them goes first.
pub fn compare(a: &Claim, b: &Claim) -> Option<(Comparison, Ordering)> {
    let (Verdict::Counts(a_partner, a_linked), Verdict::Counts(b_partner, b_linked)) =
        (a.standing.verdict(), b.standing.verdict())
    else {
        return None;
    };
    [
        (Comparison::LastActive, b.last_active_at.cmp(&a.last_active_at)),
        (Comparison::Since, b.claimed.since.cmp(&a.claimed.since)),
        (Comparison::LinkedAt, b_linked.cmp(&a_linked)),
        (Comparison::PartnerId, a_partner.number().cmp(&b_partner.number())),
        (Comparison::ObjectId, a.claimed.object.cmp(&b.claimed.object)),
    ]
    .into_iter()
    .find(|(_, ordering)| ordering.is_ne())
}

fn credit(winner: &Claim, place: &Place) -> Option<Credit> {
    let LinkStanding::On { partner, company, .. } = winner.standing.link else { return None };
    let ineligible = if place.own_company == Some(company) {
        Some(IneligibleReason::OwnTenant)
    } else {
        match place.environment {
            None => Some(IneligibleReason::EnvironmentUnknown),
            Some(EnvironmentKind::Production | EnvironmentKind::Default) => None,
            Some(_) => Some(IneligibleReason::NotProduction),
        }
    };
    Some(Credit {
        partner,
        company,
        object: winner.claimed.object.clone(),
        basis: winner.claimed.basis,
        since: winner.claimed.since,
        last_active_at: winner.last_active_at,
        ineligible,
    })
}

/// Why no claim counts: the reason nearest to credit; [`Reason`] is declared in that order.
fn reason(claims: &[Claim]) -> Reason {
    let reasons = claims.iter().filter_map(|claim| match claim.standing.verdict() {
        Verdict::Not(reason) => Some(reason),
        Verdict::System | Verdict::Counts(..) => None,
    });
    let otherwise = if claims.is_empty() { Reason::NoAttributedUser } else { Reason::SystemOwned };
    reasons.min().unwrap_or(otherwise)
}
