//! Scoring rules: how good was a predictive distribution, now that the count is known?
//!
//! All are negatively oriented (smaller is better) and proper for what they judge:
//!
//! | forecast | rules | file |
//! |---|---|---|
//! | a distribution of counts | [`log_score`], [`crps`] (= RPS), [`dawid_sebastiani`], [`squared_error`] | `counts.rs` |
//! | a normal distribution | [`log_score_normal`], [`crps_normal`] | `normal.rs` |
//! | a sample | [`crps_ensemble`], [`energy_score`], [`variogram_score`] | `sample.rs` |
//! | quantiles, intervals | [`pinball`], [`wis`], [`interval_score`], [`weighted_interval_score`] | `interval.rs` |
//! | the probability of an event | [`brier`] (Brier 1950) | here |
//!
//! Whether forecasts and truths fit together at all: the histogram of [`add_pit`] and the tests of
//! [`calibration_test`] (Wei & Held 2014).
//!
//! To add one: a function in its file, its paper above it, and a check against published values below it.

mod calibration;
mod counts;
mod interval;
mod normal;
mod pit;
mod sample;

pub use calibration::{CalibrationRule, CalibrationStatistic, CalibrationTest, calibration_test};
pub use counts::{crps, dawid_sebastiani, log_score, quantiles, squared_error};
pub use interval::{Interval, interval_score, pinball, weighted_interval_score, wis};
pub use normal::{crps_normal, log_score_normal};
pub use pit::{add_pit, pit_histogram};
pub use sample::{EnsembleCrps, crps_ensemble, crps_sample, energy_score, variogram_score};

/// Squared difference between a probability and what happened.
pub fn brier(p: f64, happened: bool) -> f64 {
    let truth = if happened { 1.0 } else { 0.0 };
    (p - truth) * (p - truth)
}
