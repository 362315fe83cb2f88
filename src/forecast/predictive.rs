//! From an expected count to a predictive distribution: how far does truth scatter about a model's means?
//!
//! The predictive distribution is negative binomial with mean M and size r,
//!
//! > 1/r = 1/(α₀ + α₁ M) + 1/n,
//!
//! where n is the number of events the mean rests on (the gamma posterior of a rate from n events has shape n)
//! and α₀, α₁ are learned per model, level and window from the model's *own past forecasts* and what came of
//! them: α₁ = 0 gives the usual quadratic variance, α₀ = 0 one proportional to the mean. They are posterior
//! modes under log-normal priors about α₀ = 1.5 and α₁ = 0.3, wide values: with nothing to learn from, the
//! intervals are wide. Windows of one day, of areas and the whole, scatter much alike however far ahead they are; each is
//! learned under a narrower prior about what all of them show together, for alone each has a count per issue day, and its
//! ranges stayed too wide for years. Limits: one (α₀, α₁) for all places of a level.

use std::collections::BTreeMap;

use super::model::Expectation;
use crate::stats::CountDistribution;

/// Logarithms of the first prior's centre, and its standard deviation; that of a window about what all windows of its kind
/// have shown together.
const PRIOR: [f64; 2] = [0.405, -1.204];
const PRIOR_SD: f64 = 1.5;
const WITHIN_SD: f64 = 0.5;
/// Newest counts above zero that are kept.
const KEPT: usize = 8000;

/// α₀ and α₁.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dispersion {
    pub base: f64,
    pub per_mean: f64,
}

impl Default for Dispersion {
    fn default() -> Self {
        Self::from_log(PRIOR)
    }
}

impl Dispersion {
    pub fn predict(self, e: Expectation) -> CountDistribution {
        CountDistribution::negative_binomial(e.mean, self.size(e))
    }

    fn size(self, e: Expectation) -> f64 {
        1.0 / (1.0 / (self.base + self.per_mean * e.mean) + 1.0 / e.evidence)
    }

    fn from_log(x: [f64; 2]) -> Self {
        Self { base: x[0].exp(), per_mean: x[1].exp() }
    }

    fn log(self) -> [f64; 2] {
        [self.base.ln(), self.per_mean.ln()]
    }
}

/// Past expectations of one model, level and window, with what came of them.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    /// Zeros by the logarithm of their mean, in steps of a tenth: number, sum of means, sum of evidence.
    zeros: BTreeMap<i32, (f64, f64, f64)>,
    counts: Vec<(Expectation, u32)>,
    learned: Dispersion,
    added: usize,
    added_when_learned: usize,
}

impl Calibration {
    pub fn add(&mut self, expected: &[Expectation], came: &[u32]) {
        for (e, &y) in expected.iter().zip(came) {
            if y == 0 {
                let bin = self.zeros.entry((e.mean.max(1e-12).ln() * 10.0).floor() as i32).or_default();
                bin.0 += 1.0;
                bin.1 += e.mean;
                bin.2 += e.evidence;
            } else {
                self.counts.push((*e, y));
            }
        }
        self.added += 1;
        let over = self.counts.len().saturating_sub(KEPT);
        self.counts.drain(..over);
    }

    /// How many past forecasts stand behind the dispersion.
    pub fn forecasts(&self) -> usize {
        self.added
    }

    /// The dispersion learned so far; learned anew when the record has grown by an eighth. `alike` is what windows of the
    /// same kind have shown together.
    pub fn dispersion(&mut self, alike: Option<Dispersion>) -> Dispersion {
        if self.added * 8 > self.added_when_learned * 9 {
            self.learned = self.learn(alike.map_or((PRIOR, PRIOR_SD), |d| (d.log(), WITHIN_SD)));
            self.added_when_learned = self.added;
        }
        self.learned
    }

    /// Pattern search from the last estimate: the surface is smooth with one valley, and two digits are plenty.
    fn learn(&self, prior: ([f64; 2], f64)) -> Dispersion {
        let mut at = self.learned.log();
        let mut here = self.loss(at, prior);
        let mut step = 1.0;
        while step > 0.05 {
            let better = [[step, 0.0], [-step, 0.0], [0.0, step], [0.0, -step]]
                .map(|d| [(at[0] + d[0]).clamp(-4.0, 10.0), (at[1] + d[1]).clamp(-4.0, 10.0)])
                .map(|x| (self.loss(x, prior), x))
                .into_iter()
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(loss, _)| *loss < here - 1e-9);
            match better {
                Some((loss, x)) => (here, at) = (loss, x),
                None => step /= 2.0,
            }
        }
        Dispersion::from_log(at)
    }

    /// Minus the log posterior.
    fn loss(&self, x: [f64; 2], (centre, sd): ([f64; 2], f64)) -> f64 {
        let d = Dispersion::from_log(x);
        let prior: f64 = x.iter().zip(centre).map(|(a, b)| 0.5 * ((a - b) / sd).powi(2)).sum();
        let zeros: f64 = self
            .zeros
            .values()
            .map(|&(n, mean, evidence)| {
                let e = Expectation { mean: mean / n, evidence: evidence / n };
                let r = d.size(e);
                n * r * (e.mean / r).ln_1p()
            })
            .sum();
        prior + zeros - self.counts.iter().map(|(e, y)| d.predict(*e).ln_pmf(u64::from(*y))).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Random;

    const SURE: f64 = 1e9;

    #[test]
    fn the_scatter_of_past_forecasts_is_recovered() {
        let mut random = Random::seeded(2);
        let mut calibration = Calibration::default();
        for i in 0..600 {
            let mean = 5.0 + f64::from(i % 40);
            let y = CountDistribution::negative_binomial(mean, 4.0).sample(&mut random) as u32;
            calibration.add(&[Expectation { mean, evidence: SURE }], &[y]);
        }
        let e = Expectation { mean: 25.0, evidence: SURE };
        let size = calibration.dispersion(None).predict(e).size();
        assert!((3.2..5.0).contains(&size), "{size}");
    }

    #[test]
    fn with_nothing_to_learn_from_the_range_is_wide() {
        let d = Calibration::default().dispersion(None).predict(Expectation { mean: 10.0, evidence: 40.0 });
        assert!(d.variance() > 25.0, "{}", d.variance());
    }

    #[test]
    fn few_events_behind_a_mean_widen_its_range() {
        let d = Dispersion { base: 1e4, per_mean: 0.0 };
        let [few, many] = [5.0, 5e6].map(|evidence| d.predict(Expectation { mean: 10.0, evidence }).variance());
        assert!(few > 29.0 && many < 10.5, "{few} {many}");
    }
}
