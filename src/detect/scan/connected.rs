//! Connected zones: every connected set of few places, each once (a flexible scan, after Tango & Takahashi,
//! International Journal of Health Geographics 4 (2005) 11, but around no centre).
//!
//! Every set is counted at its first place (in the order of ids), its *root*: it grows from there by later places
//! only, and a place that was passed over stays out of all that follows. So no set comes twice; on the hexagons of a
//! plane this is Redelmeier's count of polyhexes (Discrete Mathematics 36 (1981) 191–203), on any graph the ESU
//! enumeration (Wernicke 2006). The sets of a root are written down once, depth first, as steps: a set is the one
//! before it at the depth above, and one place more. The data and all replicates then run down the same steps.
//!
//! Units: depths are numbers of places, slots as in [`super::ladder`]. Limits: [`MOST_SETS`] sets of at most
//! [`MOST_CELLS`] places; two places without a chain of given places between them are never in one zone
//! (give the empty cells too where gaps should be crossed); and a root puts forward its best sets only, so a weaker
//! cluster with the same first place as a stronger one that it overlaps is not reported beside it.
//!
//! Cost: 273,643 sets of up to six of the thousand cells of a state with ten thousand cases take 0.16 CPU seconds with
//! 99 replications, windows of up to 14 days; ten thousand cells without a gap take 1.6.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::{
    ScanError,
    geometry::Geometry,
    ladder::Slots,
    measure::Measure,
    scales::Bound,
    zones::{RowNumber, spread},
};

/// The most places of a set.
pub(super) const MOST_CELLS: usize = 12;
/// The most sets of one resolution: five to seven bytes each, and a few nanoseconds in every replicate.
const MOST_SETS: usize = 20_000_000;
/// Set in a depth: the set is no zone, only on the way to others.
const PASSING: u8 = 0x80;

/// What limits the sets.
pub(super) struct Rules<'a> {
    pub neighbours: &'a [Vec<u32>],
    pub geometry: &'a Geometry,
    /// Population at risk, by place, and the most of it that a zone may hold.
    pub risk: &'a [f64],
    pub limit: f64,
    pub max_cells: usize,
    pub max_radius: Option<f64>,
}

/// The sets of every root. Rows are places.
pub(super) struct Sets<P> {
    /// By step: the place that it adds, and the depth that it ends at.
    rows: Vec<P>,
    depths: Vec<u8>,
    /// By root: where its steps begin; one more at the end.
    starts: Vec<usize>,
    /// The places with a population at risk that any set of a root holds, and where a root's begin.
    reach: Vec<P>,
    reach_starts: Vec<usize>,
    /// An order of the roots whose first few are spread over the whole area.
    pub visits: Vec<u32>,
}

/// One set on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub row: usize,
    /// Places of the set, from 1.
    pub depth: usize,
    pub is_zone: bool,
}

impl<P: RowNumber> Sets<P> {
    /// # Errors
    /// When there are more than [`MOST_SETS`].
    pub fn new(rules: &Rules) -> Result<Self, ScanError> {
        let roots = rules.risk.len();
        let budget = AtomicUsize::new(MOST_SETS);
        let radius = rules.radius_to_check();
        let of_root = |walk: &mut Walk<P>, root: usize| walk.of_root(root as u32, &budget);
        let found: Option<Vec<OfRoot<P>>> =
            (0..roots).into_par_iter().map_init(|| Walk::new(rules, radius), of_root).collect();
        let Some(found) = found else {
            return Err(ScanError::TooManyZones { most: MOST_SETS, cells: rules.max_cells });
        };
        let (steps, reach) = (found.iter().map(|f| f.rows.len()).sum(), found.iter().map(|f| f.reach.len()).sum());
        let mut sets = Self {
            rows: Vec::with_capacity(steps),
            depths: Vec::with_capacity(steps),
            starts: vec![0],
            reach: Vec::with_capacity(reach),
            reach_starts: vec![0],
            visits: spread(roots),
        };
        for f in found {
            sets.rows.extend(f.rows);
            sets.depths.extend(f.depths);
            sets.reach.extend(f.reach);
            sets.starts.push(sets.rows.len());
            sets.reach_starts.push(sets.reach.len());
        }
        Ok(sets)
    }

    pub fn roots(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where a root's steps are among those of all.
    pub fn range(&self, root: usize) -> std::ops::Range<usize> {
        self.starts[root]..self.starts[root + 1]
    }

    #[inline(always)]
    pub fn steps(&self, root: usize) -> impl Iterator<Item = Step> {
        let range = self.range(root);
        let steps = self.rows[range.clone()].iter().zip(&self.depths[range]);
        steps.map(|(row, depth)| Step {
            row: row.at(),
            depth: usize::from(depth & !PASSING),
            is_zone: depth & PASSING == 0,
        })
    }

    pub fn reach(&self, root: usize) -> &[P] {
        &self.reach[self.reach_starts[root]..self.reach_starts[root + 1]]
    }

    /// The places of the set at step `number` of a root.
    pub fn places(&self, root: usize, number: usize) -> Vec<u32> {
        let mut path = Vec::new();
        for step in self.steps(root).take(number + 1) {
            path.truncate(step.depth - 1);
            path.push(step.row as u32);
        }
        path
    }

    /// By step: slot of the scale of its set, from below.
    pub fn slots(&self, measure: &Measure, bound: &Bound, slots: Slots) -> Vec<u16> {
        let of_root = |root: usize| {
            let mut sums = vec![vec![0.0; measure.width()]; MOST_CELLS + 1];
            let of_step = |step: Step| {
                let (above, at) = sums.split_at_mut(step.depth);
                at[0].copy_from_slice(&above[step.depth - 1]);
                measure.add(&mut at[0], step.row);
                slots.below(bound.least(&at[0]))
            };
            self.steps(root).map(of_step).collect::<Vec<u16>>()
        };
        (0..self.roots()).into_par_iter().flat_map_iter(of_root).collect()
    }
}

impl Rules<'_> {
    /// The radius, if any set could be wider.
    fn radius_to_check(&self) -> Option<f64> {
        let radius = self.max_radius?;
        let pairs = self.neighbours.iter().enumerate().flat_map(|(a, near)| near.iter().map(move |b| (a, *b as usize)));
        let longest = pairs.map(|(a, b)| self.geometry.distance(a, b)).fold(0.0, f64::max);
        (longest * (self.max_cells as f64 - 1.0) > radius).then_some(radius)
    }
}

/// The steps of one root.
struct OfRoot<P> {
    rows: Vec<P>,
    depths: Vec<u8>,
    reach: Vec<P>,
}

/// Sets as they grow.
struct Walk<'a, P> {
    rules: &'a Rules<'a>,
    radius: Option<f64>,
    /// By place: inside the set, or a neighbour of it, or of an earlier stage of it.
    seen: Vec<bool>,
    set: Vec<u32>,
    root: u32,
    rows: Vec<P>,
    depths: Vec<u8>,
}

impl<'a, P: RowNumber> Walk<'a, P> {
    fn new(rules: &'a Rules<'a>, radius: Option<f64>) -> Self {
        let seen = vec![false; rules.risk.len()];
        Self { rules, radius, seen, set: Vec::new(), root: 0, rows: Vec::new(), depths: Vec::new() }
    }

    /// `None` when there are more sets than the budget allows.
    fn of_root(&mut self, root: u32, budget: &AtomicUsize) -> Option<OfRoot<P>> {
        self.root = root;
        self.seen[root as usize] = true;
        let fits = self.take(root, &[], 0.0);
        self.seen[root as usize] = false;
        let (rows, depths) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.depths));
        let paid = |left: usize| left.checked_sub(rows.len());
        if !fits || budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).is_err() {
            return None;
        }
        let mut reach: Vec<usize> = rows.iter().map(|r| r.at()).filter(|r| self.rules.risk[*r] > 0.0).collect();
        reach.sort_unstable();
        reach.dedup();
        Some(OfRoot { rows, depths, reach: reach.into_iter().map(P::from_row).collect() })
    }

    /// Add a place to the set, which then may grow by `others` and the place's own neighbours; and take it out
    /// again. False when there is no room.
    fn take(&mut self, place: u32, others: &[u32], risk: f64) -> bool {
        let risk = risk + self.rules.risk[place as usize];
        if risk > self.rules.limit {
            return true;
        }
        if self.rows.len() >= MOST_SETS {
            return false;
        }
        self.set.push(place);
        let depth = self.set.len();
        // A place without a population at risk makes no other zone, but may lead to some.
        let is_zone = self.rules.risk[place as usize] > 0.0 && self.is_near();
        self.rows.push(P::from_row(place as usize));
        self.depths.push(depth as u8 | if is_zone { 0 } else { PASSING });
        let mut fits = true;
        if depth < self.rules.max_cells {
            let neighbours = &self.rules.neighbours[place as usize];
            let fresh = neighbours.iter().copied().filter(|n| *n > self.root && !self.seen[*n as usize]);
            let fresh: Vec<u32> = fresh.collect();
            fresh.iter().for_each(|n| self.seen[*n as usize] = true);
            let mut next = [others, &fresh].concat();
            while let Some(place) = next.pop() {
                fits = fits && self.take(place, &next, risk);
            }
            fresh.iter().for_each(|n| self.seen[*n as usize] = false);
        }
        self.set.pop();
        // A way that led to nothing.
        if self.depths.last().is_some_and(|d| d & PASSING != 0 && usize::from(d & !PASSING) == depth) {
            self.depths.pop();
            self.rows.pop();
        }
        fits
    }

    /// Is there a place in the set from which no other is too far?
    fn is_near(&self) -> bool {
        let Some(radius) = self.radius else { return true };
        let far = |a: u32, b: u32| self.rules.geometry.distance(a as usize, b as usize) > radius;
        self.set.iter().any(|a| !self.set.iter().any(|b| far(*a, *b)))
    }
}
