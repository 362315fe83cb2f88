//! Random draws whose every bit is pinned.
//!
//! The generator is xoshiro256++ (Blackman & Vigna 2021), seeded through SplitMix64. The samplers are
//! written here and not taken from a library, because a library may change its algorithm in a minor
//! release and with it every simulated world: Marsaglia's polar method for the normal (1964), Marsaglia
//! & Tsang for the gamma (2000), inversion and Hörmann's PTRS for the Poisson (1993).
//!
//! Independent parts of a world draw from independent *streams* ([`Draw::stream`]): one more draw for
//! a hospital does not move every ambulance.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

/// A seeded source of variates.
#[derive(Debug, Clone)]
pub struct Draw {
    bits: Xoshiro256PlusPlus,
    /// The polar method makes two normals at a time.
    spare: Option<f64>,
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self { bits: Xoshiro256PlusPlus::seed_from_u64(seed), spare: None }
    }

    /// The stream of `seed` that belongs to a name: equal names give equal streams.
    pub fn stream(seed: u64, name: &str) -> Self {
        Self::new(mix(seed, fnv1a(name.as_bytes())))
    }

    /// The stream of `seed` that belongs to a name and two numbers (a place and a week, say).
    pub fn stream_at(seed: u64, name: &str, a: u64, b: u64) -> Self {
        Self::new(mix(mix(mix(seed, fnv1a(name.as_bytes())), a), b))
    }

    pub fn bits(&mut self) -> u64 {
        self.bits.next_u64()
    }

    /// Uniform on [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Uniform on 0..n; `n` must not be 0. Multiply-shift: the bias is below n / 2^64.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        loop {
            let (u, v) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let scale = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * scale);
                return u * scale;
            }
        }
    }

    /// Exponential with the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// Gamma with the given shape (> 0) and scale.
    pub fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        if shape < 1.0 {
            // Gamma(a) = Gamma(a + 1) U^(1/a).
            let power = (1.0 - self.uniform()).powf(1.0 / shape);
            return self.gamma(shape + 1.0, scale) * power;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let z = self.normal();
            let v = (1.0 + c * z).powi(3);
            if v > 0.0 {
                let u = 1.0 - self.uniform();
                if u.ln() < 0.5 * z * z + d - d * v + d * v.ln() {
                    return d * v * scale;
                }
            }
        }
    }

    /// Poisson with the given mean; 0 for a mean that is not positive.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean.is_nan() || mean <= 0.0 {
            0
        } else if mean < 10.0 {
            self.poisson_by_inversion(mean)
        } else {
            self.poisson_by_rejection(mean)
        }
    }

    /// Negative binomial as a Poisson whose mean is gamma: variance = mean + mean² / size.
    pub fn negative_binomial(&mut self, mean: f64, size: f64) -> u64 {
        let mean = self.gamma(size, mean / size);
        self.poisson(mean)
    }

    /// Position drawn in proportion to the weights, given as their running sums (see [`running_sums`]).
    pub fn pick(&mut self, sums: &[f64]) -> usize {
        let total = sums.last().copied().unwrap_or(0.0);
        let at = self.uniform() * total;
        sums.partition_point(|s| *s <= at).min(sums.len().saturating_sub(1))
    }

    fn poisson_by_inversion(&mut self, mean: f64) -> u64 {
        let (u, mut p) = (self.uniform(), (-mean).exp());
        let (mut k, mut below) = (0u64, p);
        while u >= below && k < 1000 {
            k += 1;
            p *= mean / k as f64;
            below += p;
        }
        k
    }

    /// PTRS: transformed rejection with squeeze, for means of 10 and more.
    fn poisson_by_rejection(&mut self, mean: f64) -> u64 {
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.uniform() - 0.5;
            let v = 1.0 - self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k as u64;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let log_density = k * mean.ln() - mean - statrs::function::gamma::ln_gamma(k + 1.0);
            if (v * inverse_alpha / (a / (us * us) + b)).ln() <= log_density {
                return k as u64;
            }
        }
    }
}

/// Running sums of weights, for [`Draw::pick`]; negative weights count as none.
pub fn running_sums(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    weights
        .into_iter()
        .map(|w| {
            sum += w.max(0.0);
            sum
        })
        .collect()
}

/// A well-mixed function of two numbers (the finaliser of SplitMix64).
pub fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(n: usize, mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..n).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64)
    }

    #[test]
    fn the_first_bits_of_a_seed_never_change() {
        let mut d = Draw::new(1);
        assert_eq!([d.bits(), d.bits()], [0xcfc5_d07f_6f03_c29b, 0xbf42_4132_963f_e08d]);
    }

    #[test]
    fn streams_of_other_names_are_other_streams() {
        assert_ne!(Draw::stream(7, "a").bits(), Draw::stream(7, "b").bits());
        assert_ne!(Draw::stream_at(7, "a", 1, 2).bits(), Draw::stream_at(7, "a", 2, 1).bits());
        assert_eq!(Draw::stream(7, "a").bits(), Draw::stream(7, "a").bits());
    }

    #[test]
    fn poisson_has_its_mean_as_its_variance_on_both_branches() {
        for mean in [0.3, 4.0, 9.99, 10.0, 87.0, 4000.0] {
            let mut d = Draw::stream(3, "poisson");
            let (m, v) = mean_and_variance(40_000, || d.poisson(mean) as f64);
            // Five standard errors.
            assert!((m - mean).abs() < 5.0 * (mean / 40_000.0).sqrt(), "mean {mean}: {m}");
            assert!((v / mean - 1.0).abs() < 0.06, "mean {mean}: variance {v}");
        }
        assert_eq!(Draw::new(1).poisson(0.0), 0);
        assert_eq!(Draw::new(1).poisson(f64::NAN), 0);
    }

    #[test]
    fn poisson_by_rejection_follows_the_distribution_not_only_its_moments() {
        let (mean, n) = (12.0_f64, 60_000_u32);
        let mut d = Draw::stream(5, "ptrs");
        let mut seen = [0u32; 60];
        for _ in 0..n {
            seen[d.poisson(mean) as usize] += 1;
        }
        let mut p = (-mean).exp();
        let mut chi2 = 0.0;
        for (k, count) in seen.iter().enumerate().take(25) {
            let expected = p * f64::from(n);
            if k >= 3 {
                chi2 += (f64::from(*count) - expected).powi(2) / expected;
            }
            p *= mean / (k + 1) as f64;
        }
        // 22 cells; 60 is beyond the 99.99 % point.
        assert!(chi2 < 60.0, "{chi2}");
    }

    #[test]
    fn gamma_and_negative_binomial_have_their_moments() {
        let mut d = Draw::stream(9, "gamma");
        for shape in [0.4, 1.0, 6.5] {
            let (m, v) = mean_and_variance(60_000, || d.gamma(shape, 2.0));
            assert!((m / (2.0 * shape) - 1.0).abs() < 0.04, "shape {shape}: {m}");
            assert!((v / (4.0 * shape) - 1.0).abs() < 0.1, "shape {shape}: {v}");
        }
        let (m, v) = mean_and_variance(60_000, || d.negative_binomial(5.0, 2.5) as f64);
        assert!((m - 5.0).abs() < 0.1 && (v - 15.0).abs() < 1.0, "{m} {v}");
    }

    #[test]
    fn weights_of_nought_are_never_picked() {
        let sums = running_sums([0.0, 2.0, 0.0, 1.0, 0.0]);
        let mut d = Draw::new(4);
        let mut seen = [0u32; 5];
        for _ in 0..3000 {
            seen[d.pick(&sums)] += 1;
        }
        assert_eq!([seen[0], seen[2], seen[4]], [0, 0, 0]);
        assert!((seen[1] as f64 / 3000.0 - 2.0 / 3.0).abs() < 0.05);
    }
}
