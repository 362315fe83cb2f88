//! What an area would do if nothing happened: its own level, week, season and overdispersion, to draw years from.

use crate::{
    detect::pooled::{
        Model, PooledOptions, PooledSeries,
        level::Gamma,
        null::{Place, gamma},
    },
    domain::time::Day,
    stats::{CountDistribution, Random},
};

/// The null of one area, learnt with its sisters.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedNull {
    calendar: crate::detect::pooled::Calendar,
    level: Gamma,
    /// Var = μ + κ μ² of a day.
    kappa: f64,
    /// Variance of (true level/mean level): what is not known and what drifts.
    doubt: f64,
    /// The day after the history.
    next: Day,
}

impl FittedNull {
    /// Of every area of a pool, from all of the history given.
    pub fn learn(first: Day, series: &[PooledSeries<'_>], options: &PooledOptions) -> Vec<Self> {
        let days = series.iter().map(|s| s.counts.len()).max().unwrap_or(0);
        let model = Model::learn(first, series, days, options);
        series
            .iter()
            .enumerate()
            .map(|(a, one)| {
                let level = model.path_of(first, a, one, days).before(days);
                let area = &model.areas[a];
                Self {
                    calendar: area.calendar.clone(),
                    level,
                    kappa: area.kappa,
                    doubt: (1.0 / level.a + model.drift).min(1.0),
                    next: first + days as i32,
                }
            })
            .collect()
    }

    /// Where the area stands in the pooled detector's null table.
    pub fn place(&self) -> Place {
        let mean = self.level.mean();
        Place { mean, extra: self.kappa * mean, doubt: self.doubt.sqrt() }
    }

    /// A year after `warm_up` days, beginning on a random day of the calendar; the level is drawn, since it is not
    /// known better.
    pub fn year(&self, warm_up: usize, random: &mut Random) -> (Day, Vec<u32>) {
        let first = self.next + random.below(365) as i32;
        let shape = 1.0 / self.doubt.max(1e-6);
        let level = self.level.mean() * gamma(Gamma { a: shape, b: shape }, random);
        let counts = (0..warm_up as i32 + 365)
            .map(|t| {
                let mean = level * self.calendar.factor(first + t);
                CountDistribution::negative_binomial(mean, 1.0 / self.kappa).sample(random) as u32
            })
            .collect();
        (first, counts)
    }
}
