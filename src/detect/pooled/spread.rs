//! How much more than Poisson counts vary from day to day, by area.
//!
//! A day is compared with the mean of the four weeks on either side (itself left out), so that slow change is not
//! taken for daily scatter. What an area's squared residuals exceed the Poisson variance by is D_a; over the pool
//! D_a = Σ(c·μ + κ·μ²) is fitted by non-negative weighted least squares: a part in proportion to the mean and a part
//! in proportion to its square, since which of the two holds differs from place to place. Each area is then drawn
//! towards that line by how little its own days can say.

use super::panel::Counts;

/// Days on either side.
const REACH: usize = 28;
/// Fewer days than this around a day say nothing about it.
const LEAST_AROUND: f64 = 14.0;

/// What one area's days say.
#[derive(Debug, Clone, Copy, Default)]
struct Residuals {
    /// Squared residuals beyond the Poisson variance.
    excess: f64,
    mean: f64,
    mean_squared: f64,
}

impl Residuals {
    fn of(area: &Counts, exposure: &[f64]) -> Self {
        let n = exposure.len();
        let sums = |x: &[f64]| {
            let mut sums = vec![0.0; n + 1];
            for t in 0..n {
                sums[t + 1] = sums[t] + x[t];
            }
            sums
        };
        let (counts, exposures) = (sums(&area.count), sums(exposure));
        let mut all = Self::default();
        for t in (0..n).filter(|t| exposure[*t] > 0.0) {
            let (from, to) = (t.saturating_sub(REACH), (t + REACH + 1).min(n));
            let around = exposures[to] - exposures[from] - exposure[t];
            if around < LEAST_AROUND * 0.5 {
                continue;
            }
            let mean = (counts[to] - counts[from] - area.count[t]) / around * exposure[t];
            let doubt = exposure[t] / around;
            all.excess += (area.count[t] - mean).powi(2) / (1.0 + doubt) - mean;
            all.mean += mean;
            all.mean_squared += mean * mean - mean * doubt;
        }
        all.mean_squared = all.mean_squared.max(0.0);
        all
    }

    /// Variance of `excess` for Poisson counts.
    fn poisson_noise(&self) -> f64 {
        self.mean + 2.0 * self.mean_squared
    }

    /// Variance of `excess/mean` where the dispersion is 1 + `extra`: fourth moments grow about as its fourth power.
    fn noise(&self, extra: f64) -> f64 {
        self.poisson_noise() * (1.0 + extra).powi(4) / self.mean.powi(2)
    }
}

/// By area: variance over mean of a day's count, 1 for Poisson.
pub fn dispersions(areas: &[Counts], exposures: &[Vec<f64>]) -> Vec<f64> {
    let all: Vec<Residuals> = areas.iter().zip(exposures).map(|(a, e)| Residuals::of(a, e)).collect();
    let seen: Vec<&Residuals> = all.iter().filter(|r| r.mean > 0.0).collect();
    let (linear, square) = line(&seen);
    let expected = |r: &Residuals| linear + square * r.mean_squared / r.mean;
    let (mut between, mut weights) = (0.0, 0.0);
    for r in &seen {
        let noise = r.noise(expected(r));
        let weight = 1.0 / (noise + 0.01).powi(2);
        between += weight * ((r.excess / r.mean - expected(r)).powi(2) - noise);
        weights += weight;
    }
    let between = if seen.len() > 2 && weights > 0.0 { (between / weights).max(0.0) } else { 0.0 };
    all.iter()
        .map(|r| {
            if r.mean <= 0.0 {
                return 1.0 + linear;
            }
            let noise = r.noise(expected(r));
            let keep = between / (between + noise);
            1.0 + (expected(r) + keep * (r.excess / r.mean - expected(r))).max(0.0)
        })
        .collect()
}

/// Non-negative weighted least squares of the excess on Σμ and Σμ².
fn line(seen: &[&Residuals]) -> (f64, f64) {
    let (mut aa, mut ab, mut bb, mut da, mut db) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for r in seen {
        let weight = 1.0 / r.poisson_noise().max(1e-12);
        aa += weight * r.mean * r.mean;
        ab += weight * r.mean * r.mean_squared;
        bb += weight * r.mean_squared * r.mean_squared;
        da += weight * r.excess * r.mean;
        db += weight * r.excess * r.mean_squared;
    }
    if aa <= 0.0 {
        return (0.0, 0.0);
    }
    let determinant = aa * bb - ab * ab;
    // Areas that are all alike cannot tell the two parts from each other, and need not.
    if seen.len() > 2 && determinant > 1e-6 * aa * bb {
        let (linear, square) = ((da * bb - db * ab) / determinant, (db * aa - da * ab) / determinant);
        if linear >= 0.0 && square >= 0.0 {
            return (linear, square);
        }
        if linear < 0.0 {
            return (0.0, (db / bb).max(0.0));
        }
    }
    ((da / aa).max(0.0), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{CountDistribution, Random};

    fn area(day: CountDistribution, days: usize, random: &mut Random) -> Counts {
        Counts { count: (0..days).map(|_| day.sample(random) as f64).collect(), share: vec![1.0; days] }
    }

    #[test]
    fn the_dispersion_of_a_busy_area_is_its_own() {
        let mut random = Random::seeded(3);
        let mut areas = vec![area(CountDistribution::with_dispersion(20.0, 2.5), 1095, &mut random)];
        for _ in 0..9 {
            areas.push(area(CountDistribution::with_dispersion(20.0, 1.3), 1095, &mut random));
        }
        let found = dispersions(&areas, &vec![vec![1.0; 1095]; 10]);
        assert!((found[0] - 2.5).abs() < 0.35, "{found:?}");
        assert!(found[1..].iter().all(|d| (d - 1.3).abs() < 0.2), "{found:?}");
    }

    #[test]
    fn a_quiet_area_borrows_the_dispersion_of_the_pool() {
        let mut random = Random::seeded(4);
        let areas: Vec<Counts> =
            (0..60).map(|_| area(CountDistribution::with_dispersion(0.1, 1.4), 365, &mut random)).collect();
        let found = dispersions(&areas, &vec![vec![1.0; 365]; 60]);
        let errors = found.iter().map(|d| d - 1.4);
        let (mean, rms) = (errors.clone().sum::<f64>() / 60.0, (errors.map(|e| e * e).sum::<f64>() / 60.0).sqrt());
        // Each on its own errs by 0.35 or more (36 events each); all together by a seventh of that.
        assert!(mean.abs() < 0.1 && rms < 0.15, "{mean} {rms}");
    }
}
