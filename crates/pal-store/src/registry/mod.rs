//! The registry: who is linked to which partner, what it was before, and the proof of it (`registry.sqlite`, or a
//! PostgreSQL database that several servers share).
//!
//! One record per principal and tenant, never removed: a delete marks it, a later create goes on counting where it
//! stopped. Every accepted change is one row of history and one record of the tenant's audit chain in the same
//! transaction: no audit, no change.
//!
//! **Absent:** who may ask is for the caller, who can reach no row without a scope; the clock is an argument.

pub mod audit;
mod change;
mod database;
mod fault;
mod link;
mod lock;
mod migrate;
mod page;
mod partner;
mod partner_csv;
mod postgres;
mod read;
mod row;
mod rows;
mod sql;
mod sqlite;
mod tables;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use uuid::Uuid;

use crate::{PrincipalScope, ReadScope};
use audit::{Checkpoint, CheckpointHead, CheckpointKey, Report};
use change::House;
pub use fault::RegistryFault;
pub use link::{Created, Deleted, Link, Request, Updated};
pub use lock::{LockProblem, RegistryLock};
pub use migrate::{Migrated, migrate_to_postgres};
use page::Bounds;
pub use page::{Change, ChangeKind, Cursor, LinkPage, Page};
pub use partner::{DirectoryPartner, KnownPartner, PartnerPolicy, PartnerProblem, PartnersPut};
pub use partner_csv::{PARTNER_COLUMNS, PartnerCsvProblem, PartnerCsvRefused, read_partners};
pub use postgres::{
    PasswordFile, PostgresFault, PostgresProblem, PostgresSettings, UrlSource, is_postgres_url,
};
pub use rows::RegistryRow;
pub use sqlite::{checkpoint_file, copy_file, heads_of_file, replace_file, rows_of_file, verify_file};

/// The name of the database in a data folder.
pub const FILE_NAME: &str = "registry.sqlite";

/// An open registry; cheap to clone. The last one dropped ends the thread that writes.
#[derive(Clone, Debug)]
pub struct Registry {
    engine: Engine,
    house: House,
}

/// How far each chain has come.
type CheckpointHeads = BTreeMap<Uuid, CheckpointHead>;

/// Where a registry is kept.
#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
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
        let house = House { now: Arc::new(now), policy };
        let opened = sqlite::Sqlite::open(path.to_owned(), house.clone()).await?;
        Ok(Self { engine: Engine::Sqlite(Arc::new(opened)), house })
    }

    /// Opens the registry of a PostgreSQL database, where tables are made and brought to this version if need be.
    ///
    /// - `now`: the clock; asked once per change, under the lock of the tenant's chain.
    ///
    /// # Errors
    ///
    /// As [`Registry::open`]; [`RegistryFault::Postgres`] where it cannot be reached.
    pub async fn open_postgres(
        settings: &PostgresSettings,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        policy: PartnerPolicy,
    ) -> Result<Self, RegistryFault> {
        let house = House { now: Arc::new(now), policy };
        let opened = postgres::Postgres::open(settings, house.clone()).await?;
        Ok(Self { engine: Engine::Postgres(Arc::new(opened)), house })
    }

    /// The principal's link, if it has one.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`], as for every question below.
    pub async fn link(&self, scope: PrincipalScope) -> Result<Option<Link>, RegistryFault> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.link(scope).await,
            Engine::Postgres(engine) => engine.link(scope).await,
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
        let request = request.storable();
        match &self.engine {
            Engine::Sqlite(engine) => engine.create_link(scope, partner, request).await,
            Engine::Postgres(engine) => engine.create_link(scope, partner, request).await,
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
        let request = request.storable();
        match &self.engine {
            Engine::Sqlite(engine) => engine.update_link(scope, partner, request).await,
            Engine::Postgres(engine) => engine.update_link(scope, partner, request).await,
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
        let request = request.storable();
        match &self.engine {
            Engine::Sqlite(engine) => engine.delete_link(scope, partner, request).await,
            Engine::Postgres(engine) => engine.delete_link(scope, partner, request).await,
        }
    }

    /// A page of the active links within a scope.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn links(&self, scope: ReadScope, page: Page) -> Result<LinkPage, RegistryFault> {
        let Some(bounds) = Bounds::new(scope, &page) else {
            return Ok(LinkPage { links: Vec::new(), next: None });
        };
        let limit = page.limit.max(1);
        match &self.engine {
            Engine::Sqlite(engine) => engine.links(bounds, limit).await,
            Engine::Postgres(engine) => engine.links(bounds, limit).await,
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
        match &self.engine {
            Engine::Sqlite(engine) => engine.history(tenant, object_id).await,
            Engine::Postgres(engine) => engine.history(tenant, object_id).await,
        }
    }

    /// The partner directory, by id.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn partners(&self) -> Result<Vec<KnownPartner>, RegistryFault> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.partners().await,
            Engine::Postgres(engine) => engine.partners().await,
        }
    }

    /// An entry of the partner directory.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn partner(&self, partner: PartnerId) -> Result<Option<KnownPartner>, RegistryFault> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.partner(partner).await,
            Engine::Postgres(engine) => engine.partner(partner).await,
        }
    }

    /// Why no link can be made to an id now, if none can.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn partner_problem(&self, partner: PartnerId) -> Result<Option<PartnerProblem>, RegistryFault> {
        if self.house.policy == PartnerPolicy::AnyPartnerId {
            return Ok(None);
        }
        match &self.engine {
            Engine::Sqlite(engine) => engine.partner_problem(partner).await,
            Engine::Postgres(engine) => engine.partner_problem(partner).await,
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
        let request = request.storable();
        let partners = partners.into_iter().map(DirectoryPartner::storable).collect();
        match &self.engine {
            Engine::Sqlite(engine) => engine.put_partners(partners, by, request).await,
            Engine::Postgres(engine) => engine.put_partners(partners, by, request).await,
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
        let request = request.storable();
        match &self.engine {
            Engine::Sqlite(engine) => engine.record_restore(from, request).await,
            Engine::Postgres(engine) => engine.record_restore(from, request).await,
        }
    }

    /// The heads of all audit chains as they are now, signed; to be kept where the registry's writers cannot write.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn checkpoint(&self, key: &CheckpointKey) -> Result<Checkpoint, RegistryFault> {
        let heads = match &self.engine {
            Engine::Sqlite(engine) => engine.heads().await?,
            Engine::Postgres(engine) => engine.heads().await?,
        };
        Ok(Checkpoint::sign((self.house.now)(), heads, key))
    }

    /// The partner directory, and all links unless told otherwise, as facts of one instant.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`].
    pub async fn rows(&self, with_links: bool) -> Result<Vec<RegistryRow>, RegistryFault> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.rows(with_links).await,
            Engine::Postgres(engine) => engine.rows(with_links).await,
        }
    }

    /// Walks all audit chains and compares them with the tables and with checkpoints.
    ///
    /// # Errors
    ///
    /// [`RegistryFault`]; what is wrong with the chains stands in the report.
    pub async fn verify(&self, checkpoints: Vec<Checkpoint>) -> Result<Report, RegistryFault> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.verify(checkpoints).await,
            Engine::Postgres(engine) => engine.verify(checkpoints).await,
        }
    }
}
