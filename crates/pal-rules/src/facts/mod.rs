//! Facts: what was told, and which of it holds.
//!
//! Rows of sixteen tables go in ([`Row`], with an [`Address`] each), settled [`Facts`] and refused rows come out
//! ([`settle`]). The order of rows, files and imports never matters (`facts.md`, What holds).

mod alias;
mod by_principal;
mod claimants;
mod gathered;
mod give;
mod keep;
mod link;
mod listing;
mod record;
mod resources;
mod row;
mod scope;
mod search;
mod settle;
mod table;
mod told;

pub use alias::Aliases;
pub use by_principal::ByPrincipal;
pub use claimants::Claimants;
pub use gathered::{Gathered, Rows, in_one_import};
pub use keep::Entry;
pub use link::LinksFrom;
pub use listing::listed;
pub use record::{
    Coverage, Environment, Event, Import, Link, Member, Origin, Partner, PlatformKept, Principal, Runs,
    Tenant,
};
pub use resources::{Resource, Resources, Rest};
pub use row::{BadValue, Row, Value};
pub use scope::{ActivityScope, ActivitySieve, Changed, NewRowIndex, NewRowScope};
pub use settle::{Settled, Waiting, settle};
pub use table::{Column, ColumnKind, Keeping, Table};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::id::{EnvironmentId, ImportId, PartnerId, ResourceId, TenantId};
use crate::time::{Timestamp, is_on};
use crate::word::{EnvironmentKind, Product};

/// Where a row stands: a file, by its number in the caller's list, and the physical line or row in it (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Number of the file.
    pub file: u32,
    /// CSV: the line on which the record starts, the header is 1. Parquet: the row.
    pub line: u64,
}

word_list! {
    /// Why a row is refused, first that applies (`facts.md`, Refusals).
    RefusalReason {
        /// A cell cannot be read, or is empty and may not be.
        BadValue = "bad_value",
        /// Different content for one key.
        Conflict = "conflict",
        /// A link to a global id.
        GlobalPartner = "global_partner",
        /// A link to an id that the partner directory lacks.
        UnknownPartner = "unknown_partner",
        /// A link that overlaps one kept before it.
        Overlap = "overlap",
        /// An activity whose tenant is not its resource's.
        WrongTenant = "wrong_tenant",
        /// A component that is a dataset or an instance.
        ComponentProduct = "component_product",
        /// A component whose resource lies in another environment than the import.
        ComponentEnvironment = "component_environment",
        /// A component of an import that is not there.
        UnknownImport = "unknown_import",
    }
}

/// A row that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The row's table.
    pub table: Table,
    /// Where the row stands.
    pub address: Address,
    /// The cell at fault, for [`RefusalReason::BadValue`] only.
    pub column: Option<&'static str>,
    /// What is wrong with it, in words, for [`RefusalReason::BadValue`] only.
    pub found: Option<Arc<str>>,
    /// Why.
    pub reason: RefusalReason,
}

impl Refusal {
    /// A row refused for a reason that is the row's as a whole.
    pub const fn of_row(table: Table, address: Address, reason: RefusalReason) -> Self {
        Self { table, address, column: None, found: None, reason }
    }

    /// A row with a cell that cannot be read.
    pub fn of_cell(table: Table, address: Address, bad: BadValue) -> Self {
        let (column, reason) = (bad.column, RefusalReason::BadValue);
        Self { table, address, column, found: Some(bad.found), reason }
    }

    /// What is wrong and what to do, for a person.
    pub fn advice(&self) -> &str {
        match self.reason {
            RefusalReason::BadValue => self.found.as_deref().unwrap_or("the cell cannot be read"),
            RefusalReason::Conflict => match self.table.keeping() {
                Keeping::Entity(_) => {
                    "rows of one key and `observed_at` say different things, so none holds: keep the right one, or give it a later `observed_at`"
                }
                Keeping::Period(..) => {
                    "rows of one period, told by its start, say different things, so none holds: keep the right one"
                }
                Keeping::Event | Keeping::Set => {
                    "rows of one id say different things, so none holds: keep the right one, or, where both are imported already, tell it again under an id of its own"
                }
            },
            RefusalReason::GlobalPartner => {
                "the partner id is a company's global id: link to the id of one of its locations"
            }
            RefusalReason::UnknownPartner => {
                "the partner id is not in `partners`: add it there, or correct it"
            }
            RefusalReason::Overlap => {
                "the account was already linked at that time: end the earlier link first"
            }
            RefusalReason::WrongTenant => {
                "the resource belongs to another tenant: correct `tenant_id` or `resource_id`"
            }
            RefusalReason::ComponentProduct => {
                "datasets and Customer Insights instances are never in a solution: remove the row"
            }
            RefusalReason::ComponentEnvironment => {
                "the resource lies in another environment than the import: correct `resource_id` or the import's `environment_id`"
            }
            RefusalReason::UnknownImport => {
                "no such row in `solution_imports`: add the import, or correct `import_id`"
            }
        }
    }
}

/// The facts that hold, resolved and ordered: everything the rules decide from, except activity.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The partner directory.
    pub partners: BTreeMap<PartnerId, Partner>,
    /// The tenants.
    pub tenants: BTreeMap<TenantId, Tenant>,
    /// For each environment its kinds, by `kind_from`.
    pub environments: BTreeMap<EnvironmentId, Vec<Environment>>,
    /// The directories of all tenants.
    pub principals: ByPrincipal<Principal>,
    /// The periods of each group's members, by member and start.
    pub members: ByPrincipal<Vec<Member>>,
    /// The links of each principal, by start; they never overlap.
    pub links: ByPrincipal<Vec<Link>>,
    /// Links that do not count here (decision D11): told, and judged for nothing.
    pub links_left_out: ByPrincipal<Vec<Link>>,
    /// The resources, by id, each with its history.
    pub resources: Resources,
    /// Unmanaged imports that brought a resource, by id.
    pub unmanaged: BTreeMap<ImportId, Arc<Import>>,
    /// What is covered by data.
    pub coverage: BTreeMap<(TenantId, Product), Vec<Coverage>>,
    /// Other names of principals, resources and environments.
    pub aliases: Aliases,
    /// Flow runs without a person; shown, never counted.
    pub runs: BTreeMap<ResourceId, Vec<Runs>>,
    /// Listings whose time was declared, not seen. No row says so: who gathered the facts knows, and it is for words only.
    pub declared: BTreeSet<(ResourceId, Timestamp)>,
}

impl Facts {
    /// The position of a resource in [`Facts::resources`].
    pub fn resource(&self, id: &ResourceId) -> Option<usize> {
        self.resources.position(id)
    }

    /// The row of an environment that holds at an instant: the greatest `kind_from` before it, else the smallest.
    pub fn environment(&self, id: &EnvironmentId, at: Timestamp) -> Option<&Environment> {
        let kinds = self.environments.get(id)?;
        kinds.iter().rev().find(|kind| kind.kind_from.is_none_or(|from| from < at)).or(kinds.first())
    }

    /// The kind of an environment at an instant.
    pub fn environment_kind(&self, id: &EnvironmentId, at: Timestamp) -> Option<EnvironmentKind> {
        self.environment(id, at).map(|environment| environment.kind)
    }

    /// The company of a partner id: its `global_partner_id`, or itself where it has none.
    pub fn company(&self, partner: PartnerId) -> PartnerId {
        self.partners.get(&partner).and_then(|row| row.company).unwrap_or(partner)
    }

    /// Whether a partner is active at an instant: always, when the partner directory is empty.
    pub fn partner_active(&self, partner: PartnerId, at: Timestamp) -> bool {
        self.partners.is_empty()
            || self
                .partners
                .get(&partner)
                .is_some_and(|row| is_on(row.active_from.unwrap_or(Timestamp::MIN), row.active_until, at))
    }
}
