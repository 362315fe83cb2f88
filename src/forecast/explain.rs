//! Of what a forecast consists, and what would change it.
//!
//! Every model says what season, weekday, trend, neighbours and recent events add to its means ([`Part`]); what remains
//! is long history. The parts of the stack are those of the models, weighed and scaled as their means are, so they add up
//! to the forecast's mean. Within an area a cell's parts are the area's times the share that long history gives the cell;
//! where a model shares the area out otherwise, the difference is due to recent events in and near the cell.
//!
//! A level whose shares are those of long history consists of what the level above does, in the same parts.
//!
//! A part may be negative: a quiet fortnight takes away from what long history expects.

use super::{
    combine::{Combined, Pooled},
    model::{CellShares, Part},
    rolling::Target,
};
use crate::domain::forecast::ForecastLevel;

/// Below this part of the mean what recent days add is not worth a word.
const LITTLE: f64 = 0.05;

/// A forecast's mean, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Every part with what it adds to the mean; they add up to it.
    pub parts: [(Part, f64); Part::ALL.len()],
    /// What would change the forecast, in a sentence.
    pub would_change: String,
}

/// Explains the places of one level and window.
pub struct Explainer<'a> {
    pooled: &'a Pooled,
    level: ForecastLevel,
    group_of: &'a [u32],
    /// By model and part, for each group.
    parts: Vec<Vec<Vec<f64>>>,
    /// What long history gives each cell of its group.
    usual: Vec<f64>,
    /// Where long history shares out the level above: of what that consists, per event, for each of its places.
    above: Option<Vec<[(Part, f64); Part::ALL.len()]>>,
}

impl<'a> Explainer<'a> {
    pub fn new(combined: &'a Combined, target: Target, pooled: &'a Pooled) -> Self {
        let of_model = |f: &super::Fitted| Part::ALL.map(|p| f.part(p, target.from, target.to)).into();
        let usual = match combined.fitted().first().map(|f| &f.cells) {
            Some(CellShares::Constant(shares)) => shares.clone(),
            Some(CellShares::Daily(days)) => days.first().cloned().unwrap_or_default(),
            None => Vec::new(),
        };
        Self {
            pooled,
            level: target.level,
            group_of: combined.group_of(),
            parts: combined.fitted().iter().map(of_model).collect(),
            usual,
            above: (pooled.is_plain() && target.level != ForecastLevel::Whole).then(|| above(combined, target)),
        }
    }

    pub fn explain(&self, place: usize) -> Explanation {
        if let Some(above) = &self.above {
            let own = if above.len() == 1 { 0 } else { self.group_of[place] as usize };
            let parts = above[own].map(|(part, share)| (part, share * self.pooled.mean(place)));
            return Explanation { parts, would_change: would_change(&parts) };
        }
        let mut parts = Part::ALL.map(|p| (p, 0.0));
        let factor = self.pooled.factors[place];
        for (k, weight) in self.pooled.weights(place).into_iter().enumerate().filter(|(_, w)| *w > 0.0) {
            let own: Vec<f64> = self.parts[k].iter().map(|groups| self.at(groups, place)).collect();
            for ((_, sum), part) in parts.iter_mut().zip(&own) {
                *sum += weight * factor * part;
            }
            let rest = self.pooled.components[k][place].mean - own.iter().sum::<f64>();
            parts[Part::RecentEvents as usize].1 += weight * factor * rest;
        }
        let would_change = would_change(&parts);
        Explanation { parts, would_change }
    }

    fn at(&self, groups: &[f64], place: usize) -> f64 {
        match self.level {
            ForecastLevel::Whole => groups.iter().sum(),
            ForecastLevel::Area => groups[place],
            ForecastLevel::Cell => groups[self.group_of[place] as usize] * self.usual[place],
        }
    }
}

/// Of what the level that is shared out consists, per event.
fn above(combined: &Combined, target: Target) -> Vec<[(Part, f64); Part::ALL.len()]> {
    let by_areas = target.level == ForecastLevel::Cell && !combined.is_plain(ForecastLevel::Area);
    let level = if by_areas { ForecastLevel::Area } else { ForecastLevel::Whole };
    let target = Target { level, ..target };
    let pooled = combined.pooled(target);
    let explainer = Explainer::new(combined, target, &pooled);
    let per_event = |place: usize| {
        let mean = pooled.mean(place).max(1e-300);
        explainer.explain(place).parts.map(|(part, x)| (part, x / mean))
    };
    (0..pooled.places()).map(per_event).collect()
}

fn would_change(parts: &[(Part, f64)]) -> String {
    let of = |part: Part| parts.iter().filter(|(p, _)| *p == part).map(|(_, m)| m).sum::<f64>();
    let mean: f64 = parts.iter().map(|(_, m)| m).sum();
    let (recent, near, trend) = (of(Part::RecentEvents), of(Part::Neighbours), of(Part::Trend));
    let lately = recent + near;
    let share = |x: f64| format!("{:.0} %", 100.0 * (x / mean.max(1e-300)).abs());
    if lately.abs() < LITTLE * mean && trend.abs() < LITTLE * mean {
        return "Nearly all of it is long history and the calendar: a few days more or less busy would hardly change it."
            .to_owned();
    }
    if trend.abs() > lately.abs() {
        let way = if trend > 0.0 { "rise" } else { "fall" };
        return format!(
            "A lasting {way} makes {} of it; should that end, it returns towards long history.",
            share(trend)
        );
    }
    if lately > 0.0 {
        let place = if near > recent { "nearby" } else { "here" };
        return format!("Recent events {place} make {} of it; quiet days would take that away.", share(lately));
    }
    format!(
        "The last weeks were quieter than usual and take {} off it; new events would raise it again.",
        share(lately)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(recent: f64, near: f64, trend: f64) -> String {
        would_change(&[
            (Part::LongHistory, 2.0),
            (Part::Trend, trend),
            (Part::Neighbours, near),
            (Part::RecentEvents, recent),
        ])
    }

    #[test]
    fn the_sentence_names_what_weighs_most() {
        assert!(sentence(0.01, 0.0, 0.0).contains("long history"));
        assert!(sentence(1.0, 0.1, 0.0).contains("Recent events here"));
        assert!(sentence(0.1, 1.0, 0.0).contains("nearby"));
        assert!(sentence(-0.5, 0.0, 0.0).contains("quieter"));
        assert!(sentence(0.1, 0.0, -0.6).contains("lasting fall"));
    }
}
