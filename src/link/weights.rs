//! The logarithms of what a model has learned, in tables: what a pair weighs is a sum of a handful of them.

use super::{
    compare::{Agreement, DISTANCE_LEVELS, GAP_LEVELS, POINT_CLASSES, Word, gaps_of_one},
    model::Model,
    sighting::WORDS,
};

/// Of a word without a share of its own.
const RARE: f64 = 0.01;

/// Tables of ln m/u, and of ln m for distances, whose u is the pair's own.
#[derive(Debug, Default)]
pub(super) struct Weights {
    /// By the two sources, `first × sources + second`.
    gaps: Vec<[f64; GAP_LEVELS]>,
    sources: usize,
    distances: [[f64; DISTANCE_LEVELS]; POINT_CLASSES],
    same: [Vec<f64>; WORDS],
    rare: [f64; WORDS],
    differ: [f64; WORDS],
}

impl Weights {
    pub(super) fn of(model: &Model) -> Self {
        let sources = model.sources;
        let of_gaps = |m: &[f64; GAP_LEVELS]| std::array::from_fn(|i| (m[i] / model.gap_u[i]).ln());
        let mut gaps = vec![of_gaps(&gaps_of_one()); sources * sources];
        for ((a, b), m) in &model.gap_m {
            gaps[usize::from(*a) * sources + usize::from(*b)] = of_gaps(m);
        }
        let same = |at: usize, share: f64| (model.agree_m[at] / share).ln();
        Self {
            gaps,
            sources,
            distances: model.distance_m.map(|levels| levels.map(f64::ln)),
            // To share a rare word says more than to share a frequent one.
            same: std::array::from_fn(|at| model.word_share[at].iter().map(|share| same(at, *share)).collect()),
            rare: std::array::from_fn(|at| same(at, RARE)),
            differ: std::array::from_fn(|at| ((1.0 - model.agree_m[at]) / (1.0 - model.agree_u[at])).ln()),
        }
    }

    /// ln m/u, without how often two by chance are as near as these.
    pub(super) fn of_agreement(&self, a: &Agreement, (first, second): (u16, u16)) -> f64 {
        let mut weight = self.gaps[usize::from(first) * self.sources + usize::from(second)][a.gap()];
        if let Some(level) = a.distance() {
            weight += self.distances[a.class()][level];
        }
        for at in 0..WORDS {
            weight += match a.word(at) {
                None => 0.0,
                Some(Word::Same(code)) => self.same[at].get(usize::from(code)).copied().unwrap_or(self.rare[at]),
                Some(Word::Differ) => self.differ[at],
            };
        }
        weight
    }
}
