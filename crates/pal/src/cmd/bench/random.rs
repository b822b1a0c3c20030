//! Chance that follows from a number, in whole numbers only: the same on every machine.

/// Random numbers: `SplitMix64`.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// - `part`: what the numbers are for; parts do not depend on each other.
    pub(super) fn new(seed: u64, part: u64) -> Self {
        let mut mixed = Self(seed.wrapping_mul(0xd134_2543_de82_ef95));
        Self(mixed.next() ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Any number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below a bound.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// A place below a bound.
    pub(super) fn place(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap_or(0)
    }

    /// Whether something happens that happens to so many of a thousand.
    pub(super) fn happens(&mut self, of_thousand: u64) -> bool {
        self.below(1000) < of_thousand
    }

    /// A number of the standard normal distribution, 65,536 times as large: the sum of twelve uniform ones.
    fn normal(&mut self) -> i64 {
        let four = |bits: u64| (0..4).map(|part| bits >> (16 * part) & 0xffff).sum::<u64>();
        let sum = four(self.next()) + four(self.next()) + four(self.next());
        sum.cast_signed() - 6 * ONE.cast_signed()
    }

    /// A GUID of the fourth version.
    pub(super) fn guid(&mut self) -> u128 {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        bits & !(0xf << 76) & !(0x3 << 62) | 4 << 76 | 2 << 62
    }
}

/// One, where numbers have 16 binary places.
const ONE: u64 = 1 << 16;

/// The weight of a rank, counted from 0, by Zipf's law: its power, of a thousand, falls.
pub(super) fn zipf(rank: u64, power: u64) -> u64 {
    power_of_two((40 * ONE).saturating_sub(logarithm(rank + 1) * power / 1000))
}

/// A weight of the log-normal distribution whose logarithm deviates by 1.2.
pub(super) fn log_normal(random: &mut Random) -> u64 {
    // 1.2 / ln 2
    let exponent = random.normal() * 1731 / 1000;
    power_of_two((32 * ONE.cast_signed() + exponent).max(0).cast_unsigned())
}

/// The logarithm to base two of a number above 0, with 16 binary places.
fn logarithm(number: u64) -> u64 {
    let whole = number.ilog2();
    let mut mantissa = u128::from(number) << 63 >> whole;
    (0..16).fold(u64::from(whole), |places, _| {
        // The logarithm of a square is twice as large, so each squaring shows one more place.
        mantissa = (mantissa * mantissa) >> 63;
        let place = u64::from(mantissa >> 64 != 0);
        mantissa >>= place;
        places << 1 | place
    })
}

/// Two to the power of a number with 16 binary places, up to 46; between whole ones a parabola, right to three of a thousand.
fn power_of_two(exponent: u64) -> u64 {
    let (whole, part) = (exponent / ONE, exponent % ONE);
    let mantissa = ONE + part * (43_025 + 22_511 * part / ONE) / ONE;
    mantissa << whole.min(46) >> 16
}

/// A choice by weight in constant time (Walker's alias method).
#[derive(Debug)]
pub(super) struct Choice {
    /// Of each place how likely it stands for itself, of 2³², and who it stands for otherwise.
    places: Vec<(u32, u32)>,
}

impl Choice {
    pub(super) fn new(weights: &[u64]) -> Self {
        let count = weights.len() as u128;
        let mean: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let whole = u128::from(u32::MAX);
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for (weight, place) in weights.iter().zip(0..) {
            // So many times as large as it is, a weight can be held against the sum in place of the mean.
            let part = u128::from(*weight) * count;
            if part < mean { small.push((part, place)) } else { large.push((part, place)) }
        }
        let mut places: Vec<(u32, u32)> = (0..).take(weights.len()).map(|own| (u32::MAX, own)).collect();
        while let (Some((part, less)), Some((rest, more))) = (small.pop(), large.pop()) {
            if let Some(place) = usize::try_from(less).ok().and_then(|less| places.get_mut(less)) {
                *place = (u32::try_from(part * whole / mean).unwrap_or(u32::MAX), more);
            }
            let rest = rest - (mean - part);
            if rest < mean { small.push((rest, more)) } else { large.push((rest, more)) }
        }
        Self { places }
    }

    pub(super) fn choose(&self, random: &mut Random) -> usize {
        let place = random.place(self.places.len());
        let chance = random.next() >> 32;
        let (own, other) = self.places.get(place).copied().unwrap_or_default();
        if chance <= u64::from(own) { place } else { usize::try_from(other).unwrap_or(place) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, ONE, Random, log_normal, logarithm, power_of_two, zipf};

    #[test]
    fn logarithms_and_powers_are_near_enough() {
        for (number, expected) in [(1, 0), (2, ONE), (3, 103_872), (1000, 653_117), (1 << 40, 40 * ONE)] {
            assert!(logarithm(number).abs_diff(expected) <= 1, "{number}: {}", logarithm(number));
        }
        for (exponent, expected) in [(0, 1), (40 * ONE, 1 << 40), (20 * ONE + ONE / 2, 1_482_910)] {
            let found = power_of_two(exponent);
            assert!(found.abs_diff(expected) * 1000 <= 3 * expected, "{exponent}: {found}");
        }
    }

    #[test]
    fn ranks_fall_as_they_should() {
        let first = zipf(0, 950);
        for (rank, part) in [(1, 1932), (9, 8913), (99_999, 56_234_133)] {
            let expected = first * 1000 / part;
            assert!(zipf(rank, 950).abs_diff(expected) * 100 <= expected, "{rank}");
        }
    }

    #[test]
    fn people_differ_as_they_should() {
        let mut random = Random::new(1, 0);
        let mut weights: Vec<u64> = (0..100_001).map(|_| log_normal(&mut random)).collect();
        weights.sort_unstable();
        let (low, middle, high) = (weights[15_866], weights[50_000], weights[84_135]);
        assert!(middle.abs_diff(1 << 32) * 50 <= 1 << 32, "{middle}");
        // One deviation to either side: 1.2 times e.
        assert!((3200..3440).contains(&(high * 1000 / middle)), "{high}");
        assert!((3200..3440).contains(&(middle * 1000 / low)), "{low}");
    }

    #[test]
    fn choices_follow_their_weights() {
        let (choice, mut random) = (Choice::new(&[1, 0, 5, 2, 2]), Random::new(7, 3));
        let mut chosen = [0_u64; 5];
        for _ in 0..1_000_000 {
            chosen[choice.choose(&mut random)] += 1;
        }
        for (found, expected) in chosen.into_iter().zip([100_000_u64, 0, 500_000, 200_000, 200_000]) {
            assert!(found.abs_diff(expected) < 3000, "{chosen:?}");
        }
    }

    #[test]
    fn ids_are_guids_of_the_fourth_version() {
        let id = Random::new(1, 0).guid();
        assert_eq!((id >> 76 & 0xf, id >> 62 & 3), (4, 2));
        assert_ne!(id, Random::new(1, 1).guid());
        assert_eq!(id, Random::new(1, 0).guid());
    }
}
