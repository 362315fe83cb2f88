//! What the charts take as usual: the options `mean`, `harmonics` and `trend`, and how they are read.

use std::ops::Range;

use anyhow::Result;
use serde_json::json;

use super::{Given, Key, TableSeries};
use crate::detect::{
    Judgement,
    chart::{ChartError, Follow, InControl, Seasonal},
};

pub(super) const MEAN: Key = Key {
    name: "mean",
    default: "training",
    says: "the usual count: training, the mean of all counts before --from (of the first year where \
           there is none); glm, a seasonal log-linear regression on \
           them; column, the table's column expected; or a number of cases",
};
pub(super) const HARMONICS: Key =
    Key { name: "harmonics", default: "1", says: "pairs of yearly waves of mean=glm, 0 to 6" };
pub(super) const TREND: Key = Key { name: "trend", default: "no", says: "whether mean=glm has a trend, yes or no" };
pub(super) const FOLLOW: Key = Key {
    name: "follow",
    default: "surveillance",
    says: "where they disagree, what R surveillance 1.20.3 gives: surveillance, so that the answers are the same, or \
           the definition as published: paper",
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

    /// Whether it comes from earlier counts.
    pub fn learns(self) -> bool {
        matches!(self, Self::Training | Self::Glm { .. })
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

/// Judge one series by a chart that starts with the range; where no day before it is known and the usual count must
/// be learned, a year later.
pub(super) fn from_start(
    learns: bool,
    series: &TableSeries,
    range: Range<usize>,
    chart: impl Fn(&[u32], usize) -> Result<Vec<Judgement>, ChartError>,
) -> Result<Vec<Judgement>> {
    let year = series.step.per_year().min(range.end);
    let start = if range.start == 0 && learns { year } else { range.start };
    match chart(&series.counts[..range.end], start) {
        Ok(mut days) => Ok(days.split_off(range.start)),
        // Another series of the table may well be long enough.
        Err(ChartError::TooLittleTraining { given, needed }) => {
            let reason = format!("needs {needed} earlier counts to learn what is usual; there are {given}");
            Ok(vec![Judgement::none(reason); range.len()])
        }
        Err(other) => Err(other.into()),
    }
}
