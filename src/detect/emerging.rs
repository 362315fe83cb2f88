//! Emerging hot spots: what the history of a place's hot and cold steps comes to.
//!
//! The analysis of that name in geographic information systems (ArcGIS Pro's space-time pattern mining), from its
//! published definitions: Gi* of every bin in space and time ([`mod@super::gi_star`]), bins called hot or cold at a false
//! discovery rate (Benjamini & Hochberg 1995), the Mann–Kendall trend of each place's z-values, and one of seventeen
//! categories. With T steps, *nearly always* being at least 90 % of them:
//!
//! | category | hot at the last step | before |
//! |---|---|---|
//! | new | yes | never hot |
//! | consecutive | yes, in one run of two steps or more | never hot before the run; not nearly always |
//! | intensifying, persistent, diminishing | yes | hot nearly always; the trend goes up, nowhere, down |
//! | sporadic | yes | on and off, never cold; not nearly always |
//! | oscillating | yes | on and off, cold at some step; not nearly always |
//! | historical | no | hot nearly always |
//!
//! The same for cold, with the trend turned round; what is both is told as hot. Steps without data are left out:
//! shares are of the steps that are known, and the last step is the last that is known.
//!
//! **Little data.** z is a normal approximation, and where a neighbourhood can expect a tenth of an event a single
//! one is "hot". Three settings hold that back, off by default, as the definitions know none of them: p-values for
//! counts ([`EmergingOptions::tail`]), [`EmergingOptions::least_hot`] and [`EmergingOptions::least_events`]. In flat
//! worlds of 2.4 expected events a neighbourhood 2.6 bins in a thousand were hot by z at a false discovery rate of
//! 10 %, and 1.6 in a hundred thousand by counts.
//!
//! **Limits.** Hot means more than elsewhere in the study area, so it also means "more people here". All bins share
//! one mean and one correction: new data change what is said of past steps. At a false discovery rate of 10 % about
//! one in ten of the bins called hot or cold is so by chance.

use rayon::prelude::*;

use super::{
    bins::{Bins, BinsError, Neighbours},
    gi_star::{GiStarOptions, count_p_values, gi_star, neighbourhood_sums, p_value},
};
use crate::{
    domain::hotspot::HotspotCategory,
    stats::{MannKendall, mann_kendall, multiple::benjamini_hochberg_critical},
};

/// Raised whenever the same input could give another answer.
pub const METHOD_VERSION: u32 = 1;

/// How the last known step of a place, and those before it, are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmergingOptions {
    pub gi: GiStarOptions,
    /// Two-sided level at which a bin is hot or cold; with `fdr` the false discovery rate over all bins.
    pub alpha: f64,
    pub fdr: bool,
    /// Two-sided level of the trend, strict.
    pub alpha_trend: f64,
    pub tail: Tail,
    /// Share of the steps that is "nearly always".
    pub nearly_always: f64,
    /// A bin with less than this in its neighbourhood (place, neighbours, steps back) is never hot.
    pub least_hot: f64,
    /// Where a place and its neighbours have less than this over all steps, and there is no pattern, that is not
    /// said: too little could have been seen.
    pub least_events: f64,
}

impl Default for EmergingOptions {
    fn default() -> Self {
        Self {
            gi: GiStarOptions::default(),
            alpha: 0.1,
            fdr: true,
            alpha_trend: 0.1,
            tail: Tail::Normal,
            nearly_always: 0.9,
            least_hot: 0.0,
            least_events: 0.0,
        }
    }
}

/// Where the p-value of a bin comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tail {
    /// The normal distribution of z, as the definition has it.
    #[default]
    Normal,
    /// The larger of that and the tail of a distribution of counts ([`count_p_values`]); for counts only.
    Count,
}

/// How a bin stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heat {
    Hot,
    Cold,
    Neither,
    /// No data.
    Unknown,
}

/// What was found, for every bin and every place.
#[derive(Debug, Clone, PartialEq)]
pub struct Emerging {
    /// Gi* of every bin.
    pub z: Bins,
    /// Two-sided, of every bin.
    pub p: Bins,
    /// Bins are hot or cold whose p is at most this; 0 where none is.
    pub critical_p: f64,
    /// Step by step, as the bins are.
    heat: Vec<Heat>,
    pub places: Vec<Pattern>,
    options: EmergingOptions,
}

/// One place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pattern {
    /// `None` where there is too little to say, or no step with data.
    pub category: Option<HotspotCategory>,
    /// Of the z-values; `None` with fewer than two steps with data.
    pub trend: Option<MannKendall>,
    /// Events of the place and its neighbours over all steps.
    pub events: f64,
}

/// Judge every place of a cube.
///
/// # Errors
/// When there are neighbours for another number of places.
pub fn emerging(bins: &Bins, neighbours: &Neighbours, options: &EmergingOptions) -> Result<Emerging, BinsError> {
    let z = gi_star(bins, neighbours, &options.gi)?;
    let p = match options.tail {
        Tail::Normal => Bins::new(z.places(), z.steps(), z.values().par_iter().map(|z| p_value(*z)).collect())?,
        Tail::Count => count_p_values(bins, neighbours, &options.gi)?,
    };
    let critical_p = if options.fdr { critical(&p, options.alpha) } else { options.alpha };
    let sums = neighbourhood_sums(bins, neighbours, &options.gi)?;
    let each = z.values().iter().zip(p.values()).zip(sums.values());
    let heat = each.map(|((&z, &p), &sum)| match () {
        () if z.is_nan() => Heat::Unknown,
        () if p > critical_p => Heat::Neither,
        () if z > 0.0 && sum >= options.least_hot => Heat::Hot,
        () if z < 0.0 => Heat::Cold,
        () => Heat::Neither,
    });
    let heat: Vec<Heat> = heat.collect();
    let events = totals(bins, neighbours);
    let mut found = Emerging { heat, critical_p, places: Vec::new(), options: *options, z, p };
    found.places = events
        .into_par_iter()
        .enumerate()
        .map(|(place, events)| {
            let trend = mann_kendall(&found.z.series(place));
            let category = classify(&found.heat_of(place), trend.as_ref(), options);
            let too_few = category == Some(HotspotCategory::NoPattern) && events < options.least_events;
            Pattern { category: category.filter(|_| !too_few), trend, events }
        })
        .collect();
    Ok(found)
}

impl Emerging {
    /// One place at every step.
    pub fn heat_of(&self, place: usize) -> Vec<Heat> {
        self.heat.iter().skip(place).step_by(self.z.places().max(1)).copied().collect()
    }

    /// What the category would be if a step were the last: the z-values and their limit stay those of the whole
    /// cube. `None` while there are no data.
    pub fn category_at(&self, place: usize, step: usize) -> Option<HotspotCategory> {
        let heat = self.heat_of(place);
        let heat = heat.get(..=step)?;
        // The trend only matters to what is nearly always hot or cold.
        let trend = || mann_kendall(&self.z.series(place)[..=step]);
        let counts = Counts::of(heat);
        let matters = counts.often(Heat::Hot, &self.options) || counts.often(Heat::Cold, &self.options);
        classify(heat, if matters { trend() } else { None }.as_ref(), &self.options)
    }
}

/// The category of one place from its steps, oldest first; `None` when no step has data.
pub fn classify(heat: &[Heat], trend: Option<&MannKendall>, options: &EmergingOptions) -> Option<HotspotCategory> {
    let known: Vec<Heat> = heat.iter().copied().filter(|h| *h != Heat::Unknown).collect();
    let counts = Counts::of(&known);
    let last = *known.last()?;
    for (mine, other) in [(Heat::Hot, Heat::Cold), (Heat::Cold, Heat::Hot)] {
        let often = counts.often(mine, options);
        if last != mine {
            if often {
                return Some(word(mine, Kind::Historical));
            }
            continue;
        }
        let run = known.iter().rev().take_while(|h| **h == mine).count();
        let before = known[..known.len() - run].contains(&mine);
        let kind = match () {
            () if often => trend_kind(trend, mine, options),
            () if !before && run == 1 => Kind::New,
            () if !before => Kind::Consecutive,
            () if known.contains(&other) => Kind::Oscillating,
            () => Kind::Sporadic,
        };
        return Some(word(mine, kind));
    }
    Some(HotspotCategory::NoPattern)
}

/// The largest p that is hot or cold at a false discovery rate over all bins with data.
fn critical(p: &Bins, rate: f64) -> f64 {
    let tests = p.values().iter().filter(|p| !p.is_nan()).count();
    benjamini_hochberg_critical(p.values(), tests, rate)
}

fn totals(bins: &Bins, neighbours: &Neighbours) -> Vec<f64> {
    let mut own = vec![0.0; bins.places()];
    for step in 0..bins.steps() {
        for (sum, v) in own.iter_mut().zip(bins.step(step)) {
            *sum += if v.is_nan() { 0.0 } else { *v };
        }
    }
    let near = |place: usize| neighbours.of(place).iter().map(|n| own[*n as usize]).sum::<f64>();
    (0..bins.places()).map(|place| own[place] + near(place)).collect()
}

struct Counts {
    hot: usize,
    cold: usize,
    known: usize,
}

impl Counts {
    fn of(heat: &[Heat]) -> Self {
        let count = |which: Heat| heat.iter().filter(|h| **h == which).count();
        Self { hot: count(Heat::Hot), cold: count(Heat::Cold), known: heat.len() - count(Heat::Unknown) }
    }

    fn often(&self, which: Heat, options: &EmergingOptions) -> bool {
        let times = if which == Heat::Hot { self.hot } else { self.cold };
        times as f64 / self.known as f64 >= options.nearly_always
    }
}

#[derive(Clone, Copy)]
enum Kind {
    New,
    Consecutive,
    Intensifying,
    Persistent,
    Diminishing,
    Sporadic,
    Oscillating,
    Historical,
}

fn trend_kind(trend: Option<&MannKendall>, heat: Heat, options: &EmergingOptions) -> Kind {
    let Some(trend) = trend.filter(|t| t.p_value < options.alpha_trend && t.z != 0.0) else {
        return Kind::Persistent;
    };
    if (trend.z > 0.0) == (heat == Heat::Hot) { Kind::Intensifying } else { Kind::Diminishing }
}

fn word(heat: Heat, kind: Kind) -> HotspotCategory {
    use HotspotCategory as C;
    let (hot, cold) = match kind {
        Kind::New => (C::NewHot, C::NewCold),
        Kind::Consecutive => (C::ConsecutiveHot, C::ConsecutiveCold),
        Kind::Intensifying => (C::IntensifyingHot, C::IntensifyingCold),
        Kind::Persistent => (C::PersistentHot, C::PersistentCold),
        Kind::Diminishing => (C::DiminishingHot, C::DiminishingCold),
        Kind::Sporadic => (C::SporadicHot, C::SporadicCold),
        Kind::Oscillating => (C::OscillatingHot, C::OscillatingCold),
        Kind::Historical => (C::HistoricalHot, C::HistoricalCold),
    };
    if heat == Heat::Hot { hot } else { cold }
}

#[cfg(test)]
#[path = "emerging_tests.rs"]
mod tests;
