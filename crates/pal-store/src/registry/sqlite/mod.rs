//! The registry on `SQLite`: one thread writes, many callers in one durable commit; a few connections read.

mod change;
mod directory;
mod open;
mod read;
mod row;
mod tables;
mod verify;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use uuid::Uuid;

use super::audit::{Checkpoint, CheckpointKey, Report};
use super::page::Bounds;
use super::{
    Change, Created, Deleted, DirectoryPartner, KnownPartner, Link, LinkPage, Page, PartnerPolicy,
    PartnerProblem, PartnersPut, RegistryFault, Request, Updated,
};
use crate::{PrincipalScope, ReadScope};
use read::Readers;
pub use verify::verify_file;
use writer::Writer;

/// Tells the time.
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub(super) struct Sqlite {
    now: Clock,
    policy: PartnerPolicy,
    readers: Readers,
    writer: Writer,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("readers", &self.readers)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    pub(super) async fn open(
        path: PathBuf,
        now: Clock,
        policy: PartnerPolicy,
    ) -> Result<Self, RegistryFault> {
        let opened = tokio::task::spawn_blocking(move || {
            let connection = open::to_write(&path)?;
            let writer = Writer::start(connection, Arc::clone(&now), policy)
                .map_err(|source| RegistryFault::io(&path, source))?;
            Ok(Self { now, policy, readers: Readers::new(path), writer })
        });
        opened.await.map_err(|_| RegistryFault::Stopped)?
    }

    pub(super) async fn link(&self, scope: PrincipalScope) -> Result<Option<Link>, RegistryFault> {
        match self.readers.read_here(|connection| read::link(connection, scope)) {
            Some(link) => link,
            None => self.readers.read(move |connection| read::link(connection, scope)).await,
        }
    }

    pub(super) async fn create_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Created, RegistryFault> {
        self.writer.write(move |batch| change::create(batch, scope, partner, &request)).await
    }

    pub(super) async fn update_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Updated, RegistryFault> {
        self.writer.write(move |batch| change::update(batch, scope, partner, &request)).await
    }

    pub(super) async fn delete_link(
        &self,
        scope: PrincipalScope,
        partner: Option<PartnerId>,
        request: Request,
    ) -> Result<Deleted, RegistryFault> {
        self.writer.write(move |batch| change::delete(batch, scope, partner, &request)).await
    }

    pub(super) async fn links(&self, scope: ReadScope, page: Page) -> Result<LinkPage, RegistryFault> {
        let Some(bounds) = Bounds::new(scope, &page) else {
            return Ok(LinkPage { links: Vec::new(), next: None });
        };
        self.readers.read(move |connection| read::links(connection, &bounds, page.limit.max(1))).await
    }

    pub(super) async fn history(&self, tenant: Uuid, object_id: Uuid) -> Result<Vec<Change>, RegistryFault> {
        self.readers.read(move |connection| read::history(connection, tenant, object_id)).await
    }

    pub(super) async fn partners(&self) -> Result<Vec<KnownPartner>, RegistryFault> {
        self.readers.read(directory::all).await
    }

    pub(super) async fn partner(&self, partner: PartnerId) -> Result<Option<KnownPartner>, RegistryFault> {
        self.readers.read(move |connection| directory::one(connection, partner)).await
    }

    pub(super) async fn partner_problem(
        &self,
        partner: PartnerId,
    ) -> Result<Option<PartnerProblem>, RegistryFault> {
        if self.policy == PartnerPolicy::AnyPartnerId {
            return Ok(None);
        }
        let at = (self.now)();
        self.readers.read(move |connection| directory::problem(connection, partner, at)).await
    }

    pub(super) async fn put_partners(
        &self,
        partners: Vec<DirectoryPartner>,
        by: Option<PrincipalScope>,
        request: Request,
    ) -> Result<PartnersPut, RegistryFault> {
        self.writer.write(move |batch| directory::put(batch, &partners, by, &request)).await
    }

    pub(super) async fn record_restore(&self, from: String, request: Request) -> Result<(), RegistryFault> {
        self.writer.write(move |batch| change::restored(batch, &from, &request)).await
    }

    pub(super) async fn checkpoint(&self, key: &CheckpointKey) -> Result<Checkpoint, RegistryFault> {
        let heads = self.readers.read(verify::checkpoint_heads).await?;
        Ok(Checkpoint::sign((self.now)(), heads, key))
    }

    pub(super) async fn verify(&self, checkpoints: Vec<Checkpoint>) -> Result<Report, RegistryFault> {
        self.readers.read(move |connection| verify::verify(connection, &checkpoints)).await
    }
}
