//! The weights of Fellegi and Sunter: how much likelier an agreement is between two reports of one
//! occurrence (m) than between reports of two (u).
//!
//! u is counted, not assumed: from pairs that are days apart (see `blocks.rs`) for distance, from how
//! frequent each word is for words, and from the length of time for gaps. m and the share of pairs that are
//! one occurrence are estimated by expectation–maximisation (Winkler 1988), beginning with usual values that
//! go on counting as much as [`PRIOR`] pairs; with few pairs the usual values stand. The logarithms of a round are
//! taken once, into tables (`weights.rs`), and what is clearly no pair costs no exponential.

use std::collections::{BTreeMap, HashMap};

use super::{
    Sighting,
    blocks::{Blocks, Pair},
    compare::{
        Agreement, DISTANCE_LEVELS, GAP_LEVELS, MOST_WORDS, NO_POINT, POINT_CLASSES, Word, distances_of_one,
        gaps_by_chance, gaps_of_one,
    },
    crowd::Crowds,
    sighting::WORDS,
    weights::Weights,
};

/// Pairs that the usual values are worth.
const PRIOR: f64 = 30.0;
/// Days by which pairs are parted to see what agrees by chance.
pub(super) const SHIFTS: [i64; 6] = [-3, -2, -1, 1, 2, 3];
const ROUNDS: usize = 25;
/// A pair of a smaller chance teaches nothing.
const LEAST_CHANCE: f64 = 1e-4;
/// Two reports of one occurrence agree in a word this often: outcome, naloxone, age band, sex.
const AGREE: [f64; WORDS] = [0.95, 0.90, 0.90, 0.97];

/// Pairs that weigh the same.
struct Alike {
    between: (u16, u16),
    agreement: Agreement,
    nearness: f64,
    pairs: f64,
}

/// What was learned of a set of sightings.
pub(super) struct Model {
    /// Share of the pairs within the longest gap that are one occurrence.
    pub share: f64,
    pub(super) gap_m: BTreeMap<(u16, u16), [f64; GAP_LEVELS]>,
    pub(super) gap_u: [f64; GAP_LEVELS],
    pub(super) distance_m: [[f64; DISTANCE_LEVELS]; POINT_CLASSES],
    distance_u: [[f64; DISTANCE_LEVELS]; POINT_CLASSES],
    pub(super) agree_m: [f64; WORDS],
    /// How often two by chance hold the same word, and each word's share by its code.
    pub(super) agree_u: [f64; WORDS],
    pub(super) word_share: [Vec<f64>; WORDS],
    crowds: Crowds,
    /// How many sources there are.
    pub(super) sources: usize,
    /// Of what was learned last.
    weights: Weights,
}

impl Model {
    /// Learn from the pairs; `sources` gives each position's source as a number.
    pub(super) fn learn(
        blocks: &Blocks,
        pairs: &[Pair],
        words: &[[Option<u16>; WORDS]],
        sources: &[u16],
        most_minutes: f64,
        crowds: Crowds,
    ) -> Self {
        let (by_class, total) = blocks.within_the_gap();
        let mut model = Self::usual(words, most_minutes, total, crowds);
        model.sources = sources.iter().max().map_or(0, |last| usize::from(*last) + 1);
        model.count_chance(blocks, &by_class);
        for pair in pairs {
            model.gap_m.entry(source_pair(pair, sources)).or_insert_with(gaps_of_one);
        }
        let alike = model.alike(pairs, sources);
        for _ in 0..ROUNDS {
            model.weights = Weights::of(&model);
            model.round(&alike, total);
        }
        model.weights = Weights::of(&model);
        model
    }

    fn usual(words: &[[Option<u16>; WORDS]], most_minutes: f64, total: f64, crowds: Crowds) -> Self {
        let mut agree_u = [0.0; WORDS];
        let mut word_share: [Vec<f64>; WORDS] = Default::default();
        for at in 0..WORDS {
            let mut counts: BTreeMap<u16, f64> = BTreeMap::new();
            for code in words.iter().filter_map(|w| w[at]) {
                *counts.entry(code).or_default() += 1.0;
            }
            let known: f64 = counts.values().sum::<f64>().max(1.0);
            agree_u[at] = counts.values().map(|n| (n / known) * (n / known)).sum::<f64>().clamp(0.01, 0.99);
            // Codes are given without a gap, from 0.
            word_share[at] = counts.into_values().map(|n| (n / known).max(0.005)).collect();
        }
        Self {
            share: (0.3 * words.len() as f64 / total.max(1.0)).clamp(1e-6, 0.5),
            gap_m: BTreeMap::new(),
            gap_u: gaps_by_chance(most_minutes),
            distance_m: [distances_of_one(); POINT_CLASSES],
            distance_u: [[0.0; DISTANCE_LEVELS]; POINT_CLASSES],
            agree_m: AGREE,
            agree_u,
            word_share,
            crowds,
            sources: 0,
            weights: Weights::default(),
        }
    }

    /// How often two that are days apart lie as near as two of one occurrence would.
    fn count_chance(&mut self, blocks: &Blocks, by_class: &[f64; NO_POINT + 1]) {
        let mut counts = [[0.0; DISTANCE_LEVELS]; POINT_CLASSES];
        for days in SHIFTS {
            blocks.pairs_of_points(days, |pair| {
                if let Some(level) = pair.agreement.distance() {
                    counts[pair.agreement.class()][level] += 1.0;
                }
            });
        }
        for (class, levels) in counts.iter().enumerate() {
            let seen = by_class[class] * SHIFTS.len() as f64;
            // One pair more than was seen, spread over the levels: nothing is impossible.
            self.distance_u[class] = levels.map(|n| ((n + 1.0 / DISTANCE_LEVELS as f64) / (seen + 1.0)).min(1.0));
        }
    }

    /// Pairs that weigh the same whatever is learned are reckoned once: those without two points, which are by far
    /// the most, differ in little. In an order of their own, so that the sums are the same whatever came first.
    fn alike(&self, pairs: &[Pair], sources: &[u16]) -> Vec<Alike> {
        let mut counts: HashMap<((u16, u16), Agreement), f64> = HashMap::new();
        let mut out = Vec::new();
        for pair in pairs {
            let (between, agreement) = (source_pair(pair, sources), pair.agreement);
            if agreement.distance().is_some() {
                out.push(Alike { between, agreement, nearness: self.nearness(pair), pairs: 1.0 });
            } else {
                *counts.entry((between, agreement)).or_default() += 1.0;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|(key, _)| *key);
        out.extend(counts.into_iter().map(|((between, agreement), pairs)| Alike {
            between,
            agreement,
            nearness: 0.0,
            pairs,
        }));
        out
    }

    /// One step of expectation and maximisation.
    fn round(&mut self, pairs: &[Alike], total: f64) {
        let mut gaps: BTreeMap<(u16, u16), [f64; GAP_LEVELS]> = BTreeMap::new();
        let mut distances = [[0.0; DISTANCE_LEVELS]; POINT_CLASSES];
        let (mut agreed, mut compared, mut ones) = ([0.0; WORDS], [0.0; WORDS], 0.0);
        // Most pairs are far from being one: they are left before their chance is reckoned.
        let least = (LEAST_CHANCE / (1.0 - LEAST_CHANCE)).ln() - self.prior_odds();
        for pair in pairs {
            let a = &pair.agreement;
            let weight = self.weights.of_agreement(a, pair.between) + pair.nearness;
            if weight < least {
                continue;
            }
            let p = self.posterior(weight) * pair.pairs;
            ones += p;
            gaps.entry(pair.between).or_insert([0.0; GAP_LEVELS])[a.gap()] += p;
            if let Some(level) = a.distance() {
                distances[a.class()][level] += p;
            }
            for at in 0..WORDS {
                let word = a.word(at);
                compared[at] += if word.is_some() { p } else { 0.0 };
                agreed[at] += if matches!(word, Some(Word::Same(_))) { p } else { 0.0 };
            }
        }
        self.share = (ones / total.max(1.0)).clamp(1e-7, 0.9);
        for (between, m) in &mut self.gap_m {
            *m = mixed(gaps.get(between).unwrap_or(&[0.0; GAP_LEVELS]), &gaps_of_one());
        }
        for (class, levels) in distances.iter().enumerate() {
            self.distance_m[class] = mixed(levels, &distances_of_one());
        }
        for at in 0..WORDS {
            self.agree_m[at] = ((agreed[at] + PRIOR * AGREE[at]) / (compared[at] + PRIOR)).clamp(0.5, 0.999);
        }
    }

    /// ln m/u over all fields.
    pub(super) fn weight(&self, pair: &Pair, between: (u16, u16)) -> f64 {
        self.weights.of_agreement(&pair.agreement, between) + self.nearness(pair)
    }

    /// The part of the weight that is the pair's own: how much it says, here, that the two are as near as they are.
    /// Nothing that is learned changes it.
    fn nearness(&self, pair: &Pair) -> f64 {
        let a = &pair.agreement;
        let Some(level) = a.distance() else { return 0.0 };
        let by_chance = self.distance_u[a.class()][level] * self.crowds.of(pair.a, pair.b, a.class());
        -by_chance.min(1.0).ln()
    }

    /// ln of the odds before anything is compared.
    fn prior_odds(&self) -> f64 {
        (self.share / (1.0 - self.share)).ln()
    }

    /// The chance that a pair of this weight is one occurrence.
    pub(super) fn posterior(&self, weight: f64) -> f64 {
        let odds = (weight + self.prior_odds()).exp();
        if odds.is_infinite() { 1.0 } else { odds / (1.0 + odds) }
    }
}

/// The sources of a pair, first and second.
pub(super) fn source_pair(pair: &Pair, sources: &[u16]) -> (u16, u16) {
    (sources[pair.a as usize], sources[pair.b as usize])
}

/// Words as numbers, the same for the same word, per field.
pub(super) fn codes(all: &[&Sighting]) -> Vec<[Option<u16>; WORDS]> {
    let mut known: [BTreeMap<String, u16>; WORDS] = Default::default();
    let mut out = Vec::with_capacity(all.len());
    for s in all {
        let words = super::sighting::words(s);
        out.push(std::array::from_fn(|at| {
            let word = words[at]?;
            let next = u16::try_from(known[at].len()).ok().filter(|n| *n < MOST_WORDS);
            known[at].get(word).copied().or_else(|| {
                known[at].insert(word.to_owned(), next?);
                next
            })
        }));
    }
    out
}

fn mixed<const N: usize>(counts: &[f64; N], usual: &[f64; N]) -> [f64; N] {
    let (total, usual_total): (f64, f64) = (counts.iter().sum(), usual.iter().sum());
    std::array::from_fn(|i| ((counts[i] + PRIOR * usual[i] / usual_total) / (total + PRIOR)).max(1e-4))
}
