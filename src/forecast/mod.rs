//! Forecasts of counts 1 to 14 days ahead, per cell, per area and for the whole, with how they did so far.
//!
//! The flow: [`panel`] (what is known on an issue day) → the [`model`]s' expected counts → [`predictive`] (a negative
//! binomial about each mean, its scatter learned from the model's own past forecasts) → [`stack`] and [`combine`] (all
//! models as one mixture, weighed by their past, cells adding up to areas and areas to the whole) → [`run()`] (today's
//! forecasts, with the record). [`rolling`] does the same on past days, [`scoring`] and [`summary`] measure, [`explain`] and
//! [`spike`] say of what a forecast consists and how likely an unusual count is, [`record`] judges forecasts that were made.
//!
//! # Models
//!
//! For group (area) g and h days after issue day t; C is the calendar factor (weekday × season), cell j gets its share of
//! the group. `history` is the one to beat.
//!
//! | model | mean of group g | source |
//! |---|---|---|
//! | `history` | Λ s_g, all past days alike; cells by an adaptive kernel | Abramson 1982; Davies & Hazelton 2010 |
//! | `recent` | the same of the last 28 days: what naive maps show | – |
//! | `seasonal` | s_g f_d exp(β₀ + β₁ t + waves), negative binomial | Serfling 1963; McCullagh & Nelder 1989 |
//! | `endemic-epidemic` | s_g ν_w + λ y_g,w−1 + φ Σ_j w_jg y_j,w−1, by weeks, dealt to days | Held, Höhle & Hofmann 2005 |
//! | `self-exciting` | Σ_j∈g (ν B_j C + Σ_i θ(t − t_i) f(j, j_i)) | Mohler et al. 2011; Meyer, Elias & Höhle 2012 |
//! | `filter` | C a_g/b, discounted gamma–Poisson level of every area | Harvey & Fernandes 1989 |
//! | `pooled` | C × filtered rate of the whole × filtered share; cells by three surfaces | West & Harrison 1997 |
//! | `covariates` | people, services, seizures by cell, negative binomial with gamma effects; only where given | Clayton & Kaldor 1987 |
//! | `stack` | the mixture of them all | Hall & Mitchell 2007; Yao et al. 2018; Raftery et al. 2010 |
//!
//! Each file tells its equations and limits. To add one see [`model`].
//!
//! # What is measured
//!
//! Log score, CRPS, WIS (Czado, Gneiting & Held 2009; Bracher et al. 2021), Brier score of one or more, PIT, capture (of all
//! events, and of those in areas whose counts had just risen above what long history makes likely), and coverage. Where 93 days in
//! a hundred are without an event no range of whole numbers holds half: the one that is stated is 0 to 0 and holds 93 %. So
//! `coverage` takes a count on an interval's end as far as its probability lies within ([`crate::stats::CountMixture::central_part`];
//! the randomised PIT), which is nominal whenever forecasts are calibrated, with a standard error from issue day to issue day; and
//! `coverage_stated` is that of the ranges people read ([`crate::stats::CountMixture::ranges`]: those whole numbers whose
//! probability is nearest to what they should hold), with what these promised. Differences carry intervals of a paired
//! moving-block bootstrap (Künsch 1989). Measured tables: `benches/README.md`, section "Forecasts".
//!
//! # No peeking
//!
//! A model sees a [`panel::Known`]: what had happened and had been received by the issue day, with the share known of the last
//! days learned from the delays seen by then. Scatter, weights and the fall-back of areas are learned from forecasts whose windows were
//! over and settled by then. Tests poison the future and compare bits.
//!
//! # Where there is little to go by
//!
//! Fewer than 14 days of data, or none for 28 days: a refusal with its reason. Less than 56 days, fewer than 20 events, a
//! silent feed, an area that never saw an event: a wide forecast whose caveat says so. No mean is 0 and no zero certain. Days
//! without a single event that are past belief are silence, wherever in the record. Every level departs from long history only
//! where its own past shows that it helps ([`stack::Proof`]): with a short record the whole is `history`'s, areas share it as
//! `history` has it, and cells keep `history`'s order. A level where the stack has been behind `history` over the back-test gets `history`, and so does a single area where that was
//! clearly better over twelve issue days and ten events; its caveat and method say so.
//!
//! Beside that flow stands [`endemic_epidemic`] (hhh4): the fit that `endemic-epidemic` uses, to be read for itself.
//!
//! Limits: no holidays; covariates only as operators give them; a sudden change is seen only as it shows in the counts;
//! nothing is said beyond 14 days. Nothing here is random: the same input gives the same forecast.

mod base;
mod calendar;
pub mod combine;
pub mod covariates;
pub mod endemic_epidemic;
mod endemic_weeks;
pub mod explain;
mod filter;
mod history;
mod layout;
mod level;
pub mod model;
pub mod panel;
mod pooled;
pub mod predictive;
mod recent;
pub mod record;
mod rise;
pub mod rolling;
mod run;
pub mod scoring;
mod seasonal;
mod self_exciting;
mod silence;
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
