//! What a closing keeps packed, part by part, on any core: parts one behind the other are unpacked as one.

use std::io;
use std::sync::{Mutex, PoisonError};

use zstd::bulk::Compressor;

use crate::exit::Failure;

/// What packs, to be used again: its tables are large.
#[derive(Default)]
pub(crate) struct Packers(Mutex<Vec<Compressor<'static>>>);

impl Packers {
    /// How hard: as fast as may be.
    const LEVEL: i32 = 1;

    fn packer() -> io::Result<Compressor<'static>> {
        let mut packer = Compressor::new(Self::LEVEL)?;
        // A byte that is not what was packed is found when it is unpacked.
        packer.include_checksum(true)?;
        Ok(packer)
    }

    /// Packs bytes.
    ///
    /// - `into`: an empty buffer.
    pub(crate) fn packed(&self, bytes: &[u8], mut into: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let packers = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = packers().pop();
        let mut packer = waiting.map_or_else(Self::packer, Ok)?;
        into.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        packer.compress_to_buffer(bytes, &mut into)?;
        packers().push(packer);
        Ok(into)
    }
}
