//! How often each rule cries wolf when nothing happens, and what it sees when something does.
//!
//! Worlds without an outbreak come from the place's own data or from stated rates ([`worlds`]); every rule judges
//! every day of them ([`rules`]). Half of these worlds set each rule's threshold so that it raises one false alarm
//! in so many days (*the same* for all rules: rules can only be compared at the same false-alarm rate); the other
//! half measures what that threshold really comes to. Then outbreaks of stated size and shape are put into fresh
//! worlds: how many are seen, how many days after they began, and how well the alarm says where (Jaccard index of
//! the alarm's places and the outbreak's).
//!
//! Two figures say whether the scan's own promise holds: under the null its p-values are uniform
//! (Kolmogorov–Smirnov over independent worlds), and its recurrence interval of N days comes once in N days.
//!
//! Limits: worlds have no trend, no season and no dependence between days beyond what the data's own margins
//! carry; a rule that handles those well gets no credit for it here. Few cases a day make p-values
//! coarse: ties broken at random keep them right on average, but where chance cannot make a cluster at all (fewer
//! cases in the longest window than a cluster needs) none comes, and small p-values come less often than they say.

pub mod rules;
pub mod worlds;

use rayon::prelude::*;
use serde::Serialize;

use super::scan::{ScanError, ScanOptions};
use crate::{
    domain::place::Point,
    stats::{Random, recurrence_interval, summary::ks_uniform},
};
use rules::{Alarm, Judge, Rule};
use worlds::{Null, OutbreakKind, World, inject};

/// Recurrence intervals, days, whose promise is checked: those of a watch and of an alert.
pub const PROMISES: [f64; 2] = [30.0, 100.0];
/// An alarm this many days after the last day of an outbreak still counts as having seen it.
const GRACE_DAYS: usize = 2;

/// What is calibrated, and how thoroughly.
#[derive(Debug, Clone)]
pub struct Setting {
    pub centres: Vec<Point>,
    /// By place: the area whose daily counts the area rules watch.
    pub area_of: Vec<u32>,
    pub null: Null,
    /// Length of a world in days, and of the part before the first day that is judged.
    pub days: usize,
    pub warm_up: usize,
    /// Of the scan: window, radius, replications. The seed is set for each day.
    pub scan: ScanOptions,
    /// One false alarm in so many days is asked of every rule.
    pub budget_days: f64,
    /// Worlds without an outbreak, 4 or more; half of them set the thresholds.
    pub null_worlds: usize,
    /// Worlds for each kind of outbreak.
    pub outbreak_worlds: usize,
    pub outbreaks: Vec<OutbreakKind>,
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Calibration {
    pub events_a_day: f64,
    /// Days judged without an outbreak, for the thresholds and again for the realised rates.
    pub null_days: usize,
    /// Kolmogorov–Smirnov distance of the scan's p-values from uniform, over independent worlds, with the distance
    /// that chance exceeds once in a thousand times.
    pub ks: f64,
    pub ks_limit: f64,
    pub promises: Vec<Promise>,
    pub rules: Vec<RuleLine>,
}

/// A recurrence interval and how often it came.
#[derive(Debug, Clone, Serialize)]
pub struct Promise {
    pub recurrence_days: f64,
    pub days: usize,
    pub signals: usize,
    /// Signals over the number promised; 1 is kept to the letter.
    pub ratio: f64,
}

/// A rule at the asked-for rate of false alarms.
#[derive(Debug, Clone, Serialize)]
pub struct RuleLine {
    pub rule: &'static str,
    /// What its score has to reach.
    pub threshold: f64,
    /// False alarms a year in worlds that had no part in setting the threshold.
    pub false_alarms_a_year: f64,
    pub outbreaks: Vec<Seen>,
}

/// What a rule saw of one kind of outbreak.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    pub outbreak: String,
    pub worlds: usize,
    pub seen: usize,
    /// Days from the first day of the outbreak to the first alarm that touches it; the median of those seen.
    pub median_days: Option<f64>,
    /// Mean Jaccard index of alarm and outbreak, of those seen.
    pub overlap: Option<f64>,
}

/// Calibrate.
///
/// # Errors
/// What the scan says of its options.
pub fn calibrate(setting: &Setting) -> Result<Calibration, ScanError> {
    let worlds = setting.null_worlds.max(4);
    let null: Vec<NullWorld> = (0..worlds).into_par_iter().map(|n| null_world(setting, n)).collect::<Result<_, _>>()?;
    let (setting_half, measuring_half) = null.split_at(worlds / 2);
    let judged = setting.days - setting.warm_up;
    let mut lines = Vec::new();
    for (at, rule) in Rule::ALL.into_iter().enumerate() {
        let scores = |half: &[NullWorld]| half.iter().flat_map(|w| w.scores[at].iter().copied()).collect::<Vec<f64>>();
        let threshold = rule.fixed().unwrap_or_else(|| threshold(scores(setting_half), setting.budget_days));
        let days = measuring_half.len() * judged;
        let alarms = scores(measuring_half).iter().filter(|s| **s >= threshold).count();
        lines.push(RuleLine {
            rule: rule.name(),
            threshold,
            false_alarms_a_year: alarms as f64 / days as f64 * 365.25,
            outbreaks: Vec::new(),
        });
    }
    let thresholds: Vec<f64> = lines.iter().map(|l| l.threshold).collect();
    for (number, kind) in setting.outbreaks.iter().enumerate() {
        let found: Vec<Vec<Option<(usize, f64)>>> = (0..setting.outbreak_worlds)
            .into_par_iter()
            .map(|n| outbreak_world(setting, *kind, (number * setting.outbreak_worlds + n) as u64, &thresholds))
            .collect::<Result<_, _>>()?;
        for (at, line) in lines.iter_mut().enumerate() {
            line.outbreaks.push(seen(kind.name(), found.iter().map(|world| world[at])));
        }
    }
    let p: Vec<f64> = null.iter().map(|w| w.first_p).collect();
    let days = null.len() * judged;
    let promises = PROMISES
        .iter()
        .enumerate()
        .map(|(i, recurrence)| {
            let signals = null.iter().map(|w| w.promised[i]).sum();
            let ratio = signals as f64 * recurrence / days as f64;
            Promise { recurrence_days: *recurrence, days, signals, ratio }
        })
        .collect();
    Ok(Calibration {
        events_a_day: setting.null.rate(),
        null_days: days,
        ks: ks_uniform(&p),
        // 1.95/√n is the 99.9 % point; a p-value comes in steps of 1/(R + 1).
        ks_limit: 1.95 / (p.len() as f64).sqrt() + 1.0 / f64::from(setting.scan.replications + 1),
        promises,
        rules: lines,
    })
}

/// One world without an outbreak.
struct NullWorld {
    /// By rule: the highest score of each day judged, 0 where there is none.
    scores: Vec<Vec<f64>>,
    /// The scan's p-value on the first day judged.
    first_p: f64,
    /// Days on which the scan's recurrence interval was at least each of [`PROMISES`].
    promised: [usize; 2],
}

fn null_world(setting: &Setting, number: usize) -> Result<NullWorld, ScanError> {
    let mut random = Random::stream(setting.seed, number as u64);
    let world = setting.null.draw(setting.days, &mut random);
    let judge = Judge::new(setting, &world, random.next());
    let mut out = NullWorld { scores: vec![Vec::new(); Rule::ALL.len()], first_p: 1.0, promised: [0; 2] };
    for day in setting.warm_up..setting.days {
        for (at, rule) in Rule::ALL.into_iter().enumerate() {
            let alarms = judge.alarms(rule, day)?;
            out.scores[at].push(alarms.iter().map(|a| a.score).fold(0.0, f64::max));
            if rule == Rule::Scan {
                // Reported clusters come by rank: the first has the least p. None reported: p is 1.
                let p = alarms.iter().filter_map(|a| a.rank_p).fold(1.0, f64::min);
                if day == setting.warm_up {
                    out.first_p = p;
                }
                let recurrence = recurrence_interval(p, 1.0, 1);
                for (count, promise) in out.promised.iter_mut().zip(PROMISES) {
                    *count += usize::from(recurrence >= promise - 1e-9);
                }
            }
        }
    }
    Ok(out)
}

/// By rule: days to the first alarm that touches the outbreak, and its overlap.
fn outbreak_world(
    setting: &Setting,
    kind: OutbreakKind,
    number: u64,
    thresholds: &[f64],
) -> Result<Vec<Option<(usize, f64)>>, ScanError> {
    // Far from the streams of the null worlds.
    let mut random = Random::stream(setting.seed, (1 << 32) + number);
    let mut world = setting.null.draw(setting.days, &mut random);
    let outbreak = inject(&mut world, kind, &setting.centres, setting.warm_up, &mut random);
    let judge = Judge::new(setting, &world, random.next());
    let last = (outbreak.to + GRACE_DAYS).min(setting.days - 1);
    let mut found = vec![None; Rule::ALL.len()];
    for day in outbreak.from..=last {
        for (at, rule) in Rule::ALL.into_iter().enumerate() {
            if found[at].is_some() {
                continue;
            }
            let alarms = judge.alarms(rule, day)?;
            let touching = |a: &Alarm| jaccard(&a.places, &outbreak.places);
            let best = alarms.iter().filter(|a| a.score >= thresholds[at]).map(touching).fold(0.0, f64::max);
            if best > 0.0 {
                found[at] = Some((day - outbreak.from, best));
            }
        }
    }
    Ok(found)
}

fn seen(outbreak: String, found: impl Iterator<Item = Option<(usize, f64)>>) -> Seen {
    let all: Vec<Option<(usize, f64)>> = found.collect();
    let mut days: Vec<f64> = all.iter().flatten().map(|(d, _)| *d as f64).collect();
    days.sort_by(f64::total_cmp);
    let n = days.len();
    Seen {
        outbreak,
        worlds: all.len(),
        seen: n,
        median_days: (n > 0).then(|| 0.5 * (days[(n - 1) / 2] + days[n / 2])),
        overlap: (n > 0).then(|| all.iter().flatten().map(|(_, o)| o).sum::<f64>() / n as f64),
    }
}

/// The least score that so many days reach no more than once in `budget_days`; for counts that is the least count.
fn threshold(mut scores: Vec<f64>, budget_days: f64) -> f64 {
    scores.sort_by(|a, b| b.total_cmp(a));
    let allowed = (scores.len() as f64 / budget_days).floor() as usize;
    let Some(beyond) = scores.get(allowed) else { return 0.0 };
    // One more day reaches `beyond`: the threshold is the next score above it.
    let above = scores[..allowed].iter().copied().filter(|s| s > beyond).fold(f64::INFINITY, f64::min);
    if above.is_finite() { above } else { (beyond + 1.0).floor() }
}

/// Places in common over places in either; both sorted.
fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let common = a.iter().filter(|p| b.binary_search(p).is_ok()).count();
    common as f64 / (a.len() + b.len() - common).max(1) as f64
}

/// Events a day of a world.
fn total(world: &World) -> usize {
    world.iter().map(Vec::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_keeps_the_budget_also_where_scores_are_counts() {
        let scores: Vec<f64> = (0..1000).map(|i| f64::from(i % 100)).collect();
        let t = threshold(scores.clone(), 50.0);
        assert_eq!((t, scores.iter().filter(|s| **s >= t).count()), (98.0, 20));
        // Counts: 40 days of 3 or more, 5 of 4: once in a hundred days of a thousand allows the fours only.
        let counts: Vec<f64> = (0..1000)
            .map(|i| {
                if i < 5 {
                    4.0
                } else if i < 40 {
                    3.0
                } else {
                    1.0
                }
            })
            .collect();
        assert_eq!(threshold(counts, 100.0), 4.0);
        assert_eq!(threshold(vec![2.0; 1000], 100.0), 3.0);
    }

    #[test]
    fn overlap_is_what_is_shared_over_what_either_holds() {
        assert_eq!(jaccard(&[1, 2, 3], &[2, 3, 4]), 0.5);
        assert_eq!(jaccard(&[1], &[2]), 0.0);
    }
}
