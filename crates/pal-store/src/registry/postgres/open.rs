//! Connections, and the version of the tables.

use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};

use super::session::Session;
use super::settings::PostgresSettings;
use super::tls;
use crate::registry::database::{Database, Query, ask_one};
use crate::registry::{RegistryFault, sql};

/// The migrations, each with the version that it makes. Never edited after a release.
const MIGRATIONS: [(i64, &str); 1] =
    [(1, include_str!("../../../../../migrations/postgres/0001_registry.sql"))];

/// The version that the last of them makes.
const VERSION: i64 = 1;

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// At most so many connections. They are made when they are needed, and looked at before each use.
pub(super) fn pool(settings: &PostgresSettings, connections: usize) -> Result<Pool, RegistryFault> {
    let method = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(settings.config().clone(), tls::connector(settings)?, method);
    let pool = Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .post_create(Hook::async_fn(|connection, _| {
            Box::pin(async move { connection.batch_execute(sql::SESSION).await.map_err(HookError::Backend) })
        }));
    pool.build().map_err(|_| RegistryFault::Stopped)
}

/// Makes the tables and brings them to this version. Of several programs that start at once, one does it.
pub(super) async fn migrate(pool: &Pool, place: &str) -> Result<(), RegistryFault> {
    let session = Session::begun(pool.get().await?, sql::BEGIN);
    let encoding = ask_one(&session, Query::new(sql::ENCODING, [])).await?;
    let encoding = encoding.first().map(|row| row.lossy(0)).unwrap_or_default();
    if encoding != "UTF8" {
        return Err(RegistryFault::Encoding { place: place.to_owned(), encoding });
    }
    let version = found(&session, place).await?;
    session.end().await?;
    if version == VERSION {
        return Ok(());
    }
    // Closed at the end in any case, which unlocks.
    let lock = Object::take(pool.get().await?);
    lock.batch_execute(sql::LOCK_MIGRATION).await?;
    let session = Session::begun(pool.get().await?, sql::BEGIN);
    let version = found(&session, place).await?;
    for (made, migration) in MIGRATIONS.into_iter().filter(|(made, _)| *made > version) {
        session.run_batch(migration).await?;
        let put = Query::new(sql::PUT_VERSION, [made.into()]);
        session.write(vec![Query::new(sql::FORGET_VERSION, []), put]).await?;
    }
    session.end().await
}

/// The version of the tables, unless it is one that only a later program knows.
async fn found(session: &Session, place: &str) -> Result<i64, RegistryFault> {
    let named = ask_one(session, Query::new(sql::HAS_VERSION, [])).await?;
    if named.first().is_none_or(|row| row.lossy(0).is_empty()) {
        return Ok(0);
    }
    let version = ask_one(session, Query::new(sql::VERSION, [])).await?;
    let found = version.first().map_or(Ok(0), |row| row.integer("registry_version", 0))?;
    if found > VERSION {
        return Err(RegistryFault::Version { place: place.to_owned(), found, known: VERSION });
    }
    Ok(found)
}
