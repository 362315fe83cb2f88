//! Finite mixtures of count distributions: the linear pool of several forecasters' predictive distributions
//! (Stone 1961; Hall & Mitchell 2007).
//!
//! P(Y = y) = Σ wₖ Pₖ(Y = y). Probabilities are tabulated once, from where all components have left nothing below to
//! where they leave less than 1e-11 above; quantiles, ranges and the CRPS are read from the table, and a count beyond
//! it is answered by the components themselves. Work grows with the largest standard deviation.

use super::CountDistribution;

/// What may be left out above the table.
const LEFT_OUT: f64 = 1e-11;
/// A stated range may hold this much less than its nominal share where whole numbers allow nothing nearer.
const SHORTFALL: f64 = 0.05;

/// A mixture with its table of cumulative probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct CountMixture {
    parts: Vec<(f64, CountDistribution)>,
    /// First count of the table.
    first: u64,
    /// P(Y ≤ first + i).
    cdf: Vec<f64>,
}

impl CountMixture {
    /// From (weight, distribution). Weights are scaled to add up to 1; those that are not positive count as 0. Without
    /// any positive weight all of the probability is at 0.
    pub fn new(parts: impl IntoIterator<Item = (f64, CountDistribution)>) -> Self {
        let mut parts: Vec<_> = parts.into_iter().filter(|(w, _)| *w > 0.0).collect();
        let sum: f64 = parts.iter().map(|(w, _)| w).sum();
        parts.iter_mut().for_each(|(w, _)| *w /= sum);
        if parts.is_empty() {
            parts.push((1.0, CountDistribution::poisson(0.0)));
        }
        let (first, cdf) = table(&parts);
        Self { parts, first, cdf }
    }

    pub fn mean(&self) -> f64 {
        self.parts.iter().map(|(w, d)| w * d.mean()).sum()
    }

    /// Of the components and between their means.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.parts.iter().map(|(w, d)| w * (d.variance() + (d.mean() - mean).powi(2))).sum()
    }

    /// Natural logarithm of P(Y = k), good far into the tails.
    pub fn ln_pmf(&self, k: u64) -> f64 {
        let logs: Vec<f64> = self.parts.iter().map(|(w, d)| w.ln() + d.ln_pmf(k)).collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if top == f64::NEG_INFINITY { top } else { top + logs.iter().map(|l| (l - top).exp()).sum::<f64>().ln() }
    }

    pub fn pmf(&self, k: u64) -> f64 {
        self.parts.iter().map(|(w, d)| w * d.pmf(k)).sum()
    }

    /// P(Y ≤ k).
    pub fn cdf(&self, k: u64) -> f64 {
        match k.checked_sub(self.first) {
            None => 0.0,
            Some(i) => self.cdf.get(i as usize).copied().unwrap_or(1.0),
        }
    }

    /// P(Y < k).
    pub fn below(&self, k: u64) -> f64 {
        k.checked_sub(1).map_or(0.0, |k| self.cdf(k))
    }

    /// P(Y ≥ k), to full relative accuracy in the tail.
    pub fn tail(&self, k: u64) -> f64 {
        self.parts.iter().map(|(w, d)| w * d.tail(k)).sum()
    }

    /// The smallest k with P(Y ≤ k) ≥ p.
    pub fn quantile(&self, p: f64) -> u64 {
        // Sums of doubles end within 1e-13 of what they should be.
        let i = self.cdf.partition_point(|c| *c < p - 1e-13).min(self.cdf.len() - 1);
        self.first + i as u64
    }

    pub fn quantiles<const N: usize>(&self, levels: &[f64; N]) -> [u32; N] {
        levels.map(|p| u32::try_from(self.quantile(p)).unwrap_or(u32::MAX))
    }

    /// Central ranges that hold as nearly as whole numbers allow what they are to hold, narrowest first, each within
    /// the next. Quantiles would hold at least their share: with counts of five a day, 86 % instead of 80.
    pub fn ranges<const N: usize>(&self, shares: &[f64; N]) -> [[u32; 2]; N] {
        let middle = self.quantile(0.5);
        let mut inner = [middle; 2];
        shares.map(|share| {
            inner = self.range(share, inner);
            inner.map(|k| u32::try_from(k).unwrap_or(u32::MAX))
        })
    }

    /// The best range around an inner one: of those whose ends lie within one of the quantiles, the one whose
    /// probability is nearest to its share, an unevenness of the tails counting for a tenth.
    fn range(&self, share: f64, inner: [u64; 2]) -> [u64; 2] {
        let outside = (1.0 - share) / 2.0;
        let (low, high) = (self.quantile(outside), self.quantile(1.0 - outside));
        let mut best = ([low.min(inner[0]), high.max(inner[1])], f64::INFINITY);
        for a in low.saturating_sub(1)..=low + 1 {
            for b in high.saturating_sub(1)..=high + 1 {
                if a > inner[0] || b < inner[1] {
                    continue;
                }
                let (under, over) = (self.below(a), 1.0 - self.cdf(b));
                let off = 1.0 - under - over - share;
                let cost = off.abs() + 0.1 * (under - over).abs();
                if off >= -SHORTFALL && cost < best.1 - 1e-12 {
                    best = ([a, b], cost);
                }
            }
        }
        best.0
    }

    /// The CRPS of a count: Σₖ (F(k) − 1{y ≤ k})².
    pub fn crps(&self, y: u64) -> f64 {
        let mut sum = self.first.saturating_sub(y) as f64;
        for (k, c) in (self.first..).zip(&self.cdf) {
            let off = c - if y <= k { 1.0 } else { 0.0 };
            sum += off * off;
        }
        sum + y.saturating_sub(self.first + self.cdf.len() as u64) as f64
    }

    /// How much of the probability at `y` lies in the central share of the distribution, were a count spread evenly
    /// over its own step of the distribution function (the randomised PIT). Its mean over many truths is the share
    /// itself when forecasts are calibrated, however coarse the counts.
    pub fn central_part(&self, share: f64, y: u64) -> f64 {
        let (from, to) = (self.below(y), self.cdf(y));
        let (low, high) = ((1.0 - share) / 2.0, (1.0 + share) / 2.0);
        if to - from < 1e-12 {
            return if (low..=high).contains(&to) { 1.0 } else { 0.0 };
        }
        (to.min(high) - from.max(low)).max(0.0) / (to - from)
    }
}

/// First count and cumulative probabilities.
fn table(parts: &[(f64, CountDistribution)]) -> (u64, Vec<f64>) {
    // A negative binomial has less below its mean than a normal distribution of the same variance.
    let lowest = |d: &CountDistribution| {
        if d.ln_pmf(0) > -600.0 { 0.0 } else { (d.mean() - 12.0 * d.variance().sqrt()).max(0.0) }
    };
    let first = parts.iter().map(|(_, d)| lowest(d)).fold(f64::INFINITY, f64::min) as u64;
    let highest = |d: &CountDistribution| d.mean() + 80.0 * d.variance().sqrt() + 60.0;
    let last = parts.iter().map(|(_, d)| highest(d)).fold(0.0, f64::max) as u64;
    let middle = parts.iter().map(|(_, d)| d.mean()).fold(0.0, f64::max);
    let mut now: Vec<f64> = parts.iter().map(|(w, d)| w * (d.cdf(first) - d.pmf(first))).collect();
    let mut sum: f64 = now.iter().sum();
    now = parts.iter().map(|(w, d)| w * d.pmf(first)).collect();
    let mut cdf = Vec::with_capacity(8);
    for k in first..=last {
        let step: f64 = now.iter().sum();
        sum = (sum + step).min(1.0);
        cdf.push(sum);
        if k as f64 >= middle && 1.0 - sum < LEFT_OUT {
            break;
        }
        for (p, (w, d)) in now.iter_mut().zip(parts) {
            // A component that began below the smallest double is picked up where it begins to count.
            *p = if *p > 1e-290 { *p * d.pmf_ratio(k) } else { w * d.pmf(k + 1) };
        }
    }
    (first, cdf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::scores;

    const NB: fn(f64, f64) -> CountDistribution = CountDistribution::negative_binomial;

    #[test]
    fn a_mixture_of_one_is_that_one() {
        for d in [NB(0.01, 0.3), NB(4.0, 0.2), NB(30.0, 5.0), CountDistribution::poisson(1500.0), NB(1e5, 3.0)] {
            let m = CountMixture::new([(2.0, d)]);
            let y = d.mean() as u64 + 1;
            assert!((m.crps(y) - scores::crps(d, y)).abs() < 1e-8 * (1.0 + d.mean()), "{d:?}");
            for p in [0.025, 0.5, 0.9, 0.999] {
                assert_eq!(m.quantile(p), d.quantile(p), "{d:?} {p}");
            }
            assert!((m.ln_pmf(y) - d.ln_pmf(y)).abs() < 1e-12 && (m.cdf(y) - d.cdf(y)).abs() < 1e-9);
        }
    }

    #[test]
    fn two_far_apart_components_keep_both_of_their_middles() {
        let m =
            CountMixture::new([(0.25, CountDistribution::poisson(3.0)), (0.75, CountDistribution::poisson(2000.0))]);
        assert!((m.cdf(500) - 0.25).abs() < 1e-12);
        assert!((m.mean() - 1500.75).abs() < 1e-9 && m.variance() > 700_000.0);
        assert!((m.quantile(0.6) as f64 - 1996.0).abs() < 40.0);
        assert!(m.tail(1800) > 0.7499 && m.ln_pmf(90_000) < -1e4);
    }

    #[test]
    fn ranges_hold_as_nearly_what_they_should_as_whole_numbers_allow() {
        let shares = [0.5, 0.8, 0.9, 0.95];
        for mean in [4.6, 8.0, 20.0, 300.0] {
            let m = CountMixture::new([(1.0, NB(mean, 12.0))]);
            let ranges = m.ranges(&shares);
            for (i, [a, b]) in ranges.into_iter().enumerate() {
                let held = m.cdf(u64::from(b)) - m.below(u64::from(a));
                assert!((held - shares[i]).abs() < 0.06, "{mean}: {a} to {b} holds {held} for {}", shares[i]);
                assert!(i == 0 || (a <= ranges[i - 1][0] && b >= ranges[i - 1][1]));
            }
        }
        // Where 93 % is at 0 there is no range that holds half.
        assert_eq!(CountMixture::new([(1.0, CountDistribution::poisson(0.07))]).ranges(&shares)[0], [0, 0]);
    }

    #[test]
    fn the_central_part_is_on_average_the_share_itself() {
        for d in [NB(0.05, 0.5), NB(1.3, 2.0), CountDistribution::poisson(17.0)] {
            let m = CountMixture::new([(1.0, d)]);
            for share in [0.5, 0.8, 0.95] {
                let mean: f64 = (0..400).map(|y| m.pmf(y) * m.central_part(share, y)).sum();
                assert!((mean - share).abs() < 1e-9, "{d:?} {share} {mean}");
            }
        }
    }

    #[test]
    fn no_weight_at_all_is_a_certain_zero() {
        let m = CountMixture::new([(0.0, NB(3.0, 1.0))]);
        assert_eq!((m.mean(), m.cdf(0), m.quantile(0.99)), (0.0, 1.0, 0));
    }
}
