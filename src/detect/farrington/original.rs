//! Farrington, Andrews, Beale & Catchpole 1996.

use std::ops::Range;

use super::{
    Engine, Limit,
    bound::{Power, delta},
    model::{Rule, StandardError},
    weeks::Baseline,
};
use crate::{
    detect::{Judgement, reference::Reference},
    domain::count_series::CountSeries,
    stats::normal,
};

/// Settings of the original algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FarringtonOptions {
    /// Years back, 1 or more; a trend needs 3.
    pub years: usize,
    /// Points before and after the same time of each year.
    pub half_window: usize,
    /// Whether a trend may be kept.
    pub trend: bool,
    /// A trend is kept when its p-value lies below.
    pub p_threshold_trend: f64,
    /// Whether past outbreaks are weighed down, and from which Anscombe residual on.
    pub reweight: bool,
    pub weights_threshold: f64,
    /// Two-sided: the bound is the quantile at 1 − α/2.
    pub alpha: f64,
    pub power: Power,
    /// No alarm below this many cases in the last points, the one judged included; the bound is then 0.
    pub limit_cases: u64,
    pub limit_weeks: usize,
    pub reference: Reference,
    pub population_offset: bool,
}

impl Default for FarringtonOptions {
    /// The paper's: its bound is the quantile at 0.995.
    fn default() -> Self {
        Self {
            years: 5,
            half_window: 3,
            trend: true,
            p_threshold_trend: 0.05,
            reweight: true,
            weights_threshold: 1.0,
            alpha: 0.01,
            power: Power::TwoThirds,
            limit_cases: 5,
            limit_weeks: 4,
            reference: Reference::Calendar,
            population_offset: false,
        }
    }
}

/// Judge the positions of a range by the original algorithm. The score is (y − mean)/(bound − mean), 1 at the bound;
/// the p-value is the normal tail on the scale of [`Power`].
pub fn farrington(series: &CountSeries, range: Range<usize>, options: &FarringtonOptions) -> Vec<Judgement> {
    let engine = Engine {
        baseline: Baseline {
            years: options.years,
            half_window: options.half_window,
            periods: 1,
            not_included: 1,
            reference: options.reference,
        },
        rule: Rule {
            years: options.years,
            levels: 1,
            trend: options.trend,
            p_threshold_trend: options.p_threshold_trend,
            reweight: options.reweight,
            weights_threshold: options.weights_threshold,
            se: StandardError::Pearson,
            least_dispersion: 1.0,
        },
        limit: Limit { cases: options.limit_cases, points: options.limit_weeks, bound: Some(0.0), tells_mean: true },
        population_offset: options.population_offset,
    };
    let z = normal::quantile(1.0 - options.alpha / 2.0);
    engine.judge(series, range, |count, prediction| delta(count, prediction, options.power, z))
}
