//! One-step-ahead forecasts of past times, as they would have been made then, and their scores.
//!
//! Paul & Held (2011) judge models by them. Refitting at every step is what honest forecasts need; coefficients of
//! the whole series have seen the counts that they forecast.

use super::{
    CountTable, EndemicEpidemicOptions, EndemicEpidemicProblem as Problem,
    design::Design,
    estimate::estimate,
    fit::{distribution, mean_parts, psi, span},
};
use crate::stats::{CountDistribution, scores};

/// From which counts the coefficients of a forecast are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refit {
    /// From all counts before the time forecast (R's `rolling`).
    #[default]
    EveryStep,
    /// From the counts before the first time forecast (`first`).
    Once,
    /// From the whole series: not a forecast, but quick (`final`).
    Never,
}

/// A forecast of one count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepAhead {
    pub time: usize,
    pub unit: usize,
    pub observed: Option<u32>,
    pub mean: f64,
    /// Var = mean + ψ mean²; 0 for the Poisson.
    pub psi: f64,
    /// `None` where the count is not known.
    pub scores: Option<CountScores>,
}

impl StepAhead {
    pub fn distribution(&self) -> CountDistribution {
        distribution(self.mean, self.psi)
    }
}

/// Scores of one forecast count; smaller is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountScores {
    pub log: f64,
    /// Ranked probability score, the CRPS of counts.
    pub rps: f64,
    /// Dawid & Sebastiani's.
    pub dss: f64,
    /// Squared error of the mean.
    pub ses: f64,
}

impl CountScores {
    pub fn of(d: CountDistribution, y: u32) -> Self {
        let y = u64::from(y);
        Self {
            log: scores::log_score(d, y),
            rps: scores::crps(d, y),
            dss: scores::dawid_sebastiani(d, y),
            ses: scores::squared_error(d, y),
        }
    }
}

/// Forecast every unit at each of the times `from..=to` from the counts before it. `to` may be one past the last
/// time of the data, which is not known yet.
///
/// # Errors
/// As [`super::fit()`], and for times that cannot be forecast.
pub fn one_step_ahead(
    table: &CountTable,
    options: &EndemicEpidemicOptions,
    from: usize,
    to: usize,
    refit: Refit,
) -> Result<Vec<StepAhead>, Problem> {
    let design = Design::new(table, options)?;
    let (first, last) = span(table, options)?;
    if from <= first || from > to || to > table.times() {
        return Err(Problem::BadTimes { from, to, first, last: table.times() });
    }
    let mut ahead = Vec::new();
    let mut found = None;
    for time in from..=to {
        let known = match refit {
            Refit::EveryStep => time,
            Refit::Once => from,
            Refit::Never => last + 1,
        };
        if found.is_none() || refit == Refit::EveryStep {
            found = Some(estimate(&design, first..known, found.as_ref(), options.max_steps)?);
        }
        let theta = found.as_ref().map_or(&[][..], |f| f.theta());
        ahead.extend(mean_parts(&design, theta, time, time).into_iter().map(|m| {
            let psi = psi(&design, theta, m.unit);
            let scores = m.observed.map(|y| CountScores::of(distribution(m.mean, psi), y));
            StepAhead { time, unit: m.unit, observed: m.observed, mean: m.mean, psi, scores }
        }));
    }
    Ok(ahead)
}
