//! Which links hold: known partners, observations of the present, no overlaps (`facts.md`, Periods).

use std::collections::BTreeMap;

use super::keep::{self, Distinct, known_from};
use super::record::{Link, Partner};
use super::{Aliases, ByPrincipal, RefusalReason, Row};
use crate::id::{ObjectId, PartnerId, TenantId};
use crate::time::Timestamp;
use crate::word::{KnownFrom, PartnerKind};

/// Which links count (`cli.md`, setting `links_from`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LinksFrom {
    /// Those read from Microsoft, and declared ones.
    #[default]
    Microsoft,
    /// Those made on this server.
    Registry,
    /// All of them.
    Both,
}

impl LinksFrom {
    /// Whether a link known from there counts.
    pub fn counts(self, known_from: KnownFrom) -> bool {
        match self {
            Self::Both => true,
            Self::Registry => known_from == KnownFrom::ThisServer,
            Self::Microsoft => known_from != KnownFrom::ThisServer,
        }
    }

    /// Whether a `links` row counts.
    pub fn counts_row(self, row: &Row) -> bool {
        self.counts(keep::known_from(row))
    }
}

/// The links of all principals, by start.
pub(super) type Links = ByPrincipal<Vec<Link>>;

/// A link row on its way: resolved, still tied to the row that may be refused.
struct Candidate {
    principal: (TenantId, ObjectId),
    partner: Option<PartnerId>,
    linked_at: Timestamp,
    unlinked_at: Option<Timestamp>,
    known_from: KnownFrom,
    row: usize,
}

impl Candidate {
    /// Whether this is an observation that somebody is linked, not known to have ended.
    fn is_open_observation(&self) -> bool {
        self.known_from == KnownFrom::Microsoft && self.partner.is_some() && self.unlinked_at.is_none()
    }

    /// The order of the walk; of equal starts and partners, those whose end is known first.
    fn place(&self) -> (&(TenantId, ObjectId), Timestamp, Option<PartnerId>, bool, Option<Timestamp>) {
        let open = self.unlinked_at.is_none();
        (&self.principal, self.linked_at, self.partner, open, self.unlinked_at)
    }

    fn is_empty(&self) -> bool {
        self.unlinked_at.is_some_and(|until| until <= self.linked_at)
    }
}

/// Settles the `links` rows: refuses those to wrong partners and those that overlap.
pub(super) fn settle(
    rows: &mut [Distinct<'_>],
    partners: &BTreeMap<PartnerId, Partner>,
    aliases: &Aliases,
) -> Links {
    let mut candidates = Vec::new();
    for (position, row) in rows.iter_mut().enumerate().filter(|(_, row)| row.refused.is_none()) {
        row.refused = row.row.partner(2).and_then(|partner| wrong_partner(partner, partners));
        if row.refused.is_none() {
            candidates.extend(candidate(row, position, aliases));
        }
    }
    candidates.sort_by(|a, b| a.place().cmp(&b.place()));
    let mut links = Links::default();
    for group in candidates.chunk_by_mut(|a, b| a.principal == b.principal) {
        join_repeats(group, rows);
        end_observations(group, rows);
        keep_without_overlap(group, rows, &mut links);
    }
    links
}

fn candidate(row: &Distinct<'_>, position: usize, aliases: &Aliases) -> Option<Candidate> {
    let (row, tenant, linked_at) = (&row.row, TenantId(row.row.id(0)?.clone()), row.row.time(3)?);
    let object = aliases.principal(Some(&tenant), &ObjectId(row.id(1)?.clone()), linked_at);
    Some(Candidate {
        principal: (tenant, object),
        partner: row.partner(2),
        linked_at,
        unlinked_at: row.time(4),
        known_from: known_from(row),
        row: position,
    })
}

/// Why nobody can be linked to this partner id, if so. An empty directory knows nothing and refuses nothing.
fn wrong_partner(partner: PartnerId, partners: &BTreeMap<PartnerId, Partner>) -> Option<RefusalReason> {
    if partners.is_empty() {
        return None;
    }
    match partners.get(&partner).map(|row| row.kind) {
        Some(PartnerKind::Location) => None,
        Some(PartnerKind::Global) => Some(RefusalReason::GlobalPartner),
        None => Some(RefusalReason::UnknownPartner),
    }
}

/// Joins rows that turned out to be one period when their aliases were resolved: equal ones, and an open one with
/// one whose end is known; the strongest `known_from` is kept (decision 0013).
fn join_repeats(group: &mut [Candidate], rows: &mut [Distinct<'_>]) {
    for position in 1..group.len() {
        let (before, after) = group.split_at_mut(position);
        let Some(next) = after.first_mut() else { continue };
        let Some(kept) = before.iter_mut().rfind(|kept| kept.partner.is_some()) else { continue };
        let same_start = (kept.linked_at, kept.partner) == (next.linked_at, next.partner);
        if same_start && (next.unlinked_at == kept.unlinked_at || next.unlinked_at.is_none()) {
            kept.known_from = kept.known_from.min(next.known_from);
            absorb(rows, kept.row, next.row);
            next.partner = None;
        }
    }
}

/// Ends each open observation at the principal's next row, and joins those that see the same partner again before.
fn end_observations(group: &mut [Candidate], rows: &mut [Distinct<'_>]) {
    for position in 1..group.len() {
        let (before, after) = group.split_at_mut(position);
        let Some(seen) = before.last_mut().filter(|seen| seen.is_open_observation()) else { continue };
        for next in after {
            if next.is_open_observation() && next.partner == seen.partner {
                absorb(rows, seen.row, next.row);
                next.partner = None;
            } else if next.linked_at > seen.linked_at {
                seen.unlinked_at = Some(next.linked_at);
                break;
            }
        }
    }
}

/// Makes the row at `repeat` a repeat of the one at `kept`.
fn absorb(rows: &mut [Distinct<'_>], kept: usize, repeat: usize) {
    if let Ok([kept, repeat]) = rows.get_disjoint_mut([kept, repeat]) {
        kept.absorb(repeat);
    }
}

/// Walks one principal's links by (start, partner); refuses each that overlaps one kept before it.
fn keep_without_overlap(group: &[Candidate], rows: &mut [Distinct<'_>], links: &mut Links) {
    let mut kept: Vec<Link> = Vec::new();
    for candidate in group {
        let Some(partner) = candidate.partner else { continue };
        let overlaps = !candidate.is_empty()
            && kept.iter().any(|link| link.unlinked_at.is_none_or(|until| until > candidate.linked_at));
        if overlaps {
            if let Some(row) = rows.get_mut(candidate.row) {
                row.refused = Some(RefusalReason::Overlap);
            }
            continue;
        }
        kept.push(Link {
            partner,
            linked_at: candidate.linked_at,
            unlinked_at: candidate.unlinked_at,
            known_from: candidate.known_from,
        });
    }
    if let (Some(first), false) = (group.first(), kept.is_empty()) {
        let (tenant, object) = first.principal.clone();
        links.insert(tenant, object, kept);
    }
}
