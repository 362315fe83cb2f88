//! The finished rows: every place, level and window as a forecast with its detail and what is unusual about it.

use super::{
    ForecastInput, ForecastOptions,
    combine::{Combined, Scatter},
    explain::{Explainer, Explanation},
    model::Expectation,
    panel::Known,
    predictive::Dispersion,
    rolling::{Rolling, Target},
    run::{Choice, LEAST_ORIGINS},
    scoring::SHARES,
    spike::Spike,
};
use crate::domain::{
    forecast::{Forecast, ForecastLevel, QUANTILE_LEVELS},
    signal::Method,
};

const SHORT_HISTORY_DAYS: f64 = 56.0;
const FEW_EVENTS: f64 = 20.0;

/// What stands behind a forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastDetail {
    /// Central ranges of 50, 80, 90 and 95 %, as near to what they should hold as whole numbers allow.
    pub ranges: [[u32; 2]; 4],
    pub spike: Spike,
    pub explanation: Explanation,
}

pub(super) struct Writer<'a> {
    pub input: &'a ForecastInput<'a>,
    pub options: &'a ForecastOptions,
    pub known: &'a Known<'a>,
    pub combined: &'a Combined<'a>,
    pub choice: Choice,
}

/// How one level and window is written.
struct Sheet<'a> {
    target: Target,
    scatter: Scatter,
    rolling: &'a Rolling<'a>,
    general: String,
}

impl Writer<'_> {
    pub fn forecasts(&self, rolling: &mut Rolling) -> (Vec<Forecast>, Vec<ForecastDetail>) {
        let (mut forecasts, mut details) = (Vec::new(), Vec::new());
        for level in [ForecastLevel::Whole, ForecastLevel::Area, ForecastLevel::Cell] {
            let tested = rolling.scores[self.choice.of(level)].iter().any(|s| s.len() >= LEAST_ORIGINS);
            for target in self.windows(level) {
                let scatter = self.widened(rolling.scatter_for(target));
                let general = self.caveat(tested);
                self.write(&Sheet { target, scatter, rolling, general }, &mut forecasts, &mut details);
            }
        }
        (forecasts, details)
    }

    fn windows(&self, level: ForecastLevel) -> Vec<Target> {
        if level == ForecastLevel::Cell {
            return self.options.cell_horizons.iter().map(|&h| Target::standard(level, h)).collect();
        }
        let mut windows: Vec<Target> = self.options.area_days.iter().map(|&h| Target::standard(level, h)).collect();
        for &to in &self.options.area_totals {
            let total = Target { level, from: 1, to };
            if !windows.contains(&total) {
                windows.push(total);
            }
        }
        windows
    }

    /// The longer the silence, the less the last data say about now.
    fn widened(&self, scatter: Scatter) -> Scatter {
        let times = 1.0 + self.known.silent_for() as f64 / 7.0;
        let wider = |d: Dispersion| Dispersion { base: d.base / times, per_mean: d.per_mean / times };
        Scatter {
            models: scatter.models.into_iter().map(wider).collect(),
            centre: wider(scatter.centre),
            centre_weight: scatter.centre_weight,
        }
    }

    fn write(&self, sheet: &Sheet, forecasts: &mut Vec<Forecast>, details: &mut Vec<ForecastDetail>) {
        let Target { level, from, to } = sheet.target;
        let mut pooled = self.combined.pooled(sheet.target);
        let silent = self.known.silent_for() as f64;
        pooled.components.iter_mut().flatten().for_each(|e| e.evidence /= 1.0 + silent);
        let explainer = Explainer::new(self.combined, sheet.target, &pooled);
        // "Elsewhere", the last group, is no area.
        let places = if level == ForecastLevel::Area { self.input.areas.places.len() } else { pooled.places() };
        for i in 0..places {
            let forecast = pooled.mixture(i, &sheet.scatter);
            let history: Expectation = pooled.components[0][i];
            let alone = pooled.is_alone(i);
            let (name, version) =
                sheet.rolling.name(if alone || self.is_history(level) { 0 } else { self.choice.of(level) });
            forecasts.push(Forecast {
                run: self.input.run,
                issued: self.input.issued,
                level,
                cell: (level == ForecastLevel::Cell).then(|| self.input.cells.places[i]),
                area: (level == ForecastLevel::Area).then(|| self.input.areas.places[i].clone()),
                kind: self.input.kind,
                window: sheet.target.window(self.input.issued),
                method: Method { name: name.to_owned(), version, seed: None },
                mean: forecast.mean(),
                quantiles: forecast.quantiles(&QUANTILE_LEVELS),
                p_at_least_one: forecast.tail(1),
                history_mean: history.mean,
                caveat: self.caveat_of(level, i, alone, &sheet.general),
                detail: None,
            });
            details.push(ForecastDetail {
                ranges: forecast.ranges(&SHARES),
                spike: Spike::of(
                    &forecast,
                    sheet.scatter.models[0].predict(history),
                    to - from + 1,
                    self.options.spike_once_in_days,
                ),
                explanation: explainer.explain(i),
            });
        }
    }

    /// Nothing but long history, from the whole down to this level?
    fn is_history(&self, level: ForecastLevel) -> bool {
        let down_to = |l: &ForecastLevel| *l == level || *l == ForecastLevel::Whole || level == ForecastLevel::Cell;
        [ForecastLevel::Whole, ForecastLevel::Area, ForecastLevel::Cell]
            .iter()
            .filter(|l| down_to(l) && (**l != ForecastLevel::Area || !self.input.areas.places.is_empty()))
            .all(|l| self.combined.is_plain(*l))
    }

    fn caveat_of(&self, level: ForecastLevel, place: usize, alone: bool, general: &str) -> String {
        let unseen = level == ForecastLevel::Area && self.known.groups[place].iter().all(|c| *c == 0.0);
        let parts = [general, if unseen { UNSEEN } else { "" }, if alone { BEATEN } else { "" }];
        parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// What is unusual about all of today's forecasts.
    fn caveat(&self, tested: bool) -> String {
        let mut parts = Vec::new();
        let usual_gap = self.input.completeness.iter().take_while(|c| **c < 0.2).count();
        let silent = self.known.silent_for().saturating_sub(usual_gap);
        if silent > 0 {
            let last = self.input.issued - self.known.silent_for() as i32;
            parts.push(format!("No data since {last}: the forecast is stale and its range wide."));
        }
        let days = self.known.exposed_days();
        if days < SHORT_HISTORY_DAYS {
            parts.push(format!("Only {days:.0} days of data so far: a rough guess with a wide range."));
        }
        let events = self.known.total();
        if events < FEW_EVENTS {
            parts.push(format!("Only {events:.0} events on record."));
        }
        if !tested {
            parts.push("Not yet tested against past days.".to_owned());
        }
        parts.join(" ")
    }
}

const UNSEEN: &str = "No event on record here: estimated from its surroundings.";
const BEATEN: &str = "Long history alone: it was clearly better here.";
