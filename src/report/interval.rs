//! Intervals for counts and shares.
//!
//! - Poisson counts: Garwood (1936), exact, coverage at least the nominal; or mid-P (Cohen & Yang
//!   1994), shorter, coverage near the nominal on average. Both describe the spread of a count that is
//!   Poisson around its mean; real counts that come in bursts spread wider.
//! - Shares: Wilson's score interval (1927).

use serde::{Deserialize, Serialize};
use statrs::function::gamma::{gamma_lr, ln_gamma};
use utoipa::ToSchema;

use crate::domain::event::text_enum;

text_enum! {
    /// How the interval of a Poisson count is made.
    IntervalMethod {
        Garwood = "garwood",
        MidP = "mid_p",
    }
}

/// A share with the counts it was made from: one never goes without the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    pub numerator: u64,
    pub denominator: u64,
    /// `None` when the denominator is 0.
    pub share: Option<f64>,
    /// Wilson 95 % interval.
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

impl Share {
    pub fn of(numerator: u64, denominator: u64) -> Self {
        let share = (denominator > 0).then(|| numerator as f64 / denominator as f64);
        let bounds = wilson(numerator, denominator, 0.95);
        Self { numerator, denominator, share, lower: bounds.map(|b| b.0), upper: bounds.map(|b| b.1) }
    }
}

/// Interval of a Poisson mean after seeing `count`; `level` is the confidence, between 0 and 1.
/// The lower end of a count of 0 is 0.
pub fn poisson_interval(count: u64, level: f64, method: IntervalMethod) -> (f64, f64) {
    let tail = (1.0 - level.clamp(0.0, 1.0 - 1e-12)) / 2.0;
    let k = count as f64;
    let top = k + 10.0 + 12.0 * (k + 1.0).sqrt();
    // Chance of `count` or more is the lower incomplete gamma P(count, mean).
    let or_more = |mean: f64| if count == 0 { 1.0 } else { gamma_lr(k, mean) };
    let more = |mean: f64| gamma_lr(k + 1.0, mean);
    let upper_tail = |mean: f64| match method {
        IntervalMethod::Garwood => or_more(mean),
        IntervalMethod::MidP => more(mean) + 0.5 * mass(k, mean),
    };
    let lower_tail = |mean: f64| match method {
        IntervalMethod::Garwood => 1.0 - more(mean),
        IntervalMethod::MidP => 1.0 - more(mean) - 0.5 * mass(k, mean),
    };
    let lower = if count == 0 { 0.0 } else { rising_root(|m| upper_tail(m) - tail, k) };
    let upper = rising_root(|m| tail - lower_tail(m), top);
    (lower, upper)
}

/// Wilson's interval of a share; `None` for a denominator of 0.
pub fn wilson(numerator: u64, denominator: u64, level: f64) -> Option<(f64, f64)> {
    if denominator == 0 {
        return None;
    }
    let tail = f64::midpoint(1.0, level.clamp(0.0, 1.0 - 1e-12));
    let z = std::f64::consts::SQRT_2 * statrs::function::erf::erf_inv(2.0 * tail - 1.0);
    let n = denominator as f64;
    let p = numerator.min(denominator) as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // None and all have an end that is exact and that rounding would miss.
    let lower = if numerator == 0 { 0.0 } else { ((middle - half) / scale).max(0.0) };
    let upper = if numerator >= denominator { 1.0 } else { ((middle + half) / scale).min(1.0) };
    Some((lower, upper))
}

fn mass(k: f64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return if k == 0.0 { 1.0 } else { 0.0 };
    }
    (k * mean.ln() - mean - ln_gamma(k + 1.0)).exp()
}

/// Where a rising function crosses 0 between 0 and `top`, by bisection to double precision.
fn rising_root(f: impl Fn(f64) -> f64, top: f64) -> f64 {
    let (mut low, mut high) = (0.0, top);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        // gamma_lr is not defined at 0, and the first middle is never 0.
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: (f64, f64), lower: f64, upper: f64, tolerance: f64) {
        assert!((found.0 - lower).abs() < tolerance && (found.1 - upper).abs() < tolerance, "{found:?}");
    }

    #[test]
    fn garwood_gives_the_tabled_limits() {
        // Garwood (1936) and every table since: 95 % limits of observed counts.
        for (count, lower, upper) in [
            (0, 0.0, 3.6889),
            (1, 0.0253, 5.5716),
            (2, 0.2422, 7.2247),
            (5, 1.6235, 11.6683),
            (10, 4.7954, 18.3904),
            (50, 37.1110, 65.9189),
            (100, 81.3640, 121.6272),
        ] {
            close(poisson_interval(count, 0.95, IntervalMethod::Garwood), lower, upper, 1e-3);
        }
        let (lower, upper) = poisson_interval(1_000_000, 0.95, IntervalMethod::Garwood);
        assert!((lower - 998_041.0).abs() < 2.0 && (upper - 1_001_962.0).abs() < 2.0, "{lower} {upper}");
    }

    #[test]
    fn mid_p_lies_inside_garwood() {
        for count in [0, 1, 3, 12, 240] {
            let exact = poisson_interval(count, 0.95, IntervalMethod::Garwood);
            let mid = poisson_interval(count, 0.95, IntervalMethod::MidP);
            assert!(mid.0 >= exact.0 && mid.1 < exact.1, "{count}: {mid:?} {exact:?}");
        }
        // Solves exp(-m) / 2 = 0.025.
        close(poisson_interval(0, 0.95, IntervalMethod::MidP), 0.0, 20f64.ln(), 1e-9);
    }

    #[test]
    fn wilson_matches_its_closed_form_and_stays_between_0_and_1() {
        let (lower, upper) = wilson(8, 10, 0.95).unwrap();
        assert!((lower - 0.4902).abs() < 1e-4 && (upper - 0.9433).abs() < 1e-4, "{lower} {upper}");
        assert_eq!(wilson(0, 10, 0.95).unwrap().0, 0.0);
        assert_eq!(wilson(10, 10, 0.95).unwrap().1, 1.0);
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(Share::of(3, 0).share, None);
    }
}
