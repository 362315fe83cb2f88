//! All models' forecasts of one issue day as one, with cells that add up to areas and areas to the whole.
//!
//! Every level and window has its own weights ([`super::stack`]), so the pooled means of the levels would not add up by
//! themselves. They are reconciled from the top (proportions of forecasts; Athanasopoulos, Ahmed & Hyndman 2009,
//! *International Journal of Forecasting* 25:146): each day's pooled means of the groups are scaled to the pooled mean of
//! the whole, a longer window is the sum of its days, and the cells of a group are scaled to what the group expects of
//! events that have a cell. The components' means of a place are all scaled by the same factor, their scatter and
//! weights stay, so the result is still a mixture of negative binomials whose means add up exactly.
//!
//! A level departs from long history only where its own past shows that this helps ([`super::stack::Proof`]). Until then it
//! is *plain*: `history` says how areas share the whole, or cells their area, and all else comes from the level above. So
//! cells keep the order of long history until there is reason to change it.
//!
//! Between the windows whose past is kept, weights are interpolated by their last day.

use super::{
    model::{Expectation, Fitted, MAX_HORIZON},
    panel::Layout,
    predictive::Dispersion,
    rolling::Target,
};
use crate::{
    domain::forecast::ForecastLevel,
    stats::{CountDistribution, CountMixture},
};

const DAYS: usize = MAX_HORIZON as usize;

/// Weights of the models at every level and window, as they were on an issue day.
#[derive(Debug, Clone)]
pub struct StackWeights {
    targets: Vec<Target>,
    weights: Vec<Vec<f64>>,
    /// Areas where `history` (the first model) stands alone.
    pub beaten: Vec<bool>,
    /// Levels at which one model stands alone.
    single: Vec<ForecastLevel>,
    /// Levels at which long history says how the level above is shared out ([`super::stack::Proof`]).
    pub plain: Vec<ForecastLevel>,
}

/// How far truth scatters about the means of one level and window.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    pub models: Vec<Dispersion>,
    /// About the pooled mean, and the weight of that component beside the pool.
    pub centre: Dispersion,
    pub centre_weight: f64,
}

impl StackWeights {
    pub fn new(targets: &[Target], weights: Vec<Vec<f64>>, beaten: Vec<bool>) -> Self {
        Self { targets: targets.to_vec(), weights, beaten, single: Vec::new(), plain: Vec::new() }
    }

    /// One model alone at the levels for which `pick` names one.
    pub fn only(&mut self, pick: impl Fn(ForecastLevel) -> Option<usize>) {
        for (target, weights) in self.targets.iter().zip(&mut self.weights) {
            if let Some(model) = pick(target.level) {
                weights.iter_mut().enumerate().for_each(|(k, w)| *w = f64::from(k == model));
                self.single.push(target.level);
                self.plain.retain(|level| *level != target.level);
            }
        }
    }

    /// Weights of a window: its own, or between those of the nearest windows of its kind.
    pub fn of(&self, wanted: Target) -> Vec<f64> {
        let single = |t: &Target| t.from == t.to;
        let mut alike: Vec<usize> = (0..self.targets.len())
            .filter(|&i| self.targets[i].level == wanted.level && single(&self.targets[i]) == single(&wanted))
            .collect();
        if alike.is_empty() {
            alike = (0..self.targets.len()).filter(|&i| self.targets[i].level == wanted.level).collect();
        }
        let before = alike.iter().filter(|&&i| self.targets[i].to <= wanted.to).max_by_key(|&&i| self.targets[i].to);
        let after = alike.iter().filter(|&&i| self.targets[i].to >= wanted.to).min_by_key(|&&i| self.targets[i].to);
        match (before, after) {
            (Some(&a), Some(&b)) if a != b => {
                let (low, high) = (f64::from(self.targets[a].to), f64::from(self.targets[b].to));
                let part = if high > low { (f64::from(wanted.to) - low) / (high - low) } else { 0.0 };
                let pairs = self.weights[a].iter().zip(&self.weights[b]);
                pairs.map(|(x, y)| x + part * (y - x)).collect()
            }
            (Some(&i), _) | (_, Some(&i)) => self.weights[i].clone(),
            // A level that is no target (areas where there are none): all alike.
            (None, None) => {
                let n = self.weights.first().map_or(1, Vec::len);
                vec![1.0 / n as f64; n]
            }
        }
    }
}

/// One issue day's forecasts of all models, weighed and reconciled.
pub struct Combined<'a> {
    fitted: &'a [Fitted],
    layout: &'a Layout,
    pub weights: StackWeights,
    /// Reconciled means per group and day: by the models' own shares, by those of long history, and those in use.
    own_whole: Vec<f64>,
    own_groups: Vec<Vec<f64>>,
    plain_groups: Vec<Vec<f64>>,
    groups: Vec<Vec<f64>>,
    /// Expected events with a cell, per event expected, by group: as `history` has it.
    placed: Vec<f64>,
}

/// The places of a level over a window: components, weights and factors.
pub struct Pooled {
    /// By model and place; of a plain level only the first model's.
    pub components: Vec<Vec<Expectation>>,
    weights: Vec<f64>,
    /// Multiplies the means of a place's components.
    pub factors: Vec<f64>,
    /// Places where the first model stands alone.
    alone: Vec<bool>,
    /// One model stands alone at this level.
    single: bool,
    plain: bool,
}

impl<'a> Combined<'a> {
    pub fn new(fitted: &'a [Fitted], layout: &'a Layout, weights: StackWeights) -> Self {
        let mut placed = vec![0.0; layout.groups];
        let none = vec![vec![0.0; DAYS]; layout.groups];
        let mut out = Self {
            fitted,
            layout,
            weights,
            own_whole: Vec::with_capacity(DAYS),
            own_groups: none.clone(),
            plain_groups: none,
            groups: Vec::new(),
            placed: Vec::new(),
        };
        let usual = |day: u32| fitted.first().map(|h| at_day(&h.groups, day).iter().sum::<f64>());
        for day in 1..=DAYS as u32 {
            let own_whole = out.pooled_sum(day);
            let whole = usual(day).filter(|_| out.is_plain(ForecastLevel::Whole)).unwrap_or(own_whole);
            out.own_whole.push(own_whole);
            let own = out.pooled_groups(day);
            let plain = fitted.first().map_or_else(|| own.clone(), |h| at_day(&h.groups, day));
            deal(&mut out.own_groups, day, own, whole);
            deal(&mut out.plain_groups, day, plain, whole);
        }
        out.groups = if out.is_plain(ForecastLevel::Area) { &out.plain_groups } else { &out.own_groups }.clone();
        if let Some(history) = fitted.first() {
            let cells = history.expect(ForecastLevel::Cell, &layout.group_of, 1, 1);
            for (cell, &g) in cells.iter().zip(&layout.group_of) {
                placed[g as usize] += cell.mean / history.groups[g as usize][0];
            }
        }
        out.placed = placed;
        out
    }

    fn pooled_sum(&self, day: u32) -> f64 {
        let w = self.weights.of(Target { level: ForecastLevel::Whole, from: day, to: day });
        let sum = |f: &Fitted| f.groups.iter().map(|g| g[day as usize - 1]).sum::<f64>();
        self.fitted.iter().zip(w).map(|(f, w)| w * sum(f)).sum()
    }

    fn pooled_groups(&self, day: u32) -> Vec<f64> {
        let w = self.weights.of(Target { level: ForecastLevel::Area, from: day, to: day });
        (0..self.layout.groups)
            .map(|g| {
                let mean = |f: &Fitted| f.groups[g][day as usize - 1];
                if self.is_beaten(g) {
                    return self.fitted.first().map_or(0.0, mean);
                }
                self.fitted.iter().zip(&w).map(|(f, w)| w * mean(f)).sum()
            })
            .collect()
    }

    pub fn fitted(&self) -> &'a [Fitted] {
        self.fitted
    }

    pub fn group_of(&self) -> &'a [u32] {
        &self.layout.group_of
    }

    /// Expected events with a cell, per event expected, by group.
    pub fn placed(&self) -> &[f64] {
        &self.placed
    }

    fn is_beaten(&self, group: usize) -> bool {
        self.weights.beaten.get(group).copied().unwrap_or(false)
    }

    /// Does long history say how this level shares out the one above?
    pub fn is_plain(&self, level: ForecastLevel) -> bool {
        self.weights.plain.contains(&level)
    }

    /// Every place of a level over days `from..=to` ahead.
    pub fn pooled(&self, target: Target) -> Pooled {
        self.shared_out(target, &self.groups, self.is_plain(target.level))
    }

    /// The same as the models themselves have it (of the level above as that is used), and as long history does: what
    /// tells whether the level need be plain.
    pub fn rivals(&self, target: Target) -> [Pooled; 2] {
        let (own, plain) = match target.level {
            ForecastLevel::Whole => (std::slice::from_ref(&self.own_whole), &self.plain_groups[..]),
            ForecastLevel::Area => (&self.own_groups[..], &self.plain_groups[..]),
            ForecastLevel::Cell => (&self.groups[..], &self.groups[..]),
        };
        [self.shared_out(target, own, false), self.shared_out(target, plain, true)]
    }

    fn shared_out(&self, target: Target, groups: &[Vec<f64>], plain: bool) -> Pooled {
        let Target { level, from, to } = target;
        let mut weights = self.weights.of(target);
        if plain {
            weights.iter_mut().enumerate().for_each(|(k, w)| *w = f64::from(k == 0));
        }
        let group_of = &self.layout.group_of;
        let used = if plain { 1 } else { self.fitted.len() };
        let components: Vec<Vec<Expectation>> =
            self.fitted.iter().take(used).map(|f| f.expect(level, group_of, from, to)).collect();
        let places = components.first().map_or(0, Vec::len);
        let wanted: Vec<f64> = groups.iter().map(|g| g[from as usize - 1..to as usize].iter().sum::<f64>()).collect();
        let single = plain || self.weights.single.contains(&level);
        let alone: Vec<bool> = (0..places).map(|i| level == ForecastLevel::Area && self.is_beaten(i)).collect();
        let mut pooled = Pooled { components, weights, factors: vec![1.0; places], alone, single, plain };
        let raw: Vec<f64> = (0..places).map(|i| pooled.mean(i)).collect();
        pooled.factors = match level {
            // Long history alone is not scaled by what it is not.
            ForecastLevel::Whole if plain => vec![1.0],
            ForecastLevel::Whole => vec![wanted.iter().sum::<f64>() / raw[0].max(1e-300)],
            ForecastLevel::Area => raw.iter().zip(&wanted).map(|(m, w)| w / m.max(1e-300)).collect(),
            ForecastLevel::Cell => {
                let mut sums = vec![0.0; wanted.len()];
                raw.iter().zip(group_of).for_each(|(m, &g)| sums[g as usize] += m);
                let factor = |g: usize| self.placed[g] * wanted[g] / sums[g].max(1e-300);
                group_of.iter().map(|&g| factor(g as usize)).collect()
            }
        };
        pooled
    }
}

fn at_day(groups: &[Vec<f64>], day: u32) -> Vec<f64> {
    groups.iter().map(|g| g[day as usize - 1]).collect()
}

/// Set a day's means to `means`, scaled to add up to `whole`.
fn deal(groups: &mut [Vec<f64>], day: u32, means: Vec<f64>, whole: f64) {
    let scale = whole / means.iter().sum::<f64>().max(1e-300);
    groups.iter_mut().zip(means).for_each(|(g, m)| g[day as usize - 1] = m * scale);
}

impl Pooled {
    pub fn places(&self) -> usize {
        self.factors.len()
    }

    /// Does long history share out the level above?
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Does the first model stand alone here?
    pub fn is_alone(&self, place: usize) -> bool {
        self.alone[place]
    }

    /// Weights of the models in a place.
    pub fn weights(&self, place: usize) -> Vec<f64> {
        if self.alone[place] {
            return (0..self.weights.len()).map(|k| f64::from(k == 0)).collect();
        }
        self.weights.clone()
    }

    pub fn mean(&self, place: usize) -> f64 {
        let factor = self.factors[place];
        if self.alone[place] {
            return factor * self.components[0][place].mean;
        }
        self.components.iter().zip(&self.weights).map(|(c, w)| factor * w * c[place].mean).sum()
    }

    /// The pooled mean of a place, and the events it rests on.
    pub fn centre(&self, place: usize) -> Expectation {
        let weights = self.weights(place);
        let evidence = self.components.iter().zip(weights).map(|(c, w)| w * c[place].evidence).sum();
        Expectation { mean: self.mean(place), evidence }
    }

    /// A component's mean as it was reconciled.
    pub fn scaled(&self, model: usize, place: usize) -> Expectation {
        let e = self.components[model][place];
        Expectation { mean: e.mean * self.factors[place], ..e }
    }

    /// The predictive distribution of a place.
    pub fn mixture(&self, place: usize, scatter: &Scatter) -> CountMixture {
        CountMixture::new(self.parts(place, scatter))
    }

    /// Log probability of a count in a place.
    pub fn ln_pmf(&self, place: usize, scatter: &Scatter, count: u64) -> f64 {
        self.parts(place, scatter).into_iter().map(|(w, d)| w * d.pmf(count)).sum::<f64>().max(1e-300).ln()
    }

    fn parts(&self, place: usize, scatter: &Scatter) -> Vec<(f64, CountDistribution)> {
        let centre = if self.single || self.alone[place] { 0.0 } else { scatter.centre_weight };
        let weights = self.weights(place);
        let parts = weights.iter().enumerate().map(|(k, w)| (w * (1.0 - centre), k));
        let mut parts: Vec<_> = parts
            .filter(|(w, _)| *w > 0.0)
            .map(|(w, k)| (w, scatter.models[k].predict(self.scaled(k, place))))
            .collect();
        if centre > 0.0 {
            parts.push((centre, scatter.centre.predict(self.centre(place))));
        }
        parts
    }
}
