//! JSON is cut into the same pieces however it arrives, and records are made of them: of audit records in the cells of a
//! table the same, whichever way they are read.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use pal_import::outside::{Piece, Splitter};

/// Gives few bytes at a time, as networks and decompressors do.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let number = self.1.min(buffer.len());
        self.0.take(number as u64).read(buffer).inspect(|read| self.0 = &self.0[*read..])
    }
}

fn pieces(bytes: &[u8], at_a_time: usize) -> Vec<(u64, Vec<u8>)> {
    let mut splitter = Splitter::new(Slow(bytes, at_a_time));
    let mut found = Vec::new();
    while let Some(piece) = splitter.next_piece().expect("memory can be read") {
        found.push(match piece {
            Piece::Record { line, bytes, .. } => (line, bytes.to_vec()),
            Piece::Broken { line, reason, .. } => (line, reason.into()),
        });
        assert!(found.len() <= bytes.len() + 1, "it does not end");
    }
    found
}

fuzz_target!(|bytes: &[u8]| {
    let whole = pieces(bytes, usize::MAX);
    assert_eq!(pieces(bytes, 1), whole);
    assert_eq!(pieces(bytes, 7), whole);
    pal_fuzz::file("file.json", bytes);
    pal_fuzz::cells(bytes);
});
