//! The nouns of the facts, one struct per table, read from rows whose ids are resolved.

use std::sync::Arc;

use super::row::Row;
use crate::id::{EnvironmentId, EventId, ImportId, ObjectId, PartnerId, TenantId};
use crate::time::{Day, Timestamp};
use crate::word::{
    ActorBasis, EnvironmentKind, ImportResult, KnownFrom, OwnershipKind, PartnerKind, PrincipalKind, Product,
};

/// A partner location or company.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its name.
    pub name: Arc<str>,
    /// Location or company.
    pub kind: PartnerKind,
    /// The company that a location belongs to.
    pub company: Option<PartnerId>,
    /// Active from then; absent: always.
    pub active_from: Option<Timestamp>,
    /// Active until then; absent: still.
    pub active_until: Option<Timestamp>,
}

impl Partner {
    pub(super) fn read(row: &Row) -> Option<(PartnerId, Self)> {
        Some((
            row.partner(0)?,
            Self {
                name: row.text(1)?.clone(),
                kind: PartnerKind::parse(row.word(2)?)?,
                company: row.partner(3),
                active_from: row.time(4),
                active_until: row.time(5),
            },
        ))
    }
}

/// A customer's directory.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its name.
    pub name: Arc<str>,
    /// Its domain.
    pub domain: Option<Arc<str>>,
    /// The partner company whose own directory this is.
    pub own_company: Option<PartnerId>,
}

impl Tenant {
    pub(super) fn read(row: &Row) -> Option<(TenantId, Self)> {
        let tenant = TenantId(row.id(0)?.clone());
        let own_company = row.partner(3);
        Some((tenant, Self { name: row.text(1)?.clone(), domain: row.text(2).cloned(), own_company }))
    }
}

/// An environment, or a kind that it had for a time.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The tenant that it lies in.
    pub tenant: TenantId,
    /// Its name.
    pub name: Arc<str>,
    /// What it is for.
    pub kind: EnvironmentKind,
    /// It has this kind from then; absent: from the beginning.
    pub kind_from: Option<Timestamp>,
}

impl Environment {
    pub(super) fn read(row: &Row) -> Option<(EnvironmentId, Self)> {
        Some((
            EnvironmentId(row.id(0)?.clone()),
            Self {
                tenant: TenantId(row.id(1)?.clone()),
                name: row.text(2)?.clone(),
                kind: EnvironmentKind::parse(row.word(3)?)?,
                kind_from: row.time(4),
            },
        ))
    }
}

/// Anyone in a directory.
#[derive(Clone, Debug)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// Its name.
    pub name: Option<Arc<str>>,
    /// Its sign-in name.
    pub upn: Option<Arc<str>>,
    /// Disabled (or deleted) since.
    pub disabled_at: Option<Timestamp>,
    /// Enabled again since.
    pub enabled_at: Option<Timestamp>,
}

impl Principal {
    pub(super) fn read(row: &Row) -> Option<((TenantId, ObjectId), Self)> {
        Some((
            (TenantId(row.id(0)?.clone()), ObjectId(row.id(1)?.clone())),
            Self {
                kind: PrincipalKind::parse(row.word(2)?)?,
                name: row.text(3).cloned(),
                upn: row.text(4).cloned(),
                disabled_at: row.time(5),
                enabled_at: row.time(6),
            },
        ))
    }
}

/// A period in which a principal was member of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The member.
    pub object: ObjectId,
    /// Member from then.
    pub from: Timestamp,
    /// Member until then; absent: still.
    pub until: Option<Timestamp>,
}

/// A period in which a principal was linked to a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The partner.
    pub partner: PartnerId,
    /// Linked from then.
    pub linked_at: Timestamp,
    /// Linked until then; absent: still.
    pub unlinked_at: Option<Timestamp>,
    /// How the link came to be known.
    pub known_from: KnownFrom,
}

/// The conflict `owner_kept_by_platform`: an inventory names the owner from before an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformKept {
    /// When the inventory was taken.
    pub observed_at: Timestamp,
    /// The owner that it names.
    pub owner: ObjectId,
}

word_list! {
    /// Where an ownership event comes from. Dated facts are walked before derived ones of the same time.
    Origin {
        /// A fact with a date of its own.
        Dated = "dated",
        /// An inventory said it; the date is the inventory's.
        Listed = "listed",
        /// An inventory said it, and the date is inferred: that of the resource.
        Inferred = "inferred",
    }
}

/// An ownership event of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// Where it comes from.
    pub origin: Origin,
    /// Its id; of a derived one, `listing:` and what was listed.
    pub id: EventId,
    /// What it says.
    pub kind: OwnershipKind,
    /// The principal that it names.
    pub object: ObjectId,
}

impl Event {
    /// The order in which events are walked: (time, dated before derived, id as text).
    pub fn place(&self) -> (Timestamp, bool, &EventId) {
        (self.at, self.origin != Origin::Dated, &self.id)
    }
}

/// An import of a solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The environment imported into.
    pub environment: EnvironmentId,
    /// The solution's name.
    pub solution: Arc<str>,
    /// The solution's version.
    pub version: Arc<str>,
    /// Whether it was a managed solution.
    pub managed: bool,
    /// Who imported.
    pub object: ObjectId,
    /// When.
    pub completed_at: Timestamp,
    /// How it ended.
    pub result: ImportResult,
}

/// A span of time for which there is data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coverage {
    /// How sure the actors are.
    pub actor_basis: ActorBasis,
    /// Covered from then.
    pub from: Timestamp,
    /// Covered until then.
    pub until: Timestamp,
    /// Where the data is from.
    pub source: Arc<str>,
}

impl Coverage {
    /// Reads a row of `coverage`: the tenant and product that it is of, and the span.
    pub fn read(row: &Row) -> Option<((TenantId, Product), Self)> {
        let key = (TenantId(row.id(0)?.clone()), Product::new(row.text(1)?));
        let span = Self {
            actor_basis: ActorBasis::parse(row.word(5)?)?,
            from: row.time(2)?,
            until: row.time(3)?,
            source: row.text(4)?.clone(),
        };
        Some((key, span))
    }
}

/// Runs of a flow on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// The day.
    pub day: Day,
    /// How they ended.
    pub status: Option<Arc<str>>,
    /// How many.
    pub runs: u64,
}
