//! Forecasts of counts 1 to 14 days ahead, per cell, per area and for the whole, with how they did so far.
//!
//! The flow: [`panel`] (what is known on an issue day) → [`model`]s (expected counts; `history` is the one to
//! beat) → [`predictive`] (a negative binomial about each mean, its scatter learned from the model's own past
//! forecasts) → [`rolling`] (the same on past days) → [`run()`] (today's forecasts, each level by the model that
//! did better there, with the record). [`scoring`] and [`summary`] measure.
//!
//! Sources: Harvey & Fernandes 1989 (gamma–Poisson filter), Abramson 1982 (adaptive kernels), Czado, Gneiting
//! & Held 2009 and Bracher et al. 2021 (scores), Künsch 1989 (block bootstrap); each file names its own.
//! To add a model see [`model`].
//!
//! Beside that flow stands [`endemic_epidemic`] (hhh4): a model to be fitted and read for itself, whose forecasts
//! reach one step ahead.
//!
//! Limits: no covariates, no population, no holidays; a sudden change is seen only as it shows in the counts;
//! nothing is said beyond 14 days. Nothing here is random: the same input gives the same forecast.

mod base;
mod calendar;
pub mod combine;
pub mod endemic_epidemic;
mod endemic_weeks;
pub mod explain;
mod filter;
mod history;
mod level;
pub mod model;
pub mod panel;
mod pooled;
pub mod predictive;
mod recent;
pub mod record;
pub mod rolling;
mod run;
pub mod scoring;
mod seasonal;
mod self_exciting;
pub mod spike;
pub mod stack;
pub mod summary;
mod surface;
mod tuning;
mod write;

pub use model::{Fitted, ForecastModel, MAX_HORIZON};
pub use run::{ForecastInput, ForecastOptions, ForecastOutput, run};
pub use write::ForecastDetail;

use crate::domain::{ids::AreaId, time::Day};

/// Why no forecast was made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ForecastError {
    #[error("forecasting needs at least {need} days of data; there are {have:.0}")]
    TooLittleHistory { have: f64, need: f64 },
    #[error("no data for {days} days up to {issued}: a forecast would only repeat the long run")]
    Stale { issued: Day, days: usize },
    #[error("forecasting from {issued}: the data begin on {first}")]
    NoData { issued: Day, first: Day },
    #[error("there is no cell and no area to forecast for")]
    NoPlaces,
    #[error("a horizon of {0} days: expected 1 to 14")]
    BadHorizon(u32),
    #[error("cells lie in area {0}, which the area cube does not hold")]
    UnknownArea(AreaId),
    #[error("a share known of {0}: expected 0 to 1")]
    BadShare(f64),
    #[error("there is no forecasting model \"{0}\"")]
    UnknownModel(String),
    #[error("{what}: got {got}, expected {want}")]
    Shape { what: &'static str, got: usize, want: usize },
}
