//! Progress of long work on stderr: redrawn on a terminal, a line every few seconds off it.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::render::tell;

/// Counts rows and says so now and then.
#[derive(Debug)]
pub(crate) struct Progress {
    elapsed: fn() -> Duration,
    started: Duration,
    said: Duration,
    rows: u64,
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
        Self { elapsed, started, said: started, rows: 0, redraws, drawn: false }
    }

    /// Progress that nobody asked for.
    pub(crate) fn silent() -> Self {
        Self::new(|| Duration::ZERO, false)
    }

    /// One more row of this file.
    pub(crate) fn row(&mut self, file: &str) {
        self.rows += 1;
        if self.rows.is_multiple_of(Self::STRIDE) {
            self.say(file);
        }
    }

    fn say(&mut self, file: &str) {
        let now = (self.elapsed)();
        let pause = if self.redraws { Duration::from_millis(200) } else { Duration::from_secs(5) };
        if now.saturating_sub(self.said) < pause {
            return;
        }
        self.said = now;
        let millis = now.saturating_sub(self.started).as_millis().max(1);
        let words = format!("{file}: {} rows, {} rows/s", self.rows, u128::from(self.rows) * 1000 / millis);
        if self.redraws {
            self.drawn = true;
            let _ = write!(io::stderr().lock(), "\r\x1b[K{words}");
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
