//! The engine's inner loop: one centre, its zones growing place by place, many windows at once.
//!
//! Every window in time is a *lane*; a place's counts in all lanes lie side by side, so that taking it into the
//! zone is one vector addition. Places are taken in by strides of eight. A high-rate window needs more cases the
//! more it expects, so what it needs at the first place of a stride, looked up for all lanes at once (see
//! [`super::ladder`]), it needs at all eight; a low-rate window may have at most what it may have at the
//! last. Only if a lane has enough (or few enough) by then are the eight gone through one by one, with a
//! logarithm for what may pass the bar. The result is the same as that of evaluating every zone in every lane.

use pulp::{Arch, NullaryFnOnce};

use super::{
    keep::{Found, Keep},
    ladder::{Chunk, Ladder, Table},
    measure::Measure,
    tally::{Count, Rows, Sum},
    zones::{RowNumber, STRIDE, Zones},
};

/// What a sweep runs along.
pub(super) struct Track<'a, P, const L: usize> {
    pub zones: &'a Zones<P>,
    pub measure: &'a Measure,
    pub ladders: &'a [Ladder],
    pub chunk: &'a Chunk<L>,
    /// By stride of all centres: slot of the scale at its first place, from below.
    pub first: &'a [u16],
    /// And at its last, from above; empty unless low rates are sought.
    pub last: &'a [u16],
    pub high: bool,
    /// The sum over all rows, where that is one number.
    pub whole: Option<f64>,
}

impl<P: RowNumber, const L: usize> Track<'_, P, L> {
    /// Grow the zones of some centres and offer every window that beats the bar.
    pub fn sweep<K: Keep>(&self, centres: &[u32], rows: &Rows<L>, keep: &mut K) {
        match rows {
            Rows::Bytes(rows) => self.sweep_rows(centres, rows, keep),
            Rows::Shorts(rows) => self.sweep_rows(centres, rows, keep),
            Rows::Words(rows) => self.sweep_rows(centres, rows, keep),
        }
    }

    fn sweep_rows<C: Count, K: Keep>(&self, centres: &[u32], rows: &[[C; L]], keep: &mut K) {
        let table = self.chunk.table(keep.bar(), self.ladders);
        let sum = vec![0.0; self.measure.width()];
        let arch = Arch::new();
        let sweep = Sweep { track: self, rows, table, keep, sum, arch };
        match (self.high, !self.last.is_empty()) {
            (true, false) => arch.dispatch(Along::<_, _, _, true, false, L> { sweep, centres }),
            (false, _) => arch.dispatch(Along::<_, _, _, false, true, L> { sweep, centres }),
            (true, true) => arch.dispatch(Along::<_, _, _, true, true, L> { sweep, centres }),
        }
    }
}

struct Sweep<'a, C, P, K, const L: usize> {
    track: &'a Track<'a, P, L>,
    rows: &'a [[C; L]],
    /// For the rung below what is kept.
    table: &'a Table<L>,
    keep: &'a mut K,
    /// Room for the sum of the measure.
    sum: Vec<f64>,
    /// The vector instructions that this machine has, found out as the program runs.
    arch: Arch,
}

struct Along<'a, C, P, K, const HIGH: bool, const LOW: bool, const L: usize> {
    sweep: Sweep<'a, C, P, K, L>,
    centres: &'a [u32],
}

impl<C: Count, P: RowNumber, K: Keep, const HIGH: bool, const LOW: bool, const L: usize> NullaryFnOnce
    for Along<'_, C, P, K, HIGH, LOW, L>
{
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        for &centre in self.centres {
            self.sweep.along::<HIGH, LOW>(centre as usize);
        }
    }
}

struct Through<'s, 'a, C: Count, P, K, const HIGH: bool, const LOW: bool, const L: usize> {
    sweep: &'s mut Sweep<'a, C, P, K, L>,
    centre: usize,
    i: usize,
    n: [C::Sum; L],
    cursor: &'s mut Cursor,
}

impl<C: Count, P: RowNumber, K: Keep, const HIGH: bool, const LOW: bool, const L: usize> NullaryFnOnce
    for Through<'_, '_, C, P, K, HIGH, LOW, L>
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.sweep.step_through::<HIGH, LOW>(self.centre, self.i, self.n, self.cursor);
    }
}

/// How far the measure of a centre's zones has been summed: only as far as a stride had to be gone through.
#[derive(Default)]
struct Cursor {
    strides: usize,
}

impl<C: Count, P: RowNumber, K: Keep, const L: usize> Sweep<'_, C, P, K, L> {
    #[inline(always)]
    fn along<const HIGH: bool, const LOW: bool>(&mut self, centre: usize) {
        let range = self.track.zones.range(centre);
        let strides = self.track.zones.of(centre);
        let first = if HIGH { &self.track.first[range.clone()] } else { &[] };
        let last = if LOW { &self.track.last[range] } else { &[] };
        let mut cursor = Cursor::default();
        let mut n = [C::Sum::default(); L];
        for (i, stride) in strides.iter().enumerate() {
            let mut reached = false;
            if LOW {
                let row = &self.rows[stride[0].at()];
                reached |= any_few_enough(&n, row, &self.table.low[usize::from(last[i])]);
            }
            let mut some = [C::default(); L];
            for row in stride {
                let row = &self.rows[row.at()];
                for l in 0..L {
                    some[l] = some[l].plus(row[l]);
                }
            }
            for l in 0..L {
                n[l] = n[l].plus(some[l].widen());
            }
            if HIGH {
                reached |= any_enough(&n, &self.table.high[usize::from(first[i])]);
            }
            if reached {
                self.go_through::<HIGH, LOW>(centre, i, n, &mut cursor);
            }
        }
    }

    /// Go through stride number `i`, at whose end `n` are inside, place by place.
    #[inline(never)]
    fn go_through<const HIGH: bool, const LOW: bool>(
        &mut self,
        centre: usize,
        i: usize,
        n: [C::Sum; L],
        cursor: &mut Cursor,
    ) {
        let arch = self.arch;
        arch.dispatch(Through::<_, _, _, HIGH, LOW, L> { sweep: self, centre, i, n, cursor });
    }

    #[inline(always)]
    fn step_through<const HIGH: bool, const LOW: bool>(
        &mut self,
        centre: usize,
        i: usize,
        mut n: [C::Sum; L],
        cursor: &mut Cursor,
    ) {
        let Track { zones, measure, chunk, .. } = *self.track;
        let strides = zones.of(centre);
        if cursor.strides == 0 {
            self.sum.fill(0.0);
        }
        for row in strides[cursor.strides..i].iter().flatten() {
            measure.add(&mut self.sum, row.at());
        }
        cursor.strides = i + 1;
        for row in &strides[i] {
            for (n, c) in n.iter_mut().zip(&self.rows[row.at()]) {
                *n = n.minus(c.widen());
            }
        }
        let range = zones.range(centre);
        let slot = |of: &[u16]| of.get(range.start + i).map_or(0, |slot| usize::from(*slot));
        let (first, last) = (slot(self.track.first), slot(self.track.last));
        for (j, row) in strides[i].iter().map(|row| row.at()).take_while(|row| *row != zones.blank).enumerate() {
            measure.add(&mut self.sum, row);
            for (n, c) in n.iter_mut().zip(&self.rows[row]) {
                *n = n.plus(c.widen());
            }
            if !zones.ends_at(range.start + i, j) {
                continue;
            }
            let places = (i * STRIDE + j) as u32 + 1;
            // Where one number is the scale of every window, it is at hand for each place.
            let scale = self.track.whole.map(|whole| self.sum[0] / whole);
            let first = scale.map_or(first, |scale| usize::from(chunk.slots.below(scale)));
            if HIGH && any_enough(&n, &self.table.high[first]) {
                self.look(&n, places, |n, table, lane| n >= table.high[first][lane]);
            }
            let last = scale.map_or(last, |scale| usize::from(chunk.slots.above(scale)));
            if LOW && any_few_enough(&n, &[C::default(); L], &self.table.low[last]) {
                self.look(&n, places, |n, table, lane| n <= table.low[last][lane]);
            }
        }
    }

    /// Evaluate the lanes that may beat the bar.
    #[inline(never)]
    fn look(&mut self, n: &[C::Sum; L], places: u32, may_beat: impl Fn(i16, &Table<L>, usize) -> bool) {
        let Track { chunk, ladders, high, last, .. } = *self.track;
        let zone = Zone { places, number: places, high, low: !last.is_empty() };
        offer_lanes(chunk, ladders, &mut self.table, self.keep, n, &self.sum, zone, may_beat);
    }
}

/// A zone that is looked at: its places, its number among those of its centre, and which rates are sought.
pub(super) struct Zone {
    pub places: u32,
    pub number: u32,
    pub high: bool,
    pub low: bool,
}

/// Offer the lanes of a zone that beat the bar, of those that may. `sum`: its measure.
#[inline(always)]
pub(super) fn offer_lanes<'a, S: Sum, K: Keep, const L: usize>(
    chunk: &'a Chunk<L>,
    ladders: &[Ladder],
    table: &mut &'a Table<L>,
    keep: &mut K,
    n: &[S; L],
    sum: &[f64],
    zone: Zone,
    may_beat: impl Fn(i16, &Table<L>, usize) -> bool,
) {
    let Zone { places, number, high, low } = zone;
    for (lane, ((basis, _), (statistic, ladder))) in chunk.lanes.iter().zip(&chunk.statistics).enumerate() {
        if !may_beat(n[lane].capped(), table, lane) {
            continue;
        }
        let (observed, expected) = (n[lane].to_usize(), basis.expected(sum));
        let limits = ladders[*ladder].below(keep.bar());
        let counts = (high && limits.may_be_high(observed, expected)) || (low && limits.may_be_low(observed, expected));
        if !counts {
            continue;
        }
        let llr = statistic.llr(observed as f64, expected);
        if llr > keep.bar() {
            keep.offer(lane, Found { llr, observed: observed as u32, expected, places, number });
            *table = chunk.table(keep.bar(), ladders);
        }
    }
}

/// Has any lane as many as it needs? Without a branch inside, so that it becomes a few vector comparisons.
#[inline(always)]
pub(super) fn any_enough<S: Sum, const L: usize>(n: &[S; L], need: &[i16; L]) -> bool {
    let mut hit = 0i16;
    for l in 0..L {
        hit |= -i16::from(n[l].capped() >= need[l]);
    }
    hit != 0
}

/// Has any lane, with another row, no more than it may have?
#[inline(always)]
fn any_few_enough<C: Count, const L: usize>(n: &[C::Sum; L], row: &[C; L], most: &[i16; L]) -> bool {
    let mut hit = 0i16;
    for l in 0..L {
        hit |= -i16::from(n[l].plus(row[l].widen()).capped() <= most[l]);
    }
    hit != 0
}
