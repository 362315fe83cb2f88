//! What every model starts from on one issue day: long-run rates, calendar, and the exposure that both make.
//!
//! Computed once and handed to all models, because the smoothed surface of the cells is the dear part of each of them.

use super::{calendar::Calendar, history::LongRun, model::MAX_HORIZON, panel::Known, surface::Smoothing};

/// The long run and the calendar, as they were known at the end of the issue day.
#[derive(Debug, Clone)]
pub struct Base {
    pub long_run: LongRun,
    pub calendar: Calendar,
    /// Share known of each past day times its calendar factor.
    pub offset: Vec<f64>,
    /// Events of the whole per day of calendar factor 1.
    pub adjusted_rate: f64,
    /// Weekday factor of each of the coming days, and the season's.
    pub weekday_ahead: Vec<f64>,
    pub season_ahead: Vec<f64>,
}

impl Base {
    pub fn of(known: &Known, smoothing: &Smoothing) -> Self {
        let long_run = LongRun::of(known, smoothing, |_| 1.0);
        let calendar = Calendar::learn(known);
        let offset: Vec<f64> =
            known.days.days().zip(&known.exposure).map(|(day, e)| e * calendar.factor(day)).collect();
        let adjusted_rate = (long_run.total + 0.5) / offset.iter().sum::<f64>().max(1.0);
        let ahead = || (1..=MAX_HORIZON as i32).map(|h| known.days.to + h);
        Self {
            weekday_ahead: ahead().map(|d| calendar.weekday[d.weekday_index()]).collect(),
            season_ahead: ahead().map(|d| calendar.season_factor(d)).collect(),
            long_run,
            calendar,
            offset,
            adjusted_rate,
        }
    }

    /// Calendar factor of each of the coming days.
    pub fn factors_ahead(&self) -> Vec<f64> {
        self.weekday_ahead.iter().zip(&self.season_ahead).map(|(w, s)| w * s).collect()
    }
}
