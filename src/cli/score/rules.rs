//! Which scores each kind of forecast gets.

use super::{
    Scored,
    read::{Forecast, What},
};
use crate::stats::{
    CountDistribution, normal,
    scores::{
        EnsembleCrps, crps, crps_ensemble, crps_normal, dawid_sebastiani, log_score, log_score_normal, pinball,
        squared_error,
    },
};

/// Central intervals whose coverage is counted where a forecast is a whole distribution.
const INTERVALS: [f64; 4] = [0.5, 0.8, 0.9, 0.95];

pub(super) fn score(forecast: Forecast, estimator: EnsembleCrps) -> Scored {
    let Forecast { id, by, observed, what } = forecast;
    let mut scored = Scored {
        id,
        by,
        observed,
        scores: Vec::new(),
        pit: None,
        covered: Vec::new(),
        count: None,
        reason: String::new(),
    };
    match (observed, what) {
        (None, _) => scored.reason = "what came is not known".to_owned(),
        (Some(y), What::Counts(d)) => counts(&mut scored, d, y as u64),
        (Some(y), What::Normal(mean, sd)) => normal(&mut scored, mean, sd, y),
        (Some(y), What::Quantiles(quantiles)) => self::quantiles(&mut scored, &quantiles, y),
        (Some(y), What::Sample(sample)) => self::sample(&mut scored, &sample, y, estimator),
    }
    scored
}

/// A score that is not finite has no value; a reason must stand beside it.
fn add(scored: &mut Scored, name: &str, value: f64, why_not: &str) {
    scored.scores.push((name.to_owned(), value.is_finite().then_some(value)));
    if !value.is_finite() && scored.reason.is_empty() {
        scored.reason = why_not.to_owned();
    }
}

fn counts(scored: &mut Scored, d: CountDistribution, y: u64) {
    let impossible = "the forecast held what came impossible: its score is infinite";
    add(scored, "log_score", log_score(d, y), impossible);
    add(scored, "rps", crps(d, y), impossible);
    add(scored, "dss", dawid_sebastiani(d, y), "the forecast was certain: its score is infinite");
    add(scored, "ses", squared_error(d, y), impossible);
    let below = if y == 0 { 0.0 } else { d.cdf(y - 1) };
    scored.pit = Some((below, d.cdf(y)));
    scored.count = Some((d, y));
    scored.covered = INTERVALS
        .map(|level| {
            let (lower, upper) = d.central_range(level);
            (level, (lower..=upper).contains(&y))
        })
        .into();
}

fn normal(scored: &mut Scored, mean: f64, sd: f64, y: f64) {
    let far = "what came is too far away for a number";
    add(scored, "log_score", log_score_normal(mean, sd, y), far);
    add(scored, "crps", crps_normal(mean, sd, y), far);
    add(scored, "ses", (y - mean) * (y - mean), far);
    let z = (y - mean) / sd;
    scored.pit = Some((normal::cdf(z), normal::cdf(z)));
    scored.covered = INTERVALS.map(|level| (level, z.abs() <= normal::quantile(0.5 + level / 2.0))).into();
}

fn quantiles(scored: &mut Scored, quantiles: &[(f64, f64)], y: f64) {
    let losses: f64 = quantiles.iter().map(|(level, q)| pinball(*q, *level, y)).sum();
    let score = 2.0 * losses / quantiles.len() as f64;
    add(scored, "quantile_score", score, "");
    let mirrored = |i: usize| (quantiles[i].0 + quantiles[quantiles.len() - 1 - i].0 - 1.0).abs() < 1e-9;
    let even = quantiles.len() % 2 == 1 && (0..quantiles.len()).all(mirrored);
    let wis = if even { score } else { f64::NAN };
    add(scored, "wis", wis, "wis needs a median and levels that lie evenly about it");
    let half = quantiles.len() / 2;
    let pairs = (0..half).filter(|&i| mirrored(i)).map(|i| (quantiles[i], quantiles[quantiles.len() - 1 - i]));
    scored.covered = pairs
        // The nominal share to nine digits, so that 0.9 − 0.1 and 0.8 are the same.
        .map(|(low, high)| ((1e9 * (high.0 - low.0)).round() / 1e9, (low.1..=high.1).contains(&y)))
        .collect();
}

fn sample(scored: &mut Scored, sample: &[f64], y: f64, estimator: EnsembleCrps) {
    let m = sample.len() as f64;
    add(scored, "crps", crps_ensemble(sample, y, estimator), "this estimator needs two members or more");
    let mean = sample.iter().sum::<f64>() / m;
    add(scored, "ses", (y - mean) * (y - mean), "");
    let share = |keep: &dyn Fn(&f64) -> bool| sample.iter().filter(|x| keep(x)).count() as f64 / m;
    scored.pit = Some((share(&|x| *x < y), share(&|x| *x <= y)));
}
