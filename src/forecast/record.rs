//! How past forecasts did, now that the days they were for are over: the record that is shown beside today's.
//!
//! Works on finished rows as they were stored, so what is judged is what people saw. Only forecasts whose windows were
//! over and settled by the day of the record are taken up.
//!
//! Three things are told per level: how many of the places named (the highest means of each issue day, `named` of them)
//! had an event, beside how many the long run alone would have named rightly; how often the count lay within the middle 80 %
//! as it was told (of older forecasts, between the quantiles); and whether the forecast means were nearer to what came than those
//! of `history`.

use std::collections::BTreeMap;

use crate::domain::{
    forecast::{Forecast, ForecastLevel},
    time::Day,
};

/// Fewer places named than this say little of a forecaster: of thirty even odds, chance alone moves five.
pub const FEW: usize = 30;
/// Positions of the 10 and 90 % quantiles.
const LOW: usize = 2;
const HIGH: usize = 6;

/// What the record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordOptions {
    /// Places named on each issue day.
    pub named: usize,
    /// Windows of this length are judged, in days.
    pub window_days: usize,
}

impl Default for RecordOptions {
    /// The three places of a brief, over the coming week.
    fn default() -> Self {
        Self { named: 3, window_days: 7 }
    }
}

/// The record of one level.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordLine {
    pub level: ForecastLevel,
    pub first: Day,
    pub last: Day,
    pub issue_days: usize,
    /// Places named, all issue days together, and how many of them had an event.
    pub named: usize,
    pub named_with_event: usize,
    /// The same had the long run named as many.
    pub history_with_event: usize,
    /// Forecasts of all places, and how many counts lay within the middle 80 %.
    pub forecasts: usize,
    pub inside_80: usize,
    /// Mean absolute distance of the means from what came.
    pub error: f64,
    pub history_error: f64,
}

impl RecordLine {
    /// The record in a sentence; no places are named at the level of the whole. `within` is the area that it is of, where it
    /// is of one: such a record is small, and says so.
    pub fn sentence(&self, within: Option<&str>) -> String {
        let days = self.last - self.first + 1;
        if let Some(area) = within {
            let few = if self.named < FEW { " So few can be chance." } else { "" };
            return format!(
                "Of the {} places we named in the last {days} days in {area}, {} had an event; history alone would have named \
                 {}.{few}",
                self.named, self.named_with_event, self.history_with_event
            );
        }
        if self.level == ForecastLevel::Whole {
            return format!(
                "Of {} forecasts of the last {days} days, {} had the count within their 80 % range.",
                self.forecasts, self.inside_80
            );
        }
        format!(
            "Of the {} places we named in the last {days} days, {} had an event; history alone would have named {}.",
            self.named, self.named_with_event, self.history_with_event
        )
    }
}

/// The record of past forecasts: `came` answers what is known of a forecast's count, `None` where its window is not over or
/// settled, or had no data. Levels in order; a level without any judged forecast has no line.
pub fn record<'a>(
    past: impl IntoIterator<Item = &'a Forecast>,
    came: impl Fn(&Forecast) -> Option<u32>,
    options: RecordOptions,
) -> Vec<RecordLine> {
    let mut days: BTreeMap<(ForecastLevel, Day), Vec<(&Forecast, u32)>> = BTreeMap::new();
    for forecast in past.into_iter().filter(|f| f.window.len() == options.window_days) {
        if let Some(count) = came(forecast) {
            days.entry((forecast.level, forecast.issued)).or_default().push((forecast, count));
        }
    }
    let mut lines: BTreeMap<ForecastLevel, RecordLine> = BTreeMap::new();
    for ((level, issued), rows) in days {
        let line = lines.entry(level).or_insert_with(|| empty(level, issued));
        line.last = issued;
        line.issue_days += 1;
        if level != ForecastLevel::Whole {
            line.named += options.named.min(rows.len());
            line.named_with_event += hits(&rows, options.named, |f| f.mean);
            line.history_with_event += hits(&rows, options.named, |f| f.history_mean);
        }
        for (forecast, count) in &rows {
            let (before, n) = (line.forecasts as f64, line.forecasts as f64 + 1.0);
            let off = |mean: f64| (mean - f64::from(*count)).abs();
            line.error = (line.error * before + off(forecast.mean)) / n;
            line.history_error = (line.history_error * before + off(forecast.history_mean)) / n;
            let [low, high] = told_range(forecast);
            line.inside_80 += usize::from((low..=high).contains(count));
            line.forecasts += 1;
        }
    }
    lines.into_values().collect()
}

fn empty(level: ForecastLevel, first: Day) -> RecordLine {
    RecordLine {
        level,
        first,
        last: first,
        issue_days: 0,
        named: 0,
        named_with_event: 0,
        history_with_event: 0,
        forecasts: 0,
        inside_80: 0,
        error: 0.0,
        history_error: 0.0,
    }
}

fn told_range(forecast: &Forecast) -> [u32; 2] {
    let quantiles = [forecast.quantiles[LOW], forecast.quantiles[HIGH]];
    forecast.detail.as_ref().and_then(|d| d.range_80).unwrap_or(quantiles)
}

/// Of the `n` places with the highest figure (ties: by cell, then area), how many had an event.
fn hits(rows: &[(&Forecast, u32)], n: usize, figure: impl Fn(&Forecast) -> f64) -> usize {
    let mut order: Vec<&(&Forecast, u32)> = rows.iter().collect();
    order.sort_by(|(a, _), (b, _)| {
        figure(b).total_cmp(&figure(a)).then_with(|| a.cell.cmp(&b.cell)).then_with(|| a.area.cmp(&b.area))
    });
    order.into_iter().take(n).filter(|(_, count)| *count > 0).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        event::EventKind,
        ids::{AreaId, RunId},
        signal::Method,
        time::DayRange,
    };

    fn row(issued: i32, area: &str, mean: f64, history_mean: f64) -> Forecast {
        let day = Day::from_epoch_days;
        Forecast {
            run: RunId::derived(&["test"]),
            issued: day(issued),
            level: ForecastLevel::Area,
            cell: None,
            area: AreaId::new(area).ok(),
            kind: EventKind::Overdose,
            window: DayRange::new(day(issued + 1), day(issued + 7)).unwrap(),
            method: Method { name: "stack".to_owned(), version: 1, seed: None },
            mean,
            quantiles: [0, 0, 0, 0, 1, 1, 2, 2, 3],
            p_at_least_one: 0.5,
            history_mean,
            caveat: String::new(),
            detail: None,
        }
    }

    #[test]
    fn places_named_rightly_are_counted_beside_those_of_history() {
        // The model ranks a above b, history b above a; events come in a, on one of two days.
        let past: Vec<Forecast> =
            [0, 7].into_iter().flat_map(|d| [row(d, "a", 2.0, 0.5), row(d, "b", 0.4, 1.0)]).collect();
        let came = |f: &Forecast| Some(u32::from(f.area == AreaId::new("a").ok() && f.issued.epoch_days() == 0) * 3);
        let lines = record(&past, came, RecordOptions { named: 1, window_days: 7 });
        let line = &lines[0];
        assert_eq!((line.named, line.named_with_event, line.history_with_event), (2, 1, 0));
        assert_eq!((line.forecasts, line.inside_80, line.issue_days), (4, 3, 2));
        assert!((line.error - (1.0 + 0.4 + 2.0 + 0.4) / 4.0).abs() < 1e-12);
        assert_eq!(
            line.sentence(None),
            "Of the 2 places we named in the last 8 days, 1 had an event; history alone would have named 0."
        );
        assert_eq!(
            line.sentence(Some("Cumberland")),
            "Of the 2 places we named in the last 8 days in Cumberland, 1 had an event; history alone would have named 0. \
             So few can be chance."
        );
    }

    #[test]
    fn forecasts_whose_days_are_not_over_are_left_out() {
        let past = [row(0, "a", 2.0, 0.5), row(7, "a", 2.0, 0.5)];
        let lines = record(&past, |f| (f.issued.epoch_days() == 0).then_some(1), RecordOptions::default());
        assert_eq!((lines[0].forecasts, lines[0].named), (1, 1));
        assert!(record(&past, |_| None, RecordOptions::default()).is_empty());
    }
}
