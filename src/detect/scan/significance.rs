//! From the replicates' maxima to p-values.

use super::{
    cluster::SAME,
    options::{PValueMethod, Rates, ScanOptions, Ties},
};
use crate::stats::{
    Random,
    summary::{mean, sd},
};

/// Streams 1, 2, … of a seed are the replicates'; ties are broken from one that no replicate has.
const TIES_STREAM: u64 = u64::MAX;

/// The distribution of the greatest statistic when there are no clusters.
pub struct NullMaxima<'a> {
    maxima: &'a [f64],
    method: PValueMethod,
    asked_for: usize,
    /// Mode and scale.
    gumbel: Option<(f64, f64)>,
    /// Where the data stand among the replicates that tie with them: 1 behind all of them, towards 0 before them.
    among_ties: f64,
}

impl<'a> NullMaxima<'a> {
    /// `maxima`: as many as were asked for, or fewer where a sequential run stopped.
    pub fn new(maxima: &'a [f64], options: &ScanOptions) -> Self {
        let spread = sd(maxima);
        let usable = options.rates == Rates::High && spread > 0.0;
        let gumbel = usable.then(|| {
            let scale = spread * 6f64.sqrt() / std::f64::consts::PI;
            (mean(maxima) - 0.577_215_664_901_532_9 * scale, scale)
        });
        let among_ties = match options.ties {
            Ties::Conservative => 1.0,
            Ties::Random => Random::stream(options.seed, TIES_STREAM).unit(),
        };
        Self { maxima, method: options.p_value, asked_for: options.replications as usize, gumbel, among_ties }
    }

    /// By the method that was asked for.
    pub fn p_value(&self, llr: f64) -> f64 {
        match self.gumbel {
            Some((mode, scale)) if self.method != PValueMethod::Standard && self.reached(llr) + 1 < 10 => {
                // 1 − exp(−e^−x) without losing a small tail; never below the smallest that is meaningful.
                (-(-(-(llr - mode) / scale).exp()).exp_m1()).max(1e-17)
            }
            _ => self.by_rank(llr),
        }
    }

    /// The rank of the data among the replicates.
    pub fn by_rank(&self, llr: f64) -> f64 {
        let replicates = self.maxima.len();
        if replicates < self.asked_for {
            // A run that was stopped by its last replicate counts that one as its own rank (Besag & Clifford).
            return self.reached(llr) as f64 / replicates as f64;
        }
        let beaten_by = self.maxima.iter().filter(|&&m| m > llr + SAME).count();
        let ties = self.reached(llr).saturating_sub(beaten_by);
        let before = if self.among_ties < 1.0 { (self.among_ties * (ties + 1) as f64) as usize } else { ties };
        (beaten_by + before + 1) as f64 / (replicates + 1) as f64
    }

    fn reached(&self, llr: f64) -> usize {
        self.maxima.iter().filter(|&&m| m >= llr - SAME).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_against_the_data_unless_they_are_broken_at_random() {
        // Nineteen replicates: four above, five equal, ten below.
        let maxima: Vec<f64> = (0..19)
            .map(|i| {
                if i < 4 {
                    3.0
                } else if i < 9 {
                    2.0
                } else {
                    1.0
                }
            })
            .collect();
        let p = |ties, seed| {
            NullMaxima::new(&maxima, &ScanOptions { ties, seed, replications: 19, ..ScanOptions::default() })
                .by_rank(2.0)
        };
        assert_eq!(p(Ties::Conservative, 1), 0.5);
        let mut ranks: Vec<u32> = (0..400).map(|seed| (p(Ties::Random, seed) * 20.0).round() as u32).collect();
        assert_eq!(p(Ties::Random, 7), p(Ties::Random, 7));
        ranks.sort_unstable();
        let each: Vec<usize> = (5..=10).map(|r| ranks.iter().filter(|x| **x == r).count()).collect();
        assert_eq!(each.iter().sum::<usize>(), 400);
        // 67 of each are expected; four standard errors are 30.
        assert!(each.iter().all(|n| (37..=97).contains(n)), "{each:?}");
    }

    #[test]
    fn a_stopped_run_takes_its_last_replicate_for_its_own_rank() {
        let maxima = [1.0, 2.0, 5.0, 1.0, 5.0];
        let options = ScanOptions { p_value: PValueMethod::Sequential, replications: 999, ..ScanOptions::default() };
        assert_eq!(NullMaxima { gumbel: None, ..NullMaxima::new(&maxima, &options) }.p_value(4.0), 0.4);
    }
}
