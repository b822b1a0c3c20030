//! What would have to change for a line to be credited, as data: done to the facts, it makes the line so.
//!
//! The sentences of an explanation are made from this, and the tests do what it says. What could not be done, or would
//! not be enough, is not advised: the platform itself and groups cannot be linked, and nothing credits a partner that
//! is not active.

use crate::claim::Claim;
use crate::evidence::{CreditedBefore, Evidence, Involved, Loss};
use crate::facts::Facts;
use crate::id::{ObjectId, PartnerId};
use crate::standing::{LinkStanding, Obstacle, Standing};
use crate::time::Timestamp;
use crate::word::PartnerKind;

/// One way to have a line credited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Why this account comes into question.
    pub ground: Ground,
    /// Which account; absent: any that is linked to an active partner, to `partner` where that is given.
    pub account: Option<ObjectId>,
    /// The partner that is credited then; absent: whichever the account is linked to.
    pub partner: Option<PartnerId>,
    /// All that has to be done, in order; each once, before the instant.
    pub steps: Vec<Step>,
}

/// Why an account comes into question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// It claims the resource.
    Claims,
    /// It is linked and worked on the resource, and has no claim on it.
    Worked,
    /// It is linked and was a co-owner.
    CoOwned,
    /// It is linked and used the resource.
    Used,
    /// Any account does.
    Anybody,
}

/// One thing to do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Have it linked at the instant.
    Link(Relink),
    /// Enable it.
    Enable,
    /// Give it a claim, or have it take one: own, import, publish, use.
    Claim,
    /// Make it a co-owner itself.
    CoOwn,
    /// Have it work on the resource, or publish it again, later than every other account; use an instance.
    Work,
}

/// How an account comes to be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relink {
    /// It never was.
    First,
    /// It was, to a partner that is active.
    Again,
    /// It is linked, or was, to a partner that is not active: to another.
    Active,
    /// It is linked later, to a partner that is active.
    InTime,
    /// It is linked where links do not count here.
    WhereItCounts,
}

impl Evidence {
    /// Every way to have an uncredited line credited, or a lost one won back.
    ///
    /// - `facts`: which partners are active, and of which company.
    /// - `credited_before`: for each partner the latest earlier statement that credited it for the resource.
    pub fn advice(&self, facts: &Facts, credited_before: &[CreditedBefore]) -> Vec<Advice> {
        if self.is_deleted() {
            return Vec::new();
        }
        if self.line().credit().is_some() {
            let losses = self.lost_to(credited_before).into_iter();
            return losses.flat_map(|loss| self.win_back(&loss, facts)).collect();
        }
        self.to_be_credited(facts)
    }

    /// Whether the resource was judged at its deletion: nothing changes any more.
    pub fn is_deleted(&self) -> bool {
        self.subject.deleted_at == Some(self.instant)
    }

    /// How an account stands that had to do with the resource.
    pub fn standing(&self, object: &ObjectId) -> Option<&Standing> {
        let claims = self.claims.iter().map(|claim| (&claim.claimed.object, &claim.standing));
        let involved = self.involved.iter().map(|involved| (&involved.object, &involved.standing));
        let users = self.linked_users.iter().map(|user| (&user.object, &user.standing));
        let mut all = claims.chain(involved).chain(users);
        all.find(|(account, _)| *account == object).map(|(_, standing)| standing)
    }

    fn to_be_credited(&self, facts: &Facts) -> Vec<Advice> {
        let worked = self.worked_without_claim().map(|involved| (Ground::Worked, &involved.object));
        let co_owned = self.past_co_owners.iter().map(|past| (Ground::CoOwned, &past.object));
        let used = self.linked_users.iter().map(|user| (Ground::Used, &user.object));
        let claims = self.claims.iter().map(|claim| (Ground::Claims, &claim.claimed.object));
        let mut advice: Vec<Advice> = Vec::new();
        for (ground, object) in worked.chain(co_owned).chain(used).chain(claims) {
            let Some(standing) = self.standing(object) else { continue };
            if ground != Ground::Claims && !is_linked(standing) {
                continue;
            }
            let Some(mut steps) = mend(standing, facts, self.instant) else { continue };
            match ground {
                Ground::Worked | Ground::Used => steps.push(Step::Claim),
                Ground::CoOwned => steps.push(Step::CoOwn),
                Ground::Claims | Ground::Anybody => {}
            }
            advice.push(Advice { ground, account: Some(object.clone()), partner: None, steps });
        }
        let steps = vec![Step::Claim];
        advice.push(Advice { ground: Ground::Anybody, account: None, partner: None, steps });
        advice
    }

    /// Accounts with `make` activity on the resource, linked in whatever way, that have no claim.
    fn worked_without_claim(&self) -> impl Iterator<Item = &Involved> {
        self.involved.iter().filter(|involved| {
            involved.last_make.is_some()
                && !self.claims.iter().any(|claim| claim.claimed.object == involved.object)
        })
    }

    /// What would win a line back that went to another company.
    fn win_back(&self, loss: &Loss, facts: &Facts) -> Vec<Advice> {
        let (partner, line) = (loss.partner, self.line());
        let (Some(credit), Some(winner)) = (line.credit(), self.contest().first().copied()) else {
            return Vec::new();
        };
        if facts.company(partner) == credit.company || !can_be_credited(partner, facts, self.instant) {
            return Vec::new();
        }
        let theirs = |claim: &&Claim| {
            let left_out = claim.standing.left_out;
            claim.standing.link.partner() == Some(partner)
                && left_out.is_none_or(|left_out| left_out.partner == partner)
        };
        let by_claim = self.claims.iter().filter(theirs).filter_map(|claim| {
            let mut steps = mend(&claim.standing, facts, self.instant)?;
            if steps.is_empty() || claim.last_active_at <= winner.last_active_at {
                steps.push(Step::Work);
            }
            let (ground, account) = (Ground::Claims, Some(claim.claimed.object.clone()));
            Some(Advice { ground, account, partner: Some(partner), steps })
        });
        let mut advice: Vec<Advice> = by_claim.collect();
        if advice.is_empty() {
            let steps = vec![Step::Claim];
            advice.push(Advice { ground: Ground::Anybody, account: None, partner: Some(partner), steps });
        }
        advice
    }
}

/// Whether a partner can be credited at an instant: active, and no company's global id.
pub fn can_be_credited(partner: PartnerId, facts: &Facts, at: Timestamp) -> bool {
    let global = facts.partners.get(&partner).is_some_and(|row| row.kind == PartnerKind::Global);
    facts.partner_active(partner, at) && !global
}

/// Whether a link is on, here or where links do not count.
fn is_linked(standing: &Standing) -> bool {
    matches!(standing.link, LinkStanding::On { .. }) || standing.left_out.is_some()
}

/// What makes an account count; absent where nothing does.
fn mend(standing: &Standing, facts: &Facts, at: Timestamp) -> Option<Vec<Step>> {
    let relink = |partner: PartnerId, relink: Relink| {
        Step::Link(if can_be_credited(partner, facts, at) { relink } else { Relink::Active })
    };
    let mut steps = Vec::new();
    for obstacle in standing.obstacles() {
        steps.push(match obstacle {
            Obstacle::System | Obstacle::Group => return None,
            Obstacle::Disabled(_) => Step::Enable,
            Obstacle::PartnerInactive(_) => Step::Link(Relink::Active),
            Obstacle::LeftOut(link) => relink(link.partner, Relink::WhereItCounts),
            Obstacle::NoLink(LinkStanding::Removed { partner, .. }) => relink(partner, Relink::Again),
            Obstacle::NoLink(LinkStanding::Later { partner, .. }) => relink(partner, Relink::InTime),
            Obstacle::NoLink(_) => Step::Link(Relink::First),
        });
    }
    steps.sort_unstable();
    Some(steps)
}
