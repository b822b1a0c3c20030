//! Whether a principal counts at an instant, and what is missing if not (`attribution.md` §4).

use crate::facts::Facts;
use crate::id::{ObjectId, PartnerId, TenantId};
use crate::time::{Timestamp, is_on};
use crate::word::{KnownFrom, PrincipalKind, Reason};

/// How a principal stands at an instant: all that decides whether it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its kind; absent when the directory does not know it, which hinders nothing (decision D6).
    pub kind: Option<PrincipalKind>,
    /// Disabled since, if it is disabled.
    pub disabled_at: Option<Timestamp>,
    /// Its link.
    pub link: LinkStanding,
    /// The link that is on but does not count here, where no other is (decision D11).
    pub left_out: Option<LinkLeftOut>,
}

/// A link that is on and does not count, because of the setting `links_from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLeftOut {
    /// Linked to this partner.
    pub partner: PartnerId,
    /// Since then.
    pub linked_at: Timestamp,
    /// How the link came to be known.
    pub known_from: KnownFrom,
}

/// One thing that keeps a principal from counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is the platform itself: it cannot be linked.
    System,
    /// It is a group: it cannot be linked.
    Group,
    /// It is disabled since then.
    Disabled(Timestamp),
    /// No link is on: removed, later, or never.
    NoLink(LinkStanding),
    /// A link is on that does not count here.
    LeftOut(LinkLeftOut),
    /// Its partner is not active.
    PartnerInactive(PartnerId),
}

/// The link of a principal at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStanding {
    /// A link is on.
    On {
        /// Linked to this partner.
        partner: PartnerId,
        /// The partner's company; the partner itself where it has none.
        company: PartnerId,
        /// Since then.
        linked_at: Timestamp,
        /// How the link came to be known.
        known_from: KnownFrom,
        /// Whether the partner is active.
        partner_active: bool,
    },
    /// It had a link before, none is on.
    Removed {
        /// The last partner.
        partner: PartnerId,
        /// Linked since then.
        linked_at: Timestamp,
        /// Until then.
        unlinked_at: Timestamp,
        /// How the link came to be known; absent in evidence from before this was kept.
        known_from: Option<KnownFrom>,
    },
    /// Its first known link begins at the instant or later.
    Later {
        /// The partner of that link.
        partner: PartnerId,
        /// When it begins.
        linked_at: Timestamp,
        /// How the link came to be known; absent in evidence from before this was kept.
        known_from: Option<KnownFrom>,
    },
    /// No link is known.
    Never,
}

impl LinkStanding {
    /// The partner that it is, was or will be linked to.
    pub const fn partner(self) -> Option<PartnerId> {
        match self {
            Self::On { partner, .. } | Self::Removed { partner, .. } | Self::Later { partner, .. } => {
                Some(partner)
            }
            Self::Never => None,
        }
    }
}

/// What a standing comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts for this partner, linked since then.
    Counts(PartnerId, Timestamp),
    /// The platform itself: gives no reason next to other claims.
    System,
    /// It does not count.
    Not(Reason),
}

impl Standing {
    /// Whether the principal counts, and the reason if not.
    pub fn verdict(&self) -> Verdict {
        match (self.kind, self.link) {
            (Some(PrincipalKind::System), _) => Verdict::System,
            (Some(PrincipalKind::Group), _) | (_, LinkStanding::Never | LinkStanding::Later { .. }) => {
                Verdict::Not(Reason::NotLinked)
            }
            (_, LinkStanding::Removed { .. }) => Verdict::Not(Reason::LinkRemoved),
            (_, LinkStanding::On { .. }) if self.disabled_at.is_some() => {
                Verdict::Not(Reason::IdentityDisabled)
            }
            (_, LinkStanding::On { partner_active: false, .. }) => Verdict::Not(Reason::PartnerInactive),
            (_, LinkStanding::On { partner, linked_at, .. }) => Verdict::Counts(partner, linked_at),
        }
    }

    /// Whether no link of it is known at all, not even one that does not count here.
    pub fn was_never_linked(&self) -> bool {
        self.link == LinkStanding::Never && self.left_out.is_none()
    }

    /// All that keeps the principal from counting; nothing, when it counts.
    pub fn obstacles(&self) -> Vec<Obstacle> {
        match self.kind {
            Some(PrincipalKind::System) => return vec![Obstacle::System],
            Some(PrincipalKind::Group) => return vec![Obstacle::Group],
            _ => {}
        }
        let link = match (self.link, self.left_out) {
            (LinkStanding::On { partner_active: true, .. }, _) => None,
            (LinkStanding::On { partner, .. }, _) => Some(Obstacle::PartnerInactive(partner)),
            (_, Some(left_out)) => Some(Obstacle::LeftOut(left_out)),
            (link, None) => Some(Obstacle::NoLink(link)),
        };
        self.disabled_at.map(Obstacle::Disabled).into_iter().chain(link).collect()
    }

    /// Whether the principal counts.
    pub fn counts(&self) -> bool {
        matches!(self.verdict(), Verdict::Counts(..))
    }
}

impl Facts {
    /// How a principal stands in a tenant just before an instant.
    pub fn standing(&self, tenant: &TenantId, object: &ObjectId, at: Timestamp) -> Standing {
        let principal = self.principals.get(tenant, object);
        let disabled_at = principal.and_then(|principal| {
            principal.disabled_at.filter(|disabled_at| is_on(*disabled_at, principal.enabled_at, at))
        });
        let link = self.link_at((tenant, object), at);
        Standing {
            kind: principal.map(|principal| principal.kind),
            disabled_at,
            link,
            left_out: self
                .left_out_at((tenant, object), at)
                .filter(|_| !matches!(link, LinkStanding::On { .. })),
        }
    }

    fn left_out_at(&self, (tenant, object): (&TenantId, &ObjectId), at: Timestamp) -> Option<LinkLeftOut> {
        let links = self.links_left_out.get(tenant, object)?;
        let on = links.iter().find(|link| is_on(link.linked_at, link.unlinked_at, at))?;
        Some(LinkLeftOut { partner: on.partner, linked_at: on.linked_at, known_from: on.known_from })
    }

    fn link_at(&self, (tenant, object): (&TenantId, &ObjectId), at: Timestamp) -> LinkStanding {
        let links = self.links.get(tenant, object).map_or(&[][..], Vec::as_slice);
        if let Some(link) = links.iter().find(|link| is_on(link.linked_at, link.unlinked_at, at)) {
            return LinkStanding::On {
                partner: link.partner,
                company: self.company(link.partner),
                linked_at: link.linked_at,
                known_from: link.known_from,
                partner_active: self.partner_active(link.partner, at),
            };
        }
        let last = links.iter().rev().find(|link| link.linked_at < at);
        match (last, links.first()) {
            (Some(link), _) => LinkStanding::Removed {
                partner: link.partner,
                linked_at: link.linked_at,
                unlinked_at: link.unlinked_at.unwrap_or(link.linked_at),
                known_from: Some(link.known_from),
            },
            (None, Some(link)) => LinkStanding::Later {
                partner: link.partner,
                linked_at: link.linked_at,
                known_from: Some(link.known_from),
            },
            (None, None) => LinkStanding::Never,
        }
    }
}
