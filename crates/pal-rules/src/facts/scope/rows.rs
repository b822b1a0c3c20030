//! Row by row: whether it can have changed the line, one function per table.

use super::NewRowScope;
use super::differs::event_before;
use crate::evidence::Quantity;
use crate::facts::{Import, RefusalReason, Resource, Row, Table};
use crate::id::{EnvironmentId, EventId, Id, ImportId, ObjectId, PartnerId, ResourceId, TenantId};
use crate::product::gives_claim;
use crate::time::Timestamp;
use crate::word::{EnvironmentKind, ListingRole, OwnershipKind, Product};

impl NewRowScope<'_> {
    /// Whether a row that came since can have changed the line.
    ///
    /// - `refused`: why it does not hold, if it does not. One that contradicts another takes that away.
    pub fn concerns(&self, table: Table, row: &Row, refused: Option<RefusalReason>) -> bool {
        let clash = refused == Some(RefusalReason::Conflict);
        // A link that overlaps may still end an observation before it; all else that is refused says nothing.
        if refused.is_some() && !clash && table != Table::Links {
            return false;
        }
        let changed = self.changed;
        match table {
            Table::Partners => self.partner_row(row, clash),
            Table::Tenants => changed.eligibility && self.tenant_row(row, clash),
            Table::Environments => self.environment_row(row, clash),
            Table::Principals => self.principal_row(row, clash),
            Table::GroupMembers => changed.credit && self.member_row(row, clash),
            Table::Links => changed.credit && self.link_row(row, clash),
            Table::Resources => self.resource_row(row, clash),
            Table::Ownership => changed.credit && self.ownership_row(row, clash),
            Table::Listings => changed.credit && self.listing_row(row),
            Table::SolutionImports => changed.credit && self.import_row(row, clash),
            Table::SolutionComponents => changed.credit && self.component_row(row),
            Table::Profiles => changed.quantity && self.profiles_row(row),
            Table::Aliases => self.alias_row(row),
            Table::Activity | Table::Coverage | Table::Runs => false,
        }
    }

    fn partner_row(&self, row: &Row, clash: bool) -> bool {
        let Some(partner) = row.partner(0) else { return false };
        // With its first row the directory begins to refuse links to those that it lacks; without any, it ceases to.
        let opens_directory = self.old.partners.is_empty() != self.facts.partners.is_empty();
        if !opens_directory && !self.linked.contains(&partner) && !self.is_credited(partner) {
            return false;
        }
        let (was, is) = (self.partner(self.old, partner), self.partner(self.facts, partner));
        let lets_in = self.linked.contains(&partner) && was != is && (clash || was != self.partner_of(row));
        let credit = self.changed.credit && !self.relinked.is_empty() && (lets_in || opens_directory);
        credit || (self.changed.eligibility && self.company_row(partner, row, clash))
    }

    /// Whether a row gives the credited partner another company, in a tenant that is a company's own.
    fn company_row(&self, partner: PartnerId, row: &Row, clash: bool) -> bool {
        let was = self.old.company(partner);
        self.is_credited(partner)
            && was != self.facts.company(partner)
            && (clash || row.partner(3).unwrap_or(partner) != was)
    }

    /// Whether a line is credited to a partner in a tenant that is a company's own.
    fn is_credited(&self, partner: PartnerId) -> bool {
        [self.before, self.after].into_iter().flatten().any(|evidence| {
            evidence.place.own_company.is_some()
                && evidence.line().credit().is_some_and(|credit| credit.partner == partner)
        })
    }

    fn tenant_row(&self, row: &Row, clash: bool) -> bool {
        let was = self.own_company(self.old);
        self.own_tenant(row) && was != self.own_company(self.facts) && (clash || row.partner(3) != was)
    }

    fn environment_row(&self, row: &Row, clash: bool) -> bool {
        let Some(id) = row.id(0).cloned().map(EnvironmentId) else { return false };
        if !self.environments.contains(&id) {
            return self.environment_names_importers(&id);
        }
        let (was, is) = (self.environment_kind(self.old, &id), self.environment_kind(self.facts, &id));
        // Where none of its kinds began before, the first one is taken to have been there.
        let holds = self.facts.environment(&id, self.at).is_some_and(|holds| holds.kind_from == row.time(4));
        let told = row.word(3).and_then(EnvironmentKind::parse);
        let told = told != was && (holds || row.time(4).is_none_or(|from| from < self.at));
        (self.changed.eligibility && was != is && (clash || told)) || self.environment_names_importers(&id)
    }

    /// Whether an environment that was not known tells the tenant in which importers have other names.
    fn environment_names_importers(&self, id: &EnvironmentId) -> bool {
        self.changed.credit
            && !self.old.environments.contains_key(id)
            && self.imports(self.is()).any(|import| {
                import.environment == *id && self.facts.aliases.stand_for(&self.tenant, &import.object)
            })
    }

    fn principal_row(&self, row: &Row, clash: bool) -> bool {
        let Some(object) = row.id(1).cloned().map(ObjectId).filter(|_| self.own_tenant(row)) else {
            return false;
        };
        let (was, is) = (self.account(self.old, &object), self.account(self.facts, &object));
        let claims = self.changed.credit && self.principals.contains(&object) && was != is;
        let counted = self.is_counted(self.facts, &object);
        let counts = self.users.contains(&object) && self.is_counted(self.old, &object) != counted;
        let told = crate::meter::counts_as_user(row.word(2).and_then(crate::word::PrincipalKind::parse));
        (claims && (clash || was != self.account_of(row))) || (counts && (clash || told == counted))
    }

    fn member_row(&self, row: &Row, clash: bool) -> bool {
        let Some(from) = row.time(3).filter(|_| self.own_tenant(row)) else { return false };
        let (Some(group), Some(object)) = (self.principal(row.id(1), from), self.principal(row.id(2), from))
        else {
            return false;
        };
        let mut known = self.members(self.old, &group).iter();
        let known = known.find(|member| member.object == object && member.from == from);
        self.product == Product::PowerAppsCanvas
            && self.principals.contains(&group)
            && self.members_differ(&group)
            && (clash || self.period_is_news(from, row.time(4), known.map(|known| (known.from, known.until))))
            && from < self.at
    }

    fn link_row(&self, row: &Row, clash: bool) -> bool {
        let Some(from) = row.time(3).filter(|_| self.own_tenant(row)) else { return false };
        let Some(object) = self.principal(row.id(1), from) else { return false };
        let links = self.old.links.get(&self.tenant, &object);
        let mut known = links.into_iter().flatten();
        let known = known.find(|link| link.linked_at == from && Some(link.partner) == row.partner(2));
        self.relinked.contains(&object)
            && (clash
                || self.period_is_news(
                    from,
                    row.time(4),
                    known.map(|known| (known.linked_at, known.unlinked_at)),
                ))
            && from < self.at
    }

    /// Whether a link that counts for only one side of the line, by the setting, can have changed it.
    pub fn concerns_reset_link(&self, row: &Row) -> bool {
        self.changed.credit && self.link_row(row, true)
    }

    fn resource_row(&self, row: &Row, clash: bool) -> bool {
        let deletion = row.only_reports_deletion();
        let at = if deletion { row.time(6) } else { row.time(5) };
        if !self.is_resource(row.id(0), at) || !self.resource_differs() {
            return false;
        }
        let Some(was) = self.was().filter(|_| !clash) else { return true };
        let earlier = |told: Option<Timestamp>| {
            told.is_some_and(|told| told < self.end() && was.deleted_at.is_none_or(|known| told < known))
        };
        if deletion {
            return earlier(row.time(6));
        }
        let at = at.unwrap_or(Timestamp::MIN);
        let environment = row.id(3).cloned().map(EnvironmentId);
        let environment = environment.map(|id| self.facts.aliases.environment(&id, at));
        row.text(1).is_none_or(|product| Product::new(product) != was.product)
            || row.id(2) != Some(&was.tenant.0)
            || (environment, row.time(5)) != (was.environment.clone(), was.created_at)
            || row.time(6) != was.deleted_at
    }

    fn ownership_row(&self, row: &Row, clash: bool) -> bool {
        let (Some(id), Some(at)) = (row.id(0).cloned().map(EventId), row.time(4)) else { return false };
        if clash {
            return event_before(self.was(), &id, self.at).is_some();
        }
        let Some(kind) = row.word(2).and_then(OwnershipKind::parse) else { return false };
        let begins = !matches!(kind, OwnershipKind::CoOwnerAdded | OwnershipKind::CoOwnerRemoved);
        let removal = kind == OwnershipKind::CoOwnerRemoved;
        let claims =
            gives_claim(&self.product, kind) || (removal && self.product == Product::PowerAppsCanvas);
        // Any other event is work of the one that it names.
        let work = || {
            let who = self.principal(row.id(3), at);
            !removal && who.is_some_and(|who| self.claimants.contains(&who))
        };
        self.is_resource(row.id(1), Some(at))
            && (at < self.at || (begins && self.forestalls(at)))
            && self.product != Product::CustomerInsights
            && (claims || work())
    }

    fn listing_row(&self, row: &Row) -> bool {
        let Some(at) = row.time(0) else { return false };
        let read = match row.word(2).and_then(ListingRole::parse) {
            Some(ListingRole::Owner) => self.product.goes_into_solutions(),
            Some(ListingRole::CoOwner) => self.product == Product::PowerAppsCanvas,
            Some(ListingRole::Publisher) => self.product == Product::PowerBi,
            None => false,
        };
        read && self.is_resource(row.id(1), Some(at))
            && self.derived_events_differ()
            && (at < self.at || self.forestalls(at) || self.infers(row, at))
    }

    /// Whether a later inventory tells an event from before the instant: how the resource began.
    fn infers(&self, row: &Row, at: Timestamp) -> bool {
        let (Some(role), Some(object)) = (row.word(2), self.principal(row.id(3), at)) else { return false };
        let id = EventId::new(&format!("listing:{at}:{role}:{object}"));
        event_before(self.is(), &id, self.at).is_some()
    }

    /// Whether a fact is early enough that nothing is inferred any more from an inventory after the instant.
    fn forestalls(&self, at: Timestamp) -> bool {
        self.forestalled.is_some_and(|observed_at| at <= observed_at)
    }

    fn import_row(&self, row: &Row, clash: bool) -> bool {
        let Some(id) = row.id(0).cloned().map(ImportId) else { return false };
        let resource = if clash { self.was() } else { self.is() };
        self.imports(resource).any(|import| import.id == id)
    }

    fn component_row(&self, row: &Row) -> bool {
        let id = row.id(0).cloned().map(ImportId);
        self.imports(self.is()).any(|import| {
            Some(&import.id) == id.as_ref() && self.is_resource(row.id(1), Some(import.completed_at))
        })
    }

    /// The imports of a resource that did something before the instant, or later but in place of what was inferred.
    fn imports<'r>(&self, resource: Option<&'r Resource>) -> impl Iterator<Item = &'r Import> + use<'r> {
        let (at, forestalled) = (self.at, self.forestalled);
        let imports = resource.into_iter().flat_map(Resource::imports);
        imports
            .map(std::convert::AsRef::as_ref)
            .filter(move |import| import.completed_at < at || Some(import.completed_at) <= forestalled)
    }

    /// Whether a measure in the month is later, or of the same time and larger, than what was known.
    fn profiles_row(&self, row: &Row) -> bool {
        let known = match self.before.map(|before| before.quantity) {
            Some(Quantity::Profiles(known)) => known,
            _ => None,
        };
        let Some(measured) = row.time(1).zip(row.count(2)) else { return false };
        self.product == Product::CustomerInsights
            && self.is_resource(row.id(0), row.time(1))
            && (self.start..self.at).contains(&measured.0)
            && known.is_none_or(|known| known < measured)
    }

    /// A second meaning takes an alias from the first, so all that it ever stood for are concerned.
    fn alias_row(&self, row: &Row) -> bool {
        if row.time(4).is_some_and(|from| from >= self.at) {
            return false;
        }
        let changed = self.changed;
        self.facts.aliases.meanings(row).any(|id| match row.word(1) {
            Some("principal") => {
                let object = ObjectId(id.clone());
                let claims = changed.credit && self.principals.contains(&object);
                self.own_tenant(row) && (claims || self.users.contains(&object))
            }
            Some("resource") => *id == self.resource.0,
            _ => {
                let lies = self.lies_elsewhere() || changed.eligibility || changed.credit;
                lies && self.environments.contains(&EnvironmentId(id.clone()))
            }
        })
    }

    fn own_tenant(&self, row: &Row) -> bool {
        row.id(0).is_some_and(|id| TenantId(id.clone()) == self.tenant)
    }

    /// Whom an id stands for in the line's tenant.
    fn principal(&self, id: Option<&Id>, at: Timestamp) -> Option<ObjectId> {
        Some(self.facts.aliases.principal(Some(&self.tenant), &ObjectId(id?.clone()), at))
    }

    fn is_resource(&self, id: Option<&Id>, at: Option<Timestamp>) -> bool {
        let Some(id) = id else { return false };
        let at = at.unwrap_or(Timestamp::MIN);
        self.facts.aliases.resource(&ResourceId(id.clone()), at) == self.resource
    }
}
