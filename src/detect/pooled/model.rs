//! What is usual in each area: everything that is learnt from the past, before any day is judged.

use super::{
    PooledOptions, PooledSeries,
    calendar::{Calendar, FOLD, Learnt, annual},
    level::{Gamma, MEMORIES, Path, Trial, drift, log_score},
    panel::Panel,
    spread,
};
use crate::domain::time::Day;

/// The usual of one area, learnt with its sisters.
#[derive(Debug, Clone)]
pub struct AreaModel {
    pub calendar: Calendar,
    /// Variance over mean of a day's count at the area's level; 1 for Poisson.
    pub dispersion: f64,
    /// The same as a share of the mean: Var = μ + κ μ².
    pub kappa: f64,
}

/// The usual of all areas.
#[derive(Debug, Clone)]
pub struct Model {
    pub pool: Calendar,
    pub areas: Vec<AreaModel>,
    pub prior: Gamma,
    /// Days after which the past counts for a third (1/e).
    pub memory: f64,
    /// Variance of the level's change between the past and the days judged, relative to the level.
    pub drift: f64,
}

impl Model {
    /// Learn from the first `days` days of the series.
    pub fn learn(first: Day, series: &[PooledSeries<'_>], days: usize, options: &PooledOptions) -> Self {
        let panel = Panel::new(first, series, days);
        let Learnt { pool, areas: calendars, without } = Calendar::learn(&panel);
        let exposures: Vec<Vec<f64>> = panel
            .areas
            .iter()
            .zip(&calendars)
            .map(|(area, c)| {
                area.share.iter().enumerate().map(|(t, s)| s * c.factor(first + t as i32)).collect::<Vec<f64>>()
            })
            .collect();
        let dispersions = spread::dispersions(&panel.areas, &exposures);
        let sums: Vec<(f64, f64, f64)> = (0..panel.areas.len())
            .map(|a| (panel.areas[a].count.iter().sum(), exposures[a].iter().sum(), dispersions[a]))
            .collect();
        let prior = Gamma::prior(&sums);
        let areas: Vec<AreaModel> = calendars
            .into_iter()
            .zip(&sums)
            .map(|(calendar, (events, exposure, dispersion))| {
                let level = (prior.a + events) / (prior.b + exposure);
                AreaModel { calendar, dispersion: *dispersion, kappa: (dispersion - 1.0) / level }
            })
            .collect();
        let mut model = Self { pool, areas, prior, memory: MEMORIES[0], drift: 0.0 };
        model.choose_memory(&panel, &exposures, &model.unseen(&panel, &without), options);
        model
    }

    /// The level's posterior before each day, from counts and exposures that may go on beyond what was learnt from.
    pub fn path(&self, area: usize, count: &[f64], exposure: &[f64]) -> Path {
        Path::new(count, exposure, self.prior, self.areas[area].dispersion, self.memory)
    }

    /// The same from the first `days` days of a series.
    pub fn path_of(&self, first: Day, area: usize, series: &PooledSeries<'_>, days: usize) -> Path {
        let calendar = &self.areas[area].calendar;
        let day = |t: usize| {
            let (count, share) = series.at(t);
            (f64::from(count), share * calendar.factor(first + t as i32))
        };
        let (count, exposure): (Vec<f64>, Vec<f64>) = (0..days).map(day).unzip();
        self.path(area, &count, &exposure)
    }

    /// By stretch that was left out and by day: what the calendar without it says, over what the whole one says.
    fn unseen(&self, panel: &Panel, without: &[[f64; 4]]) -> Vec<Vec<f64>> {
        let ratio = |season: &[f64; 4], end: usize| {
            (0..end.min(panel.days))
                .map(|t| {
                    let x = annual(panel.first + t as i32);
                    (0..4).map(|i| (season[i] - self.pool.season[i]) * x[i]).sum::<f64>().exp()
                })
                .collect()
        };
        without.iter().enumerate().map(|(fold, season)| ratio(season, (fold + 1) * FOLD)).collect()
    }

    fn choose_memory(&mut self, panel: &Panel, exposures: &[Vec<f64>], unseen: &[Vec<f64>], options: &PooledOptions) {
        let mut best = f64::NEG_INFINITY;
        let mut chosen = (MEMORIES[2], drift(&[]));
        for memory in MEMORIES {
            self.memory = memory;
            let trials = self.trials(panel, exposures, unseen, options);
            if trials.is_empty() {
                break;
            }
            let found = drift(&trials);
            let score = log_score(&trials, found);
            if score > best {
                (best, chosen) = (score, (memory, found));
            }
        }
        (self.memory, self.drift) = chosen;
    }

    /// Every sum of `windows` days as it would have been predicted across the gap by a calendar that had not seen it.
    fn trials(
        &self,
        panel: &Panel,
        exposures: &[Vec<f64>],
        unseen: &[Vec<f64>],
        options: &PooledOptions,
    ) -> Vec<Trial> {
        let mut trials = Vec::new();
        let earliest = options.least_days + options.gap;
        let starts: Vec<usize> =
            (0..=panel.days).rev().step_by(options.windows).skip(1).take_while(|start| *start >= earliest).collect();
        for (a, area) in self.areas.iter().enumerate() {
            for (fold, ratio) in unseen.iter().enumerate() {
                let mut mine = starts.iter().filter(|s| (**s + options.windows / 2) / FOLD == fold).peekable();
                if mine.peek().is_none() {
                    continue;
                }
                let upto = ratio.len().max(mine.peek().map_or(0, |s| **s + options.windows)).min(panel.days);
                let last = ratio.len() - 1;
                let exposure: Vec<f64> = (0..upto).map(|t| exposures[a][t] * ratio[t.min(last)]).collect();
                let path = self.path(a, &panel.areas[a].count[..upto], &exposure);
                for start in mine {
                    let level = path.before(start - options.gap);
                    let days = *start..(start + options.windows).min(upto);
                    trials.push(trial(level, area.kappa, &panel.areas[a].count[days.clone()], &exposure[days]));
                }
            }
        }
        trials
    }
}

fn trial(level: Gamma, kappa: f64, count: &[f64], exposure: &[f64]) -> Trial {
    let (mut observed, mut expected, mut daily) = (0.0, 0.0, 0.0);
    for (y, e) in count.iter().zip(exposure) {
        let mean = level.mean() * e;
        observed += y;
        expected += mean;
        daily += mean * mean;
    }
    Trial { observed, expected, variance: expected + expected * expected / level.a + kappa * daily }
}
