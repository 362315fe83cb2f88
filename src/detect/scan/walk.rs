//! The inner loop over connected zones: the counts of a set in all windows are those of the set above it and one
//! row more, and are compared with what the set needs, all windows at once, as in [`super::sweep`].
//!
//! What all sets of a root can hold together is looked at first: if that is too little for the root alone, which
//! expects least, it is too little for every set, and the root is skipped. High rates only.

use pulp::{Arch, NullaryFnOnce};

use super::{
    connected::{MOST_CELLS, Sets},
    keep::Keep,
    ladder::{Chunk, Ladder, Table},
    measure::Measure,
    sweep::{Zone, any_enough, offer_lanes},
    tally::{Count, Rows, Sum},
    zones::RowNumber,
};

/// What a walk goes along.
pub(super) struct Path<'a, P, const L: usize> {
    pub sets: &'a Sets<P>,
    pub measure: &'a Measure,
    pub ladders: &'a [Ladder],
    pub chunk: &'a Chunk<L>,
    /// By step of all roots: slot of the scale of its set, from below.
    pub slots: &'a [u16],
}

impl<P: RowNumber, const L: usize> Path<'_, P, L> {
    /// Offer every window of the sets of some roots that beats the bar.
    pub fn walk<K: Keep>(&self, roots: &[u32], rows: &Rows<L>, keep: &mut K) {
        match rows {
            Rows::Bytes(rows) => self.walk_rows(roots, rows, keep),
            Rows::Shorts(rows) => self.walk_rows(roots, rows, keep),
            Rows::Words(rows) => self.walk_rows(roots, rows, keep),
        }
    }

    fn walk_rows<C: Count, K: Keep>(&self, roots: &[u32], rows: &[[C; L]], keep: &mut K) {
        let table = self.chunk.table(keep.bar(), self.ladders);
        let sum = vec![0.0; self.measure.width()];
        Arch::new().dispatch(Walk { path: self, rows, table, keep, sum, roots });
    }
}

struct Walk<'a, C, P, K, const L: usize> {
    path: &'a Path<'a, P, L>,
    rows: &'a [[C; L]],
    /// For the rung below what is kept.
    table: &'a Table<L>,
    keep: &'a mut K,
    /// Room for the sum of the measure.
    sum: Vec<f64>,
    roots: &'a [u32],
}

impl<C: Count, P: RowNumber, K: Keep, const L: usize> NullaryFnOnce for Walk<'_, C, P, K, L> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        for &root in self.roots {
            if self.may_hold_enough(root as usize) {
                self.down(root as usize);
            }
        }
    }
}

impl<C: Count, P: RowNumber, K: Keep, const L: usize> Walk<'_, C, P, K, L> {
    #[inline(always)]
    fn may_hold_enough(&self, root: usize) -> bool {
        let Path { sets, slots, .. } = *self.path;
        let range = sets.range(root);
        if range.is_empty() {
            return false;
        }
        let mut n = [C::Sum::default(); L];
        for row in sets.reach(root) {
            add(&mut n, &self.rows[row.at()]);
        }
        any_enough(&n, &self.table.high[usize::from(slots[range.start])])
    }

    #[inline(always)]
    fn down(&mut self, root: usize) {
        let Path { sets, slots, .. } = *self.path;
        let slots = &slots[sets.range(root)];
        let mut counts = [[C::Sum::default(); L]; MOST_CELLS + 1];
        let mut path = [0; MOST_CELLS + 1];
        for (number, (step, slot)) in sets.steps(root).zip(slots).enumerate() {
            let depth = step.depth;
            let mut n = counts[depth - 1];
            add(&mut n, &self.rows[step.row]);
            counts[depth] = n;
            path[depth] = step.row;
            if any_enough(&n, &self.table.high[usize::from(*slot)]) && step.is_zone {
                self.look(&n, &path[1..=depth], number, usize::from(*slot));
            }
        }
    }

    /// Evaluate the lanes of a set that may beat the bar.
    #[inline(never)]
    fn look(&mut self, n: &[C::Sum; L], set: &[usize], number: usize, slot: usize) {
        let Path { measure, chunk, ladders, .. } = *self.path;
        self.sum.fill(0.0);
        for &row in set {
            measure.add(&mut self.sum, row);
        }
        let zone = Zone { places: set.len() as u32, number: number as u32, high: true, low: false };
        offer_lanes(chunk, ladders, &mut self.table, self.keep, n, &self.sum, zone, |n, table, lane| {
            n >= table.high[slot][lane]
        });
    }
}

#[inline(always)]
fn add<C: Count, const L: usize>(n: &mut [C::Sum; L], row: &[C; L]) {
    for l in 0..L {
        n[l] = n[l].plus(row[l].widen());
    }
}
