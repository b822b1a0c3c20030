//! The decisions that a line rests on: where the page is silent, our reading has a number (`attribution.md`).

use std::fmt;

use crate::evidence::{Evidence, Quantity};
use crate::fold::FoldEvent;
use crate::standing::{LinkStanding, Standing, Verdict};
use crate::word::{Basis, KnownFrom, Product};

/// One of the decisions D1 to D12; `docs/decisions` has a record of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the decision of that number; `says` tells it")]
pub enum Decision {
    D1 = 1,
    D2,
    D3,
    D4,
    D5,
    D6,
    D7,
    D8,
    D9,
    D10,
    D11,
    D12,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("D{}", *self as u8))
    }
}

impl Decision {
    /// The decision in one line.
    pub const fn says(self) -> &'static str {
        match self {
            Self::D1 => "the whole month goes to whoever holds it at the month's end",
            Self::D2 => {
                "an import takes over from a creator or owner always, from an importer that counts only if its own account counts"
            }
            Self::D3 => "the creator of a flow follows an owner change",
            Self::D4 => "everyone who published a dataset claims it, not only the last",
            Self::D5 => "only roles on the resource itself give a claim",
            Self::D6 => "an account counts when it is linked, enabled, and its partner active",
            Self::D7 => "of several partners the one whose account was active last is credited",
            Self::D8 => {
                "using a resource is no maker activity; only on a Customer Insights instance does it decide"
            }
            Self::D9 => {
                "service principals, managed identities and the system are no users; accounts not in the directory count"
            }
            Self::D10 => {
                "only customers' production environments, the default one included, count for programs"
            }
            Self::D11 => "links known only from this server count where it is set to be authoritative",
            Self::D12 => {
                "a line is a partner's loss only where one of its accounts had to do with the resource"
            }
        }
    }

    /// The decisions that a line with this evidence rests on, in order.
    pub fn behind(evidence: &Evidence) -> Vec<Self> {
        let claims = &evidence.claims;
        let product = &evidence.subject.product;
        let imported = evidence.fold.len() > 1
            && evidence.fold.iter().any(|step| matches!(step.what, FoldEvent::Imported { .. }));
        let owner_set = evidence.fold.iter().any(|step| step.what == FoldEvent::OwnerSet);
        let publishers = claims.iter().filter(|claim| claim.claimed.basis == Basis::Publisher).count();
        let several_partners = {
            let mut partners: Vec<_> = claims
                .iter()
                .filter_map(|claim| match claim.standing.verdict() {
                    Verdict::Counts(partner, _) => Some(partner),
                    _ => None,
                })
                .collect();
            partners.sort_unstable();
            partners.dedup();
            partners.len() > 1
        };
        let not_plain_users = match evidence.quantity {
            Quantity::Users(users) => {
                users.service_principals + users.managed_identities + users.systems + users.unknown > 0
            }
            Quantity::Profiles(_) => false,
        };
        let counting = claims.iter().filter(|claim| claim.standing.counts()).count();
        let uncredited = evidence.line().credit().is_none();
        [
            (Self::D1, true),
            (Self::D2, imported),
            (Self::D3, *product == Product::PowerAutomate && owner_set),
            (Self::D4, publishers > 1),
            (Self::D5, uncredited),
            (Self::D6, !claims.is_empty()),
            (Self::D7, several_partners),
            (Self::D8, counting > 1 || !evidence.linked_users.is_empty()),
            (Self::D9, not_plain_users),
            (Self::D10, !uncredited),
            (Self::D11, rests_on_links_from(evidence)),
            (Self::D12, uncredited || !evidence.lost_to(&[]).is_empty()),
        ]
        .into_iter()
        .filter_map(|(decision, applies)| applies.then_some(decision))
        .collect()
    }
}

/// Whether a link that counts, or one that does not, is known only from where `links_from` decides about it.
fn rests_on_links_from(evidence: &Evidence) -> bool {
    let claims = evidence.claims.iter().map(|claim| &claim.standing);
    let counts = |standing: &Standing| {
        matches!(standing.link, LinkStanding::On { known_from: KnownFrom::ThisServer, .. })
    };
    let involved = evidence.involved.iter().map(|involved| &involved.standing);
    claims.clone().any(counts) || claims.chain(involved).any(|standing| standing.left_out.is_some())
}
