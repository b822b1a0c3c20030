//! Buffers that are used again: what parts are made in is given back by whoever has taken the part.

use std::sync::{Mutex, PoisonError};

/// Emptied buffers. Memory that is asked for anew, part by part, costs more than what is written into it.
#[derive(Debug, Default)]
pub(crate) struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    /// An empty buffer.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps a buffer whose bytes are no longer needed.
    pub(crate) fn give(&self, mut buffer: Vec<u8>) {
        // One that was never used would be taken in place of one that was.
        if buffer.capacity() == 0 {
            return;
        }
        buffer.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::Spare;

    #[test]
    fn what_was_never_used_is_not_kept() {
        let spare = Spare::default();
        spare.give(Vec::with_capacity(8));
        spare.give(Vec::new());
        assert!(spare.take().capacity() >= 8);
        assert_eq!(spare.take().capacity(), 0);
    }
}
