//! Weights of the stack: how far each model is to be believed, by its past.
//!
//! The stack's predictive distribution is the linear pool Σ wₖ pₖ of the models' own (Stone 1961; Hall & Mitchell 2007,
//! *International Journal of Forecasting* 23:1; "stacking of predictive distributions", Yao et al. 2018, *Bayesian
//! Analysis* 13:917), with one more component about the pooled mean. Its weights are found in three steps, all from what
//! the models gave to counts before they came, with the scatter they had learned by then; forecasts are taken up when
//! their window is over and settled, so nothing of the future enters.
//!
//! 1. *Which models are good now?* Dynamic model averaging (Raftery, Kárný & Ettler 2010, *Technometrics* 52:52): each
//!    level's windows together give cₖ ∝ πₖ exp(η Σ (log pₖ − log p_history)), older gains fading by 2 % a week. η = 0.3, and
//!    a quarter of that for areas and cells, because windows overlap and places share their luck. π gives `history` a third and
//!    the others the rest in equal parts; with d days of data the others get d/(d + 365) of that: trends, seasons and levels
//!    need a year or two to be known.
//! 2. *Which mixture is likeliest?* For each window max Σ_i log Σₖ wₖ pₖ(y_i) + 32 Σₖ cₖ log wₖ by expectation–maximisation:
//!    the mixture that would have given the past counts most, drawn towards step 1 as by thirty-two counts. Zeros,
//!    which are nearly all counts of cells, are kept in sums by the logarithm of `history`'s mean.
//! 3. *How wide?* A pool of calibrated forecasts is wider than it need be (Gneiting & Ranjan 2013, *Electronic Journal of
//!    Statistics* 7:1747). So a negative binomial about the pooled mean, whose scatter is learned from the stack's own past,
//!    stands beside the pool, and the two are averaged as in step 1, from halves.
//!
//! So the stack follows the best, falls behind it by little when that changes, and is near `history` where the past is short.
//! A level departs from long history at all only once its past shows that this helps ([`Proof`]). An area where `history` has been clearly better than the pool over at least
//! twelve issue days gets `history` alone ([`AreaRecord`]).
//!
//! Limits: weights are common to all places of a level.

use std::collections::BTreeMap;

use crate::domain::{forecast::ForecastLevel, time::Day};

/// The part of `history`, which comes first, when there is much to learn from; and the days of data that make half of much.
const PRIOR_HISTORY: f64 = 1.0 / 3.0;
const DAYS_TO_LEARN: f64 = 365.0;
/// How much a gain of one in the log score counts, for the whole and for many places at once.
const ETA: f64 = 0.3;
const ETA_PLACES: f64 = 0.075;
/// What is left of a gain after a week.
const KEPT_A_WEEK: f64 = 0.98;
/// Counts' worth of the draw towards the averaged weights.
const PRIOR: f64 = 32.0;
/// Newest counts above zero that are kept.
const KEPT: usize = 2000;
const ROUNDS: usize = 30;
/// A smaller weight is none.
const NOTHING: f64 = 2e-3;
/// What it takes to drop the pool in an area: issue days, events in them, standard errors, and the gain of `history` in the
/// log score (windows overlap, so six is about what three would be of one). Without the last a place where nothing
/// ever happens would always be better off with the lowest mean.
const LEAST_ORIGINS: f64 = 12.0;
/// What it takes to leave long history: issue days, and standard errors.
const LEAST_DAYS_OF_PROOF: f64 = 8.0;
const PROVEN: f64 = 3.0;
const LEAST_EVENTS: f64 = 10.0;
const CLEARLY: f64 = 2.0;
const LEAST_GAIN: f64 = 6.0;

/// Gains in log score over the first of several forecasters, fading.
#[derive(Debug, Clone)]
pub struct Averaging {
    prior: Vec<f64>,
    eta: f64,
    gains: Vec<f64>,
    last: Option<Day>,
}

impl Averaging {
    /// Of several models, `history` first.
    pub fn of_models(level: ForecastLevel, models: usize) -> Self {
        let others = models.saturating_sub(1).max(1) as f64;
        let first = if models < 2 { 1.0 } else { PRIOR_HISTORY };
        let prior = (0..models).map(|k| if k == 0 { first } else { (1.0 - first) / others }).collect();
        Self::new(level, prior)
    }

    /// Of the pool and the component about its mean.
    pub fn of_widths(level: ForecastLevel) -> Self {
        Self::new(level, vec![0.5; 2])
    }

    fn new(level: ForecastLevel, prior: Vec<f64>) -> Self {
        let eta = if level == ForecastLevel::Whole { ETA } else { ETA_PLACES };
        Self { gains: vec![0.0; prior.len()], prior, eta, last: None }
    }

    /// What every forecaster gained over the first one, learned on a day no earlier than the last.
    pub fn add(&mut self, day: Day, gains: &[f64]) {
        let weeks = self.last.map_or(0.0, |last| f64::from(day - last) / 7.0);
        self.last = Some(day);
        for (sum, gain) in self.gains.iter_mut().zip(gains) {
            *sum = *sum * KEPT_A_WEEK.powf(weeks) + gain;
        }
    }

    /// Adding up to 1.
    pub fn weights(&self) -> Vec<f64> {
        self.weighed(&self.prior)
    }

    /// The same of models that had so many days of data to learn from.
    pub fn weights_after(&self, days: f64) -> Vec<f64> {
        let part = days / (days + DAYS_TO_LEARN);
        let mut prior: Vec<f64> = self.prior.iter().map(|p| p * part).collect();
        prior[0] += 1.0 - part;
        self.weighed(&prior)
    }

    fn weighed(&self, prior: &[f64]) -> Vec<f64> {
        let top = self.gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raw: Vec<f64> = prior.iter().zip(&self.gains).map(|(p, g)| p * (self.eta * (g - top)).exp()).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|w| w / sum).collect()
    }
}

/// Past log probabilities of all models at one level and window.
#[derive(Debug, Clone)]
pub struct Pool {
    models: usize,
    /// Zeros by the logarithm of `history`'s mean in steps of a tenth: number, and sums of log probabilities.
    zeros: BTreeMap<i32, (f64, Vec<f64>)>,
    /// Log probabilities of counts above zero, model by model.
    counts: Vec<f32>,
}

impl Pool {
    pub fn new(models: usize) -> Self {
        Self { models, zeros: BTreeMap::new(), counts: Vec::new() }
    }

    /// A count that came, with what `history` expected and the log probability each model had given it.
    pub fn add(&mut self, history_mean: f64, came: u32, log_probabilities: &[f64]) {
        if came == 0 {
            let bin = (history_mean.max(1e-12).ln() * 10.0).floor() as i32;
            let entry = self.zeros.entry(bin).or_insert_with(|| (0.0, vec![0.0; self.models]));
            entry.0 += 1.0;
            entry.1.iter_mut().zip(log_probabilities).for_each(|(s, l)| *s += l.max(-600.0));
        } else {
            self.counts.extend(log_probabilities.iter().map(|l| l.max(-600.0) as f32));
        }
    }

    /// To be called when all places of an issue day were added.
    pub fn end_of_origin(&mut self) {
        let over = self.counts.len().saturating_sub(KEPT * self.models);
        self.counts.drain(..over);
    }

    /// The likeliest weights, drawn towards `centre`; adding up to 1.
    pub fn weights(&self, centre: &[f64]) -> Vec<f64> {
        // Probabilities of one count matter only against one another: scaled, so that none underflows.
        let scaled = |logs: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
            let logs: Vec<f64> = logs.collect();
            let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            logs.iter().map(|l| (l - top).exp()).collect()
        };
        let zeros = self.zeros.values().map(|(n, sums)| (*n, scaled(&mut sums.iter().map(|s| s / n))));
        let counts = self.counts.chunks_exact(self.models);
        let points: Vec<(f64, Vec<f64>)> =
            zeros.chain(counts.map(|c| (1.0, scaled(&mut c.iter().map(|l| f64::from(*l)))))).collect();
        let total = PRIOR + points.iter().map(|p| p.0).sum::<f64>();
        let mut w = centre.to_vec();
        for _ in 0..ROUNDS {
            let mut next: Vec<f64> = centre.iter().map(|c| PRIOR * c).collect();
            for (n, p) in &points {
                let all: f64 = w.iter().zip(p).map(|(w, p)| w * p).sum();
                let each = n / all.max(1e-300);
                next.iter_mut().zip(&w).zip(p).for_each(|((x, w), p)| *x += each * w * p);
            }
            w = next.iter().map(|x| x / total).collect();
        }
        // What weighs next to nothing only costs time.
        w.iter_mut().filter(|w| **w < NOTHING).for_each(|w| *w = 0.0);
        let sum: f64 = w.iter().sum();
        w.into_iter().map(|w| w / sum).collect()
    }
}

/// Whether a level may depart from long history: have the models done better?
///
/// For the whole they are compared with `history` itself; below it, with its shares, both scaled to the same totals; an issue
/// day's windows together. Shares of places have to be better by three standard errors of the log score (windows of
/// successive issue days overlap, so three are about two) over at least eight issue days, and not while the order they give
/// finds fewer events: in a short record long history's are as good as any, and places keep the order that people know. For
/// the whole, whose level moves, to follow a change late costs more than to follow chance: there the burden of proof goes from
/// the models to long history as the record grows. With d days of data it asks for 3 · 365/(d + 365) − 1 standard errors: two
/// without data, none after two years, and then long history comes back only where the models are behind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proof {
    level: ForecastLevel,
    days: f64,
    gain: f64,
    squares: f64,
    more_captured: f64,
}

impl Proof {
    pub fn of(level: ForecastLevel) -> Self {
        Self { level, days: 0.0, gain: 0.0, squares: 0.0, more_captured: 0.0 }
    }

    /// What one issue day's forecasts gained by the models, and how many events more they found in the highest-ranked
    /// places.
    pub fn add(&mut self, gain: f64, more_captured: f64) {
        self.more_captured += more_captured;
        self.days += 1.0;
        self.gain += gain;
        self.squares += gain * gain;
    }

    /// After so many days of data.
    pub fn is_given(self, known_days: f64) -> bool {
        if self.days < LEAST_DAYS_OF_PROOF || (self.level != ForecastLevel::Whole && self.more_captured < 0.0) {
            return false;
        }
        let mean = self.gain / self.days;
        let variance = (self.squares / self.days - mean * mean).max(0.0) / (self.days - 1.0);
        let errors = match self.level {
            ForecastLevel::Whole => 3.0 * DAYS_TO_LEARN / (known_days + DAYS_TO_LEARN) - 1.0,
            ForecastLevel::Area | ForecastLevel::Cell => PROVEN,
        };
        mean > errors * variance.sqrt()
    }
}

/// How the pool did in one area against `history`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct AreaRecord {
    origins: f64,
    events: f64,
    /// Log score of `history` minus that of the pool, summed over issue days, and its square.
    gain: f64,
    squares: f64,
}

impl AreaRecord {
    /// What one issue day's forecasts gained in the area, over all windows together, and the events in these.
    pub fn add(&mut self, gain: f64, events: f64) {
        self.origins += 1.0;
        self.events += events;
        self.gain += gain;
        self.squares += gain * gain;
    }

    /// Has `history` been clearly better here?
    pub fn is_beaten(self) -> bool {
        if self.origins < LEAST_ORIGINS || self.events < LEAST_EVENTS || self.gain > -LEAST_GAIN {
            return false;
        }
        let mean = self.gain / self.origins;
        let variance = (self.squares / self.origins - mean * mean).max(0.0) / (self.origins - 1.0);
        mean < -CLEARLY * variance.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{CountDistribution, Random};

    const LEVEL: ForecastLevel = ForecastLevel::Whole;

    /// Weights after `n` weekly counts of a Poisson truth of mean 3, forecast with the means given.
    fn weights(means: &[f64], n: i32) -> Vec<f64> {
        let mut random = Random::seeded(5);
        let (mut pool, mut averaging) = (Pool::new(means.len()), Averaging::of_models(LEVEL, means.len()));
        for week in 0..n {
            let y = CountDistribution::poisson(3.0).sample(&mut random);
            let logs: Vec<f64> = means.iter().map(|&m| CountDistribution::poisson(m).ln_pmf(y)).collect();
            pool.add(means[0], y as u32, &logs);
            pool.end_of_origin();
            let gains: Vec<f64> = logs.iter().map(|l| l - logs[0]).collect();
            averaging.add(Day::from_epoch_days(7 * week), &gains);
        }
        pool.weights(&averaging.weights())
    }

    #[test]
    fn the_model_that_was_right_gets_the_weight() {
        let w = weights(&[8.0, 3.0, 0.5], 60);
        assert!(w[1] > 0.97 && (w.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{w:?}");
    }

    #[test]
    fn without_a_past_history_leads_and_all_others_are_alike() {
        let w = weights(&[8.0, 3.0, 0.5], 0);
        assert!((w[0] - 1.0 / 3.0).abs() < 1e-12 && w[1] == w[2], "{w:?}");
        assert_eq!(weights(&[8.0], 5), [1.0]);
    }

    #[test]
    fn the_shorter_the_record_the_more_is_left_to_history() {
        let first = |days: f64| Averaging::of_models(LEVEL, 3).weights_after(days)[0];
        assert!(first(0.0) > 0.999 && first(200.0) > first(2000.0) && first(2000.0) < 0.45);
    }

    #[test]
    fn models_that_say_the_same_share_what_they_earn_as_at_the_start() {
        let w = weights(&[3.0, 3.0, 3.0], 300);
        assert!((w[0] - 1.0 / 3.0).abs() < 1e-9 && (w[1] - w[2]).abs() < 1e-9, "{w:?}");
    }

    #[test]
    fn what_was_gained_long_ago_counts_for_little() {
        let mut averaging = Averaging::of_models(LEVEL, 2);
        averaging.add(Day::from_epoch_days(0), &[0.0, 40.0]);
        assert!(averaging.weights()[1] > 0.99);
        averaging.add(Day::from_epoch_days(7 * 260), &[0.0, -4.0]);
        assert!(averaging.weights()[1] < 0.5, "{:?}", averaging.weights());
    }

    #[test]
    fn own_shares_must_prove_better_than_those_of_long_history() {
        let proof = |n: usize, gain: f64| {
            let mut p = Proof::of(ForecastLevel::Cell);
            (0..n).for_each(|i| p.add(gain + if i % 2 == 0 { 1.0 } else { -1.0 }, 0.0));
            p.is_given(500.0)
        };
        let mut whole = Proof::of(ForecastLevel::Whole);
        (0..60).for_each(|i| whole.add(0.05 + if i % 2 == 0 { 1.0 } else { -1.0 }, 0.0));
        assert!(whole.is_given(1500.0) && !whole.is_given(200.0), "the longer the record the less proof is asked for");
        let mut fewer_found = Proof::of(ForecastLevel::Cell);
        (0..60).for_each(|_| fewer_found.add(1.0, -0.1));
        assert!(!fewer_found.is_given(500.0));
        assert!(
            proof(60, 0.5)
                && !proof(60, 0.1)
                && !proof(7, 5.0)
                && !proof(30, -0.5)
                && !Proof::of(ForecastLevel::Cell).is_given(500.0)
        );
    }

    #[test]
    fn an_area_is_given_back_to_history_only_when_that_was_clearly_better_for_long() {
        let record = |n: usize, gain: f64, events: f64| {
            let mut r = AreaRecord::default();
            (0..n).for_each(|i| r.add(gain + if i % 2 == 0 { 0.1 } else { -0.1 }, events));
            r.is_beaten()
        };
        assert!(record(40, -0.2, 1.0) && !record(6, -2.0, 5.0) && !record(40, -0.01, 1.0) && !record(40, 0.3, 1.0));
        assert!(!record(40, -0.2, 0.1), "a place without events tells nothing");
    }
}
