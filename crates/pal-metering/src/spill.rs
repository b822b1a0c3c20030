//! What does not fit into memory: parts of the people on disk, and back again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::memory;
use crate::kernel::narrow::{high, index, low, number, place};
use crate::kernel::radix::Sorter;
use crate::kernel::sorted::{read_bytes, to_bytes};
use crate::kernel::table::hash;
use crate::kernel::varint;
use crate::shard::{Seen, Shard, Uses};

/// A folder for what does not fit into memory. Files in it are gone when the metering is.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) folder: PathBuf,
    /// Bytes that a part may take.
    pub(crate) most: usize,
}

/// A file of a part's people and what was seen of them; removed with it.
#[derive(Debug)]
pub(crate) struct Spilled {
    path: PathBuf,
    bytes: u64,
}

impl Drop for Spilled {
    fn drop(&mut self) {
        // It may be gone already, with its folder.
        let _ = fs::remove_file(&self.path);
    }
}

impl Scratch {
    /// Writes a part of the people if it takes more than it may; it is then empty.
    pub(crate) fn relieve(&self, number: usize, shard: &mut Shard) -> Result<(), Unmetered> {
        if shard.bytes() > self.most { self.spill(number, shard) } else { Ok(()) }
    }

    /// Writes a part of the people; it is then empty.
    pub(crate) fn spill(&self, number: usize, shard: &mut Shard) -> Result<(), Unmetered> {
        if shard.people.len() == 0 {
            return Ok(());
        }
        memory::give_back();
        let path = self.folder.join(format!("people-{number}-{}", shard.spilled.len()));
        let bytes = shard.take_all().ok_or(Unmetered::Thread)?;
        let spilled = Spilled { path, bytes: bytes.len() as u64 };
        write(&spilled.path, &bytes)
            .map_err(|source| Unmetered::Scratch { path: self.folder.clone(), source })?;
        shard.spilled.push(spilled);
        Ok(())
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let crc = crc32fast::hash(bytes).to_le_bytes();
    fs::write(path, [bytes, &crc].concat())
}

impl Shard {
    /// Bytes that lie on disk.
    pub(crate) fn spilled_bytes(&self) -> u64 {
        self.spilled.iter().map(|spilled| spilled.bytes).sum()
    }

    /// All that a part holds as bytes: its people by number, its runs, and what is kept with its time.
    fn take_all(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        varint::put(&mut bytes, self.known.len() as u64);
        self.known.iter().for_each(|known| varint::put(&mut bytes, u64::from(*known)));
        let people = self.take_people(0);
        varint::put(&mut bytes, people.len() as u64);
        for (tenant, id) in people {
            varint::put(&mut bytes, u64::from(tenant));
            bytes.extend_from_slice(&id.to_bytes());
        }
        let months = number(self.months.len());
        let mut sorter = Sorter::default();
        varint::put(&mut bytes, u64::from(months));
        for month in 0..months {
            let run = to_bytes(&self.take_month(month).take(&mut sorter)?);
            varint::put(&mut bytes, run.len() as u64);
            bytes.extend_from_slice(&run);
        }
        for seen in self.take_seen() {
            for part in [seen.month, seen.entry, u32::from(seen.make), seen.person] {
                varint::put(&mut bytes, u64::from(part));
            }
            varint::put_signed(&mut bytes, seen.first);
            varint::put_signed(&mut bytes, seen.last);
        }
        self.begin_again();
        Some(bytes)
    }

    /// Takes back all that was written of it.
    pub(crate) fn restore(&mut self) -> Result<(), Unmetered> {
        if self.spilled.is_empty() {
            return Ok(());
        }
        let newest = self.take_all().ok_or(Unmetered::Thread)?;
        for spilled in std::mem::take(&mut self.spilled) {
            let fault = |source| Unmetered::Scratch { path: spilled.path.clone(), source };
            let bytes = fs::read(&spilled.path).map_err(fault)?;
            let whole = bytes.split_last_chunk::<4>();
            let whole = whole.filter(|(bytes, crc)| crc32fast::hash(bytes) == u32::from_le_bytes(**crc));
            let added = whole.and_then(|(bytes, _)| self.add(bytes));
            added.ok_or_else(|| fault(io::Error::from(io::ErrorKind::InvalidData)))?;
        }
        self.add(&newest).ok_or(Unmetered::Thread)
    }

    /// Adds what [`Shard::take_all`] made: its people get their numbers here.
    fn add(&mut self, mut bytes: &[u8]) -> Option<()> {
        let bytes = &mut bytes;
        // What was written first has people whom the state knows, before all others; others may have them, too.
        for _ in 0..varint::take(bytes)? {
            self.known.push(varint::take_u32(bytes)?);
        }
        let count = place(varint::take(bytes)?);
        self.people.reserve(count);
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            let tenant = varint::take_u32(bytes)?;
            let (id, rest) = bytes.split_first_chunk::<16>()?;
            *bytes = rest;
            let id = Guid::from_bytes(*id);
            numbers.push(self.people.number(hash(id, tenant), id, tenant));
        }
        let months = place(varint::take(bytes)?);
        if self.months.len() < months {
            self.months.resize_with(months, Uses::default);
        }
        for month in self.months.iter_mut().take(months) {
            let length = place(varint::take(bytes)?);
            let (run, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            let start = month.raw.len();
            read_bytes(run, &mut month.raw)?;
            for pair in month.raw.get_mut(start..)? {
                let person = numbers.get(index(low(*pair)))?;
                *pair = u64::from(high(*pair)) << 32 | u64::from(*person);
            }
        }
        while !bytes.is_empty() {
            let mut part = || varint::take_u32(bytes);
            let (month, entry, make, person) = (part()?, part()?, part()? == 1, part()?);
            let person = *numbers.get(index(person))?;
            let (first, last) = (varint::take_signed(bytes)?, varint::take_signed(bytes)?);
            self.seen.push(Seen { month, entry, make, person, first, last });
        }
        Some(())
    }
}
