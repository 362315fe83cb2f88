//! The weights of Fellegi and Sunter: how much likelier an agreement is between two reports of one
//! occurrence (m) than between reports of two (u).
//!
//! u is counted, not assumed: from pairs that are days apart (see `blocks.rs`) for distance, from how
//! frequent each word is for words, and from the length of time for gaps. m and the share of pairs that are
//! one occurrence are estimated by expectation–maximisation (Winkler 1988), beginning with usual values that
//! go on counting as much as [`PRIOR`] pairs; with few pairs the usual values stand.

use std::collections::{BTreeMap, HashMap};

use super::{
    Sighting,
    blocks::{Blocks, Pair},
    compare::{
        DISTANCE_LEVELS, GAP_LEVELS, NO_POINT, POINT_CLASSES, Word, distances_of_one, gaps_by_chance, gaps_of_one,
    },
    crowd::Crowds,
    sighting::WORDS,
};

/// Pairs that the usual values are worth.
const PRIOR: f64 = 30.0;
/// Days by which pairs are parted to see what agrees by chance.
pub(super) const SHIFTS: [i64; 6] = [-3, -2, -1, 1, 2, 3];
const ROUNDS: usize = 25;
/// Two reports of one occurrence agree in a word this often: outcome, naloxone, age band, sex.
const AGREE: [f64; WORDS] = [0.95, 0.90, 0.90, 0.97];

/// What was learned of a set of sightings.
pub(super) struct Model {
    /// Share of the pairs within the longest gap that are one occurrence.
    pub share: f64,
    gap_m: BTreeMap<(u16, u16), [f64; GAP_LEVELS]>,
    gap_u: [f64; GAP_LEVELS],
    distance_m: [[f64; DISTANCE_LEVELS]; POINT_CLASSES],
    distance_u: [[f64; DISTANCE_LEVELS]; POINT_CLASSES],
    agree_m: [f64; WORDS],
    /// How often two by chance hold the same word, and each word's share.
    agree_u: [f64; WORDS],
    word_share: [HashMap<u16, f64>; WORDS],
    crowds: Crowds,
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
        model.count_chance(blocks, &by_class);
        for pair in pairs {
            model.gap_m.entry(source_pair(pair, sources)).or_insert_with(gaps_of_one);
        }
        for _ in 0..ROUNDS {
            model.round(pairs, sources, total);
        }
        model
    }

    fn usual(words: &[[Option<u16>; WORDS]], most_minutes: f64, total: f64, crowds: Crowds) -> Self {
        let mut agree_u = [0.0; WORDS];
        let mut word_share: [HashMap<u16, f64>; WORDS] = Default::default();
        for at in 0..WORDS {
            let mut counts: BTreeMap<u16, f64> = BTreeMap::new();
            for code in words.iter().filter_map(|w| w[at]) {
                *counts.entry(code).or_default() += 1.0;
            }
            let known: f64 = counts.values().sum::<f64>().max(1.0);
            agree_u[at] = counts.values().map(|n| (n / known) * (n / known)).sum::<f64>().clamp(0.01, 0.99);
            word_share[at] = counts.into_iter().map(|(code, n)| (code, (n / known).max(0.005))).collect();
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
        }
    }

    /// How often two that are days apart lie as near as two of one occurrence would.
    fn count_chance(&mut self, blocks: &Blocks, by_class: &[f64; NO_POINT + 1]) {
        let mut counts = [[0.0; DISTANCE_LEVELS]; POINT_CLASSES];
        for days in SHIFTS {
            blocks.pairs(days, |pair| {
                if let Some(level) = pair.agreement.distance {
                    counts[pair.agreement.class][level] += 1.0;
                }
            });
        }
        for (class, levels) in counts.iter().enumerate() {
            let seen = by_class[class] * SHIFTS.len() as f64;
            // One pair more than was seen, spread over the levels: nothing is impossible.
            self.distance_u[class] = levels.map(|n| ((n + 1.0 / DISTANCE_LEVELS as f64) / (seen + 1.0)).min(1.0));
        }
    }

    /// One step of expectation and maximisation.
    fn round(&mut self, pairs: &[Pair], sources: &[u16], total: f64) {
        let mut gaps: BTreeMap<(u16, u16), [f64; GAP_LEVELS]> = BTreeMap::new();
        let mut distances = [[0.0; DISTANCE_LEVELS]; POINT_CLASSES];
        let (mut agreed, mut compared, mut ones) = ([0.0; WORDS], [0.0; WORDS], 0.0);
        for pair in pairs {
            let p = self.posterior(self.weight(pair, source_pair(pair, sources)));
            if p < 1e-4 {
                continue;
            }
            ones += p;
            let a = &pair.agreement;
            gaps.entry(source_pair(pair, sources)).or_insert([0.0; GAP_LEVELS])[a.gap] += p;
            if let Some(level) = a.distance {
                distances[a.class][level] += p;
            }
            for at in 0..WORDS {
                compared[at] += if a.words[at].is_some() { p } else { 0.0 };
                agreed[at] += if matches!(a.words[at], Some(Word::Same(_))) { p } else { 0.0 };
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
        let a = &pair.agreement;
        let usual = gaps_of_one();
        let gap_m = self.gap_m.get(&between).unwrap_or(&usual);
        let mut weight = (gap_m[a.gap] / self.gap_u[a.gap]).ln();
        if let Some(level) = a.distance {
            let by_chance = self.distance_u[a.class][level] * self.crowds.of(pair.a, pair.b, a.class);
            weight += (self.distance_m[a.class][level] / by_chance.min(1.0)).ln();
        }
        for (at, word) in a.words.iter().enumerate() {
            weight += match word {
                None => 0.0,
                // To share a rare word says more than to share a frequent one.
                Some(Word::Same(code)) => {
                    (self.agree_m[at] / self.word_share[at].get(code).copied().unwrap_or(0.01)).ln()
                }
                Some(Word::Differ) => ((1.0 - self.agree_m[at]) / (1.0 - self.agree_u[at])).ln(),
            };
        }
        weight
    }

    /// The chance that a pair of this weight is one occurrence.
    pub(super) fn posterior(&self, weight: f64) -> f64 {
        let odds = (weight + (self.share / (1.0 - self.share)).ln()).exp();
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
            let next = u16::try_from(known[at].len()).ok()?;
            Some(*known[at].entry(word.to_owned()).or_insert(next))
        }));
    }
    out
}

fn mixed<const N: usize>(counts: &[f64; N], usual: &[f64; N]) -> [f64; N] {
    let (total, usual_total): (f64, f64) = (counts.iter().sum(), usual.iter().sum());
    std::array::from_fn(|i| ((counts[i] + PRIOR * usual[i] / usual_total) / (total + PRIOR)).max(1e-4))
}
