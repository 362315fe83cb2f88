//! The early system of the Robert Koch Institute, in the three forms of R's `surveillance::algo.rki`.
//!
//! The bound is the upper end of a 95 % interval around the mean of the reference values: for means up to 20 that of a
//! Poisson count equal to the mean's whole part, from the table of Crow & Gardner (1959, *Biometrika* 46, 441–453; also in
//! Sachs, *Angewandte Statistik*); above, the mean and two standard deviations. An alarm is strictly above the bound. The
//! score is (y − mean)/(bound − mean), 1 at the bound. There is no p-value.
//!
//! Limits: the whole part makes the bound jump; the table takes the mean for a single count, which makes it far too wide
//! when there are many reference values. It is here for comparison with what has been in use.

use std::ops::Range;

use super::{
    Judgement,
    reference::{Reference, ReferenceValues},
};
use crate::{domain::count_series::CountSeries, stats::summary};

/// Upper ends of Crow & Gardner's 95 % intervals for counts from 0 to 20.
const UPPER: [f64; 21] = [
    3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768, 17.633, 19.050, 20.335, 21.364, 22.945,
    23.762, 25.400, 26.306, 27.735, 28.966, 30.017,
];

/// Settings; the defaults are the system "RKI 3": nine weeks of each of the last two years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RkiOptions {
    pub values: ReferenceValues,
}

impl Default for RkiOptions {
    fn default() -> Self {
        Self { values: ReferenceValues { years: 2, half_window: 4, current_year: false, reference: Reference::Index } }
    }
}

/// Judge the positions of a range.
pub fn rki(series: &CountSeries, range: Range<usize>, options: &RkiOptions) -> Vec<Judgement> {
    range
        .map(|position| match options.values.of(series, position) {
            None => Judgement::none(options.values.too_short(series)),
            Some(values) => {
                let values: Vec<f64> = values.map(f64::from).collect();
                let mean = summary::mean(&values);
                let upper = if mean > 20.0 { mean + 2.0 * summary::sd(&values) } else { UPPER[mean as usize] };
                let y = f64::from(series.counts[position]);
                let score = (y - mean) / (upper - mean);
                let no_score = if score.is_finite() { "" } else { "the reference values have no spread" };
                Judgement {
                    expected: Some(mean),
                    upper_bound: Some(upper).filter(|u| u.is_finite()),
                    score: Some(score).filter(|s| s.is_finite()),
                    p_value: None,
                    alarm: upper.is_finite().then_some(y > upper),
                    reason: no_score.to_owned(),
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::count_series::Step;

    fn judged(counts: &[u32]) -> Judgement {
        let first = "2024-01-01".parse().unwrap();
        let series = CountSeries { first, step: Step::Weekly, counts: counts.to_vec(), population: None };
        let values = ReferenceValues {
            years: 0,
            half_window: counts.len() - 1,
            current_year: true,
            reference: Reference::Index,
        };
        rki(&series, counts.len() - 1..counts.len(), &RkiOptions { values }).remove(0)
    }

    #[test]
    fn a_small_mean_has_the_table_s_bound_for_its_whole_part() {
        let said = judged(&[1, 2, 2, 6]);
        assert_eq!((said.upper_bound, said.alarm), (Some(5.323), Some(true)));
        assert_eq!(judged(&[1, 2, 2, 5]).alarm, Some(false));
    }

    #[test]
    fn a_large_mean_has_two_standard_deviations() {
        let said = judged(&[20, 24, 28, 31]);
        assert_eq!((said.upper_bound, said.alarm), (Some(32.0), Some(false)));
    }
}
