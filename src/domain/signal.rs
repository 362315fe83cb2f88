//! Signals: statistical aberrations, each with everything needed to judge and to repeat it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{EventKind, text_enum},
    ids::{AreaId, EventId, RunId, SignalId},
    place::{Cell, Point},
    rule::CaseMeasure,
    time::{Day, DayRange},
};

/// How a derived number was made: enough to make it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Method {
    /// The literature's name, for example `space-time-permutation-scan` or `ears-c2`.
    pub name: String,
    /// Raised whenever the same input could give another answer.
    pub version: u32,
    /// Seed of the random numbers, where any were drawn.
    pub seed: Option<u64>,
}

text_enum! {
    /// What the signal is about in space.
    SignalScope {
        /// A set of cells found by a scan.
        Cells = "cells",
        /// One area of the tree.
        Area = "area",
    }
}

/// More events than expected, somewhere, over some days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Signal {
    pub id: SignalId,
    pub run: RunId,
    /// The day the analysis took for today.
    pub as_of: Day,
    pub method: Method,
    /// What was counted.
    pub kind: EventKind,
    /// Which of them.
    #[serde(default)]
    pub measure: CaseMeasure,
    pub scope: SignalScope,
    /// Sorted. Empty for an area signal.
    pub cells: Vec<Cell>,
    /// The area, or the area that holds the centre of the cells.
    pub area: Option<AreaId>,
    pub centre: Option<Point>,
    /// Distance from the centre to the farthest place, km.
    pub radius_km: Option<f64>,
    /// What people would call the place.
    pub place_name: String,
    pub window: DayRange,
    pub observed: u32,
    pub expected: f64,
    /// The middle 95 % of counts that the expectation alone would give.
    pub expected_range: [f64; 2],
    /// Risk inside relative to outside, where the method defines it.
    pub relative_risk: Option<f64>,
    /// The method's test statistic (natural-log likelihood ratio for scans; for areas −log₁₀ of the smallest tail
    /// probability over windows of 1 to 14 days).
    pub statistic: f64,
    pub p_value: f64,
    /// In how many days chance alone gives such a signal: of cells, somewhere in the whole jurisdiction; of an area,
    /// in that area.
    pub recurrence_interval_days: f64,
    pub replications: Option<u32>,
    /// The line list behind `observed`, sorted by id.
    #[serde(default)]
    pub events: Vec<EventId>,
    /// Anything that weakens the conclusion, in sentences.
    pub caveats: Vec<String>,
}
