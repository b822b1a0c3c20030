//! Signed checkpoints while the server runs: one at start, one every so often, one at the end, each only if something
//! changed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pal_store::registry::Registry;
use pal_store::registry::audit::{Checkpoint, CheckpointKey};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::log::Log;
use crate::checkpoints::{self, loss_words};
use crate::exit::Failure;
use crate::registry::failure;

/// What signs checkpoints, and where they go.
pub(super) struct Checkpointing {
    registry: Registry,
    key: CheckpointKey,
    folder: PathBuf,
    log: Log,
    /// The newest one.
    last: Option<Checkpoint>,
    /// What the registry has lost, in words: what is signed from then on says that it is over a loss.
    lost: Option<String>,
}

impl Checkpointing {
    /// Holds the registry against the newest checkpoint, before anything is written: who starts on a registry that lost
    /// records hears of it.
    pub(super) async fn open(
        registry: &Registry,
        key: CheckpointKey,
        folder: PathBuf,
        log: Log,
    ) -> Result<Self, Failure> {
        let now = registry.checkpoint(&key).await.map_err(failure)?;
        let lost = checkpoints::loss(&folder, key.public(), now.heads());
        if let Some(lost) = &lost {
            log.warn(format!(
                "warning: the registry is {lost}; look with `pal admin verify`, and do not go on before you know why"
            ));
        }
        let last = checkpoints::newest(&folder, key.public()).map(|kept| kept.checkpoint);
        Ok(Self { registry: registry.clone(), key, folder, log, last, lost })
    }

    /// Says where they go, signs the first one, and goes on in the background until the second half is dropped; what keeps the first from
    /// being signed keeps the server from starting.
    pub(super) async fn start(
        mut self,
        every: Duration,
        data: &Path,
    ) -> Result<(JoinHandle<()>, oneshot::Sender<()>), Failure> {
        self.log.say(format!("checkpoints: {}, signed with {}", self.folder.display(), self.key.public()));
        if self.folder.starts_with(data) {
            let hint =
                "hint: keep them where this server cannot change them: `--checkpoints DIR` on other media";
            self.log.say(hint);
        }
        self.write().await?;
        let (stop, stopped) = oneshot::channel();
        Ok((tokio::spawn(self.run(every, stopped)), stop))
    }

    /// Signs one, if something changed since the last.
    async fn write(&mut self) -> Result<(), Failure> {
        let checkpoint = self.registry.checkpoint(&self.key).await.map_err(failure)?;
        if self.last.as_ref().is_some_and(|last| last.heads() == checkpoint.heads()) {
            return Ok(());
        }
        if self.lost.is_none() {
            let lost = self.last.as_ref().and_then(|last| loss_words(last, checkpoint.heads()));
            self.lost = lost.map(|lost| format!("behind its last checkpoint: {lost}"));
        }
        let path = checkpoints::write(&self.folder, &checkpoint, self.lost.is_some())?;
        if let Some(lost) = &self.lost {
            self.log.warn(format!(
                "warning: the checkpoint `{}` is signed over a loss: the registry is {lost}",
                path.display()
            ));
        }
        self.last = Some(checkpoint);
        Ok(())
    }

    /// Signs one every so often until told to stop, and a last one then; what fails is told and tried again.
    async fn run(mut self, every: Duration, mut stopped: oneshot::Receiver<()>) {
        loop {
            let stops = tokio::select! {
                _ = &mut stopped => true,
                () = tokio::time::sleep(every) => false,
            };
            if let Err(problem) = self.write().await {
                self.log.say(format!("no checkpoint was written: {problem}"));
            }
            if stops {
                return;
            }
        }
    }
}
