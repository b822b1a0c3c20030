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

#[cfg(test)]
mod tests {
    use super::Packers;

    /// Also of what is too short to be packed, and stands there as it is.
    #[test]
    fn a_changed_byte_is_found() {
        let packers = Packers::default();
        let (short, long) = (b"partner 6000050".to_vec(), b"partner 6000050, ".repeat(999));
        let packed =
            [short.as_slice(), &long].map(|bytes| packers.packed(bytes, Vec::new()).unwrap()).concat();
        assert_eq!(zstd::decode_all(packed.as_slice()).unwrap(), [short, long].concat());
        for place in 0..packed.len() {
            let mut changed = packed.clone();
            changed[place] ^= 1;
            assert!(zstd::decode_all(changed.as_slice()).is_err(), "byte {place} of {}", packed.len());
        }
    }
}
