//! Seeded daily counts of one area: quiet worlds unlike the detectors' own models, and rises to put into them.
//!
//! The mean of a day is level × weekday × season × drift; the count is Poisson about it, with gamma or log-normal day
//! effects on top. Weekend-heavy weeks, a season with a second harmonic and a level that wanders as a random walk are
//! there because no detector under test is fitted with exactly these. Reports may come late: what is known of a day
//! grows over a week.

use std::f64::consts::TAU;

use crate::{
    detect::budget::{Rise, Size},
    domain::time::Day,
    stats::{CountDistribution, Random},
};

/// What multiplies a day's mean from day to day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DayEffect {
    None,
    /// Gamma with mean 1 and this variance: negative binomial counts of size 1/variance.
    Gamma(f64),
    /// Log-normal with mean 1 and this standard deviation of the logarithm.
    LogNormal(f64),
}

/// A quiet world.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldSpec {
    pub name: &'static str,
    /// Events a day, on average.
    pub rate: f64,
    /// 0: all weekdays alike; 1: Saturday 1.35 times the mean and Tuesday 0.8.
    pub week: f64,
    /// Amplitude of the annual cycle on the log scale; a second harmonic has a third of it.
    pub season: f64,
    pub day_effect: DayEffect,
    /// Standard deviation of the level's logarithm after a year of wandering.
    pub wander: f64,
    /// Share of a day's reports that come 0, 1, 2 … days later; empty: all at once.
    pub delay: Vec<f64>,
}

const WEEK: [f64; 7] = [-0.12, -0.2, -0.12, -0.03, 0.12, 0.35, 0.0];

impl WorldSpec {
    pub fn flat(rate: f64) -> Self {
        Self { name: "flat", rate, week: 0.0, season: 0.0, day_effect: DayEffect::None, wander: 0.0, delay: Vec::new() }
    }

    /// Weekly pattern and season, and days that vary as a negative binomial.
    pub fn seasonal(rate: f64) -> Self {
        Self { name: "seasonal", week: 1.0, season: 0.15, day_effect: DayEffect::Gamma(0.03), ..Self::flat(rate) }
    }

    /// The same with log-normal day effects and a level that wanders.
    pub fn wandering(rate: f64) -> Self {
        Self { name: "wandering", day_effect: DayEffect::LogNormal(0.25), wander: 0.25, ..Self::seasonal(rate) }
    }

    /// The seasonal world seen through late reports.
    pub fn late(rate: f64) -> Self {
        Self { name: "late", delay: vec![0.5, 0.2, 0.1, 0.08, 0.06, 0.04, 0.02], ..Self::seasonal(rate) }
    }

    /// Means of `days` days without the rise.
    fn means(&self, first: Day, days: usize, random: &mut Random) -> Vec<f64> {
        let step = self.wander / 365f64.sqrt();
        let mut level = 0.0;
        (0..days)
            .map(|t| {
                let day = first + t as i32;
                let angle = TAU * f64::from(day.epoch_days()) / 365.2425;
                let season = self.season * ((angle - 3.6).cos() + (2.0 * angle).sin() / 3.0);
                level += if step > 0.0 { step * random.normal() } else { 0.0 };
                self.rate * (1.0 + self.week * WEEK[day.weekday_index()]) * (season + level).exp()
            })
            .collect()
    }

    /// A world of `days` days with an optional rise.
    pub fn draw(&self, first: Day, days: usize, rise: Option<Rise>, random: &mut Random) -> World {
        let means = self.means(first, days, random);
        let mut counts: Vec<u32> = means
            .iter()
            .enumerate()
            .map(|(t, mean)| {
                let factor = rise.map_or(1.0, |r| r.factor(t));
                count(mean * factor, self.day_effect, random)
            })
            .collect();
        if let Some(Rise { from, length, size: Size::Extra(k) }) = rise {
            for _ in 0..k {
                counts[from + random.below(length as u32) as usize] += 1;
            }
        }
        World { known: self.lags(&counts, random), counts, share: self.share() }
    }

    /// Cumulative share known by lag.
    fn share(&self) -> Vec<f64> {
        self.delay
            .iter()
            .scan(0.0, |sum, d| {
                Some({
                    *sum += d;
                    sum.min(1.0)
                })
            })
            .collect()
    }

    /// By day and lag: how many are known then.
    fn lags(&self, counts: &[u32], random: &mut Random) -> Vec<Vec<u32>> {
        if self.delay.is_empty() {
            return Vec::new();
        }
        let share = self.share();
        let one = |n: &u32| {
            let mut by = vec![0; share.len()];
            for _ in 0..*n {
                let u = random.unit();
                by[share.iter().position(|s| u < *s).unwrap_or(share.len() - 1)] += 1;
            }
            by.iter()
                .scan(0, |sum, n| {
                    Some({
                        *sum += n;
                        *sum
                    })
                })
                .collect()
        };
        counts.iter().map(one).collect()
    }
}

fn count(mean: f64, effect: DayEffect, random: &mut Random) -> u32 {
    let day = match effect {
        DayEffect::None => CountDistribution::poisson(mean),
        DayEffect::Gamma(variance) => CountDistribution::negative_binomial(mean, 1.0 / variance),
        DayEffect::LogNormal(sd) => CountDistribution::poisson(mean * (sd * random.normal() - 0.5 * sd * sd).exp()),
    };
    day.sample(random) as u32
}

/// Counts of one area.
#[derive(Debug, Clone)]
pub struct World {
    /// As they are in the end.
    pub counts: Vec<u32>,
    /// By day and lag; empty when reports come at once.
    known: Vec<Vec<u32>>,
    share: Vec<f64>,
}

impl World {
    /// Do reports come late?
    pub fn is_late(&self) -> bool {
        !self.known.is_empty()
    }

    /// Count of a day as known at the end of day `t`, and the share of it that is usually known by then.
    pub fn known(&self, t: usize, day: usize) -> (u32, f64) {
        match self.known.get(day) {
            Some(by_lag) => {
                let lag = (t - day).min(by_lag.len() - 1);
                (by_lag[lag], self.share[lag])
            }
            None => (self.counts[day], 1.0),
        }
    }
}
