//! Files that threads of their own write while their bytes are made.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use anyhow::anyhow;
use pal_store::workspace::{ClosingFile, WorkspaceFault};
use sha2::{Digest, Sha256};

use crate::digest::hexadecimal;
use crate::exit::Failure;
use crate::parallel::no_thread;
use crate::shell::workspace_failure;
use crate::spare::Spare;

/// A file that is hashed as its bytes come, and that another thread writes.
#[derive(Debug)]
pub(crate) struct Streamed {
    hash: Sha256,
    /// Takes bytes to the thread, until there are no more.
    send: Option<SyncSender<Vec<u8>>>,
    thread: JoinHandle<Result<(), WorkspaceFault>>,
}

impl Streamed {
    /// How many parts wait to be written: more than come while the disk is waited for.
    const AHEAD: usize = 64;

    pub(crate) fn new(mut file: ClosingFile, spare: Arc<Spare>) -> Result<Self, Failure> {
        let (send, receive) = sync_channel::<Vec<u8>>(Self::AHEAD);
        let work = move || {
            for bytes in receive {
                file.write(&bytes)?;
                spare.give(bytes);
            }
            file.finish()
        };
        let thread = thread::Builder::new().spawn(work).map_err(no_thread)?;
        Ok(Self { hash: Sha256::new(), send: Some(send), thread })
    }

    /// Takes the next bytes; false where the thread failed, which [`Streamed::finish`] tells.
    pub(crate) fn take(&mut self, bytes: Vec<u8>) -> bool {
        self.hash.update(&bytes);
        self.send.as_ref().is_some_and(|send| send.send(bytes).is_ok())
    }

    /// There are no more bytes: the thread brings to the disk what it has.
    pub(crate) fn end(&mut self) {
        self.send = None;
    }

    /// Waits until everything is on the disk; the hash of it.
    pub(crate) fn finish(mut self) -> Result<String, Failure> {
        self.end();
        let written = self.thread.join().map_err(|_| anyhow!("the thread that writes a file is gone"))?;
        written.map_err(workspace_failure)?;
        Ok(hexadecimal(&self.hash.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use pal_rules::time::Month;
    use pal_store::workspace::Workspace;

    use super::{Arc, Streamed};

    #[test]
    fn a_thread_that_cannot_write_is_told() {
        let folder = tempfile::tempdir().unwrap();
        Workspace::init(&folder.path().join("data")).unwrap();
        let workspace = Workspace::open(&folder.path().join("data")).unwrap();
        let begun = workspace.begin_closing(Month::parse("2026-03").unwrap()).unwrap();
        // As a path that begins at the root it stands for itself.
        let mut full = Streamed::new(begun.file("/dev/full").unwrap(), Arc::default()).unwrap();
        while full.take(vec![0; 1 << 16]) {}
        assert!(format!("{:?}", full.finish().unwrap_err()).contains("/dev/full"));
    }
}
