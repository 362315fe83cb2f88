//! The Farrington algorithms: is a week's count unusual beside the same time of earlier years?
//!
//! * [`farrington`]: Farrington, Andrews, Beale & Catchpole 1996, *J. R. Statist. Soc. A* 159, 547–563;
//! * [`farrington_flexible`]: the improved one of Noufaily, Enki, Farrington, Garthwaite, Andrews & Charlett 2013,
//!   *Statistics in Medicine* 32, 1206–1222, with the options of Salmon, Schumacher & Höhle 2016, *J. Stat. Softw.* 70(10).
//!
//! A quasi-Poisson regression with a trend is fitted to the weeks around the same time of the last years; the improved
//! algorithm takes all weeks, with a level for each season. Weeks that look like an outbreak of their own are weighed
//! down by their Anscombe residual and the regression is fitted once more. The trend stays when it is significant,
//! three years are at hand, and it does not predict more than was ever seen. The bound is a quantile of what the
//! regression then expects.
//!
//! | file | what |
//! |---|---|
//! | [`weeks`] | which earlier points, in which seasons |
//! | [`model`] | regression, reweighting, trend |
//! | [`bound`] | bound, score, p-value |
//! | [`original`], [`flexible`] | the two algorithms and their options |
//!
//! To add a kind of bound: a variant of [`Threshold`] and its function in [`bound`].
//!
//! # The standard error, a finding
//!
//! With reweighting, R surveillance's `farringtonFlexible` (1.20.3) takes its standard errors from a regression whose
//! working weights ω μ have been overwritten by the outbreak weights ω. What then counts as the dispersion is
//! Σ ω ((y − μ)/μ)² / df instead of Σ ω μ ((y − μ)/μ)² / df. The standard error of the mean comes out too
//! small where counts are above one a week (0.030 for 0.169 at 25 a week) and too large where they are below, and so
//! does that of the trend, which is kept or dropped by it. In the weekly comparison of the reference set the bounds
//! change and 36 alarms become 31 when it is put right. Concerned are the bounds [`Threshold::Delta`] and
//! [`Threshold::Muan`], and every bound whose trend is tested; [`Threshold::NbPlugin`] with the trend always kept (the
//! default) needs no standard error. [`StandardError::Pearson`] is right and the default;
//! [`StandardError::Surveillance`] repeats the other for comparison. Without reweighting the two are equal, and
//! `algo.farrington`, the original, never was wrong in this way.
//!
//! # Limits
//!
//! Needs as many earlier years as it is told. No day of the week: of daily series only such without a weekly rhythm.
//! Outbreaks of earlier years are damped, not removed. The mean's uncertainty is left out by nb-plugin. A baseline
//! without a case has no answer where the regression does not come to rest, and the judgement says so.

mod bound;
mod flexible;
mod model;
mod original;
#[cfg(test)]
mod tests;
mod weeks;

pub use bound::{Power, ScoreScale, Threshold};
pub use flexible::{FlexibleOptions, farrington_flexible};
pub use model::StandardError;
pub use original::{FarringtonOptions, farrington};

use std::ops::Range;

use self::{
    bound::Bound,
    model::{Model, NoPrediction, Prediction, Prepared, Rule},
    weeks::Baseline,
};
use super::Judgement;
pub use super::reference::Reference;
use crate::domain::count_series::CountSeries;

/// What the two algorithms share.
struct Engine {
    baseline: Baseline,
    rule: Rule,
    limit: Limit,
    population_offset: bool,
}

/// Too few cases lately to speak of an outbreak.
#[derive(Debug, Clone, Copy)]
struct Limit {
    cases: u64,
    points: usize,
    /// What stands in the place of the bound.
    bound: Option<f64>,
    /// Whether the mean is told nevertheless.
    tells_mean: bool,
}

impl Engine {
    /// Judge the positions of a range; `bound` makes a bound of a count and its prediction.
    fn judge(
        &self,
        series: &CountSeries,
        range: Range<usize>,
        bound: impl Fn(u32, &Prediction) -> Bound,
    ) -> Vec<Judgement> {
        let exposure = if self.population_offset { series.population.as_deref() } else { None };
        let prepared = Prepared::new(&series.counts, exposure);
        let (mut model, mut runs) = (Model::default(), Vec::new());
        range
            .map(|position| {
                if self.baseline.runs(series, position, &mut runs).is_none() {
                    return Judgement::none(self.baseline.too_short(series));
                }
                match model.predict(&prepared, &runs, position, &self.rule) {
                    Ok(prediction) => self.judgement(series, position, bound(series.counts[position], &prediction)),
                    Err(NoPrediction::AllZero) => Judgement {
                        expected: Some(0.0),
                        ..Judgement::none("no case in the baseline; the regression did not converge")
                    },
                    Err(NoPrediction::NotConverged) => Judgement::none("the regression did not converge"),
                    Err(NoPrediction::TooFewPoints) => Judgement::none("too few earlier points for the regression"),
                }
            })
            .collect()
    }

    fn judgement(&self, series: &CountSeries, position: usize, bound: Bound) -> Judgement {
        let number = |x: f64| x.is_finite().then_some(x);
        let Bound { mean, upper, score, p_value } = bound;
        let scored = Judgement { score: number(score), p_value: number(p_value), ..Judgement::default() };
        let first = (position + 1).saturating_sub(self.limit.points);
        let lately: u64 = series.counts[first..=position].iter().map(|&y| u64::from(y)).sum();
        if lately < self.limit.cases {
            let Limit { cases, points, .. } = self.limit;
            return Judgement {
                expected: number(mean).filter(|_| self.limit.tells_mean),
                upper_bound: self.limit.bound,
                alarm: Some(false),
                reason: format!("fewer than {cases} cases in {points} {}s", series.step.noun()),
                ..scored
            };
        }
        let no_score =
            if scored.score.is_none() { "the bound is what is expected, so that there is no score" } else { "" };
        Judgement {
            expected: number(mean),
            upper_bound: number(upper),
            alarm: Some(f64::from(series.counts[position]) > upper),
            reason: no_score.to_owned(),
            ..scored
        }
    }
}
