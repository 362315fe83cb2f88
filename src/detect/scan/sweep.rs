//! The engine's inner loop: one centre, its circles growing place by place, many windows at once.
//!
//! Every window in time is a *lane*; a place's counts in all lanes lie side by side, so that taking it
//! into the circle is a handful of vector additions. Hardly anything else happens: every lane knows how
//! many cases it would need to beat the bar at an expectation it has passed, and expectations only grow. So
//! places are taken in by eights, and only if a lane has reached its need by then is a new need looked up,
//! for the expectation at the start of the eight; only if it has reached that too are the eight gone
//! through one by one, with a logarithm for what passes the bar's limit. The result is the same as that of
//! evaluating every circle in every lane.

use std::sync::Arc;

use super::statistic::{Bar, Bars};

/// Counter of cases in a lane.
pub(super) trait Counter: Copy + Ord + Send + Sync + 'static {
    const ZERO: Self;
    const MAX: Self;
    /// `need` fits, as [`Self::from_usize`].
    fn from_need(need: u32) -> Self;
    /// `n` fits: the caller chooses the counter by the number of cases.
    fn from_usize(n: usize) -> Self;
    fn to_i32(self) -> i32;
    fn plus(self, other: Self) -> Self;
    /// Has any lane what it needs?
    fn any_reached(n: &[Self], need: &[Self]) -> bool;
}

macro_rules! counter {
    ($t:ty) => {
        impl Counter for $t {
            const ZERO: Self = 0;
            const MAX: Self = <$t>::MAX;
            #[inline(always)]
            fn from_need(need: u32) -> Self {
                need as $t
            }
            fn from_usize(n: usize) -> Self {
                <$t>::try_from(n).unwrap_or(<$t>::MAX)
            }
            #[inline(always)]
            fn to_i32(self) -> i32 {
                i32::from(self)
            }
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn any_reached(n: &[Self], need: &[Self]) -> bool {
                // Without a branch inside, so that it becomes a few vector comparisons.
                n.iter().zip(need).fold(0, |hit: $t, (n, q)| hit | -<$t>::from(n >= q)) != 0
            }
        }
    };
}
counter!(i16);
counter!(i32);

/// Position of a place, in as few bytes as will do.
pub(super) trait Position: Copy + Send + Sync + 'static {
    fn from_u32(place: u32) -> Self;
    fn at(self) -> usize;
}

impl Position for u16 {
    fn from_u32(place: u32) -> Self {
        place as u16
    }
    #[inline(always)]
    fn at(self) -> usize {
        usize::from(self)
    }
}

impl Position for u32 {
    fn from_u32(place: u32) -> Self {
        place
    }
    #[inline(always)]
    fn at(self) -> usize {
        self as usize
    }
}

/// The expectation of a growing circle.
pub(super) trait Measure: Sync {
    type Sum: Copy;
    fn zero(&self) -> Self::Sum;
    fn add(&self, sum: &mut Self::Sum, place: usize);
    fn expected(&self, sum: &Self::Sum, lane: usize) -> f64;
}

/// Σ over R factors of weight × basis.
pub(super) struct Factors<const R: usize> {
    pub weights: Vec<[f64; R]>,
    /// By lane.
    pub basis: Vec<[f64; R]>,
}

impl<const R: usize> Measure for Factors<R> {
    type Sum = [f64; R];
    fn zero(&self) -> [f64; R] {
        [0.0; R]
    }
    #[inline(always)]
    fn add(&self, sum: &mut [f64; R], place: usize) {
        for (s, w) in sum.iter_mut().zip(&self.weights[place]) {
            *s += w;
        }
    }
    #[inline(always)]
    fn expected(&self, sum: &[f64; R], lane: usize) -> f64 {
        sum.iter().zip(&self.basis[lane]).map(|(s, b)| s * b).sum()
    }
}

/// An expectation for every place and lane.
pub(super) struct Table<const L: usize>(pub Vec<[f64; L]>);

impl<const L: usize> Measure for Table<L> {
    type Sum = [f64; L];
    fn zero(&self) -> [f64; L] {
        [0.0; L]
    }
    #[inline(always)]
    fn add(&self, sum: &mut [f64; L], place: usize) {
        for (s, w) in sum.iter_mut().zip(&self.0[place]) {
            *s += w;
        }
    }
    #[inline(always)]
    fn expected(&self, sum: &[f64; L], lane: usize) -> f64 {
        sum[lane]
    }
}

/// What is kept of the windows that beat the bar.
pub(super) trait Keep {
    /// Only windows whose statistic is greater are of interest.
    fn bar(&self, lane: usize) -> f64;
    fn offer(&mut self, lane: usize, found: Found);
}

/// One window of one circle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub llr: f64,
    pub observed: u32,
    pub expected: f64,
    /// How many places of the centre's list are inside.
    pub places: u32,
}

/// Only the greatest statistic: all that a replicate is asked for.
pub(super) struct Greatest(pub f64);

impl Keep for Greatest {
    #[inline(always)]
    fn bar(&self, _: usize) -> f64 {
        self.0
    }
    #[inline(always)]
    fn offer(&mut self, _: usize, found: Found) {
        self.0 = self.0.max(found.llr);
    }
}

/// The best circle of every lane; of equal ones the one with the fewest places.
pub(super) struct PerLane(pub Vec<Option<Found>>);

impl Keep for PerLane {
    fn bar(&self, lane: usize) -> f64 {
        self.0[lane].map_or(0.0, |f| f.llr)
    }
    fn offer(&mut self, lane: usize, found: Found) {
        let slot = &mut self.0[lane];
        if slot.is_none_or(|kept| found.llr > kept.llr + 1e-11) {
            *slot = Some(found);
        }
    }
}

/// Cases of every place in every lane, and in any lane at all.
pub(super) struct Counts<C, const L: usize> {
    pub rows: Vec<[C; L]>,
    pub any: Vec<i32>,
    /// Lanes in use; the others stay empty.
    pub lanes: usize,
    /// The fewest cases of a window that counts.
    pub least: usize,
}

/// Places taken in between two looks at the lanes.
const STRIDE: usize = 8;
/// Lanes compared at a time when it is known that one has reached its need.
const GROUP: usize = 8;

/// What one thread sweeps a chunk of windows with.
pub(super) struct Sweep<'a, C, M, K, const L: usize> {
    counts: &'a Counts<C, L>,
    measure: &'a M,
    /// By lane in use.
    bars: &'a [Arc<Bars>],
    pub keep: K,
    /// By lane: the rung of its ladder below what is kept.
    rungs: [&'a Bar; L],
    /// By lane: what it needs to be looked at.
    need: [C; L],
}

impl<'a, C: Counter, M: Measure, K: Keep, const L: usize> Sweep<'a, C, M, K, L> {
    /// `bars` by lane, one at least.
    pub fn new(counts: &'a Counts<C, L>, measure: &'a M, bars: &'a [Arc<Bars>], keep: K) -> Self {
        let rungs = std::array::from_fn(|lane| bars[lane.min(bars.len() - 1)].below(0.0));
        let mut sweep = Self { counts, measure, bars, keep, rungs, need: [C::MAX; L] };
        sweep.set_rungs();
        sweep
    }

    fn set_rungs(&mut self) {
        for (lane, bars) in self.bars.iter().enumerate() {
            self.rungs[lane] = bars.below(self.keep.bar(lane));
        }
    }

    /// Grow circles along `list` and offer every high-rate window that beats the bar.
    pub fn along<P: Position>(&mut self, list: &[P]) {
        self.need[..self.bars.len()].fill(C::from_usize(self.counts.least));
        let mut n = [C::ZERO; L];
        let mut sum = self.measure.zero();
        for (i, stride) in list.chunks(STRIDE).enumerate() {
            let (n_before, before) = (n, sum);
            for p in stride {
                let p = p.at();
                self.measure.add(&mut sum, p);
                for (n, c) in n.iter_mut().zip(&self.counts.rows[p]) {
                    *n = n.plus(*c);
                }
            }
            if C::any_reached(&n, &self.need) {
                // The least expectation of any circle among the eight.
                let mut first = before;
                self.measure.add(&mut first, stride[0].at());
                if self.may_beat(n, &first) {
                    self.go_through(stride, n_before, before, (i * STRIDE) as u32);
                }
            }
        }
    }

    /// Raise the needs that were reached (and, as that costs no more, their neighbours') to those of the
    /// expectation `sum`; is one of them reached as well?
    #[inline(never)]
    fn may_beat(&mut self, n: [C; L], sum: &M::Sum) -> bool {
        let mut reached = false;
        for start in (0..L).step_by(GROUP) {
            let group = start..start + GROUP;
            if !C::any_reached(&n[group.clone()], &self.need[group.clone()]) {
                continue;
            }
            for lane in group {
                let next = C::from_need(self.rungs[lane].need(self.measure.expected(sum, lane)));
                self.need[lane] = self.need[lane].max(next);
                reached |= n[lane] >= self.need[lane];
            }
        }
        reached
    }

    #[inline(never)]
    fn go_through<P: Position>(&mut self, stride: &[P], mut n: [C; L], mut sum: M::Sum, places: u32) {
        for (i, p) in stride.iter().enumerate() {
            let p = p.at();
            self.measure.add(&mut sum, p);
            for (n, c) in n.iter_mut().zip(&self.counts.rows[p]) {
                *n = n.plus(*c);
            }
            if C::any_reached(&n, &self.need) {
                self.look(&n, &sum, places + i as u32 + 1);
            }
        }
    }

    fn look(&mut self, n: &[C; L], sum: &M::Sum, places: u32) {
        for (lane, bars) in self.bars.iter().enumerate() {
            if n[lane] < self.need[lane] {
                continue;
            }
            let observed = n[lane].to_i32() as u32;
            let expected = self.measure.expected(sum, lane);
            let mut next = self.rungs[lane].need(expected);
            if observed >= next {
                if f64::from(observed) > expected {
                    let llr = bars.statistic().llr(f64::from(observed), expected);
                    if llr > self.keep.bar(lane) {
                        self.keep.offer(lane, Found { llr, observed, expected, places });
                        self.set_rungs();
                    }
                }
                // The same count in a larger circle is less surprising.
                next = observed + 1;
            }
            self.need[lane] = C::from_need(next);
        }
    }
}
