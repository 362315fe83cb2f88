//! Two sightings → levels of agreement, field by field (Fellegi and Sunter's comparison vector).
//!
//! Time is compared with its sign, because an emergency department learns of an overdose later than the
//! ambulance does; how much later is learned per pair of sources. Distance is measured in the two points'
//! joint uncertainty, and apart for pairs of exact, middling and vague points: to lie within a ZIP area of
//! each other says little, to lie within a crossing says much.

use super::{LinkOptions, Sighting, sighting::WORDS};

/// Edges between the levels of the signed gap, in minutes.
const GAPS: [f64; 12] = [-60.0, -30.0, -15.0, -8.0, -4.0, -1.5, 1.5, 4.0, 8.0, 15.0, 30.0, 60.0];
pub(super) const GAP_LEVELS: usize = GAPS.len() + 1;
/// Edges between the levels of distance, in joint uncertainties.
const DISTANCES: [f64; 5] = [0.25, 0.5, 0.75, 1.0, 1.5];
pub(super) const DISTANCE_LEVELS: usize = DISTANCES.len() + 1;
/// Farther apart than this many joint uncertainties, two are never one.
pub(super) const REACH: f64 = 2.2;
/// Metres up to which a point is exact, or middling.
const CLASSES: [f64; 2] = [400.0, 2_000.0];
/// A radius that stands for each class of points.
pub(super) const CLASS_RADII: [f64; 3] = [CLASSES[0], CLASSES[1], 10_000.0];
/// Exact, middling, vague, and no point at all.
pub(super) const POINT_CLASSES: usize = 4;
pub(super) const NO_POINT: usize = 3;

/// How two sightings agree. A large state has tens of millions of pairs: a byte a level, two a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Agreement {
    gap: u8,
    class: u8,
    distance: u8,
    words: [u16; WORDS],
}

/// No level of distance: one of the two has no point.
const NO_LEVEL: u8 = u8::MAX;
/// One of the two does not say the word.
const SILENT: u16 = u16::MAX;
/// They differ in the word.
const DIFFER: u16 = u16::MAX - 1;
/// Words of a field that have a number of their own.
pub(super) const MOST_WORDS: u16 = DIFFER;

impl Agreement {
    pub(super) fn gap(&self) -> usize {
        usize::from(self.gap)
    }

    /// Class of the vaguer point.
    pub(super) fn class(&self) -> usize {
        usize::from(self.class)
    }

    /// Where both have a point.
    pub(super) fn distance(&self) -> Option<usize> {
        (self.distance != NO_LEVEL).then_some(usize::from(self.distance))
    }

    /// The code that both hold, or that they differ; `None` where one does not say.
    pub(super) fn word(&self, at: usize) -> Option<Word> {
        match self.words[at] {
            SILENT => None,
            DIFFER => Some(Word::Differ),
            code => Some(Word::Same(code)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Same(u16),
    Differ,
}

pub(super) fn class_of(s: &Sighting) -> usize {
    match (s.point, s.uncertainty_m) {
        (Some(_), Some(radius)) => CLASSES.iter().position(|edge| radius <= *edge).unwrap_or(2),
        _ => NO_POINT,
    }
}

/// The joint uncertainty of two points in metres.
fn joint(a: f64, b: f64, options: &LinkOptions) -> f64 {
    a.hypot(b).clamp(options.min_radius_m, options.max_radius_m)
}

/// The farthest that a point of this uncertainty can be from one of the same class and still be linked.
pub(super) fn reach_m(uncertainty_m: f64, options: &LinkOptions) -> f64 {
    (joint(uncertainty_m, uncertainty_m, options) * REACH).min(options.max_radius_m)
}

/// Compare two; `minutes` is the gap from the first to the second. `None` when they can't be one.
pub(super) fn compare(
    (a, a_words): (&Sighting, &[Option<u16>; WORDS]),
    (b, b_words): (&Sighting, &[Option<u16>; WORDS]),
    minutes: f64,
    options: &LinkOptions,
) -> Option<Agreement> {
    let class = class_of(a).max(class_of(b));
    let distance = match (a.point, b.point, a.uncertainty_m, b.uncertainty_m) {
        (Some(p), Some(q), Some(r), Some(s)) => {
            let metres = p.distance_km(q) * 1_000.0;
            let share = metres / joint(r, s, options);
            if share > REACH || metres > options.max_radius_m {
                return None;
            }
            level(&DISTANCES, share)
        }
        _ => NO_LEVEL,
    };
    let words = std::array::from_fn(|at| match (a_words[at], b_words[at]) {
        (Some(x), Some(y)) if x == y => x,
        (Some(_), Some(_)) => DIFFER,
        _ => SILENT,
    });
    Some(Agreement { gap: level(&GAPS, minutes), class: class as u8, distance, words })
}

/// A dozen edges at most.
fn level(edges: &[f64], value: f64) -> u8 {
    edges.iter().position(|edge| value <= *edge).unwrap_or(edges.len()) as u8
}

/// The share of a uniform gap within ±`most` minutes that falls on each level.
pub(super) fn gaps_by_chance(most: f64) -> [f64; GAP_LEVELS] {
    let clamp = |x: f64| x.clamp(-most, most);
    std::array::from_fn(|i| {
        let from = if i == 0 { -most } else { clamp(GAPS[i - 1]) };
        let to = if i == GAPS.len() { most } else { clamp(GAPS[i]) };
        ((to - from) / (2.0 * most)).max(1e-6)
    })
}

/// How clocks of two sources of one occurrence usually differ, before anything is learned.
pub(super) fn gaps_of_one() -> [f64; GAP_LEVELS] {
    let half = [0.30, 0.16, 0.08, 0.05, 0.03, 0.02, 0.01];
    let raw: [f64; GAP_LEVELS] = std::array::from_fn(|i| half[i.abs_diff(GAP_LEVELS / 2)]);
    let total: f64 = raw.iter().sum();
    raw.map(|x| x / total)
}

/// How far apart two points of one occurrence usually are: errors of a normal plane whose radius of nine in
/// ten is the uncertainty.
pub(super) fn distances_of_one() -> [f64; DISTANCE_LEVELS] {
    // Of a Rayleigh distance, P(d > z) = 10^(-z²), z in joint uncertainties.
    let beyond = |z: f64| 10f64.powf(-z * z);
    std::array::from_fn(|i| {
        let from = if i == 0 { 1.0 } else { beyond(DISTANCES[i - 1]) };
        let to = if i == DISTANCES.len() { 0.0 } else { beyond(DISTANCES[i]) };
        (from - to).max(0.005)
    })
}
