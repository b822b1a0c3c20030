//! Random choices, the same from the same seed.

/// Random numbers: `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number of the unit interval.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of the standard normal distribution.
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = ((-2.0 * (1.0 - self.unit()).ln()).sqrt(), self.unit() * std::f64::consts::TAU);
        radius * angle.cos()
    }

    /// A GUID of the fourth version.
    pub(crate) fn guid(&mut self) -> u128 {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        bits & !(0xf << 76) & !(0x3 << 62) | 4 << 76 | 2 << 62
    }
}

/// A choice by weight in constant time (Walker's alias method).
pub(crate) struct Choice {
    /// Of each place how likely it stands for itself, of 2³², and who it stands for otherwise.
    places: Vec<(u32, u32)>,
}

impl Choice {
    pub(crate) fn new(weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut left: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..left.len()).partition(|one| left[*one] < 1.0);
        let mut places: Vec<(u32, u32)> = (0..left.len() as u32).map(|own| (u32::MAX, own)).collect();
        while let (Some(less), Some(more)) = (small.pop(), large.last().copied()) {
            places[less] = ((left[less] * 4_294_967_295.0) as u32, more as u32);
            left[more] -= 1.0 - left[less];
            if left[more] < 1.0 {
                large.pop();
                small.push(more);
            }
        }
        Self { places }
    }

    pub(crate) fn choose(&self, random: &mut Random) -> u32 {
        let place = random.below(self.places.len() as u64) as u32;
        let (own, other) = self.places[place as usize];
        if random.next() as u32 <= own { place } else { other }
    }
}
