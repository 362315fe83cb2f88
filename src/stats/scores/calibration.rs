//! Are forecasts of counts calibrated? Tests by proper scoring rules (Wei & Held 2014, *Test* 23:787).
//!
//! If every count came from its forecast distribution, each score would have a known mean and variance; the test asks
//! whether the scores seen are further from it than chance would have them, whatever the distributions are. A large
//! positive z says that forecasts are worse than they claim, most often because they are too narrow. Ones that are
//! too wide mostly give a negative z, but not always: the logarithmic score may turn positive, because a wide negative
//! binomial also expects more zeros than come.
//!
//! Means and variances are exact: closed forms for Dawid–Sebastiani, and for the logarithmic and ranked probability
//! scores sums to where nothing is left. (R's `surveillance::calibrationTest` ends its sums early, by its
//! `tolerance = 1e-4`, so its z for those two differs in the fourth digit.) Limits: counts are taken as independent,
//! which overlapping forecast windows are not; the normal approximation wants a few dozen forecasts; work grows with
//! mean/size of the distributions.

use std::collections::BTreeMap;

use super::{crps, dawid_sebastiani, log_score};
use crate::stats::{CountDistribution, normal};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalibrationRule {
    DawidSebastiani,
    Log,
    Rps,
}

/// How the scores are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CalibrationStatistic {
    /// The sum of scores, centred and divided by its standard deviation (equation 5).
    OfSum,
    /// The sum of scores that are each centred and scaled first, divided by √n (their discussion): better for low
    /// counts, and R's default.
    #[default]
    EachScaled,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationTest {
    /// Standard normal for calibrated forecasts.
    pub z: f64,
    /// Two-sided.
    pub p: f64,
    pub n: usize,
}

/// Test forecasts against what came. NaN for no forecast, or none that leaves anything open.
pub fn calibration_test(
    forecasts: &[(CountDistribution, u64)],
    rule: CalibrationRule,
    statistic: CalibrationStatistic,
) -> CalibrationTest {
    let mut known: BTreeMap<(u64, u64), Null> = BTreeMap::new();
    let (mut sum, mut variance) = (0.0, 0.0);
    for (d, y) in forecasts {
        // A certain forecast is right, and says nothing, or wrong, and says everything.
        if d.mean() == 0.0 {
            if *y == 0 {
                continue;
            }
            return CalibrationTest { z: f64::INFINITY, p: 0.0, n: forecasts.len() };
        }
        let null = known.entry((d.mean().to_bits(), d.size().to_bits())).or_insert_with(|| Null::of(*d, rule));
        let off = score(*d, *y, rule) - null.mean;
        match statistic {
            CalibrationStatistic::OfSum => {
                sum += off;
                variance += null.variance;
            }
            CalibrationStatistic::EachScaled => {
                sum += off / null.variance.sqrt();
                variance += 1.0;
            }
        }
    }
    let z = sum / variance.sqrt();
    CalibrationTest { z, p: 2.0 * normal::survival(z.abs()), n: forecasts.len() }
}

/// Mean and variance of a score when counts come from the distribution itself.
struct Null {
    mean: f64,
    variance: f64,
}

impl Null {
    fn of(d: CountDistribution, rule: CalibrationRule) -> Self {
        let pmf = || probabilities(d);
        let scores = match rule {
            // The variance of a squared standardised count is its kurtosis less one.
            CalibrationRule::DawidSebastiani => {
                let (variance, size) = (d.variance(), d.size());
                return Self { mean: 1.0 + variance.ln(), variance: 2.0 + 6.0 / size + 1.0 / variance };
            }
            CalibrationRule::Log => pmf().into_iter().map(|p| (p, if p > 0.0 { -p.ln() } else { 0.0 })).collect(),
            CalibrationRule::Rps => with_rps(pmf()),
        };
        let mean: f64 = scores.iter().map(|(p, s)| p * s).sum();
        Self { mean, variance: scores.iter().map(|(p, s)| p * (s - mean) * (s - mean)).sum() }
    }
}

fn score(d: CountDistribution, y: u64, rule: CalibrationRule) -> f64 {
    match rule {
        CalibrationRule::DawidSebastiani => dawid_sebastiani(d, y),
        CalibrationRule::Log => log_score(d, y),
        CalibrationRule::Rps => crps(d, y),
    }
}

/// Every probability with the ranked probability score of its count.
fn with_rps(pmf: Vec<f64>) -> Vec<(f64, f64)> {
    let survival: Vec<f64> = pmf
        .iter()
        .scan(0.0, |cdf, p| {
            *cdf += p;
            Some((1.0f64 - *cdf).max(0.0))
        })
        .collect();
    let mut rps: f64 = survival.iter().map(|s| s * s).sum();
    let with = pmf.into_iter().zip(survival).map(|(p, above)| {
        let here = rps;
        // From y to y + 1 the step of the truth moves by one: F(y)² comes for (1 − F(y))².
        rps += 1.0 - 2.0 * above;
        (p, here)
    });
    with.collect()
}

/// P(Y = 0), P(Y = 1), … to where the tail no longer adds to a variance.
fn probabilities(d: CountDistribution) -> Vec<f64> {
    let mut pmf = Vec::new();
    for k in 0.. {
        let p = d.pmf(k);
        pmf.push(p);
        let n = k as f64;
        if n > d.mean() && p * n * n < 1e-18 {
            break;
        }
    }
    pmf
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Random;

    const RULES: [CalibrationRule; 3] = [CalibrationRule::DawidSebastiani, CalibrationRule::Log, CalibrationRule::Rps];
    const STATISTICS: [CalibrationStatistic; 2] = [CalibrationStatistic::OfSum, CalibrationStatistic::EachScaled];

    /// Counts from negative binomials of size 2 and three means, judged as if their size were `claimed`.
    fn z(claimed: f64, rule: CalibrationRule, statistic: CalibrationStatistic) -> f64 {
        let mut random = Random::seeded(17);
        let forecasts: Vec<_> = (0..3000)
            .map(|i| {
                let mean = [0.4, 3.0, 20.0][i % 3];
                let y = CountDistribution::negative_binomial(mean, 2.0).sample(&mut random);
                (CountDistribution::negative_binomial(mean, claimed), y)
            })
            .collect();
        calibration_test(&forecasts, rule, statistic).z
    }

    #[test]
    fn right_forecasts_pass_and_narrow_and_wide_ones_do_not() {
        for rule in RULES {
            for statistic in STATISTICS {
                let [right, narrow, wide] = [2.0, 8.0, 0.6].map(|size| z(size, rule, statistic));
                assert!(right.abs() < 3.5, "{rule:?} {statistic:?} {right}");
                assert!(narrow > 5.0 && wide.abs() > 5.0, "{rule:?} {statistic:?} {narrow} {wide}");
            }
        }
    }

    #[test]
    fn the_mean_and_variance_of_a_score_are_those_of_its_draws() {
        let d = CountDistribution::negative_binomial(3.0, 1.5);
        let mut random = Random::seeded(5);
        let draws: Vec<u64> = (0..40_000).map(|_| d.sample(&mut random)).collect();
        for rule in RULES {
            let null = Null::of(d, rule);
            let scores: Vec<f64> = draws.iter().map(|y| score(d, *y, rule)).collect();
            let mean = scores.iter().sum::<f64>() / 40_000.0;
            let variance = scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 40_000.0;
            assert!((mean - null.mean).abs() < 4.0 * (null.variance / 40_000.0).sqrt(), "{rule:?} {mean}");
            assert!((variance / null.variance - 1.0).abs() < 0.15, "{rule:?} {variance} {}", null.variance);
        }
    }

    #[test]
    fn a_certain_forecast_that_failed_fails_the_test() {
        let forecasts = [(CountDistribution::poisson(0.0), 1)];
        assert_eq!(calibration_test(&forecasts, CalibrationRule::Rps, CalibrationStatistic::EachScaled).p, 0.0);
        let right = [(CountDistribution::poisson(0.0), 0)];
        assert!(calibration_test(&right, CalibrationRule::Rps, CalibrationStatistic::EachScaled).z.is_nan());
    }
}
