//! What a forecaster is: something that learns from a [`Known`] and expects counts for the coming days.
//!
//! A model gives *means*; how far truth scatters about them is learned from the model's own past forecasts
//! ([`super::predictive`]), in the same way for every model. Means are coherent by construction: a model
//! states expected counts per group (area) and day and each cell's share of its group, so cells add up to
//! their group's expected *placed* events, and groups to the whole. Where every event has a cell, cells add up
//! to the area itself. A model also says of what its means consist ([`Part`]).
//!
//! To add a model: a file beside `history.rs` with a unit struct that implements [`ForecastModel`], and a line
//! in [`all`]. The stack ([`super::stack`]) then weighs it by its past; it becomes a default of its own only by
//! beating `history` in the back-test.

use super::{
    base::Base,
    covariates::Covariates,
    endemic_weeks::EndemicWeeks,
    filter::Filter,
    history::History,
    panel::{Known, Panel},
    pooled::Pooled,
    recent::Recent,
    seasonal::Seasonal,
    self_exciting::SelfExciting,
    surface::Smoothing,
    tuning::Tuning,
};
use crate::domain::forecast::ForecastLevel;

/// Forecasts reach this many days ahead.
pub const MAX_HORIZON: u32 = 14;

/// The name of the combination of all models ([`super::stack`]), which is no model of its own.
pub const STACK: &str = "stack";
/// Raised whenever the same data could give another combination.
pub const STACK_VERSION: u32 = 2;

pub trait ForecastModel: Sync {
    /// Stored with every forecast.
    fn name(&self) -> &'static str;
    /// Raised whenever the same data could give another forecast.
    fn version(&self) -> u32;
    /// Learn settings that cost much and change slowly; asked for every four weeks.
    fn tune(&self, _known: &Known, _base: &Base, _tuning: &mut Tuning) {}
    /// Learn from what is known. `tuning` was learned on the same or earlier data.
    fn fit(&self, known: &Known, tuning: &Tuning, base: &Base) -> Fitted;
}

/// The models for a panel: all, and that of covariates where an operator gave some.
pub fn for_panel(panel: &Panel) -> Vec<&'static dyn ForecastModel> {
    if panel.has_covariates() { with_covariates() } else { all().to_vec() }
}

pub fn with_covariates() -> Vec<&'static dyn ForecastModel> {
    let mut models = all().to_vec();
    models.push(&Covariates);
    models
}

/// Every model that needs nothing but events, `history` first.
pub fn all() -> [&'static dyn ForecastModel; 7] {
    [&History, &Recent, &Seasonal, &EndemicWeeks, &SelfExciting, &Filter, &Pooled]
}

pub fn by_name(name: &str) -> Option<&'static dyn ForecastModel> {
    let covariates: &'static dyn ForecastModel = &Covariates;
    all().into_iter().chain([covariates]).find(|m| m.name() == name)
}

/// Of what a mean consists. What no part names is long history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    LongHistory,
    Season,
    Weekday,
    /// A lasting rise or fall, as a regression sees it.
    Trend,
    Neighbours,
    RecentEvents,
    /// What operators know of places: people, services, seizures.
    Covariates,
}

impl Part {
    pub const ALL: [Part; 7] = [
        Part::LongHistory,
        Part::Season,
        Part::Weekday,
        Part::Trend,
        Part::Neighbours,
        Part::RecentEvents,
        Part::Covariates,
    ];

    /// As it stands in files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::LongHistory => "long_history",
            Part::Season => "season",
            Part::Weekday => "weekday",
            Part::Trend => "trend",
            Part::Neighbours => "neighbours",
            Part::RecentEvents => "recent_events",
            Part::Covariates => "covariates",
        }
    }
}

/// What each cell expects, as a share of its group.
#[derive(Debug, Clone)]
pub enum CellShares {
    Constant(Vec<f64>),
    /// By day ahead.
    Daily(Vec<Vec<f64>>),
}

/// Expected counts for the days after the issue day.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// Per group, for 1 to [`MAX_HORIZON`] days ahead; positive.
    pub groups: Vec<Vec<f64>>,
    pub cells: CellShares,
    /// About how many events stand behind each group's mean.
    pub group_evidence: Vec<f64>,
    pub whole_evidence: f64,
    /// Days of data behind the cells' shares.
    pub exposed_days: f64,
    /// What the parts other than long history add to (or take from) `groups`, in the same shape.
    pub parts: Vec<(Part, Vec<Vec<f64>>)>,
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
        let days = from as usize - 1..to as usize;
        let window = f64::from((to - from + 1).max(1));
        let per_group: Vec<f64> = self.groups.iter().map(|g| g[days.clone()].iter().sum::<f64>()).collect();
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
                .enumerate()
                .map(|(cell, &g)| {
                    let g = g as usize;
                    let mean = match &self.cells {
                        CellShares::Constant(share) => per_group[g] * share[cell],
                        CellShares::Daily(share) => days.clone().map(|d| self.groups[g][d] * share[d][cell]).sum(),
                    };
                    Expectation { mean, evidence: mean / window * self.exposed_days + 0.5 }
                })
                .collect(),
        }
    }

    /// What a part adds to each group over days `from..=to` ahead.
    pub fn part(&self, part: Part, from: u32, to: u32) -> Vec<f64> {
        let sums = |groups: &[Vec<f64>]| -> Vec<f64> {
            groups.iter().map(|g| g[from as usize - 1..to as usize].iter().sum()).collect()
        };
        if part == Part::LongHistory {
            let mut rest = sums(&self.groups);
            for (_, groups) in &self.parts {
                rest.iter_mut().zip(sums(groups)).for_each(|(r, p)| *r -= p);
            }
            return rest;
        }
        let found = self.parts.iter().find(|(p, _)| *p == part);
        found.map_or_else(|| vec![0.0; self.groups.len()], |(_, groups)| sums(groups))
    }
}

/// Season, weekday and the rest as parts of means that are a long-run mean times factors of the calendar and of
/// something else: each adds what it makes of the product so far.
pub fn calendar_parts(
    groups: &[Vec<f64>],
    long: &[f64],
    weekday: &[f64],
    season: &[f64],
    rest: Part,
) -> Vec<(Part, Vec<Vec<f64>>)> {
    let by = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        (0..groups.len()).map(|g| (0..groups[g].len()).map(|d| f(g, d)).collect()).collect()
    };
    vec![
        (Part::Weekday, by(&|g, d| long[g] * (weekday[d] - 1.0))),
        (Part::Season, by(&|g, d| long[g] * weekday[d] * (season[d] - 1.0))),
        (rest, by(&|g, d| groups[g][d] - long[g] * weekday[d] * season[d])),
    ]
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
