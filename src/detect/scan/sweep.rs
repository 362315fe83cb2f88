//! The engine's inner loop: one centre, its circles growing place by place, many windows at once.
//!
//! Every window in time is a *lane*; a place's counts in all lanes lie side by side, so that taking it
//! into the circle is a handful of vector additions. Nothing else happens at most places: every lane
//! knows how many cases it would need to beat the bar at the expectation it last saw, expectations only
//! grow, and so nothing has to be looked at until as many further cases have come in as the nearest lane
//! is short of. Only then is an expectation computed, and only if it passes the bar's limit a logarithm.
//! The result is the same as that of evaluating every circle in every lane.

use std::sync::Arc;

use super::statistic::Bars;

/// Counter of cases in a lane.
pub(super) trait Counter: Copy + Ord + Send + Sync + 'static {
    const ZERO: Self;
    const MAX: Self;
    /// `n` fits: the caller chooses the counter by the number of cases.
    fn from_usize(n: usize) -> Self;
    fn to_i32(self) -> i32;
    fn plus(self, other: Self) -> Self;
}

macro_rules! counter {
    ($t:ty) => {
        impl Counter for $t {
            const ZERO: Self = 0;
            const MAX: Self = <$t>::MAX;
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

/// Grow circles along `list` and offer every high-rate window that beats the bar; `bars` by lane.
pub(super) fn sweep<C: Counter, P: Position, M: Measure, K: Keep, const L: usize>(
    list: &[P],
    counts: &Counts<C, L>,
    measure: &M,
    bars: &[Arc<Bars>],
    keep: &mut K,
) {
    let mut need = [C::MAX; L];
    need[..counts.lanes].fill(C::from_usize(counts.least));
    let mut n = [C::ZERO; L];
    let mut sum = measure.zero();
    let mut seen = 0;
    let mut look_at = counts.least as i32;
    for (j, p) in list.iter().enumerate() {
        let p = p.at();
        measure.add(&mut sum, p);
        for (n, c) in n.iter_mut().zip(&counts.rows[p]) {
            *n = n.plus(*c);
        }
        seen += counts.any[p];
        if seen >= look_at {
            look_at = seen + look(n, &mut need, j as u32 + 1, &sum, counts.lanes, measure, bars, keep);
        }
    }
}

/// Look at the lanes that may beat the bar now; answers how many more cases it takes until one may again.
#[inline(never)]
fn look<C: Counter, M: Measure, K: Keep, const L: usize>(
    n: [C; L],
    need: &mut [C; L],
    places: u32,
    sum: &M::Sum,
    lanes: usize,
    measure: &M,
    bars: &[Arc<Bars>],
    keep: &mut K,
) -> i32 {
    let mut least = i32::MAX;
    for lane in 0..lanes {
        if n[lane] >= need[lane] {
            let observed = n[lane].to_i32();
            let expected = measure.expected(sum, lane);
            let mut next = bars[lane].below(keep.bar(lane)).need(expected) as i32;
            if observed >= next {
                let observed = observed as u32;
                if f64::from(observed) > expected {
                    let llr = bars[lane].statistic().llr(f64::from(observed), expected);
                    if llr > keep.bar(lane) {
                        keep.offer(lane, Found { llr, observed, expected, places });
                    }
                }
                // The same count in a larger circle is less surprising.
                next = observed as i32 + 1;
            }
            need[lane] = C::from_usize(next as usize);
        }
        least = least.min(need[lane].to_i32() - n[lane].to_i32());
    }
    least
}
