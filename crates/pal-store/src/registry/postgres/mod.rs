//! The registry on PostgreSQL: a transaction per change, under the lock of the tenant's chain; several servers may
//! share it.

mod fault;
mod open;
mod password;
mod session;
mod settings;
mod tls;

use std::fmt;
use std::sync::Arc;

use deadpool_postgres::Pool;
use pal_rules::id::PartnerId;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::audit::{Checkpoint, OPERATOR_CHAIN, Report};
use super::change::{self, House};
use super::page::Bounds;
use super::{
    Change, CheckpointHeads, Created, Deleted, DirectoryPartner, KnownPartner, Link, LinkPage,
    PartnerProblem, PartnersPut, RegistryFault, RegistryRow, Request, Updated, read, rows, sql, verify,
};
use crate::PrincipalScope;
pub use fault::PostgresFault;
use session::Session;
pub use settings::{PasswordFile, PostgresProblem, PostgresSettings, UrlSource, is_postgres_url};

/// The most changes under way at once. Each holds a connection; PostgreSQL writes those that end together in one go.
const WRITERS: usize = 16;
/// The most questions under way at once: apart, so that none waits for a change.
const READERS: usize = 8;
/// How many queues changes wait in, by tenant, so that one busy tenant does not take all connections.
const QUEUES: usize = 64;
/// How often something that PostgreSQL undid, or a connection that proved dead, is tried again.
const RETRIES: u32 = 4;

pub(super) struct Postgres {
    house: House,
    place: String,
    writers: Pool,
    readers: Pool,
    queues: Vec<Mutex<()>>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Postgres {
    pub(super) async fn open(settings: &PostgresSettings, house: House) -> Result<Self, RegistryFault> {
        let (writers, readers) = (open::pool(settings, WRITERS)?, open::pool(settings, READERS)?);
        open::migrate(&writers, &settings.to_string()).await?;
        let queues = (0..QUEUES).map(|_| Mutex::default()).collect();
        Ok(Self { house, place: settings.to_string(), writers, readers, queues })
    }

    /// A transaction to write in.
    pub(super) async fn transaction(&self) -> Result<Session, RegistryFault> {
        Ok(Session::begun(self.writers.get().await?, sql::BEGIN))
    }

    /// Makes a change in a transaction of its own.
    async fn change<T, Made: Future<Output = Result<T, RegistryFault>>>(
        &self,
        chain: Uuid,
        make: impl Fn(Arc<Session>) -> Made,
    ) -> Result<T, RegistryFault> {
        let queue = usize::try_from(chain.as_u128() % QUEUES as u128).unwrap_or_default();
        let _turn = match self.queues.get(queue) {
            Some(queue) => Some(queue.lock().await),
            None => None,
        };
        let mut tried = 0;
        loop {
            tried += 1;
            let session = Arc::new(self.transaction().await?);
            // What is lost before the commit was sent has changed nothing, so that it can be done again.
            let (outcome, again) = match make(Arc::clone(&session)).await {
                Ok(made) => (session.end().await.map(|()| made), false),
                Err(fault) => (Err(fault), true),
            };
            match &outcome {
                Err(RegistryFault::Postgres(fault))
                    if tried <= RETRIES && (fault.is_undone() || again && fault.is_disconnected()) => {}
                _ => return outcome,
            }
        }
    }

    /// Asks questions; with `begin`, in a transaction.
    async fn read<T, Asked: Future<Output = Result<T, RegistryFault>>>(
        &self,
        begin: Option<&'static str>,
        ask: impl Fn(Arc<Session>) -> Asked,
    ) -> Result<T, RegistryFault> {
        let mut tried = 0;
        loop {
            tried += 1;
            let connection = self.readers.get().await?;
            let session = Arc::new(match begin {
                Some(begin) => Session::begun(connection, begin),
                None => Session::single(connection),
            });
            match ask(Arc::clone(&session)).await {
                Ok(answer) if begin.is_some() => return session.end().await.map(|()| answer),
                Err(RegistryFault::Postgres(fault)) if tried <= RETRIES && fault.is_disconnected() => {}
                outcome => return outcome,
            }
        }
    }

    pub(super) async fn link(&self, scope: PrincipalScope) -> Result<Option<Link>, RegistryFault> {
        self.read(None, move |session| async move { read::link(&*session, scope).await }).await
    }

    pub(super) async fn create_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Created, RegistryFault> {
        let (house, request) = (&self.house, &request);
        self.change(scope.tenant(), move |session| async move {
            change::create(&*session, house, scope, (partner, request)).await
        })
        .await
    }

    pub(super) async fn update_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Updated, RegistryFault> {
        let (house, request) = (&self.house, &request);
        self.change(scope.tenant(), move |session| async move {
            change::update(&*session, house, scope, (partner, request)).await
        })
        .await
    }

    pub(super) async fn delete_link(
        &self,
        scope: PrincipalScope,
        partner: Option<PartnerId>,
        request: Request,
    ) -> Result<Deleted, RegistryFault> {
        let (house, request) = (&self.house, &request);
        self.change(scope.tenant(), move |session| async move {
            change::delete(&*session, house, scope, (partner, request)).await
        })
        .await
    }

    pub(super) async fn links(&self, bounds: Bounds, limit: u32) -> Result<LinkPage, RegistryFault> {
        let bounds = &bounds;
        self.read(None, move |session| async move { read::links(&*session, bounds, limit).await }).await
    }

    pub(super) async fn history(&self, tenant: Uuid, object_id: Uuid) -> Result<Vec<Change>, RegistryFault> {
        self.read(None, move |session| async move { read::history(&*session, tenant, object_id).await }).await
    }

    pub(super) async fn partners(&self) -> Result<Vec<KnownPartner>, RegistryFault> {
        self.read(None, move |session| async move { read::partners(&*session).await }).await
    }

    pub(super) async fn partner(&self, id: PartnerId) -> Result<Option<KnownPartner>, RegistryFault> {
        self.read(None, move |session| async move { read::partner(&*session, id).await }).await
    }

    pub(super) async fn partner_problem(
        &self,
        id: PartnerId,
    ) -> Result<Option<PartnerProblem>, RegistryFault> {
        let at = (self.house.now)();
        self.read(Some(sql::BEGIN_SNAPSHOT), move |session| async move {
            read::partner_problem(&*session, id, at).await
        })
        .await
    }

    pub(super) async fn put_partners(
        &self,
        partners: Vec<DirectoryPartner>,
        by: Option<PrincipalScope>,
        request: Request,
    ) -> Result<PartnersPut, RegistryFault> {
        let (house, partners, request) = (&self.house, &partners, &request);
        self.change(OPERATOR_CHAIN, move |session| async move {
            change::put_partners(&*session, house, partners, (by, request)).await
        })
        .await
    }

    pub(super) async fn record_restore(&self, from: String, request: Request) -> Result<(), RegistryFault> {
        let (house, from, request) = (&self.house, from.as_str(), &request);
        self.change(OPERATOR_CHAIN, move |session| async move {
            change::record_origin(&*session, house, ("restored", from), request).await
        })
        .await
    }

    pub(super) async fn heads(&self) -> Result<CheckpointHeads, RegistryFault> {
        self.read(None, move |session| async move { read::checkpoint_heads(&*session).await }).await
    }

    pub(super) async fn rows(&self, with_links: bool) -> Result<Vec<RegistryRow>, RegistryFault> {
        self.read(
            Some(sql::BEGIN_SNAPSHOT),
            move |session| async move { rows::all(&*session, with_links).await },
        )
        .await
    }

    pub(super) async fn verify(&self, checkpoints: Vec<Checkpoint>) -> Result<Report, RegistryFault> {
        let checkpoints = checkpoints.as_slice();
        self.read(Some(sql::BEGIN_SNAPSHOT), move |session| async move {
            verify::verify(&*session, checkpoints).await
        })
        .await
    }
}
