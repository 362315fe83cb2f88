//! What the control charts share: the counts that are usual, and whose reading of a definition is followed.
//!
//! A chart ([`super::cusum`], [`super::glr`]) is started at one day and runs on from there. The counts before
//! that day are its training: from them comes what is usual, unless it is known from elsewhere. Training days
//! should be quiet ones; an outbreak in them hides the next.

/// What is usual on each day: the mean in control, μ₀.
#[derive(Debug, Clone, PartialEq)]
pub enum InControl {
    /// The mean of the training counts, the same for all days.
    TrainingMean,
    /// A known number of cases a day or week, the same for all.
    Fixed(f64),
    /// A known number of cases for every position of the series, training included.
    Given(Vec<f64>),
}

/// Why a chart cannot be started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChartError {
    #[error("the chart starts after {start} counts, but the series has {len}")]
    StartsTooLate { start: usize, len: usize },
    #[error("the usual count is to be learned from the counts before the start; there are {given}, at least {needed} are needed")]
    TooLittleTraining { given: usize, needed: usize },
    #[error("{given} usual counts were given for a series of {len}")]
    WrongLength { given: usize, len: usize },
    #[error("an epidemic chart looks for increases only")]
    EpidemicDecrease,
    #[error("a usual count must be a number above 0, not {0}")]
    NotAMean(f64),
}

/// Whether to follow the publication or a well-known implementation where the two disagree. Every chart's
/// documentation lists where they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// The definition as published.
    #[default]
    Paper,
    /// R `surveillance` 1.20.3, departures included.
    Surveillance,
}

impl InControl {
    /// One mean for every position from `start` on. A mean of 0 may come out of training days without any case:
    /// then no chart is defined, and the caller says so day by day.
    ///
    /// # Errors
    /// When the training is too short, the given means do not fit the series, or one of them is not above 0.
    pub fn means(&self, series: &[u32], start: usize) -> Result<Vec<f64>, ChartError> {
        let len = series.len();
        if start > len {
            return Err(ChartError::StartsTooLate { start, len });
        }
        match self {
            Self::TrainingMean if start == 0 => Err(ChartError::TooLittleTraining { given: 0, needed: 1 }),
            Self::TrainingMean => {
                let sum: f64 = series[..start].iter().map(|&y| f64::from(y)).sum();
                Ok(vec![sum / start as f64; len - start])
            }
            Self::Fixed(mean) => Ok(vec![positive(*mean)?; len - start]),
            Self::Given(means) if means.len() != len => Err(ChartError::WrongLength { given: means.len(), len }),
            Self::Given(means) => means[start..].iter().map(|&m| positive(m)).collect(),
        }
    }
}

fn positive(mean: f64) -> Result<f64, ChartError> {
    if mean > 0.0 && mean.is_finite() { Ok(mean) } else { Err(ChartError::NotAMean(mean)) }
}
