//! `recent`: the last 28 days alone, as a hot-spot map of recent counts would have it.
//!
//! Kept as a warning, not as a forecaster to use: on every set of data tried it captures fewer later events
//! than `history`. It shares `history`'s smoothing and formulas, only the days differ.

use super::{
    base::Base,
    history::LongRun,
    model::{Fitted, ForecastModel, Part},
    panel::Known,
    tuning::Tuning,
};

const DAYS: usize = 28;

pub struct Recent;

impl ForecastModel for Recent {
    fn name(&self) -> &'static str {
        "recent"
    }

    fn version(&self) -> u32 {
        1
    }

    fn fit(&self, known: &Known, tuning: &Tuning, base: &Base) -> Fitted {
        let since = first_of_last(&known.exposure, DAYS);
        let mut fitted = LongRun::of(known, &tuning.smoothing, |t| if t >= since { 1.0 } else { 0.0 }).flat();
        let long = base.long_run.group_rates();
        let beyond = fitted.groups.iter().zip(long).map(|(g, l)| g.iter().map(|m| m - l).collect()).collect();
        fitted.parts = vec![(Part::RecentEvents, beyond)];
        fitted
    }
}

/// Where the last `n` days with data begin.
fn first_of_last(exposure: &[f64], n: usize) -> usize {
    exposure.iter().enumerate().rev().filter(|(_, e)| **e > 0.0).nth(n - 1).map_or(0, |(t, _)| t)
}
