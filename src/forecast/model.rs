//! What a forecaster is: something that learns from a [`Known`] and expects counts for the coming days.
//!
//! A model gives *means*; how far truth scatters about them is learned from the model's own past forecasts
//! ([`super::predictive`]), in the same way for every model. Means are coherent by construction: a model
//! states expected counts per group (area) and day and each cell's share of its group, so cells add up to
//! their group's expected *placed* events, and groups to the whole. Where every event has a cell, cells add up
//! to the area itself.
//!
//! To add a model: a file beside `history.rs` with a unit struct that implements [`ForecastModel`], and a line
//! in [`all`]. It becomes a default only by beating `history` in the back-test.

use super::{history::History, panel::Known, pooled::Pooled, recent::Recent, surface::Smoothing, tuning::Tuning};
use crate::domain::forecast::ForecastLevel;

/// Forecasts reach this many days ahead.
pub const MAX_HORIZON: u32 = 14;

pub trait ForecastModel: Sync {
    /// Stored with every forecast.
    fn name(&self) -> &'static str;
    /// Raised whenever the same data could give another forecast.
    fn version(&self) -> u32;
    /// Learn from what is known. `tuning` was learned on the same or earlier data.
    fn fit(&self, known: &Known, tuning: &Tuning) -> Fitted;
}

/// Every model, `history` first.
pub fn all() -> [&'static dyn ForecastModel; 3] {
    [&History, &Recent, &Pooled]
}

pub fn by_name(name: &str) -> Option<&'static dyn ForecastModel> {
    all().into_iter().find(|m| m.name() == name)
}

/// Expected counts for the days after the issue day.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// Per group, for 1 to [`MAX_HORIZON`] days ahead; positive.
    pub groups: Vec<Vec<f64>>,
    /// What each cell expects, as a share of its group.
    pub cell_share: Vec<f64>,
    /// About how many events stand behind each group's mean.
    pub group_evidence: Vec<f64>,
    pub whole_evidence: f64,
    /// Days of data behind the cells' shares.
    pub exposed_days: f64,
}

/// A place's expected count, and the number of events that expectation rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    pub mean: f64,
    pub evidence: f64,
}

impl Fitted {
    /// Expected counts over days `from..=to` ahead, for every place of a level.
    pub fn expect(&self, level: ForecastLevel, group_of: &[u32], from: u32, to: u32) -> Vec<Expectation> {
        let days = (to - from + 1).max(1);
        let per_group: Vec<f64> =
            self.groups.iter().map(|g| g[from as usize - 1..to as usize].iter().sum::<f64>()).collect();
        match level {
            ForecastLevel::Whole => {
                vec![Expectation { mean: per_group.iter().sum(), evidence: self.whole_evidence }]
            }
            ForecastLevel::Area => per_group
                .iter()
                .zip(&self.group_evidence)
                .map(|(&mean, &evidence)| Expectation { mean, evidence })
                .collect(),
            ForecastLevel::Cell => group_of
                .iter()
                .zip(&self.cell_share)
                .map(|(&g, share)| {
                    let mean = per_group[g as usize] * share;
                    Expectation { mean, evidence: mean / f64::from(days) * self.exposed_days + 0.5 }
                })
                .collect(),
        }
    }
}

/// Shares of cells within their groups from a density over all cells, times the share of each group's events
/// that have a cell at all.
pub fn shares_within(density: &[f64], group_of: &[u32], placed: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; placed.len()];
    for (d, &g) in density.iter().zip(group_of) {
        sums[g as usize] += d;
    }
    density.iter().zip(group_of).map(|(d, &g)| placed[g as usize] * d / sums[g as usize].max(1e-300)).collect()
}

/// The density of all cells that `smoothing` makes of counts weighted by day.
pub fn density(known: &Known, smoothing: &Smoothing, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    smoothing.surface(known.layout, &known.cell_totals(weight))
}
