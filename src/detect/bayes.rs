//! Bayesian prediction from reference values (Riebler 2004, *Empirischer Vergleich von statistischen Methoden zur
//! Ausbruchserkennung*, as in R's `surveillance::algo.bayes`; Höhle 2007).
//!
//! The reference values are taken as Poisson with one rate that has Jeffreys' prior, so that the next count is negative
//! binomial with size Σ + 1/2 and mean (Σ + 1/2)/n. The bound is its quantile at 1 − α; an alarm is strictly above. The
//! score is the distance from the mean in standard deviations of that prediction; the p-value is P(Y ≥ y).
//!
//! Limits: one Poisson rate for all reference values, so no trend, no season within the window, and false alarms where
//! counts vary more than a Poisson's; earlier outbreaks raise the bound.

use std::ops::Range;

use super::{
    Judgement,
    reference::{Reference, ReferenceValues},
};
use crate::{domain::count_series::CountSeries, stats::CountDistribution};

/// Settings; the defaults are the system "Bayes 1": the six weeks before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BayesOptions {
    pub values: ReferenceValues,
    /// One-sided.
    pub alpha: f64,
}

impl Default for BayesOptions {
    fn default() -> Self {
        let values = ReferenceValues { years: 0, half_window: 6, current_year: true, reference: Reference::Index };
        Self { values, alpha: 0.05 }
    }
}

/// Judge the positions of a range.
pub fn bayes(series: &CountSeries, range: Range<usize>, options: &BayesOptions) -> Vec<Judgement> {
    range
        .map(|position| match options.values.of(series, position) {
            None => Judgement::none(options.values.too_short(series)),
            Some(values) => {
                let (n, sum) = values.fold((0u32, 0u64), |(n, sum), y| (n + 1, sum + u64::from(y)));
                let size = sum as f64 + 0.5;
                let next = CountDistribution::negative_binomial(size / f64::from(n), size);
                let (y, upper) = (series.counts[position], next.quantile(1.0 - options.alpha));
                Judgement {
                    expected: Some(next.mean()),
                    upper_bound: Some(upper as f64),
                    score: Some((f64::from(y) - next.mean()) / next.variance().sqrt()),
                    p_value: Some(next.tail(u64::from(y))),
                    alarm: Some(u64::from(y) > upper),
                    reason: String::new(),
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::count_series::Step;

    fn weekly(counts: &[u32]) -> CountSeries {
        let first = "2024-01-01".parse().unwrap();
        CountSeries { first, step: Step::Weekly, counts: counts.to_vec(), population: None }
    }

    #[test]
    fn after_nothing_one_case_is_usual_and_two_are_not() {
        // Size 1/2, mean 1/12: P(0) = (6/7)^(1/2), P(1) = P(0)/14.
        let series = weekly(&[0, 0, 0, 0, 0, 0, 2]);
        let said = &bayes(&series, 6..7, &BayesOptions::default())[0];
        let none = (6.0f64 / 7.0).sqrt();
        assert_eq!((said.upper_bound, said.alarm), (Some(1.0), Some(true)));
        assert!((said.p_value.unwrap() - (1.0 - none * (1.0 + 1.0 / 14.0))).abs() < 1e-12, "{said:?}");
        assert!((said.expected.unwrap() - 1.0 / 12.0).abs() < 1e-15);
    }

    #[test]
    fn a_series_that_begins_too_late_says_so() {
        let said = &bayes(&weekly(&[1; 7]), 5..6, &BayesOptions::default())[0];
        assert_eq!(said.alarm, None);
        assert!(said.reason.contains("the series begins on 2024-01-01"), "{}", said.reason);
    }
}
