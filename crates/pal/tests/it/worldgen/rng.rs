//! A small seeded generator (splitmix64) and the instants that a world likes.

use crate::naive::{format, time};

/// The same seed gives the same numbers on every machine.
#[derive(Debug)]
pub(crate) struct Rng {
    state: u64,
    /// Instants that many rows share: month boundaries to the microsecond, and a few others.
    boundaries: Vec<i64>,
    shared: Vec<i64>,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        let mut rng = Rng { state: seed, boundaries: Vec::new(), shared: Vec::new() };
        let instants = [
            "2026-01-01T00:00:00Z",
            "2026-02-01T00:00:00Z",
            "2026-03-01T00:00:00Z",
            "2026-04-01T00:00:00Z",
            "2026-05-01T00:00:00Z",
            "2026-03-17T12:00:00Z",
        ];
        for instant in instants {
            let instant = time(instant).unwrap();
            rng.boundaries.extend([instant - 1, instant, instant, instant + 1]);
        }
        for _ in 0..9 {
            let random = rng.somewhere();
            rng.shared.push(random - random.rem_euclid(3_600 * SECOND));
        }
        rng
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for position in (1..items.len()).rev() {
            items.swap(position, self.below(position + 1));
        }
    }

    pub(crate) fn guid(&mut self) -> String {
        let hex = format!("{:016x}{:016x}", self.next(), self.next());
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// Any microsecond from late December to early May.
    fn somewhere(&mut self) -> i64 {
        let start = time("2025-12-25T00:00:00Z").unwrap();
        start + i64::try_from(self.next() % u64::try_from(135 * DAY).unwrap()).unwrap()
    }

    /// An instant: on a boundary, shared with other rows, or just any.
    pub(crate) fn instant(&mut self) -> i64 {
        let (boundary, shared) = (self.below(self.boundaries.len()), self.below(self.shared.len()));
        match self.below(10) {
            0..3 => self.boundaries[boundary],
            3..7 => self.shared[shared],
            _ => self.somewhere(),
        }
    }

    /// An instant before the first month, one of three.
    pub(crate) fn early(&mut self) -> i64 {
        time(["2025-10-01T00:00:00Z", "2025-11-15T08:00:00Z", "2025-12-31T23:59:59.999999Z"][self.below(3)])
            .unwrap()
    }

    /// A later instant: a boundary or shared one after `from` where there is one, else some days on.
    pub(crate) fn after(&mut self, from: i64) -> i64 {
        for _ in 0..4 {
            let instant = self.instant();
            if instant > from {
                return instant;
            }
        }
        from + i64::try_from(1 + self.below(40)).unwrap() * DAY
    }

    /// Nothing, or an instant as text.
    pub(crate) fn maybe_instant(&mut self, percent: usize) -> String {
        if self.chance(percent) { format(self.instant()) } else { String::new() }
    }

    /// Another spelling of the same microsecond: an offset, six digits, or more than six.
    pub(crate) fn respell(&mut self, micros: i64) -> String {
        let full = |micros: i64| {
            let (second, fraction) = (micros - micros.rem_euclid(SECOND), micros.rem_euclid(SECOND));
            format!("{}.{fraction:06}", format(second).trim_end_matches('Z'))
        };
        match self.below(8) {
            0 => full(micros) + "Z",
            1 => format!("{}{:03}Z", full(micros), self.below(1000)),
            2 => format(micros).trim_end_matches('Z').to_owned() + "+00:00",
            3 => {
                let minutes = *self.pick(&[-720, -330, -60, 60, 120, 345, 840]);
                let local = format(micros + minutes * 60 * SECOND);
                let sign = if minutes < 0 { '-' } else { '+' };
                let size = minutes.abs();
                format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), size / 60, size % 60)
            }
            _ => format(micros),
        }
    }
}
