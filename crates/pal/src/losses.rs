//! What a partner lost: the lines that could be its own and are credited to another, or to nobody (`attribution.md` §8).
//!
//! A customer's own apps are nobody's loss and are never listed.

use std::collections::BTreeMap;

use pal_rules::evidence::{CreditedBefore, Evidence, Loss, LossFact};
use pal_rules::facts::{Facts, Partner};
use pal_rules::id::{PartnerId, ResourceId};
use pal_rules::names::Names;
use pal_rules::statement::Outcome;
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::render::Items;

/// Whose losses are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loser {
    /// Everybody's.
    Anyone,
    /// Those of one partner id, or of all locations of a company.
    Partner(PartnerId),
}

impl Loser {
    /// Reads a partner id or a name that facts know; empty text means everybody.
    pub(crate) fn new(text: &str, facts: &Facts) -> Result<Self, Failure> {
        if text.is_empty() {
            return Ok(Self::Anyone);
        }
        PartnerId::new(text).or_else(|| named(facts, text)).map(Self::Partner).ok_or_else(|| {
            Failure::new(
                Exit::NotFound,
                format!("no partner is called `{text}`"),
                "give a partner id, a company's global id, or a name as in `partners`",
            )
        })
    }

    fn is(self, partner: PartnerId, facts: &Facts) -> bool {
        match self {
            Self::Anyone => true,
            Self::Partner(one) => partner == one || facts.company(partner) == one,
        }
    }
}

/// The partner of that name, or the one company that all partners with this text in their name belong to.
fn named(facts: &Facts, text: &str) -> Option<PartnerId> {
    let wanted = text.to_lowercase();
    let name = |partner: &Partner| partner.name.to_lowercase();
    if let Some((id, _)) = facts.partners.iter().find(|(_, partner)| name(partner) == wanted) {
        return Some(*id);
    }
    let parts = facts.partners.iter().filter(|(_, partner)| name(partner).contains(&wanted));
    let mut companies: Vec<PartnerId> = parts.map(|(id, _)| facts.company(*id)).collect();
    companies.sort_unstable();
    companies.dedup();
    if let [company] = companies.as_slice() { Some(*company) } else { None }
}

/// The columns of a list of losses.
const COLUMNS: [&str; 15] = [
    "tenant_id",
    "tenant_name",
    "product",
    "resource_id",
    "resource_name",
    "metric",
    "quantity",
    "shown_quantity",
    "lost_by",
    "lost_by_name",
    "went_to",
    "went_to_name",
    "reason",
    "because",
    "account_name",
];

/// The losses of a month, one item per line and partner id that lost it.
pub(crate) fn losses(
    evidence: &[Evidence],
    credited_before: &BTreeMap<ResourceId, Vec<CreditedBefore>>,
    facts: &Facts,
    loser: Loser,
) -> Items {
    let mut items = Items::new(COLUMNS);
    for evidence in evidence {
        let line = evidence.line();
        // A line that went to another location of the same company is not lost to the company.
        let kept =
            line.credit().is_some_and(|credit| loser.is(credit.partner, facts) && loser != Loser::Anyone);
        let before = credited_before.get(&line.resource).map_or(&[][..], Vec::as_slice);
        for loss in evidence.lost_to(before).iter().filter(|loss| !kept && loser.is(loss.partner, facts)) {
            items.push(item(evidence, loss, facts));
        }
    }
    items
}

fn item(evidence: &Evidence, loss: &Loss, facts: &Facts) -> Vec<Value> {
    let (names, line) = (Names(facts), evidence.line());
    let (went_to, went_to_name, reason) = match &line.outcome {
        Outcome::Credited(credit) => {
            (credit.partner.to_string().into(), names.partner(credit.partner).into(), Value::Null)
        }
        Outcome::Uncredited(reason) => (Value::Null, Value::Null, reason.as_str().into()),
    };
    let (because, account) = match &loss.because {
        LossFact::CreditedBefore { month, .. } => (format!("credited in {month}"), Value::Null),
        LossFact::Involved { object, at, .. } => {
            (format!("its account had to do with it at {at}"), names.principal(&line.tenant, object).into())
        }
    };
    vec![
        line.tenant.to_string().into(),
        names.tenant(&line.tenant).into(),
        line.product.as_str().into(),
        line.resource.to_string().into(),
        names.resource(&line.resource).into(),
        line.metric().as_str().into(),
        line.quantity.into(),
        evidence.shown_quantity().into(),
        loss.partner.to_string().into(),
        names.partner(loss.partner).into(),
        went_to,
        went_to_name,
        reason,
        because.into(),
        account,
    ]
}
