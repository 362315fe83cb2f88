//! The space-time permutation model: Kulldorff, Heffernan, Hartman, Assunção & Mostashari,
//! "A space-time permutation scan statistic for disease outbreak detection", PLoS Medicine 2 (2005) e59.
//!
//! Expected in a window: Σ over strata of (cases of its places × cases of its intervals) / (cases of the
//! stratum). Null: the times of cases are permuted among the cases of a stratum, which keeps both
//! margins. Limits: a cluster is a *departure from the product of the margins*: an outbreak that covers
//! the whole area, or a place that was always high, is by design not seen.

use crate::stats::Random;

use super::{
    problem::{Expected, Null, Problem},
    statistic::Statistic,
    strata::Stratum,
    windows::Window,
};

pub(super) fn problem(strata: Vec<Stratum>, places: usize, intervals: usize) -> Problem {
    let total: u64 = strata.iter().map(|s| s.total).sum();
    let mut risk = vec![0.0; places];
    let (mut weights, mut basis) = (Vec::new(), Vec::new());
    for stratum in &strata {
        let (mut by_place, mut by_interval) = (vec![0.0; places], vec![0.0; intervals]);
        for c in &stratum.cases {
            by_place[c.place as usize] += f64::from(c.count);
            by_interval[c.interval as usize] += f64::from(c.count);
            risk[c.place as usize] += f64::from(c.count);
        }
        by_interval.iter_mut().for_each(|n| *n /= stratum.total as f64);
        weights.push(by_place);
        basis.push(by_interval);
    }
    let observed = strata.iter().flat_map(|s| s.cases.iter().copied()).collect();
    Problem {
        statistic: Statistic::Poisson { cases: total as f64 },
        expected: Expected::Factored { weights, basis },
        observed,
        risk,
        fixed: None,
        null: std::sync::Arc::new(PermutedTimes::new(&strata)),
    }
}

struct PermutedTimes(Vec<Margins>);

/// The two margins of a stratum, one entry a case.
struct Margins {
    places: Vec<u32>,
    /// (interval, cases), latest first.
    times: Vec<(u32, u32)>,
}

impl PermutedTimes {
    fn new(strata: &[Stratum]) -> Self {
        let margins = strata.iter().map(|stratum| {
            let mut times = std::collections::BTreeMap::new();
            let mut places = Vec::with_capacity(stratum.total as usize);
            for c in &stratum.cases {
                *times.entry(c.interval).or_insert(0) += c.count;
                places.extend(std::iter::repeat_n(c.place, c.count as usize));
            }
            Margins { places, times: times.into_iter().rev().collect() }
        });
        Self(margins.collect())
    }
}

impl Null for PermutedTimes {
    /// Instead of permuting all times, draws without replacement which cases get the live ones.
    fn draw(&self, live: Window, random: &mut Random, scratch: &mut Vec<u32>, out: &mut Vec<(u32, u32)>) {
        for margins in &self.0 {
            scratch.clear();
            scratch.extend_from_slice(&margins.places);
            let all = scratch.len();
            let mut taken = 0;
            for &(interval, count) in margins.times.iter().filter(|(t, _)| live.contains(*t)) {
                for _ in 0..count {
                    let pick = taken + random.below((all - taken) as u32) as usize;
                    scratch.swap(taken, pick);
                    out.push((scratch[taken], interval));
                    taken += 1;
                }
            }
        }
    }
}
