//! What the control charts share: the counts that are usual, and whose reading of a definition is followed.
//!
//! A chart ([`super::cusum`], [`super::glr`]) is started at one day and runs on from there. The counts before
//! that day are its training: from them comes what is usual, unless it is known from elsewhere. Training days
//! should be quiet ones; an outbreak in them hides the next.

use std::f64::consts::PI;

use crate::stats::glm::{GlmError, GlmOptions, log_linear};

/// What is usual on each day: the mean in control, μ₀.
#[derive(Debug, Clone, PartialEq)]
pub enum InControl {
    /// The mean of the training counts, the same for all days.
    TrainingMean,
    /// A known number of cases a day or week, the same for all.
    Fixed(f64),
    /// A known number of cases for every position of the series, training included.
    Given(Vec<f64>),
    /// A log-linear regression of the training counts, carried on into the future.
    Seasonal(Seasonal),
}

/// ln μₜ = β₀ (+ β₁ t) + ∑ₛ γₛ cos(2πst/period) + δₛ sin(2πst/period), t from 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seasonal {
    /// Days or weeks in a year, 365 or 52.
    pub period: f64,
    /// Pairs of waves.
    pub harmonics: usize,
    pub trend: bool,
}

/// Why a chart cannot be started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChartError {
    #[error("the chart starts after {start} counts, but the series has {len}")]
    StartsTooLate { start: usize, len: usize },
    #[error(
        "the usual count is to be learned from the counts before the start; there are {given}, at least {needed} are needed"
    )]
    TooLittleTraining { given: usize, needed: usize },
    #[error("{given} usual counts were given for a series of {len}")]
    WrongLength { given: usize, len: usize },
    #[error("the usual count cannot be learned from the counts before the start: {0}")]
    Regression(#[from] GlmError),
    #[error("an epidemic chart looks for increases only")]
    EpidemicDecrease,
    #[error("a usual count must be a number above 0, not {0}")]
    NotAMean(f64),
}

/// Whether to follow the publication or a well-known implementation where the two disagree. Every chart's
/// documentation lists where they do. `emberwatch detect` follows R unless told otherwise, for whoever comes from there
/// expects the same answers; code asks for the publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// The definition as published.
    #[default]
    Paper,
    /// R `surveillance` 1.20.3, departures included.
    Surveillance,
}

impl InControl {
    /// One mean for every position from `start` on; `alpha` is the overdispersion of the counts, Var = μ + αμ², 0 for
    /// Poisson, and matters to a regression only. A mean of 0 may come out of training days without any case:
    /// then no chart is defined, and the caller says so day by day.
    ///
    /// # Errors
    /// When the training is too short, the given means do not fit the series, or one of them is not above 0.
    pub fn means(&self, series: &[u32], start: usize, alpha: f64) -> Result<Vec<f64>, ChartError> {
        let len = series.len();
        if start > len {
            return Err(ChartError::StartsTooLate { start, len });
        }
        match self {
            Self::TrainingMean if start == 0 => Err(ChartError::TooLittleTraining { given: 0, needed: 1 }),
            Self::TrainingMean => Ok(vec![average(&series[..start]); len - start]),
            Self::Fixed(mean) => Ok(vec![positive(*mean)?; len - start]),
            Self::Given(means) if means.len() != len => Err(ChartError::WrongLength { given: means.len(), len }),
            Self::Given(means) => means[start..].iter().map(|&m| positive(m)).collect(),
            Self::Seasonal(model) => Ok(model.fit(series, start, alpha)?.split_off(start)),
        }
    }

    /// The overdispersion of the training counts about their means: that of the largest likelihood, 0 where they
    /// vary no more than Poisson counts do. Regression and overdispersion are fitted in turns.
    ///
    /// # Errors
    /// As [`InControl::means`].
    pub fn overdispersion(&self, series: &[u32], start: usize) -> Result<f64, ChartError> {
        let training = &series[..start.min(series.len())];
        if training.is_empty() {
            return Err(ChartError::TooLittleTraining { given: 0, needed: 1 });
        }
        let mut alpha = 0.0;
        for _ in 0..50 {
            let means = match self {
                Self::TrainingMean => vec![average(training); start],
                Self::Fixed(mean) => vec![positive(*mean)?; start],
                Self::Given(means) => means.iter().take(start).map(|&m| positive(m)).collect::<Result<_, _>>()?,
                Self::Seasonal(model) => model.fit(&series[..start], start, alpha)?,
            };
            let next = likeliest_alpha(training, &means);
            let moved = (next - alpha).abs();
            alpha = next;
            if moved <= 1e-9 * alpha {
                break;
            }
        }
        Ok(alpha)
    }
}

impl Seasonal {
    pub fn yearly(period: f64) -> Self {
        Self { period, harmonics: 1, trend: false }
    }

    /// The mean at every position of the series, learned from those before `start`.
    fn fit(self, series: &[u32], start: usize, alpha: f64) -> Result<Vec<f64>, ChartError> {
        // Waves cannot be told from a part of one.
        let needed = self.period.ceil().max(0.0) as usize;
        if start < needed {
            return Err(ChartError::TooLittleTraining { given: start, needed });
        }
        let mut columns = vec![vec![1.0; series.len()]];
        let times = || (1..=series.len()).map(|t| t as f64);
        if self.trend {
            columns.push(times().collect());
        }
        for s in 1..=self.harmonics {
            let turn = 2.0 * PI * s as f64 / self.period;
            columns.push(times().map(|t| (turn * t).cos()).collect());
            columns.push(times().map(|t| (turn * t).sin()).collect());
        }
        let counts: Vec<f64> = series[..start].iter().map(|&y| f64::from(y)).collect();
        let training: Vec<&[f64]> = columns.iter().map(|c| &c[..start]).collect();
        let fit = log_linear(&counts, &training, &GlmOptions { alpha, ..GlmOptions::default() })?;
        let at = |t: usize| fit.linear(&columns.iter().map(|c| c[t]).collect::<Vec<f64>>()).exp();
        Ok((0..series.len()).map(at).collect())
    }
}

/// The α under which counts about known means are likeliest, by halving on the slope of the log-likelihood.
fn likeliest_alpha(counts: &[u32], means: &[f64]) -> f64 {
    const LARGEST: f64 = 1e4;
    let slope = |alpha: f64| -> f64 {
        let one = |(&y, &mu): (&u32, &f64)| {
            // ∂/∂α of ∑ⱼ ln(1 + αj), j < y, − (y + 1/α) ln(1 + αμ)
            let rising: f64 = (0..y).map(|j| f64::from(j) / (1.0 + alpha * f64::from(j))).sum();
            let spread = alpha * mu;
            rising + spread.ln_1p() / (alpha * alpha) - (f64::from(y) + 1.0 / alpha) * mu / (1.0 + spread)
        };
        counts.iter().zip(means).map(one).sum()
    };
    // Below this the slope is lost in rounding, and the distribution is Poisson in all that matters.
    let (mut low, mut high) = (1e-4, LARGEST);
    if slope(low) <= 0.0 {
        return 0.0;
    }
    if slope(high) >= 0.0 {
        return LARGEST;
    }
    while high - low > 1e-12 * high {
        let middle = (low * high).sqrt();
        if middle <= low || middle >= high {
            break;
        }
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    low
}

fn average(counts: &[u32]) -> f64 {
    counts.iter().map(|&y| f64::from(y)).sum::<f64>() / counts.len() as f64
}

fn positive(mean: f64) -> Result<f64, ChartError> {
    if mean > 0.0 && mean.is_finite() { Ok(mean) } else { Err(ChartError::NotAMean(mean)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{CountDistribution, Random};

    #[test]
    fn a_season_learned_in_training_is_carried_on() {
        let mean = |t: usize| (1.5 + 0.8 * (2.0 * PI * t as f64 / 52.0).sin()).exp();
        let counts: Vec<u32> = (1..=156).map(|t| (100.0 * mean(t)).round() as u32).collect();
        let model = InControl::Seasonal(Seasonal::yearly(52.0));
        for alpha in [0.0, 0.4] {
            for (i, m) in model.means(&counts, 104, alpha).unwrap().into_iter().enumerate() {
                assert!((m / (100.0 * mean(105 + i)) - 1.0).abs() < 0.002, "{m}");
            }
        }
        let said = model.means(&counts, 51, 0.0).unwrap_err();
        assert_eq!(said, ChartError::TooLittleTraining { given: 51, needed: 52 });
    }

    #[test]
    fn the_overdispersion_of_training_counts_is_found_again() {
        let mut random = Random::seeded(4);
        let mut draws = |size: f64| -> Vec<u32> {
            let drawn = (0..3000).map(|_| CountDistribution::negative_binomial(6.0, size).sample(&mut random) as u32);
            drawn.collect()
        };
        let counts = draws(1.0 / 0.4);
        let alpha = InControl::TrainingMean.overdispersion(&counts, 3000).unwrap();
        // Four standard errors of the estimate are about 0.07.
        assert!((alpha - 0.4).abs() < 0.07, "{alpha}");
        let seasonal = InControl::Seasonal(Seasonal::yearly(52.0)).overdispersion(&counts, 3000).unwrap();
        assert!((seasonal - alpha).abs() < 0.01, "{seasonal}");
        let even = InControl::TrainingMean.overdispersion(&[4; 50], 50).unwrap();
        assert_eq!(even, 0.0);
    }

    #[test]
    fn means_that_cannot_be_are_refused() {
        let given = InControl::Given(vec![1.0]);
        assert_eq!(given.means(&[1, 2], 0, 0.0), Err(ChartError::WrongLength { given: 1, len: 2 }));
        assert_eq!(InControl::Fixed(0.0).means(&[1], 0, 0.0), Err(ChartError::NotAMean(0.0)));
        assert_eq!(InControl::Fixed(1.0).means(&[1], 2, 0.0), Err(ChartError::StartsTooLate { start: 2, len: 1 }));
    }
}
