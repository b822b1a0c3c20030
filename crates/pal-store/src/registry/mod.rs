//! The registry: who is linked to which partner, what it was before, and the proof of it (`registry.sqlite`).
//!
//! One record per principal and tenant, never removed: a delete marks it, a later create goes on counting where it
//! stopped. Every accepted change is one row of history and one record of the tenant's audit chain in the same
//! transaction: no audit, no change.
//!
//! **Absent:** who may ask is for the caller, who can reach no row without a scope; the clock is an argument.

pub mod audit;
mod fault;
mod link;
mod page;
mod partner;
mod sql;
mod sqlite;

use std::path::Path;
use std::sync::Arc;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use uuid::Uuid;

use crate::{PrincipalScope, ReadScope};
use audit::{Checkpoint, CheckpointKey, Report};
pub use fault::RegistryFault;
pub use link::{Created, Deleted, Link, Request, Updated};
pub use page::{Change, ChangeKind, Cursor, LinkPage, Page};
pub use partner::{DirectoryPartner, KnownPartner, PartnerPolicy, PartnerProblem, PartnersPut};
pub use sqlite::verify_file;

/// The name of the database in a data folder.
pub const FILE_NAME: &str = "registry.sqlite";

/// An open registry; cheap to clone. The last one dropped ends the thread that writes.
#[derive(Clone, Debug)]
pub struct Registry(Engine);

/// Where a registry is kept.
#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Arc<sqlite::Sqlite>),
}

impl Registry {
    /// Opens the registry of a file, which is made and brought to this version if need be.
    ///
    /// - `now`: the clock; asked once per change, by the thread that writes.
    ///
    /// # Errors
    ///
    /// [`RegistryFault::Version`] for one of a later program, [`RegistryFault::Io`] and [`RegistryFault::Sql`].
    pub async fn open(
        path: &Path,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        policy: PartnerPolicy,
    ) -> Result<Self, RegistryFault> {
        let opened = sqlite::Sqlite::open(path.to_owned(), Arc::new(now), policy).await?;
        Ok(Self(Engine::Sqlite(Arc::new(opened))))
    }

    /// The principal's link, if it has one.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`], as for every question below.
    pub async fn link(&self, scope: PrincipalScope) -> Result<Option<Link>, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.link(scope).await,
        }
    }

    /// Links the principal to a partner. Whoever stops waiting for the answer may still have made the change.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`]; nothing was written then.
    pub async fn create_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Created, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.create_link(scope, partner, request).await,
        }
    }

    /// Moves the principal's link to a partner.
    ///
    /// # Errors
    ///
    /// As [`Registry::create_link`].
    pub async fn update_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Updated, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.update_link(scope, partner, request).await,
        }
    }

    /// Ends the principal's link; with a partner given, only if the link is to that one.
    ///
    /// # Errors
    ///
    /// As [`Registry::create_link`].
    pub async fn delete_link(
        &self,
        scope: PrincipalScope,
        partner: Option<PartnerId>,
        request: Request,
    ) -> Result<Deleted, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.delete_link(scope, partner, request).await,
        }
    }

    /// A page of the active links within a scope.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn links(&self, scope: ReadScope, page: Page) -> Result<LinkPage, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.links(scope, page).await,
        }
    }

    /// The link of a principal within a scope, if it has one; none where the scope does not reach.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn link_of(
        &self,
        scope: ReadScope,
        tenant: Uuid,
        object_id: Uuid,
    ) -> Result<Option<Link>, RegistryFault> {
        match scope.principal(tenant, object_id) {
            Some(principal) => self.link(principal).await,
            None => Ok(None),
        }
    }

    /// Every change of a principal's link, by version; none where the scope does not reach.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn history(
        &self,
        scope: ReadScope,
        tenant: Uuid,
        object_id: Uuid,
    ) -> Result<Vec<Change>, RegistryFault> {
        if !scope.reaches(tenant, object_id) {
            return Ok(Vec::new());
        }
        match &self.0 {
            Engine::Sqlite(engine) => engine.history(tenant, object_id).await,
        }
    }

    /// The partner directory, by id.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn partners(&self) -> Result<Vec<KnownPartner>, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.partners().await,
        }
    }

    /// An entry of the partner directory.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn partner(&self, partner: PartnerId) -> Result<Option<KnownPartner>, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.partner(partner).await,
        }
    }

    /// Why no link can be made to an id now, if none can.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn partner_problem(&self, partner: PartnerId) -> Result<Option<PartnerProblem>, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.partner_problem(partner).await,
        }
    }

    /// Adds entries to the partner directory, or replaces them; all of them or none.
    ///
    /// - `by`: who signed in to do it; nobody on the machine itself.
    ///
    /// # Errors
    ///
    /// As [`Registry::create_link`].
    pub async fn put_partners(
        &self,
        partners: Vec<DirectoryPartner>,
        by: Option<PrincipalScope>,
        request: Request,
    ) -> Result<PartnersPut, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.put_partners(partners, by, request).await,
        }
    }

    /// Records that the registry was restored: a restore is itself a record of the operator's chain.
    ///
    /// - `from`: what it was restored from.
    ///
    /// # Errors
    ///
    /// As [`Registry::create_link`].
    pub async fn record_restore(&self, from: String, request: Request) -> Result<(), RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.record_restore(from, request).await,
        }
    }

    /// The heads of all audit chains as they are now, signed; to be kept where the registry's writers cannot write.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn checkpoint(&self, key: &CheckpointKey) -> Result<Checkpoint, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.checkpoint(key).await,
        }
    }

    /// Walks all audit chains and compares them with the tables and with checkpoints.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`]; what is wrong with the chains stands in the report.
    pub async fn verify(&self, checkpoints: Vec<Checkpoint>) -> Result<Report, RegistryFault> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.verify(checkpoints).await,
        }
    }
}
