//! Progress of long work on stderr: redrawn on a terminal, a line every few seconds off it.

use std::cell::Cell;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use crate::render::{harmless, tell};

/// Counts the bytes and rows of the files that are read, and says so now and then.
#[derive(Debug)]
pub(crate) struct Progress {
    elapsed: fn() -> Duration,
    started: Duration,
    said: Duration,
    rows: u64,
    /// Bytes of the files that are read to their end.
    done: u64,
    /// Bytes of all files to be read; 0 where that is not known.
    total: u64,
    /// Whether rows are what is done, in place of bytes.
    of_rows: bool,
    /// Whether one line is drawn over and over.
    redraws: bool,
    drawn: bool,
}

impl Progress {
    /// How many rows pass between two looks at the clock.
    const STRIDE: u64 = 1 << 15;

    /// - `color`: whether bytes that move the cursor may be written.
    pub(crate) fn new(elapsed: fn() -> Duration, color: bool) -> Self {
        let started = elapsed();
        let redraws = color && io::stderr().is_terminal();
        Self {
            elapsed,
            started,
            said: started,
            rows: 0,
            done: 0,
            total: 0,
            of_rows: false,
            redraws,
            drawn: false,
        }
    }

    /// These files will be read, each once.
    pub(crate) fn expect<'a>(&mut self, files: impl Iterator<Item = &'a Path>) {
        self.total += files.filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum::<u64>();
    }

    /// So many bytes will be read.
    pub(crate) fn expect_bytes(&mut self, bytes: u64) {
        self.total += bytes;
    }

    /// So many rows will be made.
    pub(crate) fn expect_rows(&mut self, rows: u64) {
        self.total += rows;
        self.of_rows = true;
    }

    /// So many more rows are made, the last of them in this file.
    pub(crate) fn rows(&mut self, file: &str, rows: u64) {
        self.rows += rows;
        self.part(file, rows);
    }

    /// So many bytes of this file are behind.
    pub(crate) fn bytes(&mut self, file: &str, passed: u64) {
        if let Some(words) = self.due(file, passed) {
            self.say(&words);
        }
    }

    /// One more row of this file, of which so many bytes are behind.
    pub(crate) fn row(&mut self, file: &str, passed: &Cell<u64>) {
        self.rows += 1;
        if self.rows.is_multiple_of(Self::STRIDE)
            && let Some(words) = self.due(file, passed.get())
        {
            self.say(&words);
        }
    }

    /// So many more bytes of some files are behind.
    pub(crate) fn part(&mut self, what: &str, bytes: u64) {
        self.done += bytes;
        if let Some(words) = self.due(what, 0) {
            self.say(&words);
        }
    }

    /// A file of so many bytes is read to its end.
    pub(crate) fn file_done(&mut self, bytes: u64) {
        self.done += bytes;
    }

    /// What to say, if it is time to.
    fn due(&mut self, file: &str, passed: u64) -> Option<String> {
        let now = (self.elapsed)();
        let pause = if self.redraws { Duration::from_millis(200) } else { Duration::from_secs(5) };
        if now.saturating_sub(self.said) < pause {
            return None;
        }
        self.said = now;
        let millis = now.saturating_sub(self.started).as_millis().max(1);
        let done = self.done + passed;
        let (number, unit) = match self.rows {
            0 => (u128::from(done) / 1000 / millis, "MB"),
            rows => (u128::from(rows) * 1000 / millis, "rows"),
        };
        let rate = format!("{} {unit}/s", grouped(number));
        Some(match self.total.checked_sub(done) {
            Some(left) if done > 0 => {
                let millis_left = millis * u128::from(left) / u128::from(done);
                let parts = if self.of_rows { parts_of_rows } else { parts };
                format!("{file}: {}, {rate}, {} left", parts(done, self.total), time(millis_left))
            }
            // A pipe has no size.
            _ => format!("{file}: {} rows, {rate}", grouped(self.rows.into())),
        })
    }

    fn say(&mut self, words: &str) {
        if self.redraws {
            self.drawn = true;
            let _ = write!(io::stderr().lock(), "\r\x1b[K{}", harmless(words));
        } else {
            tell(words);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// Some of all bytes, in the unit that suits all of them.
fn parts(done: u64, total: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    let (size, unit) = units.into_iter().find(|(size, _)| total >= 10 * size).unwrap_or((1, "bytes"));
    format!("{} of {} {unit}", grouped((done / size).into()), grouped((total / size).into()))
}

fn parts_of_rows(done: u64, total: u64) -> String {
    format!("{} of {} rows", grouped(done.into()), grouped(total.into()))
}

/// A time in its largest unit that is not all too coarse, rounded up.
fn time(millis: u128) -> String {
    match millis.div_ceil(1000) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// A number with a comma before every three digits.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let places = digits.len();
    let grouped = digits.char_indices().flat_map(|(place, digit)| {
        let comma = place > 0 && (places - place).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    });
    grouped.collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::{Progress, grouped, parts, time};

    thread_local! {
        static NOW: Cell<u64> = const { Cell::new(0) };
    }

    fn clock() -> Duration {
        Duration::from_secs(NOW.get())
    }

    #[test]
    fn says_what_is_done_of_what_how_fast_and_what_is_left() {
        let mut progress = Progress { total: 136_400_000, ..Progress::new(clock, false) };
        progress.file_done(2_000_000);
        progress.rows = 3_300_000;
        NOW.set(4);
        assert_eq!(progress.due("activity.csv", 0), None, "sooner than a line every five seconds");
        NOW.set(10);
        let words = progress.due("activity.csv", 40_900_000).unwrap();
        assert_eq!(words, "activity.csv: 42 of 136 MB, 330,000 rows/s, 22 s left");
        assert_eq!(progress.due("activity.csv", 50_000_000), None, "just said");
    }

    #[test]
    fn rows_that_are_made_are_counted_in_rows() {
        let mut progress = Progress::new(clock, false);
        progress.expect_rows(1_000_000);
        progress.rows("2025-01-01.parquet", 250_000);
        NOW.set(NOW.get() + 10);
        let words = progress.due("2025-01-02.parquet", 0).unwrap();
        assert_eq!(words, "2025-01-02.parquet: 250,000 of 1,000,000 rows, 25,000 rows/s, 30 s left");
    }

    #[test]
    fn without_a_total_says_rows() {
        let mut progress = Progress::new(clock, false);
        progress.rows = 65_536;
        NOW.set(NOW.get() + 8);
        let words = progress.due("activity.csv", 1_000_000).unwrap();
        assert_eq!(words, "activity.csv: 65,536 rows, 8,192 rows/s");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(parts(1_500, 9_999), "1,500 of 9,999 bytes");
        assert_eq!(parts(1_500_000, 12_000_000_000), "0 of 12 GB");
        assert_eq!(
            [0, 1, 119_000, 119_001, 7_199_000, 7_200_000].map(time),
            ["0 s", "1 s", "119 s", "2 min", "120 min", "2 h"]
        );
    }
}
