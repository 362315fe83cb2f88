//! Rolling-origin evaluation: forecast as if it were every past issue day, then look what came.
//!
//! On each issue day a model sees only what was known then; the scatter about its means is learned from its
//! own earlier forecasts whose windows were over (and settled) by then. Nothing later enters anything.

use super::{
    model::{Fitted, ForecastModel},
    panel::{Known, Panel, Truth},
    predictive::{Calibration, Dispersion},
    scoring::OriginScores,
    tuning::Tuning,
};
use crate::domain::{
    forecast::ForecastLevel,
    time::{Day, DayRange},
};

/// Settings are learned anew after so many days.
const RETUNE_AFTER: i32 = 28;
/// Days of data without which no forecast is tried.
pub const LEAST_DAYS: f64 = 14.0;

/// Days `from..=to` ahead, for every place of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub level: ForecastLevel,
    pub from: u32,
    pub to: u32,
}

impl Target {
    pub fn window(self, issued: Day) -> DayRange {
        DayRange { from: issued + self.from as i32, to: issued + self.to as i32 }
    }

    /// Cells: all days up to the horizon together. Areas and the whole: the horizon's day alone.
    pub fn standard(level: ForecastLevel, horizon: u32) -> Self {
        let from = if level == ForecastLevel::Cell { 1 } else { horizon };
        Self { level, from, to: horizon }
    }

    fn count(self, truth: &Truth, areas: usize) -> Vec<u32> {
        match self.level {
            ForecastLevel::Cell => truth.cells.clone(),
            ForecastLevel::Area => truth.groups[..areas].to_vec(),
            ForecastLevel::Whole => vec![truth.whole],
        }
    }
}

/// Forecasts that wait for their window to be over.
struct Pending {
    model: usize,
    target: usize,
    window: DayRange,
    expected: Vec<super::model::Expectation>,
}

pub struct Rolling<'a> {
    panel: &'a Panel,
    pub models: Vec<&'static dyn ForecastModel>,
    pub targets: Vec<Target>,
    /// By model and target.
    pub scores: Vec<Vec<Vec<OriginScores>>>,
    calibrations: Vec<Vec<Calibration>>,
    pending: Vec<Pending>,
    tuning: Option<(Day, Tuning)>,
    settled_after: i32,
}

impl<'a> Rolling<'a> {
    pub fn new(panel: &'a Panel, models: Vec<&'static dyn ForecastModel>, targets: Vec<Target>) -> Self {
        let targets: Vec<Target> =
            targets.into_iter().filter(|t| t.level != ForecastLevel::Area || panel.layout.areas > 0).collect();
        let n = models.len();
        Self {
            scores: vec![vec![Vec::new(); targets.len()]; n],
            calibrations: vec![vec![Calibration::default(); targets.len()]; n],
            settled_after: panel.settled_after(),
            panel,
            models,
            targets,
            pending: Vec::new(),
            tuning: None,
        }
    }

    /// Forecast on one past day; with `score`, count it in the record. False when too little was known.
    pub fn visit(&mut self, origin: Day, score: bool) -> bool {
        self.absorb(origin);
        let known = self.panel.known_at(origin);
        if known.exposed_days() < LEAST_DAYS || known.total() <= 0.0 {
            return false;
        }
        self.tune(origin, &known);
        let fitted = self.fit(&known);
        let end = self.panel.days.to;
        let truths: Vec<Option<Truth>> = self
            .targets
            .iter()
            .map(|t| t.window(origin))
            .map(|w| if score && w.to + self.settled_after <= end { self.panel.truth(w, end) } else { None })
            .collect();
        for (m, fit) in fitted.iter().enumerate() {
            for (t, target) in self.targets.iter().enumerate() {
                let mut expected = fit.expect(target.level, &self.panel.layout.group_of, target.from, target.to);
                if target.level == ForecastLevel::Area {
                    expected.truncate(self.panel.layout.areas);
                }
                if let Some(truth) = &truths[t] {
                    let came = target.count(truth, self.panel.layout.areas);
                    let dispersion = self.calibrations[m][t].dispersion();
                    let rank = target.level == ForecastLevel::Cell;
                    self.scores[m][t].push(OriginScores::of(origin, &expected, &came, dispersion, rank));
                }
                self.pending.push(Pending { model: m, target: t, window: target.window(origin), expected });
            }
        }
        true
    }

    /// Every model, fitted on what is known.
    pub fn fit(&self, known: &Known) -> Vec<Fitted> {
        let Some((_, tuning)) = &self.tuning else { return Vec::new() };
        self.models.iter().map(|m| m.fit(known, tuning)).collect()
    }

    /// Learn the settings anew when they are old.
    pub fn tune(&mut self, origin: Day, known: &Known) {
        if self.tuning.as_ref().is_none_or(|(when, _)| origin - *when >= RETUNE_AFTER) {
            self.tuning = Some((origin, Tuning::learn(known)));
        }
    }

    /// Learn from forecasts whose windows were over, and their counts settled, by the end of `day`.
    pub fn absorb(&mut self, day: Day) {
        let (due, waiting): (Vec<Pending>, Vec<Pending>) =
            std::mem::take(&mut self.pending).into_iter().partition(|p| p.window.to + self.settled_after <= day);
        self.pending = waiting;
        let mut last: Option<(DayRange, Option<Truth>)> = None;
        for p in due {
            if last.as_ref().is_none_or(|(w, _)| *w != p.window) {
                last = Some((p.window, self.panel.truth(p.window, day)));
            }
            if let Some((_, Some(truth))) = &last {
                let came = self.targets[p.target].count(truth, self.panel.layout.areas);
                self.calibrations[p.model][p.target].add(&p.expected, &came);
            }
        }
    }

    /// The dispersion for a window that may not be among the targets: that of the most alike one.
    pub fn dispersion(&mut self, model: usize, wanted: Target) -> Dispersion {
        let unlike = |t: &Target| {
            let length = |t: &Target| i64::from(t.to) - i64::from(t.from);
            ((length(t) - length(&wanted)).abs(), (i64::from(t.to) - i64::from(wanted.to)).abs())
        };
        let alike = self
            .targets
            .iter()
            .enumerate()
            .filter(|(_, t)| t.level == wanted.level)
            .min_by_key(|(_, t)| unlike(t))
            .map(|(i, _)| i);
        alike.map_or_else(Dispersion::default, |t| self.calibrations[model][t].dispersion())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::place::Point,
        forecast::{
            model,
            panel::{Completeness, Layout, Sighting},
        },
        stats::Random,
    };

    const DAYS: u32 = 220;

    /// Events at random over sixteen cells; those from day `from` on may be multiplied, and half of all are
    /// received `lag` days late.
    fn panel(poison_from: u32, times: u32, lag: u32) -> Panel {
        let centres: Vec<Point> = (0..16)
            .map(|i| Point::new(44.0 + 0.01 * f64::from(i / 4), -69.0 + 0.01 * f64::from(i % 4)).unwrap())
            .collect();
        let areas: Vec<Option<u32>> = (0..16).map(|i| Some(i / 8)).collect();
        let layout = Layout::new(&centres, &areas, 2, 16).unwrap();
        let mut random = Random::seeded(4);
        let (mut cells, mut in_areas) = (Vec::new(), Vec::new());
        for day in 0..DAYS {
            for k in 0..random.below(4) {
                let place = random.below(16);
                let count = if day >= poison_from { times } else { 1 };
                let lag = if k == 0 { lag } else { 0 };
                cells.push(Sighting { place, day, lag, count });
                in_areas.push(Sighting { place: place / 8, day, lag, count });
            }
        }
        let days = DayRange { from: Day::from_epoch_days(0), to: Day::from_epoch_days(DAYS as i32 - 1) };
        Panel::new(days, layout, cells, in_areas, &[], Completeness::FromDelays).unwrap()
    }

    fn scores(panel: &Panel) -> Vec<Vec<Vec<OriginScores>>> {
        let levels = [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole];
        let targets = levels.iter().map(|l| Target::standard(*l, 3)).collect();
        let mut rolling = Rolling::new(panel, model::all().to_vec(), targets);
        for origin in (30..DAYS as i32).step_by(5) {
            rolling.visit(Day::from_epoch_days(origin), true);
        }
        rolling.scores
    }

    #[test]
    fn what_happens_later_changes_no_earlier_score() {
        let (clean, poisoned) = (scores(&panel(DAYS, 1, 0)), scores(&panel(150, 40, 0)));
        let before =
            |s: &[OriginScores]| s.iter().filter(|s| s.origin.epoch_days() + 3 < 150).cloned().collect::<Vec<_>>();
        for (a, b) in clean.iter().flatten().zip(poisoned.iter().flatten()) {
            assert!(before(a).len() > 15);
            assert_eq!(before(a), before(b));
            assert_ne!(a, b);
        }
    }

    #[test]
    fn reports_that_arrive_late_are_not_used_before_they_arrive() {
        // The same events, once known at once and once ten days later: forecasts must differ, and truths must not.
        let (at_once, late) = (scores(&panel(DAYS, 1, 0)), scores(&panel(DAYS, 1, 10)));
        let events = |s: &[OriginScores]| s.iter().map(|s| (s.origin, s.events)).collect::<Vec<_>>();
        for (a, b) in at_once.iter().flatten().zip(late.iter().flatten()) {
            assert!(!b.is_empty() && b.len() < a.len(), "unsettled days are not scored");
            assert_eq!(events(&a[..b.len()]), events(b));
            assert_ne!(a[..b.len()], b[..]);
        }
    }
}
