//! The registry on `SQLite`: one thread writes, many callers in one durable commit; a few connections read.

mod database;
mod offline;
mod open;
mod readers;
mod remembered;
mod structure;
mod writer;

use std::path::{Path, PathBuf};

use pal_rules::id::PartnerId;
use rusqlite::Connection;
use uuid::Uuid;

use super::audit::{Checkpoint, Report};
use super::change::{self, House};
use super::page::Bounds;
use super::{
    Change, CheckpointHeads, Created, Deleted, DirectoryPartner, KnownPartner, Link, LinkPage,
    PartnerProblem, PartnersPut, RegistryFault, RegistryRow, Request, Updated, read, rows, verify,
};
use crate::PrincipalScope;
pub(super) use database::each_page;
use database::in_place;
pub use offline::{checkpoint_file, copy_file, heads_of_file, replace_file, rows_of_file};
use readers::Readers;
use remembered::Remembered;
use writer::Writer;

pub(super) struct Sqlite {
    house: House,
    readers: Readers,
    remembered: Remembered,
    writer: Writer,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("readers", &self.readers)
            .field("policy", &self.house.policy)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    pub(super) async fn open(path: PathBuf, house: House) -> Result<Self, RegistryFault> {
        let opened = tokio::task::spawn_blocking(move || {
            let connection = open::to_write(&path)?;
            let writer = Writer::start(connection, house.clone())
                .map_err(|source| RegistryFault::io(&path, source))?;
            let remembered = Remembered::of(&path);
            Ok(Self { house, readers: Readers::new(path), remembered, writer })
        });
        opened.await.map_err(|_| RegistryFault::Stopped)?
    }

    pub(super) async fn link(&self, scope: PrincipalScope) -> Result<Option<Link>, RegistryFault> {
        // The writer's connection keeps in place what tells the content.
        let content = if self.writer.runs() { self.remembered.content() } else { None };
        if let Some(Ok(link)) = content.map(|content| self.remembered.get(&content, scope)) {
            return Ok(link);
        }
        let link = match self.readers.read_here(|connection| in_place(read::link(connection, scope))) {
            Some(link) => link,
            None => self.readers.read(move |connection| in_place(read::link(connection, scope))).await,
        }?;
        if let Some(content) = content {
            self.remembered.put(content, scope, link.clone());
        }
        Ok(link)
    }

    pub(super) async fn create_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Created, RegistryFault> {
        let create = move |connection: &Connection, house: &House| {
            in_place(change::create(connection, house, scope, (partner, &request)))
        };
        self.writer.write(create).await
    }

    pub(super) async fn update_link(
        &self,
        scope: PrincipalScope,
        partner: PartnerId,
        request: Request,
    ) -> Result<Updated, RegistryFault> {
        let update = move |connection: &Connection, house: &House| {
            in_place(change::update(connection, house, scope, (partner, &request)))
        };
        self.writer.write(update).await
    }

    pub(super) async fn delete_link(
        &self,
        scope: PrincipalScope,
        partner: Option<PartnerId>,
        request: Request,
    ) -> Result<Deleted, RegistryFault> {
        let delete = move |connection: &Connection, house: &House| {
            in_place(change::delete(connection, house, scope, (partner, &request)))
        };
        self.writer.write(delete).await
    }

    pub(super) async fn links(&self, bounds: Bounds, limit: u32) -> Result<LinkPage, RegistryFault> {
        self.readers.read(move |connection| in_place(read::links(connection, &bounds, limit))).await
    }

    pub(super) async fn history(&self, tenant: Uuid, object_id: Uuid) -> Result<Vec<Change>, RegistryFault> {
        self.readers.read(move |connection| in_place(read::history(connection, tenant, object_id))).await
    }

    pub(super) async fn partners(&self) -> Result<Vec<KnownPartner>, RegistryFault> {
        self.readers.read(|connection| in_place(read::partners(connection))).await
    }

    pub(super) async fn partner(&self, id: PartnerId) -> Result<Option<KnownPartner>, RegistryFault> {
        self.readers.read(move |connection| in_place(read::partner(connection, id))).await
    }

    pub(super) async fn partner_problem(
        &self,
        id: PartnerId,
    ) -> Result<Option<PartnerProblem>, RegistryFault> {
        let at = (self.house.now)();
        self.readers.read(move |connection| in_place(read::partner_problem(connection, id, at))).await
    }

    pub(super) async fn put_partners(
        &self,
        partners: Vec<DirectoryPartner>,
        by: Option<PrincipalScope>,
        request: Request,
    ) -> Result<PartnersPut, RegistryFault> {
        let put = move |connection: &Connection, house: &House| {
            in_place(change::put_partners(connection, house, &partners, (by, &request)))
        };
        self.writer.write(put).await
    }

    pub(super) async fn record_restore(&self, from: String, request: Request) -> Result<(), RegistryFault> {
        let record = move |connection: &Connection, house: &House| {
            in_place(change::record_origin(connection, house, ("restored", &from), &request))
        };
        self.writer.write(record).await
    }

    pub(super) async fn heads(&self) -> Result<CheckpointHeads, RegistryFault> {
        self.readers.read(|connection| in_place(read::checkpoint_heads(connection))).await
    }

    pub(super) async fn rows(&self, with_links: bool) -> Result<Vec<RegistryRow>, RegistryFault> {
        let read = move |connection: &Connection| {
            let transaction = connection.unchecked_transaction()?;
            in_place(rows::all(&*transaction, with_links))
        };
        self.readers.read(read).await
    }

    pub(super) async fn verify(&self, checkpoints: Vec<Checkpoint>) -> Result<Report, RegistryFault> {
        self.readers.read(move |connection| verified(connection, &checkpoints)).await
    }
}

/// Walks all audit chains of a database file, which no server need have open.
///
/// # Errors
///
/// [`RegistryFault`]; what is wrong with the chains, or with the file itself, stands in the report.
pub fn verify_file(path: &Path, checkpoints: &[Checkpoint]) -> Result<Report, RegistryFault> {
    match open::to_read(path).and_then(|connection| verified(&connection, checkpoints)) {
        Err(fault) if structure::is_damage(&fault) => Ok(structure::salvaged(path, &fault)),
        other => other,
    }
}

fn verified(connection: &Connection, checkpoints: &[Checkpoint]) -> Result<Report, RegistryFault> {
    // One transaction, so that heads and records are of the same instant.
    let transaction = connection.unchecked_transaction()?;
    in_place(verify::verify(&*transaction, checkpoints))
}

/// Reads a file as it is at one instant.
pub(super) fn snapshot<T>(
    path: &Path,
    read: impl FnOnce(&Connection) -> Result<T, RegistryFault>,
) -> Result<T, RegistryFault> {
    let connection = open::to_read(path)?;
    let transaction = connection.unchecked_transaction()?;
    read(&transaction)
}
