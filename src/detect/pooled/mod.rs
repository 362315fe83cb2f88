//! A detector for sparse counts that learns from sister areas.
//!
//! Most counties see fewer than two events a day and most towns none. Rules made for busier series (EARS, the mean
//! and two standard deviations) then either cry wolf or see nothing. Here the count of area a on day t is
//!
//! > y ~ negative binomial with mean θ_a · weekday · season · share known and Var = μ + κ_a μ²,
//!
//! with weekday and season from the sum of all areas ([`calendar`]), overdispersion from each area and the pool
//! ([`spread`]), and θ_a a gamma posterior from the area's own past ([`level`]) that ends `gap` days before the longest
//! window begins, so that an outbreak does not raise its own bar. The sum of the last w days, w = 1 … 14, then has a
//! negative binomial tail probability; the score is the smallest of them, and [`null`] says how rare that is: a p-value
//! for the day, and a recurrence interval that is the area's alert budget turned round (an alarm at 100 days is 3.65
//! false alerts a year).
//!
//! *The distribution of the sum.* For one gamma-distributed level and Poisson days it is the negative binomial exactly.
//! With overdispersed days it is matched in mean and variance, Var = M + M²(1/a + drift) + κ Σμ_d². For seven days at 1.5
//! with κ = 0.3 and a = 12 the true tail is 1.13 times the matched one at 0.01 and 1.45 times at 0.001; the null table is
//! drawn day by day from the model itself and makes that good.
//!
//! Sources: gamma–Poisson filters, West & Harrison (1997); empirical Bayes over areas, Clayton & Kaldor (1987); the
//! minimum of tail probabilities over several windows with one simulated significance, as in scan statistics (Naus
//! 1965; Kulldorff 2001) and Gottwald (MAXSPRT-like looks; Kulldorff et al. 2011).
//!
//! Limits: a rise that lasts longer than windows + gap (four weeks) becomes the new usual; no holidays; areas are
//! judged one by one, so one event that many areas share is seen in each; single events are never an alarm.

mod calendar;
mod judge;
pub mod level;
mod model;
pub mod null;
mod panel;
mod shrink;
mod spread;

#[cfg(test)]
mod tests;

pub use calendar::Calendar;
pub use model::{AreaModel, Model};

use super::Judgement;
use crate::domain::time::Day;
use null::Place;

/// Raised whenever the same input could give another answer.
pub const METHOD_VERSION: u32 = 1;

/// Daily counts of one area from the common first day on.
#[derive(Debug, Clone, Copy)]
pub struct PooledSeries<'a> {
    /// `None` where there are no data: a silent feed is not a zero.
    pub counts: &'a [Option<u32>],
    /// By day the share of its events that is known by now, in (0, 1]; all are complete where this is `None`.
    pub share_known: Option<&'a [f64]>,
}

/// Settings; `Default` is what the service uses.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledOptions {
    /// Longest window in days, 1 to 14. The null table is for 14: with fewer, alarms are rarer than they say.
    pub windows: usize,
    /// Days between the past that is learnt from and the longest window.
    pub gap: usize,
    /// Days with data that an area needs before it is judged.
    pub least_days: usize,
    /// Days after which everything but the level is learnt anew. The level follows every day.
    pub relearn_days: usize,
    /// An alarm is what chance alone would begin once in so many days, in this area.
    pub recurrence_days: f64,
    /// Whether upper bound and range are wanted; they cost more than the rest.
    pub bounds: bool,
}

impl Default for PooledOptions {
    fn default() -> Self {
        Self { windows: null::WINDOWS, gap: 14, least_days: 56, relearn_days: 28, recurrence_days: 100.0, bounds: true }
    }
}

impl PooledOptions {
    /// Days before the judged day that are not learnt from.
    fn held_back(&self) -> usize {
        self.windows - 1 + self.gap
    }
}

/// One judged day of one area.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledDay {
    /// Expected: on that day alone. Upper bound: a count of that day strictly above it would be an alarm, the days
    /// before being what they are. Score: −log₁₀ of the smallest tail probability over the windows.
    pub judgement: Judgement,
    /// Days of the most unusual window, which ends on the judged day; 0 without a judgement.
    pub window: usize,
    /// Events in the window, and how many were expected.
    pub observed: u32,
    pub expected: f64,
    /// Holds 95 % of such windows.
    pub range: (u64, u64),
    /// In how many days chance alone begins one such episode in this area.
    pub recurrence_days: f64,
    /// Where the area stands in the null table; `None` without a judgement.
    pub place: Option<Place>,
}

impl PooledDay {
    fn none(reason: impl Into<String>) -> Self {
        let judgement = Judgement::none(reason);
        Self { judgement, window: 0, observed: 0, expected: 0.0, range: (0, 0), recurrence_days: 0.0, place: None }
    }

    fn too_early(options: &PooledOptions) -> Self {
        let (needed, back) = (options.least_days, options.held_back());
        Self::none(format!("needs {needed} days with data that end {back} days earlier"))
    }
}

/// Judge days `from..to` (positions) of every area, each with what lay before it only. By area and day.
pub fn pooled(
    first: Day,
    series: &[PooledSeries<'_>],
    from: usize,
    to: usize,
    options: &PooledOptions,
) -> Vec<Vec<PooledDay>> {
    pooled_as_known(first, series, from, to, options, |area, _, day| series[area].at(day))
}

/// The same where the newest days were less complete when they were judged: `known(area, judged, day)` is the count
/// of `day` at the end of `judged` and the share of its events that is known by then (0: no data).
pub fn pooled_as_known(
    first: Day,
    series: &[PooledSeries<'_>],
    from: usize,
    to: usize,
    options: &PooledOptions,
    known: impl Fn(usize, usize, usize) -> (u32, f64),
) -> Vec<Vec<PooledDay>> {
    let windows = options.windows.clamp(1, null::WINDOWS);
    let options = &PooledOptions { windows, relearn_days: options.relearn_days.max(1), ..options.clone() };
    let mut judged: Vec<Vec<PooledDay>> = vec![Vec::with_capacity(to.saturating_sub(from)); series.len()];
    let days_with_data: Vec<Vec<usize>> = series.iter().map(|s| s.days_with_data(to)).collect();
    let mut start = from;
    while start < to {
        let learnt = start.saturating_sub(options.held_back());
        if learnt < options.least_days {
            judged.iter_mut().for_each(|area| area.push(PooledDay::too_early(options)));
            start += 1;
            continue;
        }
        let end = (start + options.relearn_days).min(to);
        let model = Model::learn(first, series, learnt, options);
        for (a, one) in series.iter().enumerate() {
            let path = model.path_of(first, a, one, end - options.held_back());
            for t in start..end {
                let before = t - options.held_back();
                judged[a].push(if days_with_data[a][before] < options.least_days {
                    PooledDay::too_early(options)
                } else {
                    let recent: Vec<(u32, f64)> = (t + 1 - options.windows..=t).map(|d| known(a, t, d)).collect();
                    judge::judge(&model, a, path.before(before), first + t as i32, &recent, options)
                });
            }
        }
        start = end;
    }
    judged
}
