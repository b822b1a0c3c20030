//! The time as a value: `pal` passes the real clocks, a test passes its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pal_rules::time::Timestamp;

/// Tells the time; cheap to clone.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    elapsed: Option<fn() -> Duration>,
}

impl Clock {
    /// A clock that asks `now` each time, also for how long something took.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock { now: Arc::new(now), elapsed: None }
    }

    /// The same with a clock beside it that nobody can set, for how long something took.
    #[must_use]
    pub fn with_monotonic(self, elapsed: fn() -> Duration) -> Clock {
        Clock { elapsed: Some(elapsed), ..self }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Time since some instant; only differences mean something.
    pub fn elapsed(&self) -> Duration {
        let since_epoch = || Duration::from_micros(u64::try_from(self.now().micros()).unwrap_or(0));
        self.elapsed.map_or_else(since_epoch, |elapsed| elapsed())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
