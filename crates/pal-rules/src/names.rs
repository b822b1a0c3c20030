//! Names in place of ids: what every table, export and report shows.

use crate::facts::Facts;
use crate::id::{EnvironmentId, ObjectId, PartnerId, ResourceId, TenantId};
use crate::statement::Line;
use crate::time::Timestamp;

/// Names of what facts know; the id itself where they know none.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a>(
    /// The facts that know the names.
    pub &'a Facts,
);

impl Names<'_> {
    /// A tenant.
    pub fn tenant(&self, id: &TenantId) -> String {
        self.0.tenants.get(id).map_or_else(|| id.to_string(), |tenant| tenant.name.to_string())
    }

    /// An environment, as it is called now.
    pub fn environment(&self, id: &EnvironmentId) -> String {
        let rows = self.0.environments.get(id);
        rows.and_then(|rows| rows.last()).map_or_else(|| id.to_string(), |row| row.name.to_string())
    }

    /// An environment, as it was called at an instant.
    pub fn environment_at(&self, id: &EnvironmentId, at: Timestamp) -> String {
        self.0.environment(id, at).map_or_else(|| id.to_string(), |row| row.name.to_string())
    }

    /// A resource.
    pub fn resource(&self, id: &ResourceId) -> String {
        let resource = self.0.resource(id).and_then(|position| self.0.resources.get(position));
        let name = resource.and_then(|resource| resource.name.as_ref());
        name.map_or_else(|| id.to_string(), ToString::to_string)
    }

    /// A partner.
    pub fn partner(&self, id: PartnerId) -> String {
        self.0.partners.get(&id).map_or_else(|| id.to_string(), |partner| partner.name.to_string())
    }

    /// A partner by name, for people: a bare number says nothing.
    pub fn partner_shown(&self, id: PartnerId) -> String {
        self.0
            .partners
            .get(&id)
            .map_or_else(|| format!("partner id {id}"), |partner| partner.name.to_string())
    }

    /// A partner by name and id: "Contoso (111)", "partner id 111".
    pub fn partner_and_id(&self, id: PartnerId) -> String {
        let partner = self.0.partners.get(&id);
        partner.map_or_else(|| format!("partner id {id}"), |partner| format!("{} ({id})", partner.name))
    }

    /// A principal by name, else by sign-in name, else by id.
    pub fn principal(&self, tenant: &TenantId, id: &ObjectId) -> String {
        let principal = self.0.principals.get(&(tenant.clone(), id.clone()));
        let name = principal.and_then(|principal| principal.name.as_ref().or(principal.upn.as_ref()));
        name.map_or_else(|| id.to_string(), ToString::to_string)
    }

    /// What a principal signs in with, else its id: never ambiguous within a tenant.
    pub fn sign_in(&self, tenant: &TenantId, id: &ObjectId) -> String {
        let principal = self.0.principals.get(&(tenant.clone(), id.clone()));
        let name =
            principal.and_then(|principal| principal.upn.as_ref().filter(|_| principal.name.is_some()));
        name.map_or_else(|| id.to_string(), ToString::to_string)
    }

    /// The names of a line, in the order of [`NAME_COLUMNS`].
    pub fn of_line(&self, line: &Line) -> [String; 5] {
        let credit = line.credit();
        [
            self.tenant(&line.tenant),
            line.environment.as_ref().map(|id| self.environment(id)).unwrap_or_default(),
            self.resource(&line.resource),
            credit.map(|credit| self.principal(&line.tenant, &credit.object)).unwrap_or_default(),
            credit.map(|credit| self.partner(credit.partner)).unwrap_or_default(),
        ]
    }
}

/// The columns that `statement.named.csv` has in front.
pub const NAME_COLUMNS: [&str; 5] = ["tenant", "environment", "resource", "account", "partner"];
