//! Spikes: counts that a place's own long run would exceed once in N days.
//!
//! The bound of a window of d days is the smallest count k for which the predictive distribution of `history` has
//! P(Y ≥ k) ≤ d/N: of N/d such windows in N days one would reach it. What is forecast is how likely the model finds that
//! bound to be reached: about d/N where nothing is unusual (less, because counts are whole), more where more is expected.
//! At the default of 30 days a fortnight's bound is one that nearly half of all fortnights would reach; longer windows
//! ask for a larger N.

use crate::stats::{CountDistribution, CountMixture};

/// Days in which the long run alone would bring one spike.
pub const ONCE_IN_DAYS: u32 = 30;
/// A bound is never reached more often than this, however long the window.
const AT_MOST: f64 = 0.5;

/// A spike of one place and window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spike {
    /// The count from which on it is one; at least 1.
    pub at_least: u32,
    pub probability: f64,
    /// What the long run alone gives it; at most d/N.
    pub usual: f64,
}

impl Spike {
    /// For a window of `days`, forecast as `forecast` where the long run alone would say `history`.
    pub fn of(forecast: &CountMixture, history: CountDistribution, days: u32, once_in_days: u32) -> Self {
        let p = (f64::from(days.max(1)) / f64::from(once_in_days.max(1))).min(AT_MOST);
        // P(Y ≥ k) ≤ p where P(Y ≤ k − 1) ≥ 1 − p.
        let at_least = history.quantile(1.0 - p) + 1;
        Self {
            at_least: u32::try_from(at_least).unwrap_or(u32::MAX),
            probability: forecast.tail(at_least).min(1.0),
            usual: history.tail(at_least),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_run_itself_reaches_its_bound_no_more_than_once_in_n_days() {
        for mean in [0.01, 0.5, 4.0, 80.0] {
            for (days, n) in [(1, 30), (7, 30), (14, 30), (1, 365), (1, 1)] {
                let history = CountDistribution::negative_binomial(mean, 3.0);
                let same = Spike::of(&CountMixture::new([(1.0, history)]), history, days, n);
                let p = (f64::from(days) / f64::from(n)).min(0.5);
                assert!(same.probability <= p + 1e-12 && same.at_least >= 1, "{mean} {days} {n} {same:?}");
                assert!((same.probability - same.usual).abs() < 1e-9);
                let one_less = history.tail(u64::from(same.at_least) - 1);
                assert!(one_less > p - 1e-12, "{mean}: {one_less} would do already");
            }
        }
    }

    #[test]
    fn a_higher_expectation_makes_a_spike_likelier() {
        let history = CountDistribution::poisson(2.0);
        let busy = Spike::of(&CountMixture::new([(1.0, CountDistribution::poisson(6.0))]), history, 1, 30);
        assert_eq!(busy.at_least, 6);
        assert!(busy.probability > 0.5 && busy.usual < 1.0 / 30.0);
    }
}
