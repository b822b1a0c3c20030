//! What the facts said of one thing and say now, so far as it matters to a line.

use super::NewRowScope;
use crate::evidence::Evidence;
use crate::facts::{Event, Facts, Member, Origin, Resource, Row};
use crate::id::{EnvironmentId, EventId, ObjectId, PartnerId, TenantId};
use crate::meter::counts_as_user;
use crate::standing::LinkStanding;
use crate::time::{Timestamp, is_on};
use crate::word::{EnvironmentKind, PartnerKind, PrincipalKind};

/// What matters of a link: its partner, its start and whether the partner is active; or that it had one before.
type LinkWord = (Option<(PartnerId, Timestamp, bool)>, bool);

/// What matters of an account that claims: whether it is the platform itself or a group, and disabled.
pub(super) type AccountWord = (bool, bool, bool);

impl NewRowScope<'_> {
    pub(super) fn link_differs(&self, object: &ObjectId) -> bool {
        let word = |facts: &Facts| -> LinkWord {
            match facts.standing(&self.tenant, object, self.at).link {
                LinkStanding::On { partner, linked_at, partner_active, .. } => {
                    (Some((partner, linked_at, partner_active)), true)
                }
                LinkStanding::Removed { .. } => (None, true),
                LinkStanding::Later { .. } | LinkStanding::Never => (None, false),
            }
        };
        word(self.old) != word(self.facts)
    }

    /// Whether a period is told that is news: its start, or an end before the instant.
    pub(super) fn period_is_news(
        &self,
        from: Timestamp,
        until: Option<Timestamp>,
        known: Option<(Timestamp, Option<Timestamp>)>,
    ) -> bool {
        let ended = |until: Option<Timestamp>| until.filter(|until| *until < self.at);
        from < self.at && known.is_none_or(|(_, known)| ended(known) != ended(until))
    }

    pub(super) fn account(&self, facts: &Facts, object: &ObjectId) -> AccountWord {
        let standing = facts.standing(&self.tenant, object, self.at);
        account_word(standing.kind, standing.disabled_at.is_some())
    }

    pub(super) fn account_of(&self, row: &Row) -> AccountWord {
        let disabled = row.time(5).is_some_and(|from| is_on(from, row.time(6), self.at));
        account_word(row.word(2).and_then(PrincipalKind::parse), disabled)
    }

    pub(super) fn is_counted(&self, facts: &Facts, object: &ObjectId) -> bool {
        let known = facts.principals.get(&self.tenant, object);
        counts_as_user(known.map(|principal| principal.kind))
    }

    /// Whether a link to a partner can count, and whether it is active.
    pub(super) fn partner(&self, facts: &Facts, partner: PartnerId) -> Option<(PartnerKind, bool)> {
        let row = facts.partners.get(&partner)?;
        Some((row.kind, facts.partner_active(partner, self.at)))
    }

    pub(super) fn partner_of(&self, row: &Row) -> Option<(PartnerKind, bool)> {
        let active = is_on(row.time(4).unwrap_or(Timestamp::MIN), row.time(5), self.at);
        Some((PartnerKind::parse(row.word(2)?)?, active))
    }

    /// Those in a group at the instant, and since when.
    pub(super) fn members_differ(&self, group: &ObjectId) -> bool {
        let on = |facts| -> Vec<(&ObjectId, Timestamp)> {
            let members = self.members(facts, group).iter();
            let on = members.filter(|member| is_on(member.from, member.until, self.at));
            on.map(|member| (&member.object, member.from)).collect()
        };
        on(self.old) != on(self.facts)
    }

    pub(super) fn members<'f>(&self, facts: &'f Facts, group: &ObjectId) -> &'f [Member] {
        facts.members.get(&self.tenant, group).map_or(&[], Vec::as_slice)
    }

    pub(super) fn environment_kind(&self, facts: &Facts, id: &EnvironmentId) -> Option<EnvironmentKind> {
        facts.environment_kind(id, self.at)
    }

    /// Whether inventories tell another event before the instant than they told.
    pub(super) fn derived_events_differ(&self) -> bool {
        let derived = |resource: Option<&Resource>| -> Vec<(Timestamp, EventId)> {
            let events = resource.into_iter().flat_map(|resource| &resource.events);
            let derived = events.filter(|event| event.origin != Origin::Dated && event.at < self.at);
            derived.map(|event| (event.at, event.id.clone())).collect()
        };
        derived(self.was()) != derived(self.is())
    }

    /// When the inventory was taken from which how the resource began is no longer inferred, if it was.
    pub(super) fn forestalled(&self) -> Option<Timestamp> {
        let events = self.was().into_iter().flat_map(|resource| &resource.events);
        let inferred = events.filter(|event| event.origin == Origin::Inferred && event.at < self.at);
        let gone = inferred.filter(|event| event_before(self.is(), &event.id, self.at).is_none());
        gone.filter_map(|event| observed_at(&event.id)).max()
    }

    pub(super) fn own_company(&self, facts: &Facts) -> Option<PartnerId> {
        facts.tenants.get::<TenantId>(&self.tenant).and_then(|tenant| tenant.own_company)
    }

    /// Whether the resource differs in what touches a column that changed.
    pub(super) fn resource_differs(&self) -> bool {
        let (Some(was), Some(is)) = (self.was(), self.is()) else { return true };
        let (changed, instant) =
            (self.changed, |side: &Resource| side.deleted_at.filter(|at| *at < self.end()));
        let lies = self.lies_elsewhere()
            || changed.eligibility
            || (changed.credit && self.product.goes_into_solutions());
        (&was.product, &was.tenant) != (&is.product, &is.tenant)
            || instant(was) != instant(is)
            || (was.environment != is.environment && lies)
            || (was.created_at != is.created_at && (changed.credit || self.lies_elsewhere()))
    }

    /// Whether the line has another tenant, environment or product, or stands on one side only.
    pub(super) fn lies_elsewhere(&self) -> bool {
        let place = |evidence: &Evidence| {
            let subject = &evidence.subject;
            (subject.tenant.clone(), subject.environment.clone(), subject.product.clone())
        };
        self.before.map(place) != self.after.map(place)
    }

    /// The first instant after the line's month, or that up to which it was looked at.
    pub(super) fn end(&self) -> Timestamp {
        let line = self.after.or(self.before);
        line.map_or(self.at, |evidence| evidence.window.end())
    }
}

fn account_word(kind: Option<PrincipalKind>, disabled: bool) -> AccountWord {
    (kind == Some(PrincipalKind::System), kind == Some(PrincipalKind::Group), disabled)
}

/// An event of a resource before an instant, by its id.
pub(super) fn event_before<'r>(
    resource: Option<&'r Resource>,
    id: &EventId,
    at: Timestamp,
) -> Option<&'r Event> {
    resource?.events.iter().find(|event| event.id == *id && event.at < at)
}

/// When the inventory was taken that an event is derived from: its id begins with that.
fn observed_at(id: &EventId) -> Option<Timestamp> {
    let id = id.to_string();
    let told = id.strip_prefix("listing:")?;
    Timestamp::parse(told.get(..=told.find('Z')?)?)
}
