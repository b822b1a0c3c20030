//! Which rows concern a line: its resource, and everyone and everything that its evidence names.

use std::collections::BTreeSet;

use super::{Facts, Row, Table};
use crate::evidence::Evidence;
use crate::id::{EnvironmentId, Id, ImportId, ObjectId, PartnerId, ResourceId, TenantId};
use crate::standing::LinkStanding;
use crate::time::Timestamp;

/// All that a line rests on, to sift the rows that came since.
#[derive(Debug)]
pub struct NewRowScope<'a> {
    facts: &'a Facts,
    resource: ResourceId,
    tenant: Option<TenantId>,
    product: Option<String>,
    environment: Option<EnvironmentId>,
    principals: BTreeSet<ObjectId>,
    users: BTreeSet<ObjectId>,
    linked: BTreeSet<PartnerId>,
    companies: BTreeSet<PartnerId>,
    imports: BTreeSet<ImportId>,
}

impl<'a> NewRowScope<'a> {
    /// The scope of a resource's line, before and after.
    pub fn new<'e>(
        facts: &'a Facts,
        resource: &ResourceId,
        sides: impl Iterator<Item = &'e Evidence>,
    ) -> Self {
        let known = facts.resource(resource).and_then(|position| facts.resources.get(position));
        let mut scope = Self {
            facts,
            resource: resource.clone(),
            tenant: known.map(|resource| resource.tenant.clone()),
            product: known.map(|resource| resource.product.as_str().to_owned()),
            environment: known.and_then(|resource| resource.environment.clone()),
            principals: BTreeSet::new(),
            users: BTreeSet::new(),
            linked: BTreeSet::new(),
            companies: BTreeSet::new(),
            imports: known
                .map(|resource| resource.imports.iter().map(|import| import.id.clone()).collect())
                .unwrap_or_default(),
        };
        for evidence in sides {
            scope.add(evidence);
        }
        scope.add_partners_once_linked();
        scope
    }

    /// A partner that becomes known lets in links to it, and those keep out others that overlap them.
    fn add_partners_once_linked(&mut self) {
        let Some(tenant) = &self.tenant else { return };
        for object in &self.principals {
            let links = self.facts.links.get(&(tenant.clone(), object.clone()));
            self.linked.extend(links.into_iter().flatten().map(|link| link.partner));
        }
    }

    /// Whether a row about a partner concerns the line. Where one that is linked has no row, the directory as a whole
    /// does: a link to it counts only as long as the directory is empty.
    fn concerns_partner(&self, partner: PartnerId) -> bool {
        self.linked.contains(&partner)
            || self.companies.contains(&partner)
            || self.linked.iter().any(|linked| !self.facts.partners.contains_key(linked))
    }

    /// Takes in those who used the resource: what they are and what they are called decides how many they count for.
    pub fn add_users(&mut self, users: impl IntoIterator<Item = ObjectId>) {
        self.users.extend(users);
    }

    fn add(&mut self, evidence: &Evidence) {
        self.tenant.get_or_insert_with(|| evidence.subject.tenant.clone());
        for claim in &evidence.claims {
            self.principals.insert(claim.claimed.object.clone());
            self.principals.extend(claim.claimed.group.clone());
            if let LinkStanding::On { partner, company, .. } = claim.standing.link {
                self.linked.insert(partner);
                self.companies.insert(company);
            }
        }
        self.principals.extend(evidence.fold.iter().map(|step| step.object.clone()));
        self.principals.extend(evidence.involved.iter().map(|involved| involved.object.clone()));
    }

    /// Whether a row concerns the line.
    pub fn concerns(&self, table: Table, row: &Row) -> bool {
        let own_tenant = |position| row.id(position).cloned().map(TenantId) == self.tenant;
        match table {
            Table::Partners => row.partner(0).is_some_and(|partner| self.concerns_partner(partner)),
            Table::Tenants => own_tenant(0),
            Table::Environments => row.id(0) == self.environment.as_ref().map(|environment| &environment.0),
            Table::Principals => {
                let user = row.id(1).is_some_and(|id| self.has(&ObjectId(id.clone())));
                own_tenant(0) && (user || self.names(row.id(1), Timestamp::MIN))
            }
            Table::GroupMembers => {
                let from = row.time(3).unwrap_or(Timestamp::MIN);
                own_tenant(0) && (self.names(row.id(1), from) || self.names(row.id(2), from))
            }
            Table::Links => own_tenant(0) && self.names(row.id(1), row.time(3).unwrap_or(Timestamp::MIN)),
            Table::Resources => self.is_resource(row.id(0), row.time(5).or(row.time(6))),
            Table::Ownership => self.is_resource(row.id(1), row.time(4)),
            Table::Listings => self.is_resource(row.id(1), row.time(0)),
            Table::SolutionImports => {
                row.id(0).cloned().map(ImportId).is_some_and(|import| self.imports.contains(&import))
            }
            Table::SolutionComponents => self.is_resource(row.id(1), None),
            Table::Profiles => self.is_resource(row.id(0), row.time(1)),
            // A second meaning takes an alias from the first, so all that it ever stood for are concerned.
            Table::Aliases => self.facts.aliases.meanings(row).any(|id| match row.word(1) {
                Some("principal") => own_tenant(0) && self.has(&ObjectId(id.clone())),
                Some("resource") => *id == self.resource.0,
                _ => self.environment.as_ref().is_some_and(|environment| environment.0 == *id),
            }),
            Table::Coverage => own_tenant(0) && row.text(1).map(ToString::to_string) == self.product,
            Table::Activity | Table::Runs => false,
        }
    }

    fn names(&self, id: Option<&Id>, at: Timestamp) -> bool {
        let Some(id) = id else { return false };
        let resolved = self.facts.aliases.principal(self.tenant.as_ref(), &ObjectId(id.clone()), at);
        self.principals.contains(&resolved)
    }

    fn has(&self, object: &ObjectId) -> bool {
        self.principals.contains(object) || self.users.contains(object)
    }

    fn is_resource(&self, id: Option<&Id>, at: Option<Timestamp>) -> bool {
        let Some(id) = id else { return false };
        let at = at.unwrap_or(Timestamp::MIN);
        self.facts.aliases.resource(&ResourceId(id.clone()), at) == self.resource
    }
}
