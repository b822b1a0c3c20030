//! Whether a row group is what an import wrote: its columns, also those that nothing is read of.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::pages::range;
use super::plan::{COLUMNS, Task};
use crate::error::Unmetered;

/// So much is read at once.
const BLOCK: usize = 1 << 18;

/// Fails unless a row group matches its checksums; of a file that no import wrote there are none.
///
/// - `found`: those of the columns of `activity`, of which one was read to its end; all others are read for it.
pub(crate) fn check(
    mut file: &File,
    task: &Task<'_>,
    found: &[Option<u32>; COLUMNS],
) -> Result<(), Unmetered> {
    let Some(expected) = task.checksums() else { return Ok(()) };
    let (name, group) = (task.plan.name(), task.group);
    let columns = task.metadata().map_or(&[][..], |group| group.columns());
    let wrong = |what: String| Unmetered::damaged(name, &format!("{what} does not match its checksum"));
    if columns.len() != expected.len() {
        return Err(wrong(format!("row group {group}")));
    }
    for (place, (column, expected)) in columns.iter().zip(expected).enumerate() {
        let of_read = task.places.iter().zip(found).find(|(at, _)| **at == place);
        let sum = match (of_read.and_then(|(_, sum)| *sum), range(column)) {
            (Some(sum), _) => Ok(sum),
            (None, Some((start, end))) => sum(&mut file, start, end - start),
            (None, None) => Ok(!expected),
        };
        let sum = sum.map_err(|source| Unmetered::Unreadable { name: name.to_owned(), source })?;
        if sum != *expected {
            return Err(wrong(format!("column `{}` of row group {group}", column.column_descr().name())));
        }
    }
    Ok(())
}

/// The checksum of so many bytes from a place on; of as many as there are.
fn sum(file: &mut &File, start: u64, length: u64) -> io::Result<u32> {
    file.seek(SeekFrom::Start(start))?;
    let (mut sum, mut ahead) = (crc32fast::Hasher::new(), file.take(length));
    let mut block = vec![0; BLOCK];
    loop {
        let read = ahead.read(&mut block)?;
        if read == 0 {
            return Ok(sum.finalize());
        }
        sum.update(block.get(..read).unwrap_or_default());
    }
}
