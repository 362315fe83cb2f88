//! Day of the week and time of the year, pooled over all places and shrunk towards no effect.
//!
//! *Weekday*: f_d = (events on weekday d) / (expected there if all weekdays were alike). Its sampling variance
//! is φ/E_d with φ the Pearson dispersion of daily counts; what the seven f_d vary beyond that is taken as the
//! variance τ² of true effects, and each f_d is drawn towards 1 by τ²/(τ² + φ/E_d) (empirical Bayes). Where
//! weekdays do not differ by more than chance all seven become 1.
//!
//! *Season*: one annual harmonic beside a log-linear trend, by Poisson regression (iteratively reweighted least
//! squares) on 28-day blocks; its amplitude is shrunk by the positive-part James–Stein rule with the blocks'
//! dispersion, and it is 1 throughout with less than a year and a half of data. Limits: one harmonic only;
//! no holidays.

use std::f64::consts::TAU;

use super::panel::Known;
use crate::domain::time::Day;

const LEAST_DAYS_FOR_SEASON: f64 = 540.0;
const BLOCK: usize = 28;
/// A variance on six degrees of freedom passes its mean by a fraction 0.6 about one time in six: what lies below
/// this multiple of chance is not taken for an effect.
const CAUTION: f64 = 1.6;

/// Multipliers of the expected count by the calendar; about 1 on average.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Monday first.
    pub weekday: [f64; 7],
    /// Coefficients of cos and sin of the annual cycle on the log scale.
    pub season: [f64; 2],
}

impl Calendar {
    pub fn learn(known: &Known) -> Self {
        let weekday = weekdays(known);
        let season = season(known, &weekday);
        Self { weekday, season }
    }

    pub fn factor(&self, day: Day) -> f64 {
        self.weekday[day.weekday_index()] * self.season_factor(day)
    }

    pub fn season_factor(&self, day: Day) -> f64 {
        let [c, s] = annual(day);
        (self.season[0] * c + self.season[1] * s).exp()
    }
}

/// Cosine and sin of the annual cycle.
pub fn annual(day: Day) -> [f64; 2] {
    let angle = TAU * f64::from(day.epoch_days()) / 365.2425;
    [angle.cos(), angle.sin()]
}

fn weekdays(known: &Known) -> [f64; 7] {
    let rate = known.total() / known.exposed_days().max(1.0);
    let (mut seen, mut expected, mut pearson) = ([0.0; 7], [0.0; 7], 0.0);
    for (t, day) in known.days.days().enumerate() {
        let mean = rate * known.exposure[t];
        if mean > 0.0 {
            let d = day.weekday_index();
            seen[d] += known.whole[t];
            expected[d] += mean;
            pearson += (known.whole[t] - mean).powi(2) / mean;
        }
    }
    if expected.iter().any(|e| *e <= 0.0) {
        return [1.0; 7];
    }
    let days = known.exposure.iter().filter(|e| **e > 0.0).count();
    let dispersion = (pearson / days as f64).max(1.0);
    let raw: [f64; 7] = std::array::from_fn(|d| seen[d] / expected[d]);
    let noise: [f64; 7] = std::array::from_fn(|d| dispersion / expected[d]);
    // Six degrees of freedom: the factors average one.
    let spread = raw.iter().map(|f| (f - 1.0).powi(2)).sum::<f64>() / 6.0;
    let real = (spread - CAUTION * noise.iter().sum::<f64>() / 7.0).max(0.0);
    let shrunk: [f64; 7] = std::array::from_fn(|d| 1.0 + real / (real + noise[d]) * (raw[d] - 1.0));
    let mean = shrunk.iter().sum::<f64>() / 7.0;
    shrunk.map(|f| f / mean)
}

fn season(known: &Known, weekday: &[f64; 7]) -> [f64; 2] {
    if known.exposed_days() < LEAST_DAYS_FOR_SEASON {
        return [0.0; 2];
    }
    // (count, exposure, regressors) of each block, the last block ending on the issue day.
    let n = known.days.len();
    let mut rows: Vec<(f64, f64, [f64; 4])> = Vec::new();
    for end in (1..=n).rev().step_by(BLOCK) {
        let begin = end.saturating_sub(BLOCK);
        let (mut count, mut exposure) = (0.0, 0.0);
        for t in begin..end {
            let day = known.days.from + t as i32;
            count += known.whole[t];
            exposure += known.exposure[t] * weekday[day.weekday_index()];
        }
        let [c, s] = annual(known.days.from + ((begin + end) / 2) as i32);
        if exposure > 7.0 {
            rows.push((count, exposure, [1.0, (begin as f64 - n as f64 / 2.0) / 365.0, c, s]));
        }
    }
    let Some((beta, variance)) = poisson_regression(&rows) else { return [0.0; 2] };
    let amplitude = beta[2] * beta[2] + beta[3] * beta[3];
    if amplitude <= 0.0 {
        return [0.0; 2];
    }
    let keep = (1.0 - (variance[2] + variance[3]) / amplitude).clamp(0.0, 1.0);
    [keep * beta[2], keep * beta[3]]
}

/// Log-linear Poisson regression with exposures: coefficients and their (dispersion-scaled) variances.
/// `None` when it does not settle.
fn poisson_regression(rows: &[(f64, f64, [f64; 4])]) -> Option<([f64; 4], [f64; 4])> {
    let (count, exposure) = rows.iter().fold((0.0, 0.0), |(c, e), r| (c + r.0, e + r.1));
    if rows.len() < 8 || count < 30.0 {
        return None;
    }
    let mut beta = [(count / exposure).ln(), 0.0, 0.0, 0.0];
    let mut inverse = [[0.0; 4]; 4];
    let mean = |beta: &[f64; 4], r: &(f64, f64, [f64; 4])| {
        r.1 * beta.iter().zip(&r.2).map(|(b, x)| b * x).sum::<f64>().clamp(-30.0, 30.0).exp()
    };
    for _ in 0..20 {
        let (mut information, mut score) = ([[0.0; 4]; 4], [0.0; 4]);
        for r in rows {
            let m = mean(&beta, r);
            for i in 0..4 {
                score[i] += (r.0 - m) * r.2[i];
                for (sum, x) in information[i].iter_mut().zip(&r.2) {
                    *sum += m * r.2[i] * x;
                }
            }
        }
        inverse = invert(information)?;
        let mut largest = 0.0f64;
        for i in 0..4 {
            let step: f64 = (0..4).map(|j| inverse[i][j] * score[j]).sum();
            beta[i] += step;
            largest = largest.max(step.abs());
        }
        if largest < 1e-8 {
            break;
        }
    }
    let pearson: f64 = rows.iter().map(|r| (r.0 - mean(&beta, r)).powi(2) / mean(&beta, r)).sum();
    let dispersion = (pearson / (rows.len() as f64 - 4.0)).max(1.0);
    beta.iter().all(|b| b.is_finite()).then(|| (beta, std::array::from_fn(|i| dispersion * inverse[i][i])))
}

/// Gauss–Jordan with row exchange; `None` for a singular matrix.
fn invert(mut a: [[f64; 4]; 4]) -> Option<[[f64; 4]; 4]> {
    let mut out: [[f64; 4]; 4] = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 }));
    for col in 0..4 {
        let pivot = (col..4).max_by(|&x, &y| a[x][col].abs().total_cmp(&a[y][col].abs()))?;
        if a[pivot][col].abs() < 1e-12 {
            return None;
        }
        a.swap(col, pivot);
        out.swap(col, pivot);
        let lead = a[col][col];
        for j in 0..4 {
            a[col][j] /= lead;
            out[col][j] /= lead;
        }
        for row in (0..4).filter(|r| *r != col) {
            let factor = a[row][col];
            for j in 0..4 {
                a[row][j] -= factor * a[col][j];
                out[row][j] -= factor * out[col][j];
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{place::Point, time::DayRange},
        forecast::panel::{Completeness, Layout, Panel, Sighting},
        stats::{CountDistribution, Random},
    };

    fn world(days: u32, mean: impl Fn(Day) -> f64) -> Panel {
        let first = Day::from_epoch_days(18_000);
        let mut random = Random::seeded(3);
        let counts = (0..days)
            .map(|d| Sighting {
                place: 0,
                day: d,
                lag: 0,
                count: CountDistribution::poisson(mean(first + d as i32)).sample(&mut random) as u32,
            })
            .collect();
        let layout = Layout::new(&[Point::new(44.0, -69.0).unwrap()], &[None], 0, 1).unwrap();
        let range = DayRange::new(first, first + (days as i32 - 1)).unwrap();
        Panel::new(range, layout, counts, vec![], &[], Completeness::ByLag(vec![])).unwrap()
    }

    #[test]
    fn a_busy_saturday_is_found() {
        let p = world(700, |d| if d.weekday_index() == 5 { 9.0 } else { 6.0 });
        let c = Calendar::learn(&p.known_at(p.days.to));
        assert!((c.weekday[5] - 9.0 / (45.0 / 7.0)).abs() < 0.1, "{:?}", c.weekday);
        assert!((c.weekday.iter().sum::<f64>() - 7.0).abs() < 1e-9);
    }

    #[test]
    fn weekdays_that_do_not_differ_stay_close_to_one() {
        let p = world(200, |_| 1.0);
        let c = Calendar::learn(&p.known_at(p.days.to));
        assert!(c.weekday.iter().all(|f| (f - 1.0).abs() < 0.15), "{:?}", c.weekday);
        assert_eq!(c.season, [0.0; 2]);
    }

    #[test]
    fn a_season_is_found_beside_a_trend() {
        let p = world(1460, |d| {
            let t = f64::from(d.epoch_days() - 18_000) / 1460.0;
            8.0 * (1.0 + t) * (0.3 * annual(d)[0]).exp()
        });
        let c = Calendar::learn(&p.known_at(p.days.to));
        assert!((c.season[0] - 0.3).abs() < 0.06 && c.season[1].abs() < 0.06, "{:?}", c.season);
    }
}
