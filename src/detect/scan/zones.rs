//! Candidate zones: for every centre a list of places, each prefix of which is a zone.
//!
//! The engine knows no geometry: it grows along nested lists. A family of zones says in which order the
//! zones around a centre take places in and which places one of them holds; circles are the first (Kulldorff
//! 1997). To add one: implement [`Family`] beside [`Circles`] and hand it to the engine.

use rayon::prelude::*;

use super::{
    geometry::Geometry,
    grid::{FAR, Grid},
};

/// A family of nested zones.
pub(super) trait Family: Sync {
    /// Positions in `candidates` (places in ascending order) in the order in which the zones around a centre
    /// take them in; those that no zone reaches are left out.
    fn nested(&self, centre: usize, candidates: &[u32]) -> List;

    /// By place, of so many: is it inside the zone around `centre` that took in `last` last?
    fn holds(&self, centre: usize, last: usize, places: usize) -> Vec<bool>;
}

/// The places around a centre.
pub(super) struct List {
    /// Positions among the candidates.
    pub order: Vec<u32>,
    /// By position in `order`: does a zone end there? Empty where one ends everywhere.
    pub ends: Vec<bool>,
}

/// Circles around every place, up to a radius.
pub(super) struct Circles<'a> {
    pub geometry: &'a Geometry,
    pub max_radius: Option<f64>,
}

impl Family for Circles<'_> {
    fn nested(&self, centre: usize, candidates: &[u32]) -> List {
        List { order: self.geometry.nearest(centre, candidates, self.max_radius), ends: Vec::new() }
    }

    fn holds(&self, centre: usize, last: usize, places: usize) -> Vec<bool> {
        let last = self.geometry.order(centre, last);
        (0..places).map(|place| self.geometry.order(centre, place) <= last).collect()
    }
}

/// All places within k steps of a place, for every k: whole rings only.
pub(super) struct Rings<'a> {
    pub grid: &'a Grid,
    pub geometry: &'a Geometry,
    pub max_radius: Option<f64>,
}

impl Family for Rings<'_> {
    fn nested(&self, centre: usize, candidates: &[u32]) -> List {
        let steps = self.grid.steps(centre, candidates);
        let mut order: Vec<u32> = (0..candidates.len() as u32).filter(|i| steps[*i as usize] != FAR).collect();
        order.sort_by_key(|i| (steps[*i as usize], *i));
        let ring = |i: &u32| steps[*i as usize];
        if let Some(radius) = self.max_radius {
            let beyond = |i: &&u32| self.geometry.distance(centre, candidates[**i as usize] as usize) > radius;
            let first = order.iter().filter(beyond).map(ring).min();
            order.retain(|i| first.is_none_or(|first| ring(i) < first));
        }
        let ends = (0..order.len()).map(|n| order.get(n + 1).is_none_or(|next| ring(next) > ring(&order[n])));
        List { ends: ends.collect(), order }
    }

    fn holds(&self, centre: usize, last: usize, places: usize) -> Vec<bool> {
        let all: Vec<u32> = (0..places as u32).collect();
        let steps = self.grid.steps(centre, &all);
        steps.iter().map(|s| *s <= steps[last]).collect()
    }
}

/// Number of a row of counts, in as few bytes as will do: lists are most of the engine's memory.
pub(super) trait RowNumber: Copy + Default + Send + Sync + 'static {
    /// `row` fits: the caller chooses the type by the number of rows.
    fn from_row(row: usize) -> Self;
    fn at(self) -> usize;
}

macro_rules! row_number {
    ($t:ty) => {
        impl RowNumber for $t {
            fn from_row(row: usize) -> Self {
                row as $t
            }
            #[inline(always)]
            fn at(self) -> usize {
                self as usize
            }
        }
    };
}
row_number!(u16);
row_number!(u32);

/// Places that are taken in between two looks at the counts.
pub(super) const STRIDE: usize = 8;

/// The zones of every centre, cut into strides. A row is a place with a population at risk; places where nothing
/// can happen are left out, as they change no window.
pub(super) struct Zones<P> {
    /// Strides of all centres; the last of a centre is filled up with [`Zones::blank`].
    strides: Vec<[P; STRIDE]>,
    /// By centre: where its strides begin; one more at the end.
    starts: Vec<usize>,
    /// By stride, a bit for every place: does a zone end there? Empty where one ends everywhere.
    ends: Vec<u8>,
    /// An order of the centres whose first few are spread over the whole area.
    pub visits: Vec<u32>,
    /// The row that stays empty.
    pub blank: usize,
}

/// Centres whose lists are made before they are packed.
const BLOCK: usize = 512;

impl<P: RowNumber> Zones<P> {
    /// `active`: places with a population at risk; `risk` of all places; `limit`: the most of it that a zone may hold.
    pub fn new(family: &dyn Family, active: &[u32], risk: &[f64], limit: f64, centres: usize) -> Self {
        let blank = active.len();
        let list = |centre: usize| {
            let mut list = family.nested(centre, active);
            let mut inside = 0.0;
            let fits = list.order.iter().take_while(|&&row| {
                inside += risk[active[row as usize] as usize];
                inside <= limit
            });
            let fits = fits.count();
            list.order.truncate(fits);
            if !list.ends.is_empty() {
                // Back to the last zone that fits as a whole.
                list.ends.truncate(fits);
                let whole = list.ends.iter().rposition(|end| *end).map_or(0, |last| last + 1);
                list.order.truncate(whole);
                list.ends.truncate(whole);
            }
            list
        };
        let mut zones = Self { strides: Vec::new(), starts: vec![0], ends: Vec::new(), visits: spread(centres), blank };
        for start in (0..centres).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(centres);
            let lists: Vec<List> = block.into_par_iter().map(list).collect();
            // Never twice what is needed, as doubling would.
            let more: usize = lists.iter().map(|l| l.order.len().div_ceil(STRIDE)).sum();
            if zones.strides.capacity() < zones.strides.len() + more {
                let done = start.max(1) as f64 / centres as f64;
                let guess = if start == 0 { more } else { (zones.strides.len() as f64 / done * 1.05) as usize };
                zones.strides.reserve_exact(more.max(guess.saturating_sub(zones.strides.len())));
            }
            for list in &lists {
                let stride =
                    |some: &[u32]| std::array::from_fn(|i| P::from_row(some.get(i).map_or(blank, |&row| row as usize)));
                zones.strides.extend(list.order.chunks(STRIDE).map(stride));
                let bits = |some: &[bool]| some.iter().rev().fold(0, |bits, end| bits << 1 | u8::from(*end));
                zones.ends.extend(list.ends.chunks(STRIDE).map(bits));
                zones.starts.push(zones.strides.len());
            }
        }
        zones
    }

    pub fn centres(&self) -> usize {
        self.starts.len() - 1
    }

    /// Strides of all centres together.
    pub fn len(&self) -> usize {
        self.strides.len()
    }

    /// Where a centre's strides are among those of all.
    pub fn range(&self, centre: usize) -> std::ops::Range<usize> {
        self.starts[centre]..self.starts[centre + 1]
    }

    pub fn of(&self, centre: usize) -> &[[P; STRIDE]] {
        &self.strides[self.range(centre)]
    }

    /// Does a zone end at place `j` of a stride, numbered among those of all centres?
    pub fn ends_at(&self, stride: usize, j: usize) -> bool {
        self.ends.get(stride).is_none_or(|bits| bits >> j & 1 == 1)
    }

    /// The row that the zone of so many places (one at least) took in last.
    pub fn last_row(&self, centre: usize, places: usize) -> usize {
        self.of(centre)[(places - 1) / STRIDE][(places - 1) % STRIDE].at()
    }
}

/// 0..n in steps of the golden section: any first few are spread evenly.
pub(super) fn spread(n: usize) -> Vec<u32> {
    let mut step = ((n as f64 * 0.618_033_988_749_894_8) as usize).max(1);
    let gcd = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    while gcd(step, n) > 1 {
        step += 1;
    }
    (0..n).map(|i| ((i as u128 * step as u128) % n as u128) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_centre_is_visited_once() {
        for n in [0, 1, 2, 3, 10, 97, 1000] {
            let mut seen = spread(n);
            seen.sort_unstable();
            assert_eq!(seen, (0..n as u32).collect::<Vec<_>>());
        }
    }

    /// Zones along a street: each takes in its right-hand neighbours.
    struct Street;

    impl Family for Street {
        fn nested(&self, centre: usize, candidates: &[u32]) -> List {
            let inside = |i: &u32| candidates[*i as usize] as usize >= centre;
            List { order: (0..candidates.len() as u32).filter(inside).collect(), ends: Vec::new() }
        }
        fn holds(&self, centre: usize, last: usize, places: usize) -> Vec<bool> {
            (0..places).map(|place| (centre..=last).contains(&place)).collect()
        }
    }

    #[test]
    fn rings_end_where_they_are_whole() {
        // A cross of five and one place more; all at one point, as only steps matter here.
        let grid = Grid::of_pairs(6, [(0, 1), (0, 2), (0, 3), (0, 4), (4, 5)].into_iter());
        let geometry = Geometry::new((0..6).map(|_| super::super::Location::Plane { x: 0.0, y: 0.0 })).unwrap();
        let rings = Rings { grid: &grid, geometry: &geometry, max_radius: None };
        let all: Vec<u32> = (0..6).collect();
        // With room for five the second ring fits, the third does not; with room for four only the centre does.
        for (limit, of_first) in [(6.0, vec![0, 4, 5]), (5.0, vec![0, 4]), (4.0, vec![0])] {
            let zones = Zones::<u16>::new(&rings, &all, &[1.0; 6], limit, 6);
            let ends: Vec<usize> = (0..zones.of(0).len() * STRIDE).filter(|j| zones.ends_at(0, *j)).collect();
            assert_eq!(ends, of_first);
        }
        assert_eq!(rings.holds(4, 0, 6), [true, false, false, false, true, true]);
    }

    #[test]
    fn a_zone_stops_before_the_place_that_would_exceed_the_limit() {
        let risk = [1.0; 12];
        let active: Vec<u32> = (0..12).collect();
        let zones = Zones::<u16>::new(&Street, &active, &risk, 10.0, 12);
        assert_eq!(zones.of(0), [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 12, 12, 12, 12, 12, 12]]);
        assert_eq!(zones.of(9), [[9, 10, 11, 12, 12, 12, 12, 12]]);
        assert_eq!((zones.last_row(0, 10), zones.centres(), zones.len()), (9, 12, 16));
    }
}
