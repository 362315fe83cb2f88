//! Distributions of counts: Poisson, and negative binomial in the mean–size form.
//!
//! The negative binomial has Var = μ + μ²/size; as size grows it becomes the Poisson, which is the
//! same type with size = ∞. Tails are summed from the tail's own end, so that P(X ≥ k) keeps its
//! relative accuracy down to the smallest positive double and is never computed as 1 − something near 1.
//! Checked against values computed with exact rational arithmetic. Work grows with the standard
//! deviation: meant for means up to about 10⁶.

use statrs::function::gamma::ln_gamma;

use super::{normal, random::Random};

/// A negative binomial of this size differs from the Poisson by less than double precision can tell
/// at the counts met here.
const AS_GOOD_AS_POISSON: f64 = 1e10;

/// Poisson or negative binomial. Mean is finite and ≥ 0; size is > 0, ∞ for the Poisson.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountDistribution {
    mean: f64,
    size: f64,
}

impl CountDistribution {
    /// Mean below 0 or not a number counts as 0.
    pub fn poisson(mean: f64) -> Self {
        Self { mean: if mean > 0.0 && mean.is_finite() { mean } else { 0.0 }, size: f64::INFINITY }
    }

    /// Var = mean + mean²/size. A size that is not positive cannot be meant and counts as ∞ (Poisson).
    pub fn negative_binomial(mean: f64, size: f64) -> Self {
        let size = if size > 0.0 && size < AS_GOOD_AS_POISSON { size } else { f64::INFINITY };
        Self { size, ..Self::poisson(mean) }
    }

    /// The negative binomial with variance `dispersion × mean` at this mean; Poisson for dispersion ≤ 1.
    pub fn with_dispersion(mean: f64, dispersion: f64) -> Self {
        if dispersion > 1.0 { Self::negative_binomial(mean, mean / (dispersion - 1.0)) } else { Self::poisson(mean) }
    }

    pub fn mean(self) -> f64 {
        self.mean
    }

    /// ∞ for the Poisson.
    pub fn size(self) -> f64 {
        self.size
    }

    pub fn variance(self) -> f64 {
        self.mean + self.mean * self.mean / self.size
    }

    /// Natural logarithm of P(X = k); −∞ where that is 0.
    pub fn ln_pmf(self, k: u64) -> f64 {
        let n = k as f64;
        if self.mean == 0.0 {
            return if k == 0 { 0.0 } else { f64::NEG_INFINITY };
        }
        let (m, r) = (self.mean, self.size);
        if r.is_infinite() {
            return n * m.ln() - m - ln_gamma(n + 1.0);
        }
        // Γ(k+r) / (Γ(r) r^k) as a product for small k: the difference of two log-gammas of a large r
        // would lose its digits.
        let rising = if k <= 64 {
            (0..k).map(|j| (j as f64 / r).ln_1p()).sum()
        } else {
            ln_gamma(n + r) - ln_gamma(r) - n * r.ln()
        };
        rising - ln_gamma(n + 1.0) + n * (m / (1.0 + m / r)).ln() - r * (m / r).ln_1p()
    }

    /// P(k + 1) / P(k): what sums over many counts go on by.
    pub fn pmf_ratio(self, k: u64) -> f64 {
        let n = k as f64;
        if self.size.is_infinite() {
            self.mean / (n + 1.0)
        } else {
            (n + self.size) / (n + 1.0) * (self.mean / (self.mean + self.size))
        }
    }

    pub fn pmf(self, k: u64) -> f64 {
        self.ln_pmf(k).exp()
    }

    /// P(X ≤ k).
    pub fn cdf(self, k: u64) -> f64 {
        if (k as f64) < self.mean { self.lower_sum(k) } else { (1.0 - self.upper_sum(k + 1)).max(0.0) }
    }

    /// P(X ≥ k): the p-value of seeing k or more.
    pub fn tail(self, k: u64) -> f64 {
        if k == 0 {
            1.0
        } else if (k as f64) > self.mean {
            self.upper_sum(k)
        } else {
            (1.0 - self.lower_sum(k - 1)).max(0.0)
        }
    }

    /// P(X > k).
    pub fn survival(self, k: u64) -> f64 {
        self.tail(k.saturating_add(1))
    }

    /// The smallest k with P(X ≤ k) ≥ p, for p in 0..1 (clamped to 1 − 1e-15).
    pub fn quantile(self, p: f64) -> u64 {
        self.quantile_from(p, normal::quantile(p.min(1.0 - 1e-15)))
    }

    /// The same where the normal quantile `z` of `p` is at hand, which says where to begin to look.
    pub fn quantile_from(self, p: f64, z: f64) -> u64 {
        if self.mean == 0.0 || p.is_nan() || p <= 0.0 {
            return 0;
        }
        let p = p.min(1.0 - 1e-15);
        let guess = self.mean + z * self.variance().sqrt();
        let mut k = guess.max(0.0) as u64;
        let mut cdf = self.cdf(k);
        let mut pmf = self.pmf(k);
        // In the middle the cumulative sum is stepped along; each step costs one multiplication.
        while cdf < p {
            let next = pmf * self.ratio(k);
            if next <= 0.0 || cdf + next <= cdf {
                break;
            }
            k += 1;
            pmf = next;
            cdf += pmf;
        }
        while k > 0 && cdf - pmf >= p {
            cdf -= pmf;
            pmf /= self.ratio(k - 1);
            k -= 1;
        }
        k
    }

    /// The central range that holds at least `level` (for example 0.95): the quantiles at
    /// (1 − level)/2 and (1 + level)/2.
    pub fn central_range(self, level: f64) -> (u64, u64) {
        let outside = (1.0 - level) / 2.0;
        (self.quantile(outside), self.quantile(1.0 - outside))
    }

    /// One draw, by inversion of one uniform number (so that a seed gives the same count for ever).
    pub fn sample(self, random: &mut Random) -> u64 {
        self.quantile(random.open_unit())
    }

    /// P(X = k + 1) / P(X = k).
    fn ratio(self, k: u64) -> f64 {
        let n = k as f64;
        if self.size.is_infinite() {
            self.mean / (n + 1.0)
        } else {
            (n + self.size) / (n + 1.0) * (self.mean / (self.mean + self.size))
        }
    }

    /// P(X ≥ k) for k above the mean: terms fall from the first on.
    fn upper_sum(self, k: u64) -> f64 {
        let first = self.pmf(k);
        if first <= 0.0 {
            return 0.0;
        }
        let (mut term, mut sum, mut j) = (1.0, 1.0, k);
        loop {
            let ratio = self.ratio(j);
            term *= ratio;
            sum += term;
            j += 1;
            // What is left is below term × ratio/(1 − ratio) once the ratio is below one.
            if ratio < 1.0 && term * ratio < (1.0 - ratio) * sum * 1e-17 {
                return (first * sum).min(1.0);
            }
        }
    }

    /// P(X ≤ k) for k below the mean, from k downwards.
    fn lower_sum(self, k: u64) -> f64 {
        let first = self.pmf(k);
        let (mut term, mut sum) = (1.0, 1.0);
        for j in (0..k).rev() {
            let ratio = self.ratio(j);
            term /= ratio;
            sum += term;
            if ratio > 1.0 && term < sum * 1e-18 * (ratio - 1.0) {
                break;
            }
        }
        (first * sum).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-11 * want.abs(), "{got:e} is not {want:e}");
    }

    #[test]
    fn poisson_probabilities_are_the_exact_ones() {
        // Summed with 60-digit decimals.
        let d = CountDistribution::poisson(3.0);
        close(d.pmf(0), 0.049787068367863944);
        close(d.cdf(5), 1.0 - 8.391_794_203_130_345e-2);
        close(d.tail(6), 8.391_794_203_130_345e-2);
        close(d.tail(30), 4.277_047_721_426_897e-20);
        close(CountDistribution::poisson(0.02).tail(5), 2.622_600_962_222_047_5e-11);
        close(CountDistribution::poisson(1000.0).tail(1300), 6.887_086_665_430_166e-20);
    }

    #[test]
    fn negative_binomial_probabilities_are_the_exact_ones() {
        let d = CountDistribution::negative_binomial(2.0, 0.5);
        close(d.pmf(3), 7.155_417_527_999_328e-2);
        close(d.tail(5), 1.449_276_054_040_804_2e-1);
        close(d.tail(60), 2.415_944_498_406_709_6e-7);
        close(CountDistribution::negative_binomial(120.0, 8.0).tail(400), 1.063_567_240_442_580_3e-5);
        close(CountDistribution::negative_binomial(4.0, 1e8).tail(20), 1.020_053_452_217_025_2e-8);
    }

    #[test]
    fn both_sides_of_every_cut_add_up_to_one() {
        for d in [
            CountDistribution::poisson(0.3),
            CountDistribution::poisson(47.5),
            CountDistribution::negative_binomial(3.0, 0.2),
            CountDistribution::negative_binomial(120.0, 8.0),
            CountDistribution::negative_binomial(4.0, 1e9),
        ] {
            let mut sum = 0.0;
            for k in 0..400 {
                sum += d.pmf(k);
                assert!((d.cdf(k) - sum).abs() < 1e-11, "{d:?} at {k}");
                assert!((d.cdf(k) + d.survival(k) - 1.0).abs() < 1e-12, "{d:?} at {k}");
            }
        }
    }

    #[test]
    fn a_quantile_is_the_first_count_that_reaches_its_probability() {
        for d in [
            CountDistribution::poisson(0.05),
            CountDistribution::poisson(9.0),
            CountDistribution::poisson(2500.0),
            CountDistribution::negative_binomial(1.0, 0.1),
            CountDistribution::negative_binomial(60.0, 2.5),
        ] {
            for p in [1e-6, 0.025, 0.3, 0.5, 0.9, 0.975, 0.999, 1.0 - 1e-9] {
                let k = d.quantile(p);
                assert!(d.cdf(k) >= p - 1e-13, "{d:?} {p} {k}");
                assert!(k == 0 || d.cdf(k - 1) < p + 1e-13, "{d:?} {p} {k}");
            }
        }
    }

    #[test]
    fn a_mean_of_zero_is_always_zero() {
        let d = CountDistribution::poisson(-1.0);
        assert_eq!((d.quantile(0.999), d.cdf(0), d.tail(1)), (0, 1.0, 0.0));
    }

    #[test]
    fn dispersion_gives_the_variance_it_promises() {
        let d = CountDistribution::with_dispersion(4.0, 2.5);
        assert!((d.variance() - 10.0).abs() < 1e-12);
        assert_eq!(CountDistribution::with_dispersion(4.0, 0.7), CountDistribution::poisson(4.0));
    }

    #[test]
    fn draws_have_the_mean_and_variance_of_the_distribution() {
        let d = CountDistribution::negative_binomial(5.0, 2.0);
        let mut random = Random::seeded(11);
        let draws: Vec<f64> = (0..20_000).map(|_| d.sample(&mut random) as f64).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let var = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        // Four standard errors: 4·√(17.5/20,000) for the mean, about 4·√(2·17.5²·3/20,000) for the variance.
        assert!((mean - 5.0).abs() < 0.12, "{mean}");
        assert!((var - 17.5).abs() < 1.3, "{var}");
    }
}
