//! A back-test in figures: means over issue days, and skill against `history` with an interval.
//!
//! *Skill* is 1 − score/score of `history`: 0 no better, negative worse. Its interval comes from a paired
//! moving-block bootstrap (Künsch 1989) over issue days: blocks of consecutive days are drawn, each with the
//! scores of both models, because neighbouring windows overlap and share their luck.

use super::scoring::{CAPTURE, INTERVALS, OriginScores, PIT_BINS, cells_in};
use crate::stats::{Random, summary::quantile_sorted};

const DRAWS: usize = 1000;
/// Issue days in a block, where there are enough for several blocks.
const BLOCK: usize = 4;
/// Fewer issue days than this carry no interval.
const LEAST_FOR_INTERVAL: usize = 6;

/// Means over issue days and places.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub origins: usize,
    pub places: usize,
    pub events: f64,
    pub log_score: f64,
    pub crps: f64,
    pub wis: f64,
    pub brier: f64,
    /// For each of [`INTERVALS`], with its standard error from issue day to issue day.
    pub coverage: [f64; 4],
    pub coverage_error: [Option<f64>; 4],
    /// Of the ranges as whole numbers, and what those promised.
    pub stated: [f64; 4],
    pub promised: [f64; 4],
    pub pit: [f64; PIT_BINS],
    /// For each of [`CAPTURE`]; `None` when no event came or places are not ranked.
    pub capture: Option<[f64; 4]>,
    /// Prediction accuracy index (Chainey, Tompson & Uhlig 2008): share captured over share of cells.
    pub pai: Option<[f64; 4]>,
    /// Of events in areas that had just risen ([`OriginScores::captured_risen`]), and the number of those.
    pub capture_after_rise: Option<[f64; 4]>,
    pub events_after_rise: f64,
}

/// A model's score against `history`'s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skill {
    pub value: f64,
    /// 95 % interval; `None` for fewer than six issue days.
    pub interval: Option<[f64; 2]>,
}

/// `None` without any issue day.
pub fn summarise(scores: &[OriginScores], ranked: bool) -> Option<Summary> {
    let first = scores.first()?;
    let n: f64 = scores.iter().map(|s| s.places as f64).sum();
    let mean = |f: fn(&OriginScores) -> f64| scores.iter().map(f).sum::<f64>() / n;
    let share = |f: &dyn Fn(&OriginScores) -> f64, of: f64| scores.iter().map(f).sum::<f64>() / of;
    let events: f64 = scores.iter().map(|s| s.events).sum();
    let capture =
        (ranked && events > 0.0).then(|| std::array::from_fn(|i| share(&|s: &OriginScores| s.captured[i], events)));
    let risen: f64 = scores.iter().map(|s| s.events_risen).sum();
    let capture_after_rise =
        (ranked && risen > 0.0).then(|| std::array::from_fn(|i| share(&|s: &OriginScores| s.captured_risen[i], risen)));
    Some(Summary {
        origins: scores.len(),
        places: first.places,
        events,
        log_score: mean(|s| s.log_score),
        crps: mean(|s| s.crps),
        wis: mean(|s| s.wis),
        brier: mean(|s| s.brier),
        coverage: std::array::from_fn(|i| share(&|s: &OriginScores| s.covered[i], n)),
        coverage_error: std::array::from_fn(|i| error(scores.iter().map(|s| s.covered[i] / s.places.max(1) as f64))),
        stated: std::array::from_fn(|i| share(&|s: &OriginScores| s.stated[i], n)),
        promised: std::array::from_fn(|i| share(&|s: &OriginScores| s.promised[i], n)),
        pit: std::array::from_fn(|i| share(&|s: &OriginScores| s.pit[i], n)),
        capture,
        capture_after_rise,
        events_after_rise: risen,
        pai: capture.map(|c: [f64; 4]| {
            std::array::from_fn(|i| c[i] * first.places as f64 / cells_in(CAPTURE[i], first.places) as f64)
        }),
    })
}

/// Standard error of a mean over issue days; `None` of one alone.
fn error(days: impl Iterator<Item = f64>) -> Option<f64> {
    let days: Vec<f64> = days.collect();
    let n = days.len() as f64;
    let mean = days.iter().sum::<f64>() / n;
    let squares: f64 = days.iter().map(|x| (x - mean) * (x - mean)).sum();
    (days.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt())
}

/// Position of the interval of nominal `percent` in [`Summary::coverage`].
pub fn interval_position(percent: u32) -> usize {
    INTERVALS.iter().position(|p| *p == percent).unwrap_or(0)
}

/// Skill of a score over the issue days that both have. `None` when there are none or `history` scored 0.
pub fn skill(
    model: &[OriginScores],
    history: &[OriginScores],
    score: fn(&OriginScores) -> f64,
    seed: u64,
) -> Option<Skill> {
    bootstrap(&pairs(model, history, score), ratio, seed)
}

/// Mean difference of a score per place and issue day from another model's, over the days that both have: below 0 is
/// better. Its interval is that of the same bootstrap.
pub fn difference(
    model: &[OriginScores],
    other: &[OriginScores],
    score: fn(&OriginScores) -> f64,
    seed: u64,
) -> Option<Skill> {
    let places = model.first().map_or(1.0, |s| s.places as f64);
    let mean = |pairs: &mut dyn Iterator<Item = (f64, f64)>| {
        let (sum, n) = pairs.fold((0.0, 0usize), |(sum, n), (x, y)| (sum + (x - y), n + 1));
        (n > 0).then(|| sum / (n as f64 * places))
    };
    bootstrap(&pairs(model, other, score), mean, seed)
}

/// What a model captures more than another (as a share of all events) in the best-ranked cells of one of the shares of
/// [`CAPTURE`], by its position. With `after_rise` of events in areas that had just risen.
pub fn capture_difference(
    model: &[OriginScores],
    other: &[OriginScores],
    position: usize,
    after_rise: bool,
    seed: u64,
) -> Option<Skill> {
    let captured = |s: &OriginScores| if after_rise { s.captured_risen[position] } else { s.captured[position] };
    let events = |s: &OriginScores| if after_rise { s.events_risen } else { s.events };
    let pair = |m: &OriginScores| {
        let o = other.binary_search_by_key(&m.origin, |o| o.origin).ok()?;
        Some((captured(m) - captured(&other[o]), events(m)))
    };
    let pairs: Vec<(f64, f64)> = model.iter().filter_map(pair).collect();
    let share = |pairs: &mut dyn Iterator<Item = (f64, f64)>| {
        let (more, events) = pairs.fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
        (events > 0.0).then(|| more / events)
    };
    bootstrap(&pairs, share, seed)
}

fn pairs(model: &[OriginScores], other: &[OriginScores], score: fn(&OriginScores) -> f64) -> Vec<(f64, f64)> {
    let pair = |m: &OriginScores| {
        let o = other.binary_search_by_key(&m.origin, |o| o.origin).ok()?;
        Some((score(m), score(&other[o])))
    };
    model.iter().filter_map(pair).collect()
}

fn bootstrap(
    pairs: &[(f64, f64)],
    figure: impl Fn(&mut dyn Iterator<Item = (f64, f64)>) -> Option<f64>,
    seed: u64,
) -> Option<Skill> {
    let value = figure(&mut pairs.iter().copied())?;
    let n = pairs.len();
    if n < LEAST_FOR_INTERVAL {
        return Some(Skill { value, interval: None });
    }
    let block = BLOCK.min(n / 3).max(1);
    let mut random = Random::seeded(seed);
    let mut draws: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let starts: Vec<usize> =
                (0..n.div_ceil(block)).map(|_| random.below((n - block + 1) as u32) as usize).collect();
            figure(&mut starts.iter().flat_map(|&s| &pairs[s..s + block]).take(n).copied())
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let interval = Some([quantile_sorted(&draws, 0.025), quantile_sorted(&draws, 0.975)]);
    Some(Skill { value, interval })
}

fn ratio(pairs: &mut dyn Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (model, history) = pairs.fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    (history > 0.0).then(|| 1.0 - model / history)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::time::Day,
        stats::{CountDistribution, CountMixture},
    };

    fn scores(mean: f64, days: i32) -> Vec<OriginScores> {
        let forecast = CountMixture::new([(1.0, CountDistribution::negative_binomial(mean, 40.0))]);
        (0..days)
            .map(|d| {
                let came = [3 + (d % 3) as u32, 2];
                let forecasts = [forecast.clone(), forecast.clone()].into_iter();
                OriginScores::of(Day::from_epoch_days(d), forecasts, &came, Some(&[true, false]))
            })
            .collect()
    }

    #[test]
    fn a_better_model_has_skill_and_an_interval_above_nothing() {
        let s = skill(&scores(3.2, 30), &scores(9.0, 30), |s| s.crps, 1).unwrap();
        let [lo, hi] = s.interval.unwrap();
        assert!(s.value > 0.5 && lo > 0.0 && lo <= s.value && s.value <= hi, "{s:?}");
        assert_eq!(skill(&scores(3.2, 30), &scores(3.2, 30), |s| s.crps, 1).unwrap().value, 0.0);
    }

    #[test]
    fn the_difference_is_in_the_units_of_the_score_and_below_nothing_when_better() {
        let (good, bad) = (scores(3.2, 30), scores(9.0, 30));
        let d = difference(&good, &bad, |s| s.log_score, 1).unwrap();
        let mean = |s: &[OriginScores]| s.iter().map(|s| s.log_score).sum::<f64>() / 60.0;
        assert!((d.value - (mean(&good) - mean(&bad))).abs() < 1e-12);
        assert!(d.interval.unwrap()[1] < 0.0);
    }

    #[test]
    fn a_difference_in_capture_is_a_share_of_events_with_an_interval() {
        let (ours, theirs) = (scores(3.2, 30), scores(9.0, 30));
        let same = capture_difference(&ours, &theirs, 0, false, 1).unwrap();
        assert_eq!((same.value, same.interval), (0.0, Some([0.0, 0.0])), "both rank alike");
        let none: Vec<OriginScores> = theirs.iter().map(|s| OriginScores { captured: [0.0; 4], ..s.clone() }).collect();
        let more = capture_difference(&ours, &none, 0, false, 1).unwrap();
        assert!((more.value - 2.0 / 3.0).abs() < 0.01 && more.interval.unwrap()[0] > 0.5, "{more:?}");
    }

    #[test]
    fn few_issue_days_carry_no_interval_and_none_no_skill() {
        assert_eq!(skill(&scores(3.0, 3), &scores(4.0, 3), |s| s.crps, 1).unwrap().interval, None);
        assert_eq!(skill(&[], &scores(4.0, 3), |s| s.crps, 1), None);
        assert_eq!(summarise(&[], true), None);
    }

    #[test]
    fn capture_is_a_share_of_all_events() {
        let s = summarise(&scores(3.0, 3), true).unwrap();
        // One of two equal cells is ranked first by the rule for ties: 12 of 18 events.
        assert_eq!(s.capture.unwrap()[0], 12.0 / 18.0);
        assert_eq!(s.pai.unwrap()[0], 12.0 / 18.0 * 2.0);
        assert_eq!((s.capture_after_rise.unwrap()[0], s.events_after_rise), (1.0, 12.0));
    }
}
