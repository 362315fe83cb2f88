//! Forecasts: predictive distributions of counts, 1 to 14 days ahead.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{EventKind, text_enum},
    ids::{AreaId, RunId},
    place::Cell,
    signal::Method,
    time::{Day, DayRange},
};

text_enum! {
    ForecastLevel {
        Cell = "cell",
        Area = "area",
        Whole = "whole",
    }
}

/// Probabilities at which every forecast states its quantiles.
pub const QUANTILE_LEVELS: [f64; 9] = [0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975];

/// The count in one place over one window of coming days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Forecast {
    pub run: RunId,
    /// The last day whose data were used; the window begins the day after or later.
    pub issued: Day,
    pub level: ForecastLevel,
    pub cell: Option<Cell>,
    pub area: Option<AreaId>,
    pub kind: EventKind,
    pub window: DayRange,
    pub method: Method,
    pub mean: f64,
    /// Counts at [`QUANTILE_LEVELS`].
    pub quantiles: [u32; 9],
    /// Probability of one or more.
    pub p_at_least_one: f64,
    /// What `history` alone expects: the one to beat.
    pub history_mean: f64,
    /// What is unusual about the basis of this forecast, in a sentence; empty when nothing is.
    pub caveat: String,
    /// How it came about; `None` of forecasts that were issued before it was kept.
    #[serde(default)]
    pub detail: Option<ForecastDetail>,
}

/// A forecast opened: of what it consists, and how likely it is to be a spike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastDetail {
    /// The middle 80 % as people are told it: the whole numbers that hold most nearly that. Its coverage is what `backtest`
    /// calls stated, and what the record of past forecasts counts. `None` of forecasts from before it was kept.
    #[serde(default)]
    pub range_80: Option<[u32; 2]>,
    /// The count from which on it would be a spike: one that long history alone would reach once in 30 days.
    pub spike_at_least: u32,
    /// Probability of a spike.
    pub p_spike: f64,
    /// What long history alone gives it.
    pub p_spike_usual: f64,
    /// What the mean consists of; the parts add up to it. A part may be below zero: a quiet fortnight takes away.
    pub parts: Vec<ForecastPart>,
    /// What would change it, in a sentence.
    pub would_change: String,
}

/// A part of a forecast's mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastPart {
    /// `long_history`, `season`, `weekday`, `trend`, `neighbours` or `recent_events`.
    pub part: String,
    pub mean: f64,
}

/// How a method has done against `history` on past days, with the same data it would have had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastRecord {
    pub method: String,
    pub level: ForecastLevel,
    pub horizon_days: u32,
    /// Number of past forecast days behind the figures.
    pub origins: u32,
    pub log_score: f64,
    pub history_log_score: f64,
    pub crps: f64,
    pub history_crps: f64,
    /// Share of truths inside the 80 % range as people are told it.
    pub coverage_80: f64,
    /// Share of later events that fell in the 10 % of cells ranked highest.
    pub capture_10: Option<f64>,
    pub history_capture_10: Option<f64>,
}

/// What became of the forecasts that people saw, at one level: kept by the service from day to day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrackRecord {
    pub level: ForecastLevel,
    /// The area whose places it tells of, and what people call it; `None` and empty for all of the jurisdiction.
    pub area: Option<AreaId>,
    pub area_name: String,
    /// First and last issue day that is judged.
    pub first: Day,
    pub last: Day,
    /// Days on which a forecast was issued.
    pub issue_days: u32,
    /// Length of the windows judged, days.
    pub window_days: u32,
    /// Places named (the most expected of each issue day), and how many of them had an event in the window.
    pub named: u32,
    pub named_with_event: u32,
    /// The same had long history alone named as many.
    pub history_with_event: u32,
    /// Forecasts of all places, and how many counts lay within their middle 80 % as it was told.
    pub forecasts: u32,
    pub inside_80: u32,
    /// Mean distance of the expected count from what came.
    pub error: f64,
    pub history_error: f64,
    /// The record in a sentence.
    pub sentence: String,
}
