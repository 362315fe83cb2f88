//! The data a forecaster may learn from: counts by place and day, each with the day it became known.
//!
//! A [`Panel`] holds everything; a [`Known`] is what one issue day allows: nothing that happened later, and
//! nothing that was received later. Every model sees only a `Known`, so peeking is impossible by type.
//!
//! Places come in two layers. *Cells* tile the land. *Groups* are the areas plus, where some cells lie in no
//! area, one group "elsewhere" made of those cells. Groups are disjoint and add up to the *whole*.

use super::{
    ForecastError,
    covariates::data::{Reading, Seen},
    silence::silent_runs,
};
use crate::domain::{
    place::Point,
    series::{AreaCube, CellCube},
    time::{Day, DayRange},
};

pub use super::layout::Layout;

/// Days on which less than this share of events is known tell more about the delay than about the place.
const LEAST_EXPOSURE: f64 = 0.2;

/// Longest reporting delay that is estimated, in days.
const LONGEST_LAG: usize = 60;

/// A count that is not zero, with its reporting delay in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    pub place: u32,
    pub day: u32,
    pub lag: u32,
    pub count: u32,
}

/// Share of events known, as a forecaster on some issue day may assume it.
#[derive(Debug, Clone)]
pub enum Completeness {
    /// By lag in days before the panel's last day; lags beyond the list are complete. For panels whose counts
    /// carry no delays of their own.
    ByLag(Vec<f64>),
    /// Learned, at every issue day afresh, from the delays seen by then.
    FromDelays,
}

/// All counts, with what is needed to hide the future of any day.
#[derive(Debug, Clone)]
pub struct Panel {
    pub days: DayRange,
    pub layout: Layout,
    pub completeness: Completeness,
    /// By (place, day).
    cells: Vec<Sighting>,
    areas: Vec<Sighting>,
    silent: Vec<bool>,
    /// What operators know of places.
    covariates: Vec<Reading>,
}

/// What could be known at the end of one day.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    pub layout: &'a Layout,
    /// Ends on the issue day.
    pub days: DayRange,
    /// Share of each day's events that is in the counts; 0 where there is no data (not: no events).
    pub exposure: Vec<f64>,
    /// (cell, day, count), by cell and day, only on days with exposure.
    pub cells: Vec<(u32, u32, f64)>,
    /// Counts per group and day.
    pub groups: Vec<Vec<f64>>,
    /// Counts per day.
    pub whole: Vec<f64>,
    /// What operators had told of places by then; `None` where nothing was given.
    pub covariates: Option<Seen>,
}

/// What came of a window of days.
#[derive(Debug, Clone)]
pub struct Truth {
    pub cells: Vec<u32>,
    pub groups: Vec<u32>,
    pub whole: u32,
}

impl Panel {
    /// From cubes as they are known now: their counts carry no delays.
    ///
    /// # Errors
    /// When lists do not fit each other, or a centre or share is unusable.
    pub fn from_cubes(
        cells: &CellCube,
        areas: &AreaCube,
        centres: &[Point],
        cell_area: &[Option<u32>],
        last: Day,
        completeness: &[f64],
    ) -> Result<Self, ForecastError> {
        if cells.days != areas.days {
            return Err(ForecastError::Shape {
                what: "days of the area cube",
                got: areas.days.len(),
                want: cells.days.len(),
            });
        }
        if last < cells.days.from {
            return Err(ForecastError::NoData { issued: last, first: cells.days.from });
        }
        if let Some(bad) = completeness.iter().find(|c| !(0.0..=1.0).contains(*c)) {
            return Err(ForecastError::BadShare(*bad));
        }
        let to = last.min(cells.days.to);
        let mut silent: Vec<Day> = cells.silent.iter().chain(&areas.silent).copied().collect();
        // Days between the end of the cubes and the issue day hold no data either.
        silent.extend((0..last - to).map(|i| to + 1 + i));
        let sightings = |entries: &[crate::domain::series::Entry]| {
            entries.iter().map(|e| Sighting { place: e.place, day: e.day, lag: 0, count: e.count }).collect()
        };
        Self::new(
            DayRange { from: cells.days.from, to: last },
            Layout::new(centres, cell_area, areas.places.len(), cells.places.len())?,
            sightings(&cells.entries),
            sightings(&areas.entries),
            &silent,
            Completeness::ByLag(completeness.to_vec()),
        )
    }

    /// From counts with delays. `silent` are days without data.
    ///
    /// # Errors
    /// When a count names a place or day that is not there.
    pub fn new(
        days: DayRange,
        layout: Layout,
        mut cells: Vec<Sighting>,
        mut areas: Vec<Sighting>,
        silent: &[Day],
        completeness: Completeness,
    ) -> Result<Self, ForecastError> {
        for (list, n, what) in [(&mut cells, layout.xy.len(), "cell"), (&mut areas, layout.areas, "area")] {
            list.retain(|s| (s.day as usize) < days.len());
            if let Some(s) = list.iter().find(|s| s.place as usize >= n) {
                return Err(ForecastError::Shape { what, got: s.place as usize, want: n });
            }
            list.sort_unstable_by_key(|s| (s.place, s.day, s.lag));
        }
        let mut no_data = vec![false; days.len()];
        for i in silent.iter().filter_map(|d| days.index(*d)) {
            no_data[i] = true;
        }
        Ok(Self { days, layout, completeness, cells, areas, silent: no_data, covariates: Vec::new() })
    }

    /// With what operators know of places, instead of what was given before. Each reading's cells are positions in the layout.
    #[must_use]
    pub fn with_covariates(mut self, covariates: Vec<Reading>) -> Self {
        self.covariates = covariates;
        self
    }

    pub fn has_covariates(&self) -> bool {
        !self.covariates.is_empty()
    }

    /// One more report, in a cell and an area: for tests that tamper with the future.
    #[cfg(test)]
    pub fn add(&mut self, cell: Sighting, area: u32) {
        self.areas.push(Sighting { place: area, ..cell });
        self.cells.push(cell);
        self.cells.sort_unstable_by_key(|s| (s.place, s.day, s.lag));
        self.areas.sort_unstable_by_key(|s| (s.place, s.day, s.lag));
    }

    /// What could be known at the end of `issued`; days before the first day of data are left out by exposure.
    pub fn known_at(&self, issued: Day) -> Known<'_> {
        let n = self.known_days(issued);
        let seen = |s: &&Sighting| (s.day as usize) < n && ((s.day + s.lag) as usize) < n;
        let mut exposure = self.exposure(n);
        let mut groups = vec![vec![0.0; n]; self.layout.groups];
        for s in self.areas.iter().filter(seen) {
            groups[s.place as usize][s.day as usize] += f64::from(s.count);
        }
        for s in self.cells.iter().filter(seen) {
            let group = self.layout.group_of[s.place as usize] as usize;
            if group >= self.layout.areas {
                groups[group][s.day as usize] += f64::from(s.count);
            }
        }
        let quiet = |t: usize| groups.iter().all(|g| g[t] == 0.0);
        let counted = |t: usize| groups.iter().map(|g| g[t]).sum();
        for run in silent_runs(&exposure, quiet, counted) {
            exposure[run].fill(0.0);
        }
        let mut cells: Vec<(u32, u32, f64)> = Vec::new();
        for s in self.cells.iter().filter(seen) {
            if exposure[s.day as usize] > 0.0 {
                match cells.last_mut() {
                    Some(last) if (last.0, last.1) == (s.place, s.day) => last.2 += f64::from(s.count),
                    _ => cells.push((s.place, s.day, f64::from(s.count))),
                }
            }
        }
        for series in &mut groups {
            for (count, e) in series.iter_mut().zip(&exposure) {
                if *e == 0.0 {
                    *count = 0.0;
                }
            }
        }
        let whole = (0..n).map(|t| groups.iter().map(|g| g[t]).sum()).collect();
        let days = DayRange { from: self.days.from, to: self.days.from + (n as i32 - 1) };
        let covariates = Seen::of(&self.covariates, n as i32 - 1, self.layout.xy.len());
        Known { layout: &self.layout, days, exposure, cells, groups, whole, covariates }
    }

    /// Days that hold no data, as it could be told at the end of `by`: those said to, and runs without a single event that
    /// are past belief.
    pub fn silent_by(&self, by: Day) -> Vec<bool> {
        let n = self.known_days(by);
        let mut whole = vec![0.0; n];
        let in_groups =
            self.cells.iter().filter(|s| self.layout.group_of[s.place as usize] as usize >= self.layout.areas);
        for s in self.areas.iter().chain(in_groups).filter(|s| ((s.day + s.lag) as usize) < n) {
            whole[s.day as usize] += f64::from(s.count);
        }
        let mut silent = self.silent[..n].to_vec();
        for run in silent_runs(&self.exposure(n), |t| whole[t] == 0.0, |t| whole[t]) {
            silent[run].fill(true);
        }
        silent
    }

    /// Counts of a window as known by the end of `by`, when the days `silent` ([`Self::silent_by`]) were without data; `None`
    /// when the window is not over by then, or holds such a day.
    pub fn truth(&self, window: DayRange, by: Day, silent: &[bool]) -> Option<Truth> {
        let (from, to) = (self.days.index(window.from)?, self.days.index(window.to)?);
        if by < window.to || silent.get(from..=to)?.contains(&true) {
            return None;
        }
        let last = by - self.days.from;
        let seen = |s: &&Sighting| (from..=to).contains(&(s.day as usize)) && (s.day + s.lag) as i32 <= last;
        let mut truth = Truth { cells: vec![0; self.layout.xy.len()], groups: vec![0; self.layout.groups], whole: 0 };
        for s in self.areas.iter().filter(seen) {
            truth.groups[s.place as usize] += s.count;
        }
        for s in self.cells.iter().filter(seen) {
            truth.cells[s.place as usize] += s.count;
            let group = self.layout.group_of[s.place as usize] as usize;
            if group >= self.layout.areas {
                truth.groups[group] += s.count;
            }
        }
        truth.whole = truth.groups.iter().sum();
        Some(truth)
    }

    /// Days after which all but two in a hundred events of a day are known, as it could be told at the end of `issued`.
    pub fn settled_after(&self, issued: Day) -> i32 {
        let by_lag = self.share_by_lag(self.known_days(issued));
        by_lag.iter().rposition(|&c| c < 0.98).map_or(0, |i| i as i32 + 1)
    }

    /// Days of the panel up to and with `issued`.
    fn known_days(&self, issued: Day) -> usize {
        ((issued - self.days.from + 1).max(1) as usize).min(self.days.len())
    }

    /// Share of events known for each of the first `n` days, seen from the last of them.
    fn exposure(&self, n: usize) -> Vec<f64> {
        let by_lag = self.share_by_lag(n);
        // Given shares are seen from the panel's end: an earlier issue day has the same counts, long complete.
        let end = if matches!(self.completeness, Completeness::ByLag(_)) { self.days.len() } else { n };
        (0..n)
            .map(|t| {
                let share = by_lag.get(end - 1 - t).copied().unwrap_or(1.0);
                if self.silent[t] || share < LEAST_EXPOSURE { 0.0 } else { share }
            })
            .collect()
    }

    fn share_by_lag(&self, n: usize) -> Vec<f64> {
        match &self.completeness {
            Completeness::ByLag(shares) => shares.clone(),
            Completeness::FromDelays => self.learned_shares(n),
        }
    }

    fn learned_shares(&self, n: usize) -> Vec<f64> {
        learned_completeness(if self.layout.areas > 0 { &self.areas } else { &self.cells }, n)
    }
}

/// Share of events known by lag, learned at the end of day `n` (counted from 1) from what had arrived by then:
/// among events old enough that nearly all have come, the share that had after each lag. With no events old
/// enough nothing is corrected.
pub fn learned_completeness(counts: &[Sighting], n: usize) -> Vec<f64> {
    let longest = LONGEST_LAG.min(n / 3);
    let mut by_lag = vec![0.0; longest + 1];
    let mut total = 0.0;
    for s in counts.iter().filter(|s| (s.day as usize) + longest < n && ((s.day + s.lag) as usize) < n) {
        if let Some(slot) = by_lag.get_mut(s.lag as usize) {
            *slot += f64::from(s.count);
        }
        total += f64::from(s.count);
    }
    let mut so_far = 0.0;
    let shares = by_lag.iter().map(|c| {
        so_far += c;
        ((so_far + 0.5) / (total + 0.5)).min(1.0)
    });
    shares.collect()
}

impl Known<'_> {
    /// Days with data, each counted by the share that is known of it.
    pub fn exposed_days(&self) -> f64 {
        self.exposure.iter().sum()
    }

    pub fn total(&self) -> f64 {
        self.whole.iter().sum()
    }

    /// Days since the last one with data; 0 when the issue day has some.
    pub fn silent_for(&self) -> usize {
        self.exposure.iter().rev().take_while(|e| **e == 0.0).count()
    }

    /// Counts per cell over the days that `weight` does not make 0.
    pub fn cell_totals(&self, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut out = vec![0.0; self.layout.xy.len()];
        for &(cell, day, count) in &self.cells {
            out[cell as usize] += count * weight(day as usize);
        }
        out
    }
}

#[cfg(test)]
#[path = "panel_tests.rs"]
mod tests;
