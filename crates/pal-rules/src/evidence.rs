//! The evidence of a line: all that was looked at, as data, enough to re-derive the line (`attribution.md` §8).

use crate::claim::{Claim, FactRef};
use crate::decide;
use crate::facts::PlatformKept;
use crate::fold::FoldStep;
use crate::id::{EnvironmentId, Id, ObjectId, PartnerId, ResourceId, TenantId};
use crate::standing::{LinkStanding, Standing, Verdict};
use crate::statement::{Line, Outcome};
use crate::time::{Month, Timestamp};
use crate::usage::{Users, Window};
use crate::word::{EnvironmentKind, ImportResult, Product};

/// Everything that was looked at for one resource and month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The month, and `as_of`.
    pub window: Window,
    /// What was judged.
    pub subject: Subject,
    /// The instant at which it was judged.
    pub instant: Timestamp,
    /// How the holder came to hold it; empty for datasets and instances.
    pub fold: Vec<FoldStep>,
    /// Every claim, by principal.
    pub claims: Vec<Claim>,
    /// What was counted.
    pub quantity: Quantity,
    /// What decides whether the line counts for a program.
    pub place: Place,
    /// Whether the month is covered by data.
    pub coverage: Coverage,
    /// Everyone ever linked, here or where links do not count, who ever had to do with the resource before the
    /// instant, by principal.
    pub involved: Vec<Involved>,
    /// Inventories that named the owner from before an import.
    pub kept_by_platform: Vec<PlatformKept>,
    /// Imports that contain the resource and did nothing, by time.
    pub idle_imports: Vec<IdleImport>,
    /// Everyone ever linked who was a co-owner once and has no claim any more, by principal.
    pub past_co_owners: Vec<PastCoOwner>,
    /// Everyone ever linked who used the resource in the month and did nothing else with it, by principal.
    pub linked_users: Vec<LinkedUser>,
    /// Runs of a flow from the month's start to the instant, without a person: never counted as users.
    pub runs: u64,
}

/// The resource that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its environment.
    pub environment: Option<EnvironmentId>,
    /// Its product.
    pub product: Product,
    /// Its id.
    pub resource: ResourceId,
    /// Made at; absent: always there.
    pub created_at: Option<Timestamp>,
    /// Deleted at.
    pub deleted_at: Option<Timestamp>,
}

/// What was counted, and what was left out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Monthly active users.
    Users(Users),
    /// Unified profiles as last measured in the month, if they were.
    Profiles(Option<(Timestamp, u64)>),
}

impl Quantity {
    /// The number in the statement.
    pub fn number(&self) -> u64 {
        match self {
            Self::Users(users) => users.counted,
            Self::Profiles(measured) => measured.map_or(0, |(_, profiles)| profiles),
        }
    }
}

/// What decides eligibility (`attribution.md` §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The kind of the environment at the instant; absent: unknown.
    pub environment: Option<EnvironmentKind>,
    /// The partner company whose own directory the tenant is.
    pub own_company: Option<PartnerId>,
}

/// Whether a tenant's product is covered by observed data from the month's start to the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// No coverage was told at all: a zero may be a gap.
    Untold,
    /// Covered throughout.
    Covered,
    /// Not covered throughout: this many whole days of so many are.
    Gaps {
        /// Whole UTC days covered.
        covered_days: u64,
        /// Whole UTC days from the month's start to the instant.
        days: u64,
    },
}

/// Somebody who was ever linked and had to do with the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Involved {
    /// Who.
    pub object: ObjectId,
    /// Through which fact.
    pub fact: FactRef,
    /// When that was.
    pub at: Timestamp,
    /// The partners that it was ever linked to, in the order of the links; links that do not count give none.
    pub partners: Vec<PartnerId>,
    /// How it stands at the instant.
    pub standing: Standing,
    /// Its last `make` activity on the resource before the instant.
    pub last_make: Option<Timestamp>,
}

/// An import that failed, was cancelled or is on hold: it did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleImport {
    /// When it ended.
    pub at: Timestamp,
    /// Its id.
    pub id: Id,
    /// The solution's name and version.
    pub solution: String,
    /// Whether it was a managed solution.
    pub managed: bool,
    /// Who imported.
    pub object: ObjectId,
    /// How it ended.
    pub result: ImportResult,
}

/// Somebody who was a co-owner once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCoOwner {
    /// Who.
    pub object: ObjectId,
    /// Through which group, if through one.
    pub group: Option<ObjectId>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Somebody ever linked who used the resource, has no claim on it and never worked on it: no use gives a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedUser {
    /// Who.
    pub object: ObjectId,
    /// How it stands at the instant.
    pub standing: Standing,
}

/// An earlier statement's credit for the same resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditedBefore {
    /// Credited to this partner.
    pub partner: PartnerId,
    /// The month of the statement.
    pub month: Month,
    /// Its version.
    pub version: i64,
}

/// A partner that a line is lost to, and the fact that says so (decision D12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The partner.
    pub partner: PartnerId,
    /// Why it is that partner's loss.
    pub because: LossFact,
}

/// Why a line is a partner's loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LossFact {
    /// An earlier statement credited it to the partner.
    CreditedBefore {
        /// The month of that statement.
        month: Month,
        /// Its version.
        version: i64,
    },
    /// A principal once linked to the partner had to do with the resource.
    Involved {
        /// Who.
        object: ObjectId,
        /// Through which fact.
        fact: FactRef,
        /// When.
        at: Timestamp,
    },
}

impl Evidence {
    /// Derives the statement line from this evidence alone.
    pub fn line(&self) -> Line {
        Line {
            month: self.window.month,
            tenant: self.subject.tenant.clone(),
            environment: self.subject.environment.clone(),
            product: self.subject.product.clone(),
            resource: self.subject.resource.clone(),
            quantity: self.quantity.number(),
            outcome: decide::outcome(&self.claims, &self.place),
        }
    }

    /// Linked principals with `make` activity on the resource that have no claim: linked but not attributed.
    pub fn linked_but_not_attributed(&self) -> impl Iterator<Item = &Involved> {
        self.involved.iter().filter(|involved| {
            involved.last_make.is_some()
                && matches!(involved.standing.link, LinkStanding::On { .. })
                && !self.claims.iter().any(|claim| claim.claimed.object == involved.object)
        })
    }

    /// The partners that this line is lost to, by partner id; none: it is nobody's loss.
    ///
    /// - `credited_before`: for each partner the latest earlier statement that credited it for the resource.
    pub fn lost_to(&self, credited_before: &[CreditedBefore]) -> Vec<Loss> {
        let credited = match self.line().outcome {
            Outcome::Credited(credit) => Some(credit.partner),
            Outcome::Uncredited(_) => None,
        };
        let involved = self.involved.iter().flat_map(|involved| {
            involved.partners.iter().map(|partner| Loss {
                partner: *partner,
                because: LossFact::Involved {
                    object: involved.object.clone(),
                    fact: involved.fact.clone(),
                    at: involved.at,
                },
            })
        });
        let before = credited_before.iter().map(|before| Loss {
            partner: before.partner,
            because: LossFact::CreditedBefore { month: before.month, version: before.version },
        });
        let mut losses: Vec<Loss> =
            before.chain(involved).filter(|loss| Some(loss.partner) != credited).collect();
        losses.sort_by_key(|loss| loss.partner);
        losses.dedup_by_key(|loss| loss.partner);
        losses
    }

    /// The claims that count, best first: the winner, then those that it beat.
    pub fn contest(&self) -> Vec<&Claim> {
        decide::contest(&self.claims)
    }

    /// The claims that do not count.
    pub fn beaten_by_standing(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| !matches!(claim.standing.verdict(), Verdict::Counts(..)))
    }
}
