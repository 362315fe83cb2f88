//! The counts of sister areas as numbers: what was counted, and how much of each day could have been.

use super::PooledSeries;
use crate::domain::time::Day;

/// Counts and exposures of all areas on the same days, from `first` on.
#[derive(Debug, Clone)]
pub struct Panel {
    pub first: Day,
    pub days: usize,
    pub areas: Vec<Counts>,
}

/// One area. A day without data has count 0 and exposure 0, so that it adds nothing to any sum.
#[derive(Debug, Clone)]
pub struct Counts {
    pub count: Vec<f64>,
    /// The share of the day's events that is known: 1 when the day is complete.
    pub share: Vec<f64>,
}

impl Panel {
    /// The first `days` days of the series; what is shorter has no data on the rest.
    pub fn new(first: Day, series: &[PooledSeries<'_>], days: usize) -> Self {
        let areas = series
            .iter()
            .map(|s| {
                let (count, share) = (0..days).map(|t| s.at(t)).map(|(y, e)| (f64::from(y), e)).unzip();
                Counts { count, share }
            })
            .collect();
        Self { first, days, areas }
    }
}

impl PooledSeries<'_> {
    /// Count and share known of a day; (0, 0) where there are no data.
    pub fn at(&self, t: usize) -> (u32, f64) {
        let share = self.share_known.map_or(1.0, |s| s.get(t).copied().unwrap_or(0.0));
        match self.counts.get(t).copied().flatten() {
            Some(count) if share > 0.0 && share.is_finite() => (count, share),
            _ => (0, 0.0),
        }
    }

    /// Days with data before each day 0 ..= `days`.
    pub fn days_with_data(&self, days: usize) -> Vec<usize> {
        let mut sums = vec![0];
        for t in 0..days {
            sums.push(sums[t] + usize::from(self.at(t).1 > 0.0));
        }
        sums
    }
}
