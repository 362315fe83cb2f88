//! What an area can see at its budget, and what it cannot.
//!
//! The pooled detector looks at fourteen sums; at a budget each has a count from which it is an alarm. Days are drawn
//! from the area's null with the rise on top, conditional on no alarm in the week before, and the share of worlds with
//! an alarm within [`PowerOptions::within`] days is the probability of being seen. All rises of a call use the same
//! draws, so that a larger rise is never seen less often. A thousand worlds err by at most 1.6 percentage points.
//!
//! Limits: calendar effects are left out (the rise begins on an average day), and counts are taken to be complete.

use serde::Serialize;

use super::{Budget, Size};
use crate::{
    detect::pooled::null::{self, LEAST_EVENTS, Place, QUIET_DAYS, WINDOWS},
    stats::{CountDistribution, Random, normal},
};

/// Levels into which the doubt about an area's level is cut, each equally likely.
const LEVELS: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerOptions {
    /// Days that the rise lasts.
    pub length: usize,
    /// Days from its first within which the alarm has to come.
    pub within: usize,
    pub worlds: usize,
    pub seed: u64,
}

impl Default for PowerOptions {
    fn default() -> Self {
        Self { length: 7, within: 7, worlds: 1000, seed: 1 }
    }
}

/// How often a rise is seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Power {
    pub rise: Size,
    pub probability: f64,
}

/// Probability that each rise is seen.
pub fn power(place: Place, budget: &Budget, rises: &[Size], options: &PowerOptions) -> Vec<Power> {
    let watch = Watch::new(place, budget);
    let seen = watch.seen(rises, options);
    rises.iter().zip(seen).map(|(rise, probability)| Power { rise: *rise, probability }).collect()
}

/// The fewest extra cases within the rise's length that are seen with at least this probability; `None` beyond 10,000.
pub fn smallest_extra(place: Place, budget: &Budget, probability: f64, options: &PowerOptions) -> Option<u32> {
    let watch = Watch::new(place, budget);
    let enough = |k: u32| watch.seen(&[Size::Extra(k)], options)[0] >= probability;
    let mut high = 1;
    while !enough(high) {
        high *= 2;
        if high > 10_000 {
            return None;
        }
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low.midpoint(high);
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// The counts from which each window is an alarm.
struct Watch {
    place: Place,
    critical: [u32; WINDOWS],
}

impl Watch {
    fn new(place: Place, budget: &Budget) -> Self {
        let score = null::score_for(place, 1.0 / budget.recurrence_days());
        let critical = std::array::from_fn(|w| {
            let mean = place.mean * (w + 1) as f64;
            let extra = place.extra * mean + (place.doubt * mean).powi(2);
            let sum = CountDistribution::negative_binomial(mean, mean * mean / extra);
            let mut k = sum.quantile(1.0 - score.max(1e-15)).max(u64::from(LEAST_EVENTS) - 1);
            while sum.tail(k) > score {
                k += 1;
            }
            (k as u32).max(LEAST_EVENTS)
        });
        Self { place, critical }
    }

    fn seen(&self, rises: &[Size], options: &PowerOptions) -> Vec<f64> {
        let within = options.within.max(1);
        let tables: Vec<Vec<Table>> = (0..LEVELS).map(|l| self.tables(l, rises)).collect();
        let mut random = Random::seeded(options.seed);
        let mut counted = 0usize;
        let mut seen = vec![0usize; rises.len()];
        let before = WINDOWS - 1 + QUIET_DAYS;
        let mut draws = vec![0.0; before + within];
        let mut counts = vec![0u32; before + within];
        for world in 0..options.worlds.max(LEVELS) {
            draws.iter_mut().for_each(|u| *u = random.unit());
            let base = &tables[world % LEVELS][0];
            for (count, u) in counts.iter_mut().zip(&draws) {
                *count = base.draw(*u);
            }
            let extras: Vec<usize> =
                (0..most_extra(rises)).map(|_| random.below(options.length as u32) as usize).collect();
            if (WINDOWS - 1..before).any(|t| self.alarm(&counts, t)) {
                continue;
            }
            counted += 1;
            for (at, rise) in rises.iter().enumerate() {
                for d in 0..within {
                    let table = if d < options.length { &tables[world % LEVELS][at + 1] } else { base };
                    counts[before + d] = table.draw(draws[before + d]);
                }
                if let Size::Extra(k) = rise {
                    extras[..*k as usize].iter().filter(|d| **d < within).for_each(|d| counts[before + d] += 1);
                }
                seen[at] += usize::from((before..before + within).any(|t| self.alarm(&counts, t)));
            }
        }
        seen.iter().map(|n| *n as f64 / counted.max(1) as f64).collect()
    }

    /// The day's distribution at one of the levels: without the rise, and with each.
    fn tables(&self, level: usize, rises: &[Size]) -> Vec<Table> {
        let shape = self.place.doubt.max(1e-6).powi(-2);
        // Wilson & Hilferty's cube: quantiles of the gamma distribution of the level.
        let z = normal::quantile((level as f64 + 0.5) / LEVELS as f64);
        let factor = (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt())).max(0.0).powi(3);
        let size = self.place.mean / self.place.extra;
        let times = |rise: &Size| if let Size::Times(f) = rise { *f } else { 1.0 };
        std::iter::once(1.0)
            .chain(rises.iter().map(times))
            .map(|times| Table::new(CountDistribution::negative_binomial(self.place.mean * factor * times, size)))
            .collect()
    }

    fn alarm(&self, counts: &[u32], t: usize) -> bool {
        let mut sum = 0;
        (0..WINDOWS).any(|w| {
            sum += counts[t - w];
            sum >= self.critical[w]
        })
    }
}

fn most_extra(rises: &[Size]) -> u32 {
    rises.iter().map(|r| if let Size::Extra(k) = r { *k } else { 0 }).max().unwrap_or(0)
}

/// A count's cumulative probabilities, to draw from by inversion.
struct Table(Vec<f64>);

impl Table {
    fn new(day: CountDistribution) -> Self {
        let from = day.quantile(1e-9);
        let to = day.quantile(1.0 - 1e-9);
        let mut sum = if from == 0 { 0.0 } else { day.cdf(from - 1) };
        let mut all = vec![0.0; from as usize];
        for k in from..=to {
            sum += day.pmf(k);
            all.push(sum);
        }
        Self(all)
    }

    fn draw(&self, u: f64) -> u32 {
        // Most counts of sparse areas are 0 or 1.
        if self.0[0] > u {
            return 0;
        }
        self.0.partition_point(|c| *c <= u) as u32
    }
}
