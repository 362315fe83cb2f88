//! The alert budget: how many false alerts a year an area may cost, turned into the bound of its detector.
//!
//! An *alert* is the start of an episode; an episode is over after [`Budget::days_until_over`] days in a row without
//! an exceedance, and what exceeds before that is an update. The budget is the number of episodes that chance alone
//! may start in one area in one year.
//!
//! | detector | its bound |
//! |---|---|
//! | [`super::pooled()`] | exact to its null table: alarm when the recurrence interval is [`Budget::recurrence_days`] or more |
//! | any other score, by name [`Score`] or one's own | [`bound`]: hundreds of years drawn from the area's own fitted null ([`FittedNull`]), the score of every day, and the bound at which as many episodes start as the budget allows |
//!
//! [`power()`] turns the budget round once more: which rises does an area see within a week, and which not?
//!
//! *Where a budget cannot be met.* A score of few values (k events in 24 hours) passes its bound too often or too
//! seldom: [`Ties`] says whether the bound then stays on the safe side or counts a seeded share of the ties. And
//! episodes need room: with windows of 14 days and 7 quiet days between them no more than some 8 to 12 can start a year
//! (8 at 0.1 events a day, 3 at 0.03); a larger budget is left unused and [`Bound::reachable`] is false.

mod fitted;
mod power;
mod rise;
mod scores;
#[cfg(test)]
mod tests;

pub use fitted::FittedNull;
pub use power::{Power, PowerOptions, power, smallest_extra};
pub use rise::{Rise, Size};
pub use scores::Score;

use crate::{domain::time::Day, stats::Random};

/// Days of a year in all rates.
pub const YEAR: f64 = 365.25;

/// Episodes that chance alone may start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    pub alerts_per_year: f64,
    pub days_until_over: usize,
}

impl Budget {
    pub fn per_year(alerts_per_year: f64) -> Self {
        Self { alerts_per_year, days_until_over: 7 }
    }

    /// The recurrence interval that keeps it.
    pub fn recurrence_days(&self) -> f64 {
        YEAR / self.alerts_per_year
    }
}

/// What happens to days whose score is just the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// None of them exceeds: the budget is never overdrawn, and may be left unused.
    NeverExceed,
    /// A share of them exceeds, by a seeded draw for each area and day: the budget is met.
    Share,
}

/// A day exceeds when its score is above `score`, or is `score` and its draw below `share_of_ties`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub score: f64,
    pub share_of_ties: f64,
    /// Episodes a year on the simulated years from which the bound was found.
    pub starts_per_year: f64,
    /// False when no bound starts as many episodes as the budget allows; this is then the one that starts most.
    pub reachable: bool,
}

impl Bound {
    /// Does a score exceed? `draw` is uniform in [0, 1), seeded by area and day.
    pub fn exceeded(&self, score: f64, draw: f64) -> bool {
        score > self.score || (score == self.score && draw < self.share_of_ties)
    }
}

/// How a bound is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundOptions {
    /// Simulated years: with 200, a budget of one a year is met within about 7 %.
    pub years: usize,
    /// Days before the first that is scored, for detectors that need a past.
    pub warm_up: usize,
    pub ties: Ties,
    pub seed: u64,
}

impl Default for BoundOptions {
    fn default() -> Self {
        Self { years: 200, warm_up: 28, ties: Ties::NeverExceed, seed: 1 }
    }
}

/// Positions at which episodes start.
pub fn episodes(exceeds: impl Iterator<Item = bool>, days_until_over: usize) -> Vec<usize> {
    let mut last: Option<usize> = None;
    let mut starts = Vec::new();
    for (t, _) in exceeds.enumerate().filter(|(_, e)| *e) {
        if last.is_none_or(|l| t - l > days_until_over) {
            starts.push(t);
        }
        last = Some(t);
    }
    starts
}

/// The bound of any detector that keeps an area's budget. `scores(first, counts)` gives the detector's score of every
/// day of a series, larger being more unusual; `None` or NaN where it has none, which never exceeds. A day with nothing
/// to say (no event) should be `None`, or a generous budget would be filled with days drawn at random.
pub fn bound(
    null: &FittedNull,
    budget: &Budget,
    options: &BoundOptions,
    scores: impl Fn(Day, &[u32]) -> Vec<Option<f64>>,
) -> Bound {
    let years: Vec<Vec<(f64, f64)>> = (0..options.years.max(1))
        .map(|year| {
            let mut random = Random::stream(options.seed, year as u64);
            let (first, counts) = null.year(options.warm_up, &mut random);
            let judged = scores(first, &counts).into_iter().skip(options.warm_up);
            judged.map(|s| (s.filter(|s| !s.is_nan()).unwrap_or(f64::NEG_INFINITY), random.unit())).collect()
        })
        .collect();
    bound_of(&years, budget, options.ties)
}

/// The bound from years of scores and draws without an outbreak.
pub fn bound_of(years: &[Vec<(f64, f64)>], budget: &Budget, ties: Ties) -> Bound {
    let days: usize = years.iter().map(Vec::len).sum();
    let mut levels: Vec<(f64, f64)> = years.iter().flatten().filter(|s| s.0 > f64::NEG_INFINITY).copied().collect();
    // From the most unusual down; of equal scores the smaller draw exceeds first.
    levels.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    if ties == Ties::NeverExceed {
        levels.dedup_by(|a, b| a.0 == b.0);
    }
    let at = |level: usize| -> Bound {
        // Level n: what is strictly more unusual than the n-th exceeds.
        let (score, share) = levels.get(level).copied().unwrap_or((f64::NEG_INFINITY, 0.0));
        let found = Bound {
            score,
            share_of_ties: if ties == Ties::Share { share } else { 0.0 },
            starts_per_year: 0.0,
            reachable: true,
        };
        let starts: usize = years
            .iter()
            .map(|y| episodes(y.iter().map(|(s, draw)| found.exceeded(*s, *draw)), budget.days_until_over).len())
            .sum();
        Bound { starts_per_year: starts as f64 * YEAR / days.max(1) as f64, ..found }
    };
    // Starts grow with the number that exceeds until episodes begin to join; the first crossing is wanted.
    let (mut low, mut best) = (0, at(0));
    let mut level = 1;
    while level <= levels.len() {
        let here = at(level);
        if here.starts_per_year > budget.alerts_per_year {
            return between(low, level, budget, at);
        }
        if here.starts_per_year > best.starts_per_year {
            best = here;
        }
        low = level;
        level = (level + 1).max(level * 5 / 4);
    }
    // With few values the next one would already be too much: then the budget is left unused by choice.
    let enough = best.starts_per_year >= 0.9 * budget.alerts_per_year;
    Bound { reachable: enough, ..best }
}

/// Bisection between a level that keeps the budget and one that does not.
fn between(mut low: usize, mut high: usize, budget: &Budget, at: impl Fn(usize) -> Bound) -> Bound {
    while high - low > 1 {
        let middle = low.midpoint(high);
        if at(middle).starts_per_year <= budget.alerts_per_year { low = middle } else { high = middle }
    }
    at(low)
}
