//! The level of each area: a gamma posterior from its own discounted past, and a prior from the pool.
//!
//! With count y_d and exposure e_d (share known × calendar) and the memory M days,
//!
//! > a = α + Σ δ^(t−d) y_d / φ,  b = β + Σ δ^(t−d) e_d / φ,  δ = 1 − 1/M,
//!
//! over the days before the gap (gamma–Poisson filter with discounting: West & Harrison 1997, ch. 10). Counts that
//! vary φ times as much as Poisson counts tell φ times less, hence the division. α and β are those of the gamma
//! distribution that the rates of the pool's areas show beyond chance (moments; Clayton & Kaldor 1987).
//!
//! How well the level of weeks ago tells the next fourteen days is not assumed but measured: *drift* is the variance of
//! (true level/posterior mean) that past fourteen-day sums show beyond everything else in the model, and M is the
//! memory under which they were predicted best.

use crate::stats::CountDistribution;

/// Days of memory that are tried.
pub const MEMORIES: [f64; 4] = [60.0, 180.0, 540.0, 1620.0];
/// What is believed of the drift before anything is seen, and how many fourteen-day sums that is worth.
const DRIFT_PRIOR: f64 = 0.002;
const DRIFT_PRIOR_BLOCKS: f64 = 2.0;
/// Weeks that follow each other drift together, so fewer of them speak than are counted; and too small a drift costs more
/// false alarms than too large a one saves. Hence what was found is multiplied, and standard errors are added.
const GENEROSITY: f64 = 1.2;
const CAUTION: f64 = 0.1;

/// Gamma distribution of a rate: shape a, rate b.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gamma {
    pub a: f64,
    pub b: f64,
}

impl Gamma {
    pub fn mean(self) -> f64 {
        self.a / self.b
    }

    /// Prior of the pool from (events, exposure, dispersion) of its areas.
    pub fn prior(areas: &[(f64, f64, f64)]) -> Self {
        let seen: Vec<_> = areas.iter().filter(|(_, e, _)| *e > 0.0).collect();
        let n = seen.len() as f64;
        let exposure: f64 = seen.iter().map(|(_, e, _)| e).sum();
        if exposure <= 0.0 {
            return Self { a: 0.5, b: 0.5 };
        }
        // Half an event keeps a pool without any from a certain zero.
        let mean = (seen.iter().map(|(y, e, _)| y / e).sum::<f64>() / n).max(0.5 / exposure);
        let shape = if n < 4.0 {
            0.5
        } else {
            let spread = seen.iter().map(|(y, e, _)| (y / e - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let chance = seen.iter().map(|(_, e, dispersion)| dispersion * mean / e).sum::<f64>() / n;
            let real = (spread - chance).max(0.0);
            if real > 0.0 { (mean * mean / real).clamp(0.3, 50.0) } else { 50.0 }
        };
        Self { a: shape, b: shape / mean }
    }
}

/// Discounted events and exposure of an area as they stood before each day (position t: of the days before t).
#[derive(Debug, Clone)]
pub struct Path {
    prior: Gamma,
    dispersion: f64,
    sums: Vec<(f64, f64)>,
}

impl Path {
    pub fn new(count: &[f64], exposure: &[f64], prior: Gamma, dispersion: f64, memory: f64) -> Self {
        let keep = 1.0 - 1.0 / memory;
        let mut sums = Vec::with_capacity(count.len() + 1);
        let (mut events, mut exposed) = (0.0, 0.0);
        sums.push((0.0, 0.0));
        for (y, e) in count.iter().zip(exposure) {
            events = keep * events + y;
            exposed = keep * exposed + e;
            sums.push((events, exposed));
        }
        Self { prior, dispersion, sums }
    }

    /// The posterior from the days before `t`.
    pub fn before(&self, t: usize) -> Gamma {
        let (events, exposed) = self.sums[t.min(self.sums.len() - 1)];
        Gamma { a: self.prior.a + events / self.dispersion, b: self.prior.b + exposed / self.dispersion }
    }
}

/// A sum of days as it would have been predicted, and as it came out.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    pub observed: f64,
    pub expected: f64,
    /// Without drift.
    pub variance: f64,
}

/// Drift by moments: trials weigh by how much they can say about it, and the prior as a few of them.
pub fn drift(trials: &[Trial]) -> f64 {
    if trials.is_empty() {
        return DRIFT_PRIOR;
    }
    let (mut drift, mut found_error) = (0.0, 0.0);
    for _ in 0..8 {
        let (mut excess, mut weight) = (0.0, 0.0);
        for t in trials.iter().filter(|t| t.expected > 0.0) {
            let squared = t.expected * t.expected;
            let information = (squared / (t.variance + drift * squared)).powi(2);
            excess += information * ((t.observed - t.expected).powi(2) - t.variance) / squared;
            weight += information;
        }
        let prior = DRIFT_PRIOR_BLOCKS * weight / trials.len() as f64;
        found_error = if weight > 0.0 { (2.0 / weight).sqrt() } else { 0.0 };
        drift = if weight > 0.0 { ((excess + prior * DRIFT_PRIOR) / (weight + prior)).max(0.0) } else { DRIFT_PRIOR };
    }
    GENEROSITY * drift + CAUTION * found_error
}

/// Log-likelihood of the trials.
pub fn log_score(trials: &[Trial], drift: f64) -> f64 {
    let one = |t: &Trial| {
        let extra = (t.variance + drift * t.expected * t.expected - t.expected).max(0.0);
        let sum = CountDistribution::negative_binomial(t.expected, t.expected * t.expected / extra);
        sum.ln_pmf(t.observed as u64)
    };
    trials.iter().filter(|t| t.expected > 0.0).map(one).sum()
}
