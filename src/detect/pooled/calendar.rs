//! Day of the week and time of the year: learnt on the sum of all areas, with as much of an area's own as it can prove.
//!
//! *Weekday*: seven ratios of the pool's events to what they would be if weekdays were alike, shrunk by
//! [`super::shrink`]; then the same for each area against the pool. *Season*: two annual harmonics beside a
//! log-linear trend, by quasi-Poisson regression on fourteen-day blocks with normal priors on the log scale (first
//! harmonic 0.25, second 0.1, trend 0.15 a year): little data leaves them near flat. The trend is there so that
//! growth is not taken for a season and is not extrapolated: [`super::level`] follows it. An area's own season is the
//! regression's next step for its residuals, shrunk by what such steps differ beyond chance among areas.
//!
//! Limits: no holidays; no season with less than eleven months of data.

use std::f64::consts::TAU;

use super::{
    panel::{Counts, Panel},
    shrink::{Ratio, real_variance},
};
use crate::domain::time::Day;

const BLOCK: usize = 14;
/// Days of a stretch that is left out.
pub const FOLD: usize = 61;
const LEAST_DAYS_FOR_SEASON: usize = 330;
/// Columns of the regression: level, trend, two harmonics.
const COLUMNS: usize = 6;
/// Prior standard deviations on the log scale; the level has none.
const PRIOR: [f64; COLUMNS] = [f64::INFINITY, 0.15, 0.25, 0.25, 0.1, 0.1];

/// Multipliers of the expected count by the calendar; about 1 on average.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Monday first.
    pub weekday: [f64; 7],
    /// Coefficients of cos, sin, cos 2, sin 2 of the annual cycle on the log scale.
    pub season: [f64; 4],
}

impl Calendar {
    pub const FLAT: Self = Self { weekday: [1.0; 7], season: [0.0; 4] };

    pub fn factor(&self, day: Day) -> f64 {
        let season: f64 = self.season.iter().zip(annual(day)).map(|(b, x)| b * x).sum();
        self.weekday[day.weekday_index()] * season.exp()
    }

    /// The pool's calendar and each area's.
    pub fn learn(panel: &Panel) -> Learnt {
        let rates: Vec<f64> = panel.areas.iter().map(mean_rate).collect();
        let sum = total(panel, &rates);
        let dispersion = daily_dispersion(&sum);
        let mut pool = Self { weekday: weekdays(panel.first, &sum, dispersion), season: [0.0; 4] };
        let mut without = vec![[0.0; 4]; panel.days.div_ceil(FOLD)];
        if panel.days >= LEAST_DAYS_FOR_SEASON {
            let rows =
                blocks(panel.first, &sum, |t| sum.share[t] * pool.weekday[(panel.first + t as i32).weekday_index()]);
            pool.season = season(rows.iter());
            for (fold, season_without) in without.iter_mut().enumerate() {
                *season_without = season(rows.iter().filter(|r| r.middle / FOLD != fold));
            }
        }
        let own = if panel.areas.len() < 2 { vec![pool.clone(); panel.areas.len()] } else { own(panel, &rates, &pool) };
        Learnt { pool, areas: own, without }
    }
}

/// What is learnt of the calendar.
pub struct Learnt {
    pub pool: Calendar,
    pub areas: Vec<Calendar>,
    /// The pool's season when one stretch of [`FOLD`] days after the other is left out: what would have been said of
    /// days that were not seen.
    pub without: Vec<[f64; 4]>,
}

pub fn annual(day: Day) -> [f64; 4] {
    let angle = TAU * f64::from(day.epoch_days()) / 365.2425;
    [angle.cos(), angle.sin(), (2.0 * angle).cos(), (2.0 * angle).sin()]
}

fn mean_rate(area: &Counts) -> f64 {
    let exposure: f64 = area.share.iter().sum();
    if exposure > 0.0 { area.count.iter().sum::<f64>() / exposure } else { 0.0 }
}

/// The sum over areas; an area without data on a day is missing from count and expectation alike.
fn total(panel: &Panel, rates: &[f64]) -> Counts {
    let mut sum = Counts { count: vec![0.0; panel.days], share: vec![0.0; panel.days] };
    for (area, rate) in panel.areas.iter().zip(rates) {
        for t in 0..panel.days {
            sum.count[t] += area.count[t];
            sum.share[t] += area.share[t] * rate;
        }
    }
    sum
}

/// Pearson dispersion of daily counts about the mean of their own week.
fn daily_dispersion(sum: &Counts) -> f64 {
    let (mut pearson, mut freedom) = (0.0, 0.0);
    for (count, share) in sum.count.chunks_exact(7).zip(sum.share.chunks_exact(7)) {
        let (y, e): (f64, f64) = (count.iter().sum(), share.iter().sum());
        if y > 0.0 && e > 0.0 {
            let mean = |s: f64| s * y / e;
            pearson += count.iter().zip(share).map(|(c, s)| (c - mean(*s)).powi(2)).sum::<f64>() / (y / 7.0);
            freedom += 6.0;
        }
    }
    if freedom > 0.0 { (pearson / freedom).max(1.0) } else { 1.0 }
}

fn by_weekday(first: Day, area: &Counts, mean: impl Fn(usize) -> f64) -> [(f64, f64); 7] {
    let mut sums = [(0.0, 0.0); 7];
    for t in 0..area.count.len() {
        let sum = &mut sums[(first + t as i32).weekday_index()];
        sum.0 += area.count[t];
        sum.1 += mean(t);
    }
    sums
}

fn weekdays(first: Day, sum: &Counts, dispersion: f64) -> [f64; 7] {
    let sums = by_weekday(first, sum, |t| sum.share[t]);
    let ratios = sums.map(|(observed, expected)| Ratio { observed, expected, dispersion });
    let real = real_variance(ratios.into_iter(), 1.0 / 7.0);
    level_out(ratios.map(|r| r.shrunk(real)))
}

fn level_out(factors: [f64; 7]) -> [f64; 7] {
    let mean = factors.iter().sum::<f64>() / 7.0;
    factors.map(|f| f / mean)
}

struct Block {
    /// Position of its middle day.
    middle: usize,
    count: f64,
    expected: f64,
    x: [f64; COLUMNS],
}

fn blocks(first: Day, area: &Counts, mean: impl Fn(usize) -> f64) -> Vec<Block> {
    let n = area.count.len();
    // Blocks are counted back from the last day, so that the newest is whole.
    let ends = (1..=n).rev().step_by(BLOCK).filter(|end| *end >= BLOCK);
    ends.map(|end| {
        let days = end - BLOCK..end;
        let middle = end - BLOCK / 2;
        let [c, s, c2, s2] = annual(first + middle as i32);
        Block {
            middle,
            count: area.count[days.clone()].iter().sum(),
            expected: days.map(&mean).sum(),
            x: [1.0, (middle as f64 - n as f64 / 2.0) / 365.25, c, s, c2, s2],
        }
    })
    .filter(|b| b.expected > 0.0)
    .collect()
}

fn season<'a>(rows: impl Iterator<Item = &'a Block>) -> [f64; 4] {
    match regression(&rows.collect::<Vec<_>>()) {
        Some([_, _, c, s, c2, s2]) => [c, s, c2, s2],
        None => [0.0; 4],
    }
}

/// Posterior mode of the log-linear coefficients; `None` with too little data or without convergence.
fn regression(rows: &[&Block]) -> Option<[f64; COLUMNS]> {
    if rows.len() < 2 * COLUMNS || rows.iter().map(|r| r.count).sum::<f64>() < 20.0 {
        return None;
    }
    let mut dispersion = 1.0;
    let mut beta = [0.0; COLUMNS];
    let mean = |beta: &[f64; COLUMNS], r: &Block| {
        r.expected * beta.iter().zip(&r.x).map(|(b, x)| b * x).sum::<f64>().clamp(-20.0, 20.0).exp()
    };
    for _ in 0..30 {
        let (mut information, mut score) = ([[0.0; COLUMNS]; COLUMNS], [0.0; COLUMNS]);
        for r in rows {
            let m = mean(&beta, r);
            for i in 0..COLUMNS {
                score[i] += (r.count - m) * r.x[i] / dispersion;
                for (sum, x) in information[i][..=i].iter_mut().zip(&r.x) {
                    *sum += m * r.x[i] * x / dispersion;
                }
            }
        }
        for i in 0..COLUMNS {
            let precision = PRIOR[i].powi(-2);
            information[i][i] += precision;
            score[i] -= precision * beta[i];
        }
        let step = solve(information, score)?;
        for (b, s) in beta.iter_mut().zip(step) {
            *b += s.clamp(-1.0, 1.0);
        }
        let pearson: f64 = rows.iter().map(|r| (r.count - mean(&beta, r)).powi(2) / mean(&beta, r)).sum();
        let settled = step.iter().all(|s| s.abs() < 1e-7);
        dispersion = (pearson / (rows.len() - COLUMNS) as f64).max(1.0);
        if settled {
            break;
        }
    }
    beta.iter().all(|b| b.is_finite()).then_some(beta)
}

/// Cholesky on the lower triangle; `None` where the matrix is not positive definite.
fn solve(mut a: [[f64; COLUMNS]; COLUMNS], mut b: [f64; COLUMNS]) -> Option<[f64; COLUMNS]> {
    for i in 0..COLUMNS {
        for j in 0..=i {
            let sum = a[i][j] - (0..j).map(|k| a[i][k] * a[j][k]).sum::<f64>();
            if i == j {
                if sum.is_nan() || sum <= 1e-12 {
                    return None;
                }
                a[i][i] = sum.sqrt();
            } else {
                a[i][j] = sum / a[j][j];
            }
        }
    }
    for i in 0..COLUMNS {
        b[i] = (b[i] - (0..i).map(|k| a[i][k] * b[k]).sum::<f64>()) / a[i][i];
    }
    for i in (0..COLUMNS).rev() {
        b[i] = (b[i] - (i + 1..COLUMNS).map(|k| a[k][i] * b[k]).sum::<f64>()) / a[i][i];
    }
    Some(b)
}

/// What each area departs from the pool by.
fn own(panel: &Panel, rates: &[f64], pool: &Calendar) -> Vec<Calendar> {
    let factors: Vec<f64> = (0..panel.days).map(|t| pool.factor(panel.first + t as i32)).collect();
    let dispersions: Vec<f64> = panel.areas.iter().map(daily_dispersion).collect();
    let ratios: Vec<[Ratio; 7]> = (0..panel.areas.len())
        .map(|a| {
            let area = &panel.areas[a];
            let sums = by_weekday(panel.first, area, |t| area.share[t] * rates[a] * factors[t]);
            sums.map(|(observed, expected)| Ratio { observed, expected, dispersion: dispersions[a] })
        })
        .collect();
    let real = real_variance(ratios.iter().flatten().copied(), 1.0 / 7.0);
    let steps: Vec<[(f64, f64); 4]> = (0..panel.areas.len())
        .map(|a| {
            let area = &panel.areas[a];
            let rows = blocks(panel.first, area, |t| area.share[t] * rates[a] * factors[t]);
            std::array::from_fn(|i| {
                let of = |r: &Block| ((r.count - r.expected) * r.x[i + 2], r.expected * r.x[i + 2].powi(2));
                rows.iter().map(of).fold((0.0, 0.0), |(u, n), (du, dn)| (u + du, n + dn))
            })
        })
        .collect();
    let season_varies = panel.days >= 2 * LEAST_DAYS_FOR_SEASON;
    let real_season: [f64; 4] = std::array::from_fn(|i| {
        let (mut excess, mut weight) = (0.0, 0.0);
        for (step, dispersion) in steps.iter().zip(&dispersions) {
            excess += step[i].0.powi(2) - dispersion * step[i].1;
            weight += step[i].1.powi(2);
        }
        if season_varies && weight > 0.0 { (excess / weight).max(0.0) } else { 0.0 }
    });
    (0..panel.areas.len())
        .map(|a| {
            let mut calendar = pool.clone();
            let departure = level_out(ratios[a].map(|r| r.shrunk(real)));
            for (f, d) in calendar.weekday.iter_mut().zip(departure) {
                *f *= d;
            }
            for i in 0..4 {
                let (score, information) = steps[a][i];
                if information > 0.0 && real_season[i] > 0.0 {
                    let keep = real_season[i] / (real_season[i] + dispersions[a] / information);
                    calendar.season[i] += keep * (score / information).clamp(-1.0, 1.0);
                }
            }
            calendar
        })
        .collect()
}
