//! Counts of one thing at a regular step.

use super::time::Day;

/// How far apart the points of a [`CountSeries`] lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Daily,
    Weekly,
}

impl Step {
    pub fn days(self) -> i32 {
        match self {
            Self::Daily => 1,
            Self::Weekly => 7,
        }
    }

    /// Points in a year, as seasonal methods count them: 365 or 52.
    pub fn per_year(self) -> usize {
        match self {
            Self::Daily => 365,
            Self::Weekly => 52,
        }
    }

    pub fn noun(self) -> &'static str {
        match self {
            Self::Daily => "day",
            Self::Weekly => "week",
        }
    }
}

/// Counts of one thing, one a day or one a week, without gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct CountSeries {
    pub first: Day,
    pub step: Step,
    pub counts: Vec<u32>,
    /// People at risk at each point, > 0, where it is known; as long as `counts`.
    pub population: Option<Vec<f64>>,
}

impl CountSeries {
    /// The day, or the first day of the week, at a position.
    pub fn day(&self, position: usize) -> Day {
        self.first + position as i32 * self.step.days()
    }
}
