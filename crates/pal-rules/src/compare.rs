//! Two months compared: every change of quantity booked to exactly one cause, so that the causes add up.

use std::collections::BTreeMap;

use crate::evidence::{Coverage, Evidence};
use crate::fold::holder;
use crate::id::{ObjectId, PartnerId, ResourceId};
use crate::standing::{LinkStanding, Standing};
use crate::statement::Line;
use crate::word::Product;

word_list! {
    /// Why a quantity changed from one month to another: the first that applies.
    Cause {
        /// The resource is new, or deleted.
        Resource = "resource",
        /// One of the months is not covered by data.
        MissingData = "missing_data",
        /// A link began or ended, or its partner became active or inactive.
        Link = "link",
        /// An account was disabled or enabled.
        AccountDisabled = "account_disabled",
        /// A solution import.
        Import = "import",
        /// An owner, co-owner or publisher came or went.
        Ownership = "ownership",
        /// Another partner's account was active later.
        LatestPartner = "latest_partner",
        /// The line began or ceased to count for programs.
        Eligibility = "eligibility",
        /// More or less use.
        Usage = "usage",
    }
}

/// A change of what one partner (or nobody) has of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The line of the later month, or of the earlier where the later has none.
    pub line: Line,
    /// The partner; `None` for what is attributed to nobody.
    pub partner: Option<PartnerId>,
    /// By how much the quantity changed.
    pub quantity: i64,
    /// Why; `None` where it did not.
    pub cause: Option<Cause>,
    /// By how much the part of it that counts for programs changed.
    pub eligible_quantity: i64,
    /// Why; `None` where it did not.
    pub eligible_cause: Option<Cause>,
}

/// One side of a comparison.
struct Side<'a> {
    evidence: &'a Evidence,
    line: Line,
}

impl<'a> Side<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        Self { evidence, line: evidence.line() }
    }

    fn partner(&self) -> Option<PartnerId> {
        self.line.credit().map(|credit| credit.partner)
    }

    /// What the partner (or nobody) has of it.
    fn quantity_of(&self, partner: Option<PartnerId>, eligible_only: bool) -> i64 {
        let theirs = self.partner() == partner && (!eligible_only || self.line.eligible() == Some(true));
        if theirs { self.line.quantity.cast_signed() } else { 0 }
    }
}

/// The changes of every resource that either side has, by resource.
pub fn all_changes<'a>(
    before: impl Iterator<Item = &'a Evidence>,
    after: impl Iterator<Item = &'a Evidence>,
) -> Vec<Change> {
    let mut sides: BTreeMap<&ResourceId, [Option<&Evidence>; 2]> = BTreeMap::new();
    let sided = before.map(|evidence| (evidence, true)).chain(after.map(|evidence| (evidence, false)));
    for (evidence, is_before) in sided {
        let [first, second] = sides.entry(&evidence.subject.resource).or_default();
        *(if is_before { first } else { second }) = Some(evidence);
    }
    sides.into_values().flat_map(|[before, after]| changes(before, after)).collect()
}

/// The changes between two months of one resource; a month without a line of it is `None`.
pub fn changes(before: Option<&Evidence>, after: Option<&Evidence>) -> Vec<Change> {
    let (before, after) = (before.map(Side::new), after.map(Side::new));
    let Some(shown) = after.as_ref().or(before.as_ref()).map(|side| side.line.clone()) else {
        return Vec::new();
    };
    let mut partners: Vec<Option<PartnerId>> =
        [&before, &after].into_iter().flatten().map(Side::partner).collect();
    partners.dedup();
    let change = |partner: Option<PartnerId>| {
        let difference = |eligible_only: bool| {
            let of = |side: &Option<Side<'_>>| {
                side.as_ref().map_or(0, |side| side.quantity_of(partner, eligible_only))
            };
            of(&after) - of(&before)
        };
        let why = |quantity: i64, eligible_only: bool| {
            (quantity != 0).then(|| cause(before.as_ref(), after.as_ref(), eligible_only))
        };
        let (quantity, eligible_quantity) = (difference(false), difference(true));
        Change {
            line: shown.clone(),
            partner,
            quantity,
            cause: why(quantity, false),
            eligible_quantity,
            eligible_cause: why(eligible_quantity, true),
        }
    };
    partners
        .into_iter()
        .map(change)
        .filter(|change| change.quantity != 0 || change.eligible_quantity != 0)
        .collect()
}

fn cause(before: Option<&Side<'_>>, after: Option<&Side<'_>>, eligible_only: bool) -> Cause {
    let (Some(before), Some(after)) = (before, after) else { return Cause::Resource };
    let gaps = |side: &Side<'_>| matches!(side.evidence.coverage, Coverage::Gaps { .. });
    if before.line.quantity != after.line.quantity && (gaps(before) || gaps(after)) {
        return Cause::MissingData;
    }
    if before.partner() != after.partner() {
        return moved(before.evidence, after.evidence);
    }
    if eligible_only && before.line.eligible() != after.line.eligible() {
        return Cause::Eligibility;
    }
    Cause::Usage
}

/// Why a line went to another partner, or to nobody, or from nobody.
fn moved(before: &Evidence, after: &Evidence) -> Cause {
    // Only accounts that count in one of the months can have moved it.
    let counting: Vec<&ObjectId> =
        before.contest().into_iter().chain(after.contest()).map(|claim| &claim.claimed.object).collect();
    let differs = |differ: fn(&Standing, &Standing) -> bool| {
        counting.iter().any(|object| match (standing(before, object), standing(after, object)) {
            (Some(before), Some(after)) => differ(before, after),
            _ => false,
        })
    };
    let link_of = |evidence: &Evidence, object: &ObjectId| {
        let involved = evidence.involved.iter().find(|involved| involved.object == *object);
        involved.map(|involved| linked_to(&involved.standing.link))
    };
    let link_differs = counting.iter().any(|object| {
        let (before, after) = (link_of(before, object), link_of(after, object));
        before.is_some() && after.is_some() && before != after
    });
    if link_differs || differs(|before, after| linked_to(&before.link) != linked_to(&after.link)) {
        return Cause::Link;
    }
    if differs(|before, after| before.disabled_at.is_some() != after.disabled_at.is_some()) {
        return Cause::AccountDisabled;
    }
    let (held, holds) = (holder(&before.fold), holder(&after.fold));
    let same_holder =
        held.as_ref().map(|holder| &holder.object) == holds.as_ref().map(|holder| &holder.object);
    if !same_holder {
        let by_import = [held, holds].into_iter().flatten().any(|holder| holder.by_import);
        return if by_import { Cause::Import } else { Cause::Ownership };
    }
    if before.subject.product == Product::CustomerInsights {
        // Claims are activity here, so who claims it changes with use and not with ownership.
        let contested = before.line().credit().is_some() && after.line().credit().is_some();
        return if contested { Cause::LatestPartner } else { Cause::Usage };
    }
    let claims = |evidence: &Evidence| -> Vec<ObjectId> {
        evidence.claims.iter().map(|claim| claim.claimed.object.clone()).collect()
    };
    if claims(before) == claims(after) { Cause::LatestPartner } else { Cause::Ownership }
}

fn standing<'a>(evidence: &'a Evidence, object: &ObjectId) -> Option<&'a Standing> {
    let claim = evidence.claims.iter().find(|claim| claim.claimed.object == *object)?;
    Some(&claim.standing)
}

/// The partner that a link makes count, if any.
fn linked_to(link: &LinkStanding) -> Option<PartnerId> {
    match link {
        LinkStanding::On { partner, partner_active: true, .. } => Some(*partner),
        _ => None,
    }
}
