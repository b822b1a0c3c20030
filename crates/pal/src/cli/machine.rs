//! How much of the machine a command may use.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use clap::Args;

use crate::activity::Machine;

/// How much of the machine metering may use.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct MachineArguments {
    /// Meter on this many threads; all cores by default. What is metered is judged and written on all cores
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,
    /// Meter within this much memory, such as 512MB or 2GB; at least 16MB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory: Option<u64>,
}

/// What may be taken where nothing is said.
const MEMORY: u64 = 2_000_000_000;

impl MachineArguments {
    /// What holds where nothing is said: all cores.
    pub(crate) fn settle(self) -> Machine {
        let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Machine { threads: self.threads.unwrap_or_else(cores), memory: self.memory.unwrap_or(MEMORY) }
    }
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("`{text}` is no number of threads: at least 1"))
}

/// The least memory that metering can do with.
const LEAST: u64 = 16_000_000;

/// Reads a size in bytes, kB, MB or GB.
fn bytes(text: &str) -> Result<u64, String> {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1), ("", 1)];
    let of_unit = |(unit, size): (&str, u64)| {
        let (number, ending) = text.split_at_checked(text.len().checked_sub(unit.len())?)?;
        let number: u64 = ending.eq_ignore_ascii_case(unit).then(|| number.trim().parse().ok())??;
        number.checked_mul(size)
    };
    let size = units.into_iter().find_map(of_unit).filter(|size| *size >= LEAST);
    size.ok_or_else(|| format!("`{text}` is no size of at least 16MB, such as 512MB or 2GB"))
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units() {
        for (text, size) in [
            ("16000000", 16_000_000),
            ("20000 kB", 20_000_000),
            ("512MB", 512_000_000),
            ("2gb", 2_000_000_000),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "GB", "0", "-1", "1.5GB", "99999999999999GB", "1TB", "1", "15MB", "ö"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
