//! Signed checkpoints while the server runs: one at start, one every so often, one at the end, each only if something
//! changed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use pal_store::registry::Registry;
use pal_store::registry::audit::{CheckpointHead, CheckpointKey};
use uuid::Uuid;

use super::log::Log;
use crate::checkpoints;
use crate::exit::Failure;
use crate::registry::failure;

/// What signs checkpoints, and where they go.
pub(super) struct Checkpointing {
    registry: Registry,
    key: CheckpointKey,
    folder: PathBuf,
    /// How far the newest one reaches.
    last: BTreeMap<Uuid, CheckpointHead>,
}

impl Checkpointing {
    /// Signs the first one; what keeps the server from it keeps the server from starting.
    pub(super) async fn start(
        registry: &Registry,
        key: CheckpointKey,
        folder: PathBuf,
    ) -> Result<Self, Failure> {
        let newest = checkpoints::newest(&folder).filter(|newest| newest.key() == key.public());
        let last = newest.map(|newest| newest.heads().clone()).unwrap_or_default();
        let mut checkpointing = Self { registry: registry.clone(), key, folder, last };
        checkpointing.write().await?;
        Ok(checkpointing)
    }

    /// Signs one, if something changed since the last.
    async fn write(&mut self) -> Result<(), Failure> {
        let checkpoint = self.registry.checkpoint(&self.key).await.map_err(failure)?;
        if *checkpoint.heads() != self.last {
            checkpoints::write(&self.folder, &checkpoint)?;
            checkpoint.heads().clone_into(&mut self.last);
        }
        Ok(())
    }

    /// Signs one every so often until told to stop, and a last one then; what fails is told and tried again.
    pub(super) async fn run(
        mut self,
        every: Duration,
        mut stopped: tokio::sync::oneshot::Receiver<()>,
        log: Log,
    ) {
        loop {
            let stops = tokio::select! {
                _ = &mut stopped => true,
                () = tokio::time::sleep(every) => false,
            };
            if let Err(problem) = self.write().await {
                log.say(format!("no checkpoint was written: {problem}"));
            }
            if stops {
                return;
            }
        }
    }
}
