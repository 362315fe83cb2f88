//! Seeded random numbers whose sequence is pinned here.
//!
//! The generator is xoshiro256++ (Blackman & Vigna 2018), the bounded integer Lemire's unbiased
//! multiply-and-reject (2019), the shuffle Fisher–Yates from the top. They are written out so that a
//! stored seed gives the same numbers after any upgrade of a library.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

/// A stream of random numbers. Two streams of one seed with different numbers are independent.
#[derive(Debug, Clone)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self::stream(seed, 0)
    }

    /// Stream `number` of a seed: what replicate `number` draws from, whichever thread runs it.
    pub fn stream(seed: u64, number: u64) -> Self {
        // Two rounds of SplitMix64's finaliser part the seed from the number.
        let mixed = mix(mix(seed).wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        Self(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// 64 random bits.
    #[expect(clippy::should_implement_trait, reason = "a stream of numbers is not an iterator to be adapted")]
    pub fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in (0, 1): never an end, so that it may be inverted.
    pub fn open_unit(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// Uniform in 0..n without bias; 0 for n = 0.
    pub fn below(&mut self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        loop {
            // The upper half of the word: its bits are the generator's best.
            let wide = (self.next() >> 32) * u64::from(n);
            let low = wide as u32;
            if low >= n || low >= n.wrapping_neg() % n {
                return (wide >> 32) as u32;
            }
        }
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }

    /// A standard normal number, by inversion.
    pub fn normal(&mut self) -> f64 {
        super::normal::quantile(self.open_unit())
    }

    /// An exponential number of mean 1, by inversion.
    pub fn exponential(&mut self) -> f64 {
        -self.open_unit().ln()
    }

    /// The natural logarithm of a gamma number of this shape (> 0) and scale 1: Marsaglia & Tsang (2000).
    /// As a logarithm, because a small shape gives numbers below the least positive double.
    pub fn ln_gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            // Their boost: a draw of shape + 1 times U^(1/shape).
            return self.ln_gamma(shape + 1.0) + self.open_unit().ln() / shape;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.open_unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return (d * v).ln();
            }
        }
    }

    /// A beta number; both shapes > 0.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.ln_gamma(a), self.ln_gamma(b));
        1.0 / (1.0 + (y - x).exp())
    }
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut r = Random::stream(7, 3);
        let got: Vec<u32> = (0..6).map(|_| r.below(1000)).collect();
        assert_eq!(got, [229, 287, 495, 424, 191, 430]);
    }

    #[test]
    fn streams_of_one_seed_differ() {
        assert_ne!(Random::stream(7, 0).next(), Random::stream(7, 1).next());
        assert_ne!(Random::stream(7, 0).next(), Random::stream(8, 0).next());
    }

    #[test]
    fn beta_numbers_have_their_mean_and_variance() {
        for (a, b) in [(0.1, 2.0), (3.0, 0.5), (40.0, 160.0)] {
            let mut r = Random::seeded(9);
            let x: Vec<f64> = (0..40_000).map(|_| r.beta(a, b)).collect();
            let mean = x.iter().sum::<f64>() / 40_000.0;
            let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 40_000.0;
            let (m, v) = (a / (a + b), a * b / ((a + b).powi(2) * (a + b + 1.0)));
            // Five standard errors of the mean; a tenth for the variance, whose own error is below 3 %.
            assert!((mean - m).abs() < 5.0 * (v / 40_000.0).sqrt(), "{a} {b}: {mean} for {m}");
            assert!((variance / v - 1.0).abs() < 0.1, "{a} {b}: {variance} for {v}");
        }
    }

    #[test]
    fn bounded_numbers_are_spread_evenly() {
        let mut r = Random::seeded(5);
        let mut seen = [0u32; 7];
        for _ in 0..70_000 {
            seen[r.below(7) as usize] += 1;
        }
        let chi2: f64 = seen.iter().map(|&n| (f64::from(n) - 10_000.0).powi(2) / 10_000.0).sum();
        // 99.99 % point of chi-squared with 6 degrees of freedom.
        assert!(chi2 < 27.9, "{seen:?}");
    }

    #[test]
    fn a_shuffle_visits_every_order_alike() {
        let mut r = Random::seeded(1);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            r.shuffle(&mut items);
            *seen.entry(items).or_insert(0u32) += 1;
        }
        assert_eq!(seen.len(), 24);
        let chi2: f64 = seen.values().map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0).sum();
        // 99.99 % point of chi-squared with 23 degrees of freedom.
        assert!(chi2 < 57.0, "{chi2}");
    }
}
