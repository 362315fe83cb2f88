//! From a prediction to an upper bound, a score and a p-value.

use super::model::Prediction;
use crate::stats::{CountDistribution, normal};

/// Scale on which counts are taken to be normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Power {
    /// 2/3, which takes out the skewness.
    #[default]
    TwoThirds,
    /// 1/2, which makes the variance constant.
    Half,
    None,
}

impl Power {
    pub const WORDS: [(&'static str, Self); 3] = [("2/3", Self::TwoThirds), ("1/2", Self::Half), ("none", Self::None)];

    fn apply(self, x: f64) -> f64 {
        match self {
            Self::TwoThirds => x.cbrt().powi(2),
            Self::Half => x.sqrt(),
            Self::None => x,
        }
    }

    /// Back to counts; what lies below zero is zero.
    fn undo(self, x: f64) -> f64 {
        let x = x.max(0.0);
        match self {
            Self::TwoThirds => x * x.sqrt(),
            Self::Half => x * x,
            Self::None => x,
        }
    }

    /// Variance of a count's transform, to first order, where the count has variance τ × mean.
    fn variance(self, mean: f64, tau: f64) -> f64 {
        match self {
            Self::TwoThirds => 4.0 / 9.0 * mean.cbrt() * tau,
            Self::Half => tau / 4.0,
            Self::None => mean * tau,
        }
    }
}

/// How the bound is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Threshold {
    /// A normal interval on the scale of [`Power`], which counts the uncertainty of the mean (Farrington et al. 1996).
    Delta,
    /// Quantile of the negative binomial with the estimated mean and dispersion (Noufaily et al. 2013).
    #[default]
    NbPlugin,
    /// The same with the mean at the upper limit, at the same level, of its asymptotic normal distribution on the
    /// logarithmic scale (Salmon et al. 2016).
    Muan,
}

impl Threshold {
    pub const WORDS: [(&'static str, Self); 3] =
        [("delta", Self::Delta), ("nb-plugin", Self::NbPlugin), ("muan", Self::Muan)];
}

/// The scale of the exceedance score (y − m)/(U − m) of the negative-binomial bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreScale {
    /// m is the mean: 0 at what is expected, 1 at the bound.
    Cases,
    /// m is the mean's logarithm, as in R surveillance: 1 at the bound, and no meaning elsewhere.
    Link,
}

/// What is said of one count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub mean: f64,
    pub upper: f64,
    pub score: f64,
    pub p_value: f64,
}

/// The normal bound; z is the standard normal's quantile at one minus the one-sided level.
pub(super) fn delta(count: u32, prediction: &Prediction, power: Power, z: f64) -> Bound {
    let mean = prediction.eta.exp();
    let se = prediction.se * mean;
    let tau = prediction.dispersion + se * se / mean;
    let spread = power.variance(mean, tau).sqrt();
    let centre = power.apply(mean);
    let y = f64::from(count);
    let upper = power.undo(centre + z * spread);
    Bound {
        mean,
        upper,
        score: (y - mean) / (upper - mean),
        p_value: normal::survival((power.apply(y) - centre) / spread),
    }
}

/// A negative binomial's quantile at one minus α, for which z stands as above.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantile {
    pub alpha: f64,
    pub z: f64,
    /// Whether the mean is put at its own upper limit.
    pub at_limit: bool,
    pub scale: ScoreScale,
}

impl Quantile {
    pub fn bound(&self, count: u32, prediction: &Prediction) -> Bound {
        let mean = prediction.eta.exp();
        let shifted = if self.at_limit { (prediction.eta + self.z * prediction.se).exp() } else { mean };
        let distribution = CountDistribution::with_dispersion(shifted, prediction.dispersion);
        let upper = self.of(distribution);
        let from = match self.scale {
            ScoreScale::Cases => mean,
            ScoreScale::Link => prediction.eta,
        };
        Bound {
            mean,
            upper,
            score: (f64::from(count) - from) / (upper - from),
            p_value: distribution.tail(u64::from(count)),
        }
    }

    /// Beyond what can be counted by the expansion of Cornish & Fisher (1938), which is then good to a count.
    fn of(&self, distribution: CountDistribution) -> f64 {
        let (mean, z) = (distribution.mean(), self.z);
        if mean < COUNTABLE {
            return distribution.quantile_from(1.0 - self.alpha, z) as f64;
        }
        let sd = distribution.variance().sqrt();
        let skewness = (1.0 + 2.0 * mean / distribution.size()) / sd;
        (mean + sd * (z + skewness * (z * z - 1.0) / 6.0)).round()
    }
}

/// Means above this are met only where the mean's own limit runs away, and need no exact count.
const COUNTABLE: f64 = 1e9;
