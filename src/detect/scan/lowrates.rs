//! The sweep where low rates are sought, alone or beside high ones.
//!
//! High rates are watched as in [`super::sweep`]. A low-rate window grows *more* surprising as its circle
//! takes in places without cases, so its watch is on the expectation: for a count n and a bar there is a
//! least expectation at which n is few enough. Every place brings a lane at most `pace` times its risk, so
//! that a lane is left alone until the circle has taken in enough risk to get there.

use std::sync::Arc;

use super::{
    statistic::Bars,
    sweep::{Counter, Counts, Found, Keep, Measure, Position},
};

/// How fast expectations can grow.
pub(super) struct Growth {
    /// By row: its expectation summed over the lanes.
    risk: Vec<f64>,
    /// By lane: the greatest share of a row's risk that falls into the lane.
    pace: Vec<f64>,
}

impl Growth {
    pub fn new<M: Measure>(measure: &M, rows: usize, lanes: usize) -> Self {
        let mut pace = vec![0.0f64; lanes];
        let mut risk = Vec::with_capacity(rows);
        for row in 0..rows {
            let mut sum = measure.zero();
            measure.add(&mut sum, row);
            let by_lane: Vec<f64> = (0..lanes).map(|l| measure.expected(&sum, l)).collect();
            let all: f64 = by_lane.iter().sum();
            if all > 0.0 {
                for (p, e) in pace.iter_mut().zip(&by_lane) {
                    *p = p.max(e / all);
                }
            }
            risk.push(all);
        }
        Self { risk, pace }
    }
}

/// What the watch has come to.
struct Watch<C, const L: usize> {
    /// Cases that a high-rate lane needs.
    need: [C; L],
    /// Risk that a low-rate lane needs.
    reach: [f64; L],
    high: bool,
}

/// Grow circles along `list` and offer every low-rate window (and every high-rate one, if `high`) that beats
/// the bar.
pub(super) fn sweep_low<C: Counter, P: Position, M: Measure, K: Keep, const L: usize>(
    list: &[P],
    counts: &Counts<C, L>,
    measure: &M,
    growth: &Growth,
    high: bool,
    bars: &[Arc<Bars>],
    keep: &mut K,
) {
    let mut watch = Watch { need: [C::MAX; L], reach: [f64::INFINITY; L], high };
    watch.reach[..counts.lanes].fill(0.0);
    if high {
        watch.need[..counts.lanes].fill(C::from_usize(counts.least));
    }
    let mut n = [C::ZERO; L];
    let mut sum = measure.zero();
    let (mut seen, mut look_at) = (0, if high { counts.least as i32 } else { i32::MAX });
    let (mut risk, mut risk_at) = (0.0, 0.0);
    for (j, p) in list.iter().enumerate() {
        let p = p.at();
        measure.add(&mut sum, p);
        for (n, c) in n.iter_mut().zip(&counts.rows[p]) {
            *n = n.plus(*c);
        }
        seen += counts.any[p];
        risk += growth.risk[p];
        if seen >= look_at || risk >= risk_at {
            let (more, next) = look(n, &mut watch, j as u32 + 1, &sum, risk, counts.lanes, measure, growth, bars, keep);
            look_at = if high { seen + more } else { i32::MAX };
            risk_at = next;
        }
    }
}

/// Answers how many more cases, and what risk, it takes until a lane may beat the bar.
#[inline(never)]
fn look<C: Counter, M: Measure, K: Keep, const L: usize>(
    n: [C; L],
    watch: &mut Watch<C, L>,
    places: u32,
    sum: &M::Sum,
    risk: f64,
    lanes: usize,
    measure: &M,
    growth: &Growth,
    bars: &[Arc<Bars>],
    keep: &mut K,
) -> (i32, f64) {
    let (mut least, mut soonest) = (i32::MAX, f64::INFINITY);
    for lane in 0..lanes {
        let by_cases = watch.high && n[lane] >= watch.need[lane];
        let by_risk = risk >= watch.reach[lane];
        if by_cases || by_risk {
            let observed = n[lane].to_i32();
            let expected = measure.expected(sum, lane);
            let bar = bars[lane].below(keep.bar(lane));
            let (next, target) = (bar.need(expected) as i32, bar.low_limit(observed as usize));
            let counts_high = watch.high && f64::from(observed) > expected && observed >= next;
            if counts_high || (f64::from(observed) < expected && expected >= target) {
                let llr = bars[lane].statistic().llr(f64::from(observed), expected);
                if llr > keep.bar(lane) {
                    keep.offer(lane, Found { llr, observed: observed as u32, expected, places });
                }
            }
            if watch.high {
                let above = f64::from(observed) > expected && observed >= next;
                watch.need[lane] = C::from_usize(if above { observed + 1 } else { next } as usize);
            }
            // A hair less than it takes, so that rounding cannot hide a window.
            let short = ((target - expected) * (1.0 - 1e-9)).max(0.0);
            watch.reach[lane] = if growth.pace[lane] > 0.0 { risk + short / growth.pace[lane] } else { f64::INFINITY };
        }
        least = least.min(watch.need[lane].to_i32() - n[lane].to_i32());
        soonest = soonest.min(watch.reach[lane]);
    }
    (least, soonest)
}
