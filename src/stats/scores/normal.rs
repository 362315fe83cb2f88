//! Scores of normal distributions (closed forms in Gneiting, Raftery, Westveld & Goldman 2005).

use std::f64::consts::PI;

use crate::stats::normal::{cdf, pdf};

/// −ln of the density at y. NaN for a standard deviation that is not above 0.
pub fn log_score_normal(mean: f64, sd: f64, y: f64) -> f64 {
    let z = (y - mean) / sd;
    if sd > 0.0 { 0.5 * z * z + sd.ln() + 0.5 * (2.0 * PI).ln() } else { f64::NAN }
}

/// σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π) with z = (y − μ)/σ. NaN for a standard deviation that is not above 0.
pub fn crps_normal(mean: f64, sd: f64, y: f64) -> f64 {
    let z = (y - mean) / sd;
    if sd > 0.0 { sd * (z * (2.0 * cdf(z) - 1.0) + 2.0 * pdf(z) - 1.0 / PI.sqrt()) } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_is_the_integral() {
        // ∫ (F(x) − 1{y ≤ x})² dx by the midpoint rule.
        let (mean, sd, y) = (1.0, 0.5, 2.5);
        let h = 1e-4;
        let sum: f64 = (0..80_000)
            .map(|i| -4.0 + h * (f64::from(i) + 0.5) + 1.0)
            .map(|x| (cdf((x - mean) / sd) - if y <= x { 1.0 } else { 0.0 }).powi(2) * h)
            .sum();
        assert!((crps_normal(mean, sd, y) - sum).abs() < 1e-4, "{sum}");
        assert!((log_score_normal(0.0, 1.0, 0.0) - 0.918_938_533_204_672_7).abs() < 1e-14);
        assert!(crps_normal(0.0, 0.0, 1.0).is_nan());
    }
}
