//! The Bernoulli model: Kulldorff & Nagarwalla, "Spatial disease clusters: detection and inference",
//! Statistics in Medicine 14 (1995) 799–810.
//!
//! Cases among cases and controls: m of the N in a window are expected to hold m·C/N of the C cases.
//! Null: which of the N are cases is drawn at random.

use crate::stats::Random;

use super::{
    poisson::counted,
    problem::{Expected, Null, Problem},
    statistic::Statistic,
    strata::Row,
    windows::{Intervals, Window},
};

pub(super) fn problem(cases: &[Row], controls: &[Row], intervals: &Intervals, places: usize) -> Problem {
    let observed = counted(cases, intervals);
    let both: Vec<Row> = cases.iter().chain(controls).copied().collect();
    let everyone = counted(&both, intervals);
    let count: u64 = observed.iter().map(|c| u64::from(c.count)).sum();
    let all: u64 = everyone.iter().map(|c| u64::from(c.count)).sum();
    let share = count as f64 / all as f64;
    let mut risk = vec![0.0; places];
    let (mut expected, mut units) = (Vec::new(), Vec::new());
    for c in &everyone {
        risk[c.place as usize] += f64::from(c.count);
        expected.push((c.place, c.interval, f64::from(c.count) * share));
        units.extend(std::iter::repeat_n((c.place, c.interval), c.count as usize));
    }
    Problem {
        statistic: Statistic::Bernoulli { cases: count as f64, all: all as f64 },
        expected: Expected::Sparse(expected),
        observed,
        risk,
        fixed: None,
        null: std::sync::Arc::new(Labels { units, cases: count as usize }),
    }
}

/// Everyone, and how many of them are cases.
struct Labels {
    units: Vec<(u32, u32)>,
    cases: usize,
}

impl Null for Labels {
    fn draw(&self, live: Window, random: &mut Random, scratch: &mut Vec<u32>, out: &mut Vec<(u32, u32)>) {
        scratch.clear();
        scratch.extend(0..self.units.len() as u32);
        for taken in 0..self.cases.min(scratch.len()) {
            let pick = taken + random.below((scratch.len() - taken) as u32) as usize;
            scratch.swap(taken, pick);
            let unit = self.units[scratch[taken] as usize];
            if live.contains(unit.1) {
                out.push(unit);
            }
        }
    }
}
