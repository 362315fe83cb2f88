//! Nowcast: recent counts corrected for what has not been reported yet, and feeds that say nothing.
//!
//! | method | what | source |
//! |---|---|---|
//! | `lawless` | maximum likelihood, Gaussian prediction | Lawless 1994 |
//! | `bayes.trunc` | generalised Dirichlet delays under right truncation, gamma-Poisson totals | Höhle & an der Heiden 2014 |
//! | `bayes.notrunc` | the same from fully reported days only | the same |
//! | `bayes.notrunc.bnb` | the same in closed form, each age by itself | the same |
//! | [`silent_days`], [`hearing()`] | days and feeds without data, by their own rhythm | ours |
//! | [`stamped()`] | batches whose times are those of the batch | ours |
//!
//! The delays are in [`DelayModel`]; several days and feeds are added up by [`total()`]. Every number has its
//! reason when it is missing.
//!
//! To add a method: a file named as the literature names it, with its formulas in the module doc, a variant of
//! [`Method`], brute-force and coverage tests.
//!
//! Limits: delays are those of the recent past; a sender that changes its ways is believed only as the old days
//! leave the window. What arrives later than `max_delay` counts as arriving then.

mod bayes;
mod delay;
mod feeds;
mod hearing;
mod lawless;
mod predictive;
mod silence;
mod stamped;
mod total;

pub use delay::{DelayModel, Share, Weekdays};
pub use feeds::{Feeds, LEARN_DAYS, Moment};
pub use hearing::{Hearing, hearing};
pub use silence::silent_days;
pub use stamped::{Receipt, stamped};
pub use total::{Part, Total, total};

use crate::domain::{time::Day, triangle::ReportingTriangle};
use predictive::ToCome;

/// How to correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    Lawless,
    #[default]
    BayesTrunc,
    BayesNotrunc,
    BayesNotruncBnb,
}

impl Method {
    pub const ALL: [Self; 4] = [Self::Lawless, Self::BayesTrunc, Self::BayesNotrunc, Self::BayesNotruncBnb];

    /// The name in R surveillance.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lawless => "lawless",
            Self::BayesTrunc => "bayes.trunc",
            Self::BayesNotrunc => "bayes.notrunc",
            Self::BayesNotruncBnb => "bayes.notrunc.bnb",
        }
    }
}

/// What is thought of a day's total before any of it is known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum TotalPrior {
    /// A gamma-Poisson learnt from the newest eight weeks; Jeffreys' prior where there is nothing to learn from.
    #[default]
    Recent,
    /// Poisson with a gamma rate of this mean and variance (`poisgamma`).
    Gamma { mean: f64, variance: f64 },
    /// Poisson of this mean (`pois`).
    Poisson { mean: f64 },
    /// All totals from 0 to `max` alike (`unif`).
    Uniform { max: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NowcastOptions {
    pub method: Method,
    /// Learn delays from the days that are at most this old; all days when `None`.
    pub window: Option<usize>,
    /// Older days count half as much every so many days; alike when `None`.
    pub half_life: Option<f64>,
    /// Concentration of the Dirichlet prior, for each delay.
    pub kappa: f64,
    pub prior: TotalPrior,
    pub weekdays: Weekdays,
    /// Whether the share known may vary from day to day by more than chance.
    pub day_to_day: bool,
    /// Draws from the posterior of the delays.
    pub samples: u32,
    pub seed: u64,
}

impl Default for NowcastOptions {
    /// R surveillance's κ and number of draws, our prior, weekdays where the data show them.
    fn default() -> Self {
        Self {
            method: Method::BayesTrunc,
            window: None,
            half_life: None,
            kappa: 0.1,
            prior: TotalPrior::Recent,
            weekdays: Weekdays::IfEvident,
            day_to_day: true,
            samples: 1_000,
            seed: 1,
        }
    }
}

/// One day, corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Nowcast {
    pub day: Day,
    /// Events known by the last day of the triangle.
    pub known: u32,
    /// Of the day's events, how many in a hundred parts are known at its age, 0 to 1.
    pub share_known: Option<f64>,
    pub total: Option<Prediction>,
    /// Why something is missing; empty when nothing is.
    pub reason: String,
}

/// What a day will have when all is in. No bound is below what is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The mean; `None` where it does not exist.
    pub expected: Option<f64>,
    pub median: u32,
    /// Middle 50, 80 and 95 %.
    pub range50: [u32; 2],
    pub range80: [u32; 2],
    pub range95: [u32; 2],
}

impl Prediction {
    fn new(known: u32, expected: Option<f64>, to_come: &ToCome) -> Self {
        let at = |p: f64| known.saturating_add(u32::try_from(to_come.quantile(p)).unwrap_or(u32::MAX));
        let middle = |level: f64| [at((1.0 - level) / 2.0), at(f64::midpoint(1.0, level))];
        Self { expected, median: at(0.5), range50: middle(0.5), range80: middle(0.8), range95: middle(0.95) }
    }
}

/// Correct every day of the triangle, oldest first.
pub fn nowcast(triangle: &ReportingTriangle, options: &NowcastOptions) -> Vec<Nowcast> {
    let complete_only = matches!(options.method, Method::BayesNotrunc | Method::BayesNotruncBnb);
    let model = DelayModel::learn(triangle, options, complete_only);
    let prior = match options.prior {
        TotalPrior::Recent => bayes::recent(triangle, &model),
        stated => stated,
    };
    let days = triangle.days;
    days.days()
        .zip(triangle.known_so_far())
        .map(|(day, known)| {
            let age = (days.to - day) as usize;
            if age >= triangle.max_delay {
                let total = Prediction::new(known, Some(f64::from(known)), &ToCome::Listed(vec![1.0]));
                return Nowcast { day, known, share_known: Some(1.0), total: Some(total), reason: String::new() };
            }
            let share = model.share(day, age as i32).mean;
            match to_come(triangle, &model, prior, options, day, known) {
                Ok((expected, more)) => {
                    let total = Prediction::new(known, expected, &more);
                    let reason = if total.expected.is_some() { "" } else { "too few reports for a mean" };
                    Nowcast { day, known, share_known: Some(share), total: Some(total), reason: reason.into() }
                }
                Err(reason) => Nowcast { day, known, share_known: None, total: None, reason },
            }
        })
        .collect()
}

/// The mean of the day's total, where there is one, and what is still to come.
fn to_come(
    triangle: &ReportingTriangle,
    model: &DelayModel,
    prior: TotalPrior,
    options: &NowcastOptions,
    day: Day,
    known: u32,
) -> Result<(Option<f64>, ToCome), String> {
    if model.events <= 0.0 {
        return Err(match options.method {
            Method::BayesNotrunc | Method::BayesNotruncBnb => {
                "no day with reports is old enough to have shown every delay"
            }
            _ => "no reports to learn delays from",
        }
        .into());
    }
    let age = (triangle.days.to - day) as usize;
    match options.method {
        Method::Lawless => {
            let weekday = model.by_weekday().then(|| day.weekday_index());
            let (total, more) = lawless::predict(known, age, &delay::sums(triangle, options, false, weekday))?;
            Ok((Some(total), more))
        }
        Method::BayesNotruncBnb => {
            let (more, distribution) = bayes::bnb(known, day, age, model, options);
            Ok((more.map(|m| f64::from(known) + m), distribution))
        }
        Method::BayesTrunc | Method::BayesNotrunc => {
            let more = bayes::predict(known, model.draws(day, age as i32), prior);
            Ok((Some(f64::from(known) + more.mean()), more))
        }
    }
}

#[cfg(test)]
#[path = "nowcast_tests.rs"]
mod tests;
