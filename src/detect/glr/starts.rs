//! Which days a change may have begun on, without looking at all of them.
//!
//! For a size θ of the change, start j is better than a later start k exactly when the window [j, k) has a positive
//! log-likelihood ratio at θ. As that ratio is concave in θ and 0 at θ = 0, this holds up to a limit θ(j, k) and not
//! beyond. So the starts that are best for some θ form a chain in which the limits grow, and a start whose limit is
//! not above that of the one before it can be forgotten for ever: the earlier one is better below, the next one
//! above. (Poisson-FOCuS, Ward, Dilillo, Eckley & Fearnhead 2023, has this for Poisson counts.)
//!
//! With a window the earliest starts expire, and one that was forgotten could come back: then all starts in the
//! window are kept. The same where the ratio is not concave.

use std::collections::VecDeque;

use super::{
    Follow, GlrOptions,
    likelihood::{Alternative, Change, Direction, Observed},
};

/// The starts worth looking at, in order.
pub(super) struct Starts {
    alternative: Alternative,
    /// How many days a start lies back at least: M̃ − 1.
    lag: usize,
    /// M.
    window: Option<usize>,
    prune: bool,
    /// Poisson counts with a multiplied mean: a window is known by two sums.
    by_sums: bool,
    /// A reading in which windows without cases say nothing.
    needs_cases: bool,
    kept: VecDeque<Start>,
    /// Sums of x and μ over the days before each position.
    sums: Vec<(f64, f64)>,
    days: usize,
}

#[derive(Debug, Clone, Copy)]
struct Start {
    at: usize,
    /// The size up to which it is better than the next kept start.
    limit: f64,
    /// The best size of the last look, to begin the next search from.
    size: f64,
}

impl Starts {
    pub fn new(alternative: Alternative, options: &GlrOptions) -> Self {
        let surveillance = options.follow == Follow::Surveillance;
        let poisson = alternative.alpha == 0.0 && alternative.change == Change::Intercept;
        let lag = match (surveillance, options.window) {
            (true, None) => 0,
            (true, Some(_)) if poisson => options.min_window,
            _ => options.min_window.saturating_sub(1),
        };
        let needs_cases = surveillance && poisson && alternative.direction == Direction::Decrease;
        Self {
            alternative,
            lag,
            window: options.window,
            prune: options.window.is_none() && alternative.is_concave() && !needs_cases,
            by_sums: poisson,
            needs_cases,
            kept: VecDeque::new(),
            sums: vec![(0.0, 0.0)],
            days: 0,
        }
    }

    /// Make ready for a day that follows these.
    pub fn advance(&mut self, days: &[Observed]) {
        if let (Some(day), Some(&(x, mu))) = (days.last(), self.sums.last()) {
            self.sums.push((x + day.x, mu + day.mu));
        }
        self.days = days.len();
        if let Some(at) = self.days.checked_sub(self.lag) {
            if self.prune {
                self.forget(days, at);
            }
            self.kept.push_back(Start { at, limit: f64::INFINITY, size: 0.0 });
        }
        if let Some(window) = self.window {
            while self.kept.front().is_some_and(|s| s.at + window < self.days) {
                self.kept.pop_front();
            }
        }
    }

    /// The largest ratio over all starts and sizes for windows that end with the last of these days; 0 at least.
    pub fn largest(&mut self, days: &[Observed]) -> f64 {
        let mut best = 0.0;
        for i in 0..self.kept.len() {
            best = self.ratio(i, days).max(best);
        }
        best
    }

    /// Whether one start reaches c.
    pub fn reaches(&mut self, days: &[Observed], c: f64) -> bool {
        // Most often the newest or the oldest; any order is right.
        (0..self.kept.len()).any(|i| self.ratio(i, days) >= c)
    }

    fn ratio(&mut self, i: usize, days: &[Observed]) -> f64 {
        let start = self.kept[i];
        if self.by_sums {
            let (x0, mu0) = self.sums[start.at];
            // Today's count may be a trial, so it is not in the sums.
            let (x1, mu1) = self.sums[self.days];
            let today = days[self.days];
            return self.poisson(x1 - x0 + today.x, mu1 - mu0 + today.mu);
        }
        let (ratio, size) = self.alternative.best(&days[start.at..], start.size);
        self.kept[i].size = size;
        ratio
    }

    /// sup over κ of κx − (e^κ − 1)μ.
    fn poisson(&self, x: f64, mu: f64) -> f64 {
        let change = (x / mu).ln();
        let wanted = match self.alternative.direction {
            Direction::Increase => change > 0.0,
            Direction::Decrease => change < 0.0 && !(self.needs_cases && x == 0.0),
        };
        match wanted {
            false => 0.0,
            true if x == 0.0 => mu,
            true => x * change - (x - mu),
        }
    }

    /// Forget the kept starts that no size prefers once there is a start at `at`.
    fn forget(&mut self, days: &[Observed], at: usize) {
        while let Some(last) = self.kept.back().copied() {
            let limit = self.limit(days, last.at, at);
            let before = self.kept.len().checked_sub(2).map_or(0.0, |i| self.kept[i].limit);
            if limit > before {
                if let Some(last) = self.kept.back_mut() {
                    last.limit = limit;
                }
                return;
            }
            self.kept.pop_back();
        }
    }

    /// Grows with the size up to which a window speaks for a change; 0 where it never does.
    fn limit(&self, days: &[Observed], from: usize, to: usize) -> f64 {
        if !self.by_sums {
            return self.alternative.limit(&days[from..to]);
        }
        // For Poisson counts that size depends on the ratio of the sums alone.
        let (x, mu) = (self.sums[to].0 - self.sums[from].0, self.sums[to].1 - self.sums[from].1);
        let ratio = if self.alternative.direction == Direction::Increase { x / mu } else { mu / x };
        if ratio > 1.0 { ratio } else { 0.0 }
    }
}
