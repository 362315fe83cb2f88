//! Noufaily, Enki, Farrington, Garthwaite, Andrews & Charlett 2013, with the options of Salmon et al. 2016.

use std::ops::Range;

use super::{
    Engine, Limit,
    bound::{Power, Quantile, ScoreScale, Threshold, delta},
    model::{Rule, StandardError},
    weeks::Baseline,
};
use crate::{
    detect::{Judgement, reference::Reference},
    domain::count_series::CountSeries,
    stats::normal,
};

/// Settings of the improved algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlexibleOptions {
    /// Years back, 1 or more; a trend needs 3.
    pub years: usize,
    /// Points before and after the same time of each year that are that season.
    pub half_window: usize,
    /// Seasons of the year, the window's own included; 1 takes the windows only and leaves the rest of the year out.
    pub periods: usize,
    /// Points before the one judged that are left out, for they may belong to the same outbreak.
    pub past_weeks_not_included: usize,
    /// Whether a trend may be kept.
    pub trend: bool,
    /// A trend is kept when its p-value lies below; 1 tests nothing.
    pub p_threshold_trend: f64,
    /// Whether past outbreaks are weighed down, and from which Anscombe residual on.
    pub reweight: bool,
    pub weights_threshold: f64,
    /// One-sided: the bound is the quantile at 1 − α.
    pub alpha: f64,
    /// The scale of [`Threshold::Delta`].
    pub power: Power,
    /// No alarm and no bound below this many cases in the last points, the one judged included.
    pub limit_cases: u64,
    pub limit_weeks: usize,
    pub threshold: Threshold,
    pub se: StandardError,
    /// The scale of the score where the bound is not [`Threshold::Delta`].
    pub score: ScoreScale,
    /// Whether the population multiplies the rate.
    pub population_offset: bool,
    pub reference: Reference,
}

impl Default for FlexibleOptions {
    /// The paper's, with the negative-binomial bound.
    fn default() -> Self {
        Self {
            years: 5,
            half_window: 3,
            periods: 10,
            past_weeks_not_included: 26,
            trend: true,
            p_threshold_trend: 1.0,
            reweight: true,
            weights_threshold: 2.58,
            alpha: 0.005,
            power: Power::TwoThirds,
            limit_cases: 5,
            limit_weeks: 4,
            threshold: Threshold::NbPlugin,
            se: StandardError::Pearson,
            score: ScoreScale::Cases,
            population_offset: false,
            reference: Reference::Calendar,
        }
    }
}

/// Judge the positions of a range by the improved algorithm. The score is (y − mean)/(bound − mean), 1 at the bound; the
/// p-value is P(Y ≥ y), or the normal tail for [`Threshold::Delta`].
pub fn farrington_flexible(series: &CountSeries, range: Range<usize>, options: &FlexibleOptions) -> Vec<Judgement> {
    let engine = Engine {
        baseline: Baseline {
            years: options.years,
            half_window: options.half_window,
            periods: options.periods,
            not_included: options.past_weeks_not_included,
            reference: options.reference,
        },
        rule: Rule {
            years: options.years,
            levels: options.periods,
            trend: options.trend,
            p_threshold_trend: options.p_threshold_trend,
            reweight: options.reweight,
            weights_threshold: options.weights_threshold,
            se: options.se,
            least_dispersion: 0.0,
        },
        limit: Limit { cases: options.limit_cases, points: options.limit_weeks, bound: None, tells_mean: false },
        population_offset: options.population_offset,
    };
    let FlexibleOptions { alpha, power, score, .. } = *options;
    let z = normal::quantile(1.0 - alpha);
    let quantile = Quantile { alpha, z, at_limit: options.threshold == Threshold::Muan, scale: score };
    match options.threshold {
        Threshold::Delta => engine.judge(series, range, |count, p| delta(count, p, power, z)),
        Threshold::NbPlugin | Threshold::Muan => engine.judge(series, range, |count, p| quantile.bound(count, p)),
    }
}
