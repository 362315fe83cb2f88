//! Where places are, and in which order a circle takes them in.
//!
//! Latitude and longitude become points on a sphere of 6,367 km and neighbours are ordered by the
//! chord between them, which is the order of the arc. Places at the same distance come in a fixed order:
//! on a plane by x and then y, on the globe (where exact ties do not outlive rounding) by id.
//! To add a metric: a variant of [`Location`] with its own coordinates and limit.

use crate::domain::place::Point;

const SPHERE_KM: f64 = 6367.0;

/// A place's position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Location {
    Geographic(Point),
    /// Cartesian coordinates in any unit; radii are in the same one.
    Plane {
        x: f64,
        y: f64,
    },
}

/// All positions of one scan, of one kind.
pub(super) struct Geometry {
    points: Vec<[f64; 3]>,
    sphere: bool,
    /// Position of every place in the order that decides ties.
    tie_rank: Vec<u32>,
}

impl Geometry {
    /// `None` when geographic and plane positions are mixed.
    pub fn new(locations: impl Iterator<Item = Location>) -> Option<Self> {
        let mut kinds = [false; 2];
        let points: Vec<[f64; 3]> = locations
            .map(|location| match location {
                Location::Geographic(p) => {
                    kinds[0] = true;
                    let (lat, lon) = (p.lat().to_radians(), p.lon().to_radians());
                    [SPHERE_KM * lat.cos() * lon.cos(), SPHERE_KM * lat.cos() * lon.sin(), SPHERE_KM * lat.sin()]
                }
                Location::Plane { x, y } => {
                    kinds[1] = true;
                    [x, y, 0.0]
                }
            })
            .collect();
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        if kinds[1] {
            let xy = |&i: &u32| &points[i as usize];
            order.sort_by(|a, b| xy(a)[0].total_cmp(&xy(b)[0]).then(xy(a)[1].total_cmp(&xy(b)[1])));
        }
        let mut tie_rank = vec![0; points.len()];
        for (rank, &i) in order.iter().enumerate() {
            tie_rank[i as usize] = rank as u32;
        }
        (!(kinds[0] && kinds[1])).then_some(Self { points, sphere: kinds[0], tie_rank })
    }

    /// Straight-line distance squared.
    pub fn separation2(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (&self.points[a], &self.points[b]);
        (0..3).map(|i| (a[i] - b[i]) * (a[i] - b[i])).sum()
    }

    /// Distance along the surface.
    pub fn distance(&self, a: usize, b: usize) -> f64 {
        let chord = self.separation2(a, b).sqrt();
        if self.sphere { 2.0 * SPHERE_KM * (chord / (2.0 * SPHERE_KM)).min(1.0).asin() } else { chord }
    }

    /// What [`Self::separation2`] is at a distance along the surface.
    fn limit2(&self, radius: f64) -> f64 {
        let chord = if self.sphere {
            let half_arc = radius / (2.0 * SPHERE_KM);
            if half_arc >= std::f64::consts::FRAC_PI_2 { f64::INFINITY } else { 2.0 * SPHERE_KM * half_arc.sin() }
        } else {
            radius
        };
        chord * chord
    }

    /// Where a place comes in a centre's order: by distance, then by the order that decides ties.
    pub fn order(&self, centre: usize, place: usize) -> (u64, u32) {
        // Bits of non-negative doubles are ordered as the doubles are.
        (self.separation2(centre, place).to_bits(), self.tie_rank[place])
    }

    /// Positions in `candidates` of those within the radius, nearest first.
    pub fn nearest(&self, centre: usize, candidates: &[u32], max_radius: Option<f64>) -> Vec<u32> {
        let limit = max_radius.map_or(f64::INFINITY, |r| self.limit2(r));
        let mut keyed: Vec<(u32, u32)> = Vec::with_capacity(candidates.len());
        for (i, &p) in candidates.iter().enumerate() {
            let separation = self.separation2(centre, p as usize);
            if separation <= limit {
                // Rounding to single precision keeps the order, but for ties.
                keyed.push(((separation as f32).to_bits(), i as u32));
            }
        }
        sort_by_key(&mut keyed);
        let exact = |&(_, i): &(u32, u32)| self.order(centre, candidates[i as usize] as usize);
        for run in keyed.chunk_by_mut(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
            run.sort_by_key(exact);
        }
        keyed.into_iter().map(|(_, i)| i).collect()
    }
}

/// Sort by the first number, in three passes of eleven bits where there are enough to sort.
fn sort_by_key(items: &mut Vec<(u32, u32)>) {
    if items.len() < 300 {
        items.sort_unstable();
        return;
    }
    const BITS: u32 = 11;
    const SIZE: usize = 1 << BITS;
    let mut counts = [[0u32; SIZE]; 3];
    let digit = |key: u32, pass: usize| (key >> (BITS * pass as u32)) as usize % SIZE;
    for &(key, _) in items.iter() {
        (0..3).for_each(|pass| counts[pass][digit(key, pass)] += 1);
    }
    let mut other = vec![(0, 0); items.len()];
    for (pass, counts) in counts.iter_mut().enumerate() {
        let mut start = 0;
        for c in counts.iter_mut() {
            (*c, start) = (start, start + *c);
        }
        for &item in items.iter() {
            let to = &mut counts[digit(item.0, pass)];
            other[*to as usize] = item;
            *to += 1;
        }
        std::mem::swap(items, &mut other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(points: &[(f64, f64)]) -> Geometry {
        Geometry::new(points.iter().map(|&(x, y)| Location::Plane { x, y })).unwrap()
    }

    #[test]
    fn places_at_the_same_distance_come_by_x_and_then_y() {
        let g = plane(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, 0.0), (-1.0, 0.0), (0.0, -1.0)]);
        assert_eq!(g.nearest(0, &[0, 1, 2, 3, 4, 5], None), [0, 4, 5, 2, 1, 3]);
        assert_eq!(g.nearest(0, &[0, 2, 3, 4], Some(1.0)), [0, 3, 1]);
    }

    #[test]
    fn many_places_come_in_the_order_of_their_exact_distance() {
        // So far from the origin that single precision sees many ties that are none.
        let points: Vec<(f64, f64)> = (0..900).map(|i| (f64::from(i % 30) * 1e-5, 5e3 + f64::from(i / 30))).collect();
        let g = plane(&points);
        let all: Vec<u32> = (0..900).collect();
        let got = g.nearest(0, &all, None);
        assert_eq!(got.len(), 900);
        assert!(got.windows(2).all(|w| g.order(0, w[0] as usize) < g.order(0, w[1] as usize)));
    }

    #[test]
    fn a_radius_on_the_globe_is_an_arc() {
        let at = |lat| Location::Geographic(Point::new(lat, -69.0).unwrap());
        let g = Geometry::new([at(44.0), at(44.9), at(45.1)].into_iter()).unwrap();
        let degree = SPHERE_KM.to_radians();
        assert!((g.distance(0, 2) - 1.1 * degree).abs() < 1e-6);
        assert_eq!(g.nearest(0, &[0, 1, 2], Some(degree)), [0, 1]);
    }

    #[test]
    fn degrees_and_metres_do_not_mix() {
        let a = Location::Geographic(Point::new(44.0, -69.0).unwrap());
        assert!(Geometry::new([a, Location::Plane { x: 1.0, y: 2.0 }].into_iter()).is_none());
    }
}
