//! `history`: the long-run mean of every place. The one to beat.
//!
//! All past days weigh alike. With N events on E days of data (a day of which only a part is known counts as
//! that part), the whole expects Λ = (N + ½)/E a day (the ½ is Jeffreys' prior for a Poisson rate: no data
//! never means certainly nothing). Group g gets the share (N_g + κ s_g)/(N + κ), where s_g is the share that
//! the smoothed surface of all cells gives it and κ = 15 events: an area that saw nothing expects what its
//! surroundings suggest. A cell gets its group's mean times its share of the surface within the group
//! ([`super::surface`]) times the share of the group's events that have a cell.
//!
//! Published work ranks cells by such a plain multi-year mean above much heavier machinery; here it is the
//! yardstick of every other model and the fall-back where they fail.

use super::{
    base::Base,
    model::{CellShares, Fitted, ForecastModel, MAX_HORIZON, Part, density, shares_within},
    panel::Known,
    surface::Smoothing,
    tuning::Tuning,
};

/// Events' worth of trust in the surroundings of an area. Scores change little between 2 and 40.
pub const PRIOR_EVENTS: f64 = 15.0;

pub struct History;

impl ForecastModel for History {
    fn name(&self) -> &'static str {
        "history"
    }

    fn version(&self) -> u32 {
        1
    }

    fn fit(&self, _known: &Known, _tuning: &Tuning, base: &Base) -> Fitted {
        base.long_run.flat()
    }
}

/// Long-run rates and shares over the days that a weight picks.
#[derive(Debug, Clone)]
pub struct LongRun {
    /// Share of each cell; adds up to 1.
    pub surface: Vec<f64>,
    /// Events of the whole per day.
    pub rate: f64,
    /// Adds up to 1.
    pub group_share: Vec<f64>,
    /// What the surface alone gives each group; positive, adds up to 1.
    pub prior_share: Vec<f64>,
    /// Share of each group's events that have a cell.
    pub placed: Vec<f64>,
    pub exposed_days: f64,
    pub total: f64,
    group_of: Vec<u32>,
}

impl LongRun {
    pub fn of(known: &Known, smoothing: &Smoothing, weight: impl Fn(usize) -> f64 + Copy) -> Self {
        let layout = known.layout;
        let exposed_days: f64 = known.exposure.iter().enumerate().map(|(t, e)| e * weight(t)).sum();
        let weighted = |series: &[f64]| series.iter().enumerate().map(|(t, c)| c * weight(t)).sum::<f64>();
        let counts: Vec<f64> = known.groups.iter().map(|g| weighted(g)).collect();
        let total: f64 = counts.iter().sum();
        let surface = density(known, smoothing, weight);
        let prior_share = prior_shares(&surface, &layout.group_of, layout.groups);
        let group_share =
            counts.iter().zip(&prior_share).map(|(n, s)| (n + PRIOR_EVENTS * s) / (total + PRIOR_EVENTS)).collect();
        Self {
            placed: placed_shares(known, &known.groups.iter().map(|g| g.iter().sum()).collect::<Vec<f64>>()),
            surface,
            rate: (total + 0.5) / exposed_days.max(1.0),
            group_share,
            prior_share,
            exposed_days,
            total,
            group_of: layout.group_of.clone(),
        }
    }

    /// The same expectation for every coming day.
    pub fn flat(&self) -> Fitted {
        self.fitted(self.group_share.iter().map(|s| vec![self.rate * s; MAX_HORIZON as usize]).collect(), Vec::new())
    }

    /// Means of groups with the long run's shares of cells and as many events behind them as the long run has.
    pub fn fitted(&self, groups: Vec<Vec<f64>>, parts: Vec<(Part, Vec<Vec<f64>>)>) -> Fitted {
        Fitted {
            groups,
            cells: CellShares::Constant(self.cell_shares()),
            group_evidence: self.group_share.iter().map(|s| self.total * s + 0.5).collect(),
            whole_evidence: self.total + 0.5,
            exposed_days: self.exposed_days,
            parts,
        }
    }

    /// Each cell's share of its group.
    pub fn cell_shares(&self) -> Vec<f64> {
        shares_within(&self.surface, &self.group_of, &self.placed)
    }

    /// What each group expects a day.
    pub fn group_rates(&self) -> Vec<f64> {
        self.group_share.iter().map(|s| self.rate * s).collect()
    }
}

/// What the cells' surface gives each group, with a little for groups that hold no cell's centre.
fn prior_shares(surface: &[f64], group_of: &[u32], groups: usize) -> Vec<f64> {
    let mut out = vec![0.1 / groups as f64; groups];
    for (s, &g) in surface.iter().zip(group_of) {
        out[g as usize] += 0.9 * s;
    }
    let sum: f64 = out.iter().sum();
    out.iter().map(|s| s / sum).collect()
}

/// Share of each group's events that were counted in one of its cells; for groups with few events drawn
/// towards the share of all. May pass 1 a little where cells reach over a border.
fn placed_shares(known: &Known, counts: &[f64]) -> Vec<f64> {
    let mut placed = vec![0.0; counts.len()];
    for &(cell, _, count) in &known.cells {
        placed[known.layout.group_of[cell as usize] as usize] += count;
    }
    let (all_placed, all): (f64, f64) = (placed.iter().sum(), counts.iter().sum());
    let usual = if all > 0.0 { all_placed / all } else { 1.0 };
    placed.iter().zip(counts).map(|(p, n)| (p + PRIOR_EVENTS * usual) / (n + PRIOR_EVENTS)).collect()
}
