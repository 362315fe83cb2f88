//! What the charts take as usual: the options `mean`, `harmonics` and `trend`, and how they are read.

use std::ops::Range;

use anyhow::{Result, anyhow};
use serde_json::json;

use super::{Given, Key, TableSeries};
use crate::detect::chart::{ChartError, Follow, InControl, Seasonal};

pub(super) const MEAN: Key = Key {
    name: "mean",
    default: "training",
    says: "the usual count: training, the mean of all counts before --from; glm, a seasonal log-linear regression on \
           them; column, the table's column expected; or a number of cases",
};
pub(super) const HARMONICS: Key =
    Key { name: "harmonics", default: "1", says: "pairs of yearly waves of mean=glm, 0 to 6" };
pub(super) const TREND: Key = Key { name: "trend", default: "no", says: "whether mean=glm has a trend, yes or no" };
pub(super) const FOLLOW: Key = Key {
    name: "follow",
    default: "paper",
    says: "where they disagree, the definition as published: paper, or what R surveillance 1.20.3 makes of it: \
           surveillance",
};

/// How the usual count is to be had, before the series is known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Usual {
    Training,
    Glm { harmonics: usize, trend: bool },
    Column,
    Number(f64),
}

impl Usual {
    pub fn read(given: &mut Given) -> Result<Self> {
        let text = given.text("mean");
        let number = text.parse().ok().filter(|&mean: &f64| mean > 0.0 && mean.is_finite());
        given.note("mean", number.map_or_else(|| json!(text), |mean| json!(mean)));
        let (harmonics, trend) = (given.whole("harmonics", 0..=6)?, given.yes_no("trend")?);
        match (text.as_str(), number) {
            ("training" | "mean", _) => Ok(Self::Training),
            ("glm", _) => Ok(Self::Glm { harmonics, trend }),
            ("column", _) => Ok(Self::Column),
            (_, Some(mean)) => Ok(Self::Number(mean)),
            _ => Err(given.wrong("mean", "training, glm, column, or a number of cases above 0")),
        }
    }

    /// What is usual of one series, up to and without a position.
    pub fn of(self, series: &TableSeries, end: usize) -> InControl {
        match self {
            Self::Training => InControl::TrainingMean,
            Self::Glm { harmonics, trend } => {
                InControl::Seasonal(Seasonal { period: series.step.per_year() as f64, harmonics, trend })
            }
            // The table is read with the column when an option asks for it.
            Self::Column => InControl::Given(series.expected.iter().flatten().take(end).copied().collect()),
            Self::Number(mean) => InControl::Fixed(mean),
        }
    }
}

pub(super) fn follow(given: &mut Given) -> Result<Follow> {
    given.word("follow", &[("paper", Follow::Paper), ("surveillance", Follow::Surveillance)])
}

/// What cannot be learned may be for want of days before --from, or be told by an option.
pub(super) fn explain(error: ChartError, range: &Range<usize>, option: &str) -> anyhow::Error {
    match error {
        ChartError::TooLittleTraining { .. } => {
            anyhow!(
                "{error} (the start is --from, position {} of the series); or give --option {option}=NUMBER",
                range.start + 1
            )
        }
        other => other.into(),
    }
}
