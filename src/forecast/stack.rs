//! Weights of the stack: how far each model is to be believed, by its past.
//!
//! The stack's predictive distribution is the linear pool Σ wₖ pₖ of the models' own (Stone 1961; Hall & Mitchell 2007,
//! *International Journal of Forecasting* 23:1; "stacking of predictive distributions", Yao et al. 2018, *Bayesian
//! Analysis* 13:917). The weights of each level and window are those under which past counts would have been likeliest,
//!
//! > max Σ_i log Σₖ wₖ pₖ(y_i) + Σₖ cₖ log wₖ,
//!
//! found by expectation–maximisation. pₖ(y_i) is what model k gave to the count when it forecast it, with the scatter it
//! had learned by then; forecasts are taken up when their window is over and settled, so nothing of the future enters.
//! The Dirichlet prior c stands for sixteen forecasts under which `history` has a third of the weight and the others
//! share the rest: with few past days the pool is near that mixture, with many it is led by what was best. Zeros,
//! which are nearly all counts of cells, are kept in sums by the logarithm of `history`'s mean.
//!
//! An area where `history` has been clearly better than the pool over at least twelve issue days gets `history` alone
//! ([`AreaRecord`]).
//!
//! Limits: weights are common to all places of a level; they do not fade.

use std::collections::BTreeMap;

/// Prior counts in all, and the part of `history`, which comes first.
const PRIOR: f64 = 16.0;
const PRIOR_HISTORY: f64 = 1.0 / 3.0;
/// Newest counts above zero that are kept.
const KEPT: usize = 4000;
const ROUNDS: usize = 60;
/// Issue days, and standard errors, that it takes to drop the pool in an area.
const LEAST_ORIGINS: f64 = 12.0;
const CLEARLY: f64 = 2.0;

/// Past log probabilities of all models at one level and window.
#[derive(Debug, Clone)]
pub struct Pool {
    models: usize,
    /// Zeros by the logarithm of `history`'s mean in steps of a tenth: number, and sums of log probabilities.
    zeros: BTreeMap<i32, (f64, Vec<f64>)>,
    /// Log probabilities of counts above zero, model by model.
    counts: Vec<f32>,
    weights: Vec<f64>,
    added: usize,
    added_when_learned: usize,
}

impl Pool {
    pub fn new(models: usize) -> Self {
        Self {
            models,
            zeros: BTreeMap::new(),
            counts: Vec::new(),
            weights: prior(models).iter().map(|p| p / PRIOR).collect(),
            added: 0,
            added_when_learned: 0,
        }
    }

    /// A count that came, with what `history` expected and the log probability each model had given it.
    pub fn add(&mut self, history_mean: f64, came: u32, log_probabilities: &[f64]) {
        if came == 0 {
            let bin = (history_mean.max(1e-12).ln() * 10.0).floor() as i32;
            let entry = self.zeros.entry(bin).or_insert_with(|| (0.0, vec![0.0; self.models]));
            entry.0 += 1.0;
            entry.1.iter_mut().zip(log_probabilities).for_each(|(s, l)| *s += l);
        } else {
            self.counts.extend(log_probabilities.iter().map(|l| l.max(-600.0) as f32));
        }
    }

    /// To be called when all places of an issue day were added.
    pub fn end_of_origin(&mut self) {
        self.added += 1;
        let over = self.counts.len().saturating_sub(KEPT * self.models);
        self.counts.drain(..over);
    }

    /// The weights learned so far, adding up to 1; learned anew when the record has grown by an eighth.
    pub fn weights(&mut self) -> &[f64] {
        if self.added * 8 > self.added_when_learned * 9 {
            self.weights = self.learn();
            self.added_when_learned = self.added;
        }
        &self.weights
    }

    fn learn(&self) -> Vec<f64> {
        // Probabilities of one count matter only against one another: scaled, so that none underflows.
        let scaled = |logs: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
            let logs: Vec<f64> = logs.collect();
            let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            logs.iter().map(|l| (l - top).exp()).collect()
        };
        let zeros = self.zeros.values().map(|(n, sums)| (*n, scaled(&mut sums.iter().map(|s| s / n))));
        let counts = self.counts.chunks_exact(self.models);
        let points: Vec<(f64, Vec<f64>)> =
            zeros.chain(counts.map(|c| (1.0, scaled(&mut c.iter().map(|l| f64::from(*l)))))).collect();
        let prior = prior(self.models);
        let total = PRIOR + points.iter().map(|p| p.0).sum::<f64>();
        let mut w: Vec<f64> = prior.iter().map(|p| p / PRIOR).collect();
        for _ in 0..ROUNDS {
            let mut next = prior.clone();
            for (n, p) in &points {
                let all: f64 = w.iter().zip(p).map(|(w, p)| w * p).sum();
                let each = n / all.max(1e-300);
                next.iter_mut().zip(&w).zip(p).for_each(|((x, w), p)| *x += each * w * p);
            }
            w = next.iter().map(|x| x / total).collect();
        }
        w
    }
}

/// Prior counts; `history` first.
fn prior(models: usize) -> Vec<f64> {
    let others = models.saturating_sub(1).max(1) as f64;
    let first = if models < 2 { 1.0 } else { PRIOR_HISTORY };
    (0..models).map(|k| PRIOR * if k == 0 { first } else { (1.0 - first) / others }).collect()
}

/// How the pool did in one area against `history`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct AreaRecord {
    origins: f64,
    /// Log score of `history` minus that of the pool, summed over issue days, and its square.
    gain: f64,
    squares: f64,
}

impl AreaRecord {
    /// What one issue day's forecasts gained in the area, over all windows together.
    pub fn add(&mut self, gain: f64) {
        self.origins += 1.0;
        self.gain += gain;
        self.squares += gain * gain;
    }

    /// Has `history` been clearly better here?
    pub fn is_beaten(self) -> bool {
        if self.origins < LEAST_ORIGINS {
            return false;
        }
        let mean = self.gain / self.origins;
        let variance = (self.squares / self.origins - mean * mean).max(0.0) / (self.origins - 1.0);
        mean < -CLEARLY * variance.sqrt() && mean < 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{CountDistribution, Random};

    /// Weights after `n` counts of a Poisson truth of mean 3, forecast with the means given.
    fn weights(means: &[f64], n: usize) -> Vec<f64> {
        let mut random = Random::seeded(5);
        let mut pool = Pool::new(means.len());
        for _ in 0..n {
            let y = CountDistribution::poisson(3.0).sample(&mut random);
            let logs: Vec<f64> = means.iter().map(|&m| CountDistribution::poisson(m).ln_pmf(y)).collect();
            pool.add(means[0], y as u32, &logs);
            pool.end_of_origin();
        }
        pool.weights().to_vec()
    }

    #[test]
    fn the_model_that_was_right_gets_the_weight() {
        let w = weights(&[8.0, 3.0, 0.5], 800);
        assert!(w[1] > 0.9 && (w.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{w:?}");
    }

    #[test]
    fn without_a_past_history_leads_and_all_others_are_alike() {
        let w = weights(&[8.0, 3.0, 0.5], 0);
        assert!((w[0] - 1.0 / 3.0).abs() < 1e-12 && w[1] == w[2], "{w:?}");
        assert_eq!(weights(&[8.0], 5), [1.0]);
    }

    #[test]
    fn models_that_say_the_same_share_what_they_earn_as_at_the_start() {
        let w = weights(&[3.0, 3.0, 3.0], 300);
        assert!((w[0] - 1.0 / 3.0).abs() < 1e-9 && (w[1] - w[2]).abs() < 1e-9, "{w:?}");
    }

    #[test]
    fn an_area_is_given_back_to_history_only_when_that_was_clearly_better_for_long() {
        let record = |n: usize, gain: f64| {
            let mut r = AreaRecord::default();
            (0..n).for_each(|i| r.add(gain + if i % 2 == 0 { 0.1 } else { -0.1 }));
            r.is_beaten()
        };
        assert!(record(30, -0.2) && !record(6, -0.2) && !record(30, -0.01) && !record(30, 0.3));
    }
}
