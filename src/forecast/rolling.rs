//! Rolling-origin evaluation: forecast as if it were every past issue day, then look what came.
//!
//! On each issue day a model sees only what was known then; the scatter about its means is learned from its
//! own earlier forecasts whose windows were over (and settled) by then, and so are the weights of the stack of all
//! models. Nothing later enters anything.

use std::collections::BTreeMap;

use super::{
    base::Base,
    combine::{Combined, Pooled, Scatter, StackWeights},
    model::{Expectation, Fitted, ForecastModel, STACK, STACK_VERSION},
    panel::{Known, Panel, Truth},
    predictive::{Calibration, Dispersion},
    rise::risen,
    scoring::{OriginScores, captured_in_all},
    stack::{AreaRecord, Averaging, Pool, Proof},
    tuning::Tuning,
};
use crate::{
    domain::{
        forecast::ForecastLevel,
        time::{Day, DayRange},
    },
    stats::CountMixture,
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

    /// Scatter about the means of single days is much alike, however far ahead; that of sums and of cells depends on the window.
    fn is_one_day(self) -> bool {
        self.level != ForecastLevel::Cell && self.from == self.to
    }

    fn count(self, truth: &Truth, areas: usize) -> Vec<u32> {
        match self.level {
            ForecastLevel::Cell => truth.cells.clone(),
            ForecastLevel::Area => truth.groups[..areas].to_vec(),
            ForecastLevel::Whole => vec![truth.whole],
        }
    }
}

/// All models' forecasts of one window, waiting for it to be over.
struct Pending {
    target: usize,
    window: DayRange,
    /// As the models have it, and as long history does.
    pooled: Pooled,
    plain: Pooled,
    /// As it was on the issue day.
    scatter: Scatter,
}

impl Pending {
    /// How much likelier the models made what came than long history, and how many events more their order found.
    fn gains(&self, came: &[u32]) -> [f64; 2] {
        let plain = &self.plain;
        let ln = |pooled: &Pooled, i: usize, y: u32| pooled.ln_pmf(i, &self.scatter, u64::from(y));
        let gain = came.iter().enumerate().map(|(i, &y)| ln(&self.pooled, i, y) - ln(plain, i, y)).sum();
        let found = |pooled: &Pooled| {
            let means: Vec<f64> = (0..came.len()).map(|i| pooled.mean(i)).collect();
            captured_in_all(&means, came)
        };
        [gain, found(&self.pooled) - found(plain)]
    }
}

pub struct Rolling<'a> {
    panel: &'a Panel,
    /// `history` first.
    pub models: Vec<&'static dyn ForecastModel>,
    pub targets: Vec<Target>,
    /// By model and target; after the models comes the stack of them all.
    pub scores: Vec<Vec<Vec<OriginScores>>>,
    /// Whose forecasts are scored; others are only learned from.
    scored: Vec<bool>,
    /// By model and target; after the models the stack's own, about its mean.
    calibrations: Vec<Vec<Calibration>>,
    /// The same over all windows of one day of a level together.
    alike: BTreeMap<ForecastLevel, Vec<Calibration>>,
    pools: Vec<Pool>,
    /// Models against one another, by level.
    averaging: BTreeMap<ForecastLevel, Averaging>,
    /// The pool against the component about its mean, by target.
    widths: Vec<Averaging>,
    areas: Vec<AreaRecord>,
    proofs: BTreeMap<ForecastLevel, Proof>,
    pending: Vec<Pending>,
    tuning: Option<(Day, Tuning)>,
    /// Only truths are judged by it, never forecasts.
    settled_at_end: i32,
    silent_at_end: Vec<bool>,
}

impl<'a> Rolling<'a> {
    pub fn new(panel: &'a Panel, models: Vec<&'static dyn ForecastModel>, targets: Vec<Target>) -> Self {
        let targets: Vec<Target> =
            targets.into_iter().filter(|t| t.level != ForecastLevel::Area || panel.layout.areas > 0).collect();
        let n = models.len();
        Self {
            scores: vec![vec![Vec::new(); targets.len()]; n + 1],
            scored: vec![true; n + 1],
            calibrations: vec![vec![Calibration::default(); targets.len()]; n + 1],
            alike: targets
                .iter()
                .filter(|t| t.is_one_day())
                .map(|t| (t.level, vec![Calibration::default(); n + 1]))
                .collect(),
            pools: vec![Pool::new(n); targets.len()],
            averaging: targets.iter().map(|t| (t.level, Averaging::of_models(t.level, n))).collect(),
            widths: targets.iter().map(|t| Averaging::of_widths(t.level)).collect(),
            areas: vec![AreaRecord::default(); panel.layout.areas],
            proofs: targets.iter().map(|t| (t.level, Proof::of(t.level))).collect(),
            settled_at_end: panel.settled_after(panel.days.to),
            silent_at_end: panel.silent_by(panel.days.to),
            panel,
            models,
            targets,
            pending: Vec::new(),
            tuning: None,
        }
    }

    /// Score only these (positions in `scores`).
    #[must_use]
    pub fn scoring_only(mut self, which: &[usize]) -> Self {
        self.scored = (0..self.scores.len()).map(|m| which.contains(&m)).collect();
        self
    }

    /// Position of the stack in `scores`.
    pub fn stack(&self) -> usize {
        self.models.len()
    }

    /// Positions in `scores` that are worth a line: a stack of one is that one.
    pub fn lines(&self) -> std::ops::Range<usize> {
        0..self.models.len() + usize::from(self.models.len() > 1)
    }

    /// Name and version by position in `scores`.
    pub fn name(&self, position: usize) -> (&'static str, u32) {
        self.models.get(position).map_or((STACK, STACK_VERSION), |m| (m.name(), m.version()))
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
        let weights = self.weights(known.exposed_days());
        let combined = Combined::new(&fitted, &self.panel.layout, weights);
        let groups_risen = if score { risen(&known) } else { Vec::new() };
        let in_risen = |group: &u32| groups_risen.get(*group as usize).copied().unwrap_or(false);
        let cells_risen: Vec<bool> = self.panel.layout.group_of.iter().map(in_risen).collect();
        for t in 0..self.targets.len() {
            let target = self.targets[t];
            let [mut pooled, mut plain] = combined.rivals(target);
            if target.level == ForecastLevel::Area {
                for p in [&mut pooled, &mut plain] {
                    p.components.iter_mut().for_each(|c| c.truncate(self.panel.layout.areas));
                }
            }
            let window = target.window(origin);
            let scatter = self.scatter(t);
            if let Some(truth) = self.settled_truth(window).filter(|_| score) {
                let came = target.count(&truth, self.panel.layout.areas);
                let used = if combined.is_plain(target.level) { &plain } else { &pooled };
                self.score(origin, t, (&pooled, used, &scatter), &came, &cells_risen);
            }
            self.pending.push(Pending { target: t, window, pooled, plain, scatter });
        }
        true
    }

    /// What came, as the whole panel has it; `None` while late reports may still change it.
    fn settled_truth(&self, window: DayRange) -> Option<Truth> {
        let end = self.panel.days.to;
        let settled = window.to + self.settled_at_end <= end;
        if settled { self.panel.truth(window, end, &self.silent_at_end) } else { None }
    }

    /// Score every model, and the stack as it was `used`.
    fn score(
        &mut self,
        origin: Day,
        t: usize,
        (models, used, scatter): (&Pooled, &Pooled, &Scatter),
        came: &[u32],
        risen: &[bool],
    ) {
        let rank = (self.targets[t].level == ForecastLevel::Cell).then_some(risen);
        for (m, d) in scatter.models.iter().enumerate() {
            if self.scored[m] {
                let own = models.components[m].iter().map(|e| CountMixture::new([(1.0, d.predict(*e))]));
                self.scores[m][t].push(OriginScores::of(origin, own, came, rank));
            }
        }
        let stack = self.stack();
        if self.scored[stack] {
            let all = (0..came.len()).map(|i| used.mixture(i, scatter));
            self.scores[stack][t].push(OriginScores::of(origin, all, came, rank));
        }
    }

    /// Every model, fitted on what is known.
    pub fn fit(&self, known: &Known) -> Vec<Fitted> {
        let Some((_, tuning)) = &self.tuning else { return Vec::new() };
        let base = Base::of(known, &tuning.smoothing);
        self.models.iter().map(|m| m.fit(known, tuning, &base)).collect()
    }

    /// Learn the settings anew when they are old.
    pub fn tune(&mut self, origin: Day, known: &Known) {
        if self.tuning.as_ref().is_none_or(|(when, _)| origin - *when >= RETUNE_AFTER) {
            let last = self.tuning.as_ref().map(|(_, tuning)| tuning);
            self.tuning = Some((origin, Tuning::learn(known, &self.models, last)));
        }
    }

    /// The weights of the models by what was absorbed so far, with so many days of data; and where `history` stands alone.
    pub fn weights(&self, days: f64) -> StackWeights {
        let pairs = self.pools.iter().zip(&self.targets);
        let weights = pairs.map(|(pool, t)| pool.weights(&self.averaging[&t.level].weights_after(days))).collect();
        let mut out = StackWeights::new(&self.targets, weights, self.areas.iter().map(|a| a.is_beaten()).collect());
        out.plain = self.proofs.iter().filter(|(_, proof)| !proof.is_given(days)).map(|(level, _)| *level).collect();
        out
    }

    /// Learn from forecasts whose windows were over, and their counts settled, by the end of `day`.
    pub fn absorb(&mut self, day: Day) {
        let settled_after = self.panel.settled_after(day);
        let (due, waiting): (Vec<Pending>, Vec<Pending>) =
            std::mem::take(&mut self.pending).into_iter().partition(|p| p.window.to + settled_after <= day);
        self.pending = waiting;
        let silent = self.panel.silent_by(day);
        let mut last: Option<(DayRange, Option<Truth>)> = None;
        let mut gains = vec![(0.0, 0.0); self.areas.len()];
        let mut gained_at: BTreeMap<ForecastLevel, [f64; 2]> = BTreeMap::new();
        let mut judged = false;
        for p in due {
            if last.as_ref().is_none_or(|(w, _)| *w != p.window) {
                last = Some((p.window, self.panel.truth(p.window, day, &silent)));
            }
            let Some((_, Some(truth))) = &last else { continue };
            let came = self.targets[p.target].count(truth, self.panel.layout.areas);
            let gained = self.learn_from(day, &p, &came);
            let [gain, found] = p.gains(&came);
            let sums = gained_at.entry(self.targets[p.target].level).or_default();
            *sums = [sums[0] + gain, sums[1] + found];
            if self.targets[p.target].level == ForecastLevel::Area {
                judged = true;
                for ((sum, events), (gain, y)) in gains.iter_mut().zip(gained.iter().zip(&came)) {
                    *sum += gain;
                    *events += f64::from(*y);
                }
            }
        }
        for (level, [gain, found]) in gained_at {
            self.proofs.entry(level).or_insert_with(|| Proof::of(level)).add(gain, found);
        }
        for (area, (gain, events)) in self.areas.iter_mut().zip(gains).filter(|_| judged) {
            area.add(gain, events);
        }
    }

    /// Take up what came of one window: the stack's gain over `history` in every place.
    fn learn_from(&mut self, day: Day, p: &Pending, came: &[u32]) -> Vec<f64> {
        let n = self.models.len();
        let (mut gains, mut model_gains, mut centre_gain) = (Vec::with_capacity(came.len()), vec![0.0; n], 0.0);
        let mut logs = vec![0.0; n];
        for (i, &y) in came.iter().enumerate() {
            let truth = u64::from(y);
            let (weights, mut pool) = (p.pooled.weights(i), 0.0);
            for (k, d) in p.scatter.models.iter().enumerate() {
                logs[k] = d.predict(p.pooled.components[k][i]).ln_pmf(truth);
                model_gains[k] += logs[k] - logs[0];
                if weights[k] > 0.0 {
                    pool += weights[k] * d.predict(p.pooled.scaled(k, i)).pmf(truth);
                }
            }
            self.pools[p.target].add(p.pooled.components[0][i].mean, y, &logs);
            let centre = p.scatter.centre.predict(p.pooled.centre(i)).pmf(truth);
            centre_gain += centre.max(1e-300).ln() - pool.max(1e-300).ln();
            let both = p.scatter.centre_weight * centre + (1.0 - p.scatter.centre_weight) * pool;
            gains.push(both.max(1e-300).ln() - logs[0]);
        }
        self.pools[p.target].end_of_origin();
        self.widths[p.target].add(day, &[0.0, centre_gain]);
        if let Some(averaging) = self.averaging.get_mut(&self.targets[p.target].level) {
            averaging.add(day, &model_gains);
        }
        let centres: Vec<Expectation> = (0..came.len()).map(|i| p.pooled.centre(i)).collect();
        let target = self.targets[p.target];
        let mut alike = self.alike.get_mut(&target.level).filter(|_| target.is_one_day());
        for (k, expected) in p.pooled.components.iter().chain([&centres]).enumerate() {
            self.calibrations[k][p.target].add(expected, came);
            if let Some(alike) = &mut alike {
                alike[k].add(expected, came);
            }
        }
        gains
    }

    /// The scatter about the means of every model and of the stack at one of the targets.
    fn scatter(&mut self, target: usize) -> Scatter {
        let mut alike = self.alike.get_mut(&self.targets[target].level).filter(|_| self.targets[target].is_one_day());
        let mut models = Vec::with_capacity(self.calibrations.len());
        for (k, own) in self.calibrations.iter_mut().enumerate() {
            let shown = alike.as_mut().map(|all| all[k].dispersion(None));
            models.push(own[target].dispersion(shown));
        }
        let centre = models.pop().unwrap_or_default();
        Scatter { models, centre, centre_weight: self.widths[target].weights()[1] }
    }

    /// The same for a window that may not be among the targets: that of the most alike one.
    pub fn scatter_for(&mut self, wanted: Target) -> Scatter {
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
        match alike {
            Some(t) => self.scatter(t),
            None => Scatter {
                models: vec![Dispersion::default(); self.models.len()],
                centre: Dispersion::default(),
                centre_weight: 0.0,
            },
        }
    }
}

#[cfg(test)]
#[path = "rolling_tests.rs"]
mod tests;
