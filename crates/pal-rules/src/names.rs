//! Names in place of ids: what every table, export and report shows.

use std::sync::Arc;

use crate::facts::{Facts, Resource};
use crate::id::{EnvironmentId, ObjectId, PartnerId, ResourceId, TenantId};
use crate::statement::{Credit, Line};
use crate::text::{ABSENT, Written};
use crate::time::Timestamp;

/// Names of what facts know; the id itself where they know none.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a>(
    /// The facts that know the names.
    pub &'a Facts,
);

/// The name, else the id.
fn called<'t>(name: Option<&'t Arc<str>>, id: &'t impl Written) -> &'t dyn Written {
    name.map_or(id, |name| name)
}

impl<'a> Names<'a> {
    /// A tenant.
    pub fn tenant(&self, id: &TenantId) -> String {
        called(self.of_tenant(id), id).text().to_string()
    }

    fn of_tenant(self, id: &TenantId) -> Option<&'a Arc<str>> {
        self.0.tenants.get(id).map(|tenant| &tenant.name)
    }

    /// An environment, as it is called now.
    pub fn environment(&self, id: &EnvironmentId) -> String {
        called(self.of_environment(id), id).text().to_string()
    }

    fn of_environment(self, id: &EnvironmentId) -> Option<&'a Arc<str>> {
        self.0.environments.get(id).and_then(|rows| rows.last()).map(|row| &row.name)
    }

    /// An environment, as it was called at an instant.
    pub fn environment_at(&self, id: &EnvironmentId, at: Timestamp) -> String {
        called(self.0.environment(id, at).map(|row| &row.name), id).text().to_string()
    }

    /// A resource.
    pub fn resource(&self, id: &ResourceId) -> String {
        let resource = self.0.resource(id).and_then(|position| self.0.resources.get(position));
        called(resource.and_then(|resource| resource.name.as_ref()), id).text().to_string()
    }

    /// A partner.
    pub fn partner(&self, id: PartnerId) -> String {
        called(self.of_partner(id), &id).text().to_string()
    }

    fn of_partner(self, id: PartnerId) -> Option<&'a Arc<str>> {
        self.0.partners.get(&id).map(|partner| &partner.name)
    }

    /// A partner by name, for people: a bare number says nothing.
    pub fn partner_shown(&self, id: PartnerId) -> String {
        self.of_partner(id).map_or_else(|| format!("partner id {id}"), ToString::to_string)
    }

    /// A partner by name and id: "Contoso (111)", "partner id 111".
    pub fn partner_and_id(&self, id: PartnerId) -> String {
        self.of_partner(id).map_or_else(|| format!("partner id {id}"), |name| format!("{name} ({id})"))
    }

    /// A principal by name, else by sign-in name, else by id.
    pub fn principal(&self, tenant: &TenantId, id: &ObjectId) -> String {
        called(self.of_principal(tenant, id), id).text().to_string()
    }

    fn of_principal(self, tenant: &TenantId, id: &ObjectId) -> Option<&'a Arc<str>> {
        let principal = self.0.principals.get(tenant, id)?;
        principal.name.as_ref().or(principal.upn.as_ref())
    }

    /// What a principal signs in with, else its id: never ambiguous within a tenant.
    pub fn sign_in(&self, tenant: &TenantId, id: &ObjectId) -> String {
        let principal = self.0.principals.get(tenant, id);
        let name =
            principal.and_then(|principal| principal.upn.as_ref().filter(|_| principal.name.is_some()));
        called(name, id).text().to_string()
    }

    /// The names of a line, in the order of [`NAME_COLUMNS`]; empty = absent.
    pub fn of_line(&self, line: &Line) -> [String; 5] {
        let resource = self.0.resource(&line.resource).and_then(|position| self.0.resources.get(position));
        self.values_of_line(line, resource).map(|value| value.text().to_string())
    }

    /// The values of the names of a line.
    ///
    /// - `resource`: that of the line, if the facts know it.
    pub fn values_of_line<'b>(&self, line: &'b Line, resource: Option<&'a Resource>) -> [&'b dyn Written; 5]
    where
        'a: 'b,
    {
        let (environment, credit) = (line.environment.as_ref(), line.credit());
        let account =
            |credit: &'b Credit| called(self.of_principal(&line.tenant, &credit.object), &credit.object);
        let partner = |credit: &'b Credit| called(self.of_partner(credit.partner), &credit.partner);
        [
            called(self.of_tenant(&line.tenant), &line.tenant),
            environment.map_or(ABSENT, |id| called(self.of_environment(id), id)),
            called(resource.and_then(|resource| resource.name.as_ref()), &line.resource),
            credit.map_or(ABSENT, account),
            credit.map_or(ABSENT, partner),
        ]
    }
}

/// The columns that `statement.names.csv` has, and `statement.named.csv` in front.
pub const NAME_COLUMNS: [&str; 5] = ["tenant", "environment", "resource", "account", "partner"];
