//! The few connections that ask questions.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open;
use crate::registry::RegistryFault;

/// How many questions are asked at once; SQLite answers from memory, so more would only wait for a core.
const READERS: usize = 8;

/// The connections that read. None of them waits for the writer.
#[derive(Debug)]
pub(super) struct Readers {
    places: Semaphore,
    idle: Arc<Idle>,
}

#[derive(Debug)]
struct Idle {
    path: PathBuf,
    connections: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let idle = Idle { path, connections: Mutex::new(Vec::new()) };
        Self { places: Semaphore::new(READERS), idle: Arc::new(idle) }
    }

    /// Asks, off the threads that serve.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, RegistryFault> + Send + 'static,
    ) -> Result<T, RegistryFault> {
        let _place = self.places.acquire().await.map_err(|_| RegistryFault::Stopped)?;
        let idle = Arc::clone(&self.idle);
        tokio::task::spawn_blocking(move || idle.ask(ask)).await.map_err(|_| RegistryFault::Stopped)?
    }

    /// Asks a question that a few pages answer on the thread that serves: they are in memory all but always, and to
    /// hop to another thread would cost more than the answer. `None` when that would mean to wait for somebody, or for
    /// a connection to be opened.
    pub(super) fn read_here<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, RegistryFault>,
    ) -> Option<Result<T, RegistryFault>> {
        let connection = self.idle.connections.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        let answer = open::without_patience(&connection, ask);
        self.idle.give_back(connection);
        (!matches!(&answer, Err(fault) if fault.may_pass())).then_some(answer)
    }
}

impl Idle {
    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, RegistryFault>) -> Result<T, RegistryFault> {
        let taken = self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = taken.map_or_else(|| open::to_read(&self.path), Ok)?;
        let answer = ask(&connection);
        self.give_back(connection);
        answer
    }

    fn give_back(&self, connection: Connection) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
