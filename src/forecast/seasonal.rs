//! `seasonal`: negative binomial regression of the whole's daily counts on trend and season, its weekdays and areas
//! partially pooled (McCullagh & Nelder 1989; Serfling 1963 for waves; Hilbe 2011 for the negative binomial).
//!
//! > Y_t ~ NB(μ_t, 1/α), log μ_t = β₀ + β₁ t + Σₖ (γₖ cos 2πkt/365.24 + δₖ sin 2πkt/365.24) + log(o_t f_d(t))
//!
//! with o_t the share known of day t and f_d the weekday factors, shrunk towards 1 ([`super::calendar`]), as offsets.
//! α is found by moments and the fit repeated with it. The wave enters with a year and a half of data, a second one with
//! three years, the trend with two. Areas get the shares of `history`, which are shrunk towards what their surroundings
//! suggest, and cells theirs within the area: weekday and season are common to all places.
//!
//! Limits: a straight trend on the log scale, which turns late; nothing of the last days beyond what moves the trend.

use super::{
    base::Base,
    calendar::annual,
    model::{Fitted, ForecastModel, MAX_HORIZON, Part, calendar_parts},
    panel::Known,
    tuning::Tuning,
};
use crate::{
    domain::time::Day,
    stats::glm::{GlmOptions, log_linear},
};

const DAYS_FOR_SEASON: f64 = 540.0;
const DAYS_FOR_TREND: f64 = 730.0;
const DAYS_FOR_SECOND_WAVE: f64 = 1095.0;

pub struct Seasonal;

impl ForecastModel for Seasonal {
    fn name(&self) -> &'static str {
        "seasonal"
    }

    fn version(&self) -> u32 {
        1
    }

    fn fit(&self, known: &Known, _tuning: &Tuning, base: &Base) -> Fitted {
        let shares = &base.long_run.group_share;
        let regression = Regression::of(known, base);
        let issued = known.days.to;
        let whole: Vec<f64> = (0..MAX_HORIZON as usize)
            .map(|d| base.weekday_ahead[d] * regression.rate(issued + (d as i32 + 1)))
            .collect();
        let season: Vec<f64> = (0..MAX_HORIZON as usize).map(|d| regression.season(issued + (d as i32 + 1))).collect();
        let groups: Vec<Vec<f64>> = shares.iter().map(|s| whole.iter().map(|m| m * s).collect()).collect();
        let long = base.long_run.group_rates();
        let parts = calendar_parts(&groups, &long, &base.weekday_ahead, &season, Part::Trend);
        base.long_run.fitted(groups, parts)
    }
}

/// The whole's rate on a weekday of factor 1.
struct Regression {
    issued: Day,
    trend: bool,
    waves: usize,
    /// Intercept, trend where there is one, cosine and sine of each wave.
    beta: Vec<f64>,
}

impl Regression {
    fn of(known: &Known, base: &Base) -> Self {
        let days = known.exposed_days();
        let plain = Self { issued: known.days.to, trend: false, waves: 0, beta: vec![base.adjusted_rate.ln()] };
        let waves = usize::from(days >= DAYS_FOR_SEASON) + usize::from(days >= DAYS_FOR_SECOND_WAVE);
        let mut wanted = Self { trend: days >= DAYS_FOR_TREND, waves, ..plain };
        let rows: Vec<usize> = (0..known.exposure.len()).filter(|&t| known.exposure[t] > 0.0).collect();
        let day = |t: usize| known.days.from + t as i32;
        let counts: Vec<f64> = rows.iter().map(|&t| known.whole[t]).collect();
        let offset: Vec<f64> = rows
            .iter()
            .map(|&t| (known.exposure[t] * base.calendar.weekday[day(t).weekday_index()]).max(1e-9).ln())
            .collect();
        let width = wanted.terms(known.days.to).len();
        let mut columns = vec![Vec::with_capacity(rows.len()); width];
        for &t in &rows {
            for (column, x) in columns.iter_mut().zip(wanted.terms(day(t))) {
                column.push(x);
            }
        }
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        match fit(&counts, &columns, &offset) {
            Some(beta) => {
                wanted.beta = beta;
                wanted
            }
            // Too few events for a regression: the rate without trend and waves.
            None => Self { trend: false, waves: 0, ..wanted },
        }
    }

    fn terms(&self, day: Day) -> Vec<f64> {
        let mut terms = vec![1.0];
        if self.trend {
            terms.push(f64::from(day - self.issued) / 365.25);
        }
        let [c, s] = annual(day);
        if self.waves > 0 {
            terms.extend([c, s]);
        }
        if self.waves > 1 {
            terms.extend([c * c - s * s, 2.0 * c * s]);
        }
        terms
    }

    fn rate(&self, day: Day) -> f64 {
        self.linear(&self.terms(day), 0).clamp(-30.0, 30.0).exp()
    }

    /// What the waves alone make of a rate.
    fn season(&self, day: Day) -> f64 {
        self.linear(&self.terms(day), 1 + usize::from(self.trend)).exp()
    }

    fn linear(&self, terms: &[f64], from: usize) -> f64 {
        terms.iter().zip(&self.beta).skip(from).map(|(x, b)| x * b).sum()
    }
}

/// Coefficients of the negative binomial regression; `None` where it has no finite answer.
fn fit(counts: &[f64], columns: &[&[f64]], offset: &[f64]) -> Option<Vec<f64>> {
    if counts.iter().sum::<f64>() < 10.0 * columns.len() as f64 {
        return None;
    }
    let mut alpha = 0.0;
    let mut beta = None;
    for _ in 0..3 {
        let glm = log_linear(counts, columns, &GlmOptions { offset: Some(offset), alpha, ..GlmOptions::default() });
        let glm = glm.ok().filter(|g| g.converged)?;
        beta = glm.coefficients.iter().copied().collect::<Option<Vec<f64>>>();
        let squares: f64 = glm.fitted.iter().map(|m| m * m).sum();
        let excess: f64 = counts.iter().zip(&glm.fitted).map(|(y, m)| (y - m).powi(2) - m).sum();
        alpha = (excess / squares).max(0.0);
    }
    beta.filter(|b| b.iter().all(|b| b.is_finite() && b.abs() < 20.0))
}
