//! The nearest two of two sets of points.
//!
//! The points of a street lie along a line, so one set is sorted along its axis, and for a point of the other only those
//! are looked at that lie beside it: two parallel streets of a town have a thousand pairs, and a hundred are looked at.

use super::index::rows::{Plane, Spot};

/// The nearest two points, one of each, and how far apart they are; of pairs equally far apart the first.
pub(super) fn nearest(a: &[Spot], b: &[Spot]) -> Option<(Spot, Spot, f64)> {
    let others = Sorted::of(b)?;
    let rounding = others.rounding(a);
    let mut best: Option<(Spot, Spot, f64)> = None;
    for p in a {
        let mut least = best.map_or(f64::INFINITY, |(.., d)| d);
        let (along, across) = others.place(*p);
        let aside = outside(across, others.across);
        // Whether a point this far along the axis, and what lies beyond it, may be nearer.
        let may_be = |along: f64, least: f64| (along * along + aside * aside).sqrt() <= least * rounding;
        if !may_be(outside(along, others.along), least) {
            continue;
        }
        let plane = p.plane();
        // Of points equally far away the first of the list is taken.
        let mut found: Option<usize> = None;
        let mut look = |(u, i): &(f64, usize)| {
            if !may_be(u - along, least) {
                return false;
            }
            let d = plane.distance_m(b[*i]);
            if d < least || (d == least && found.is_some_and(|f| *i < f)) {
                (least, found) = (d, Some(*i));
            }
            true
        };
        let beside = others.order.partition_point(|(u, _)| *u < along);
        let _ = others.order[..beside].iter().rev().all(&mut look);
        let _ = others.order[beside..].iter().all(&mut look);
        if let Some(i) = found {
            best = Some((*p, b[i], least));
        }
    }
    best
}

/// How far a number lies outside of a range.
fn outside(n: f64, (low, high): (f64, f64)) -> f64 {
    (low - n).max(n - high).max(0.0)
}

/// The axis of the greatest spread of points: its cosine and sine.
pub(super) fn axis_of(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in points {
        xx += (x - mx) * (x - mx);
        xy += (x - mx) * (y - my);
        yy += (y - my) * (y - my);
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    (angle.cos(), angle.sin())
}

/// Points in the order of their axis, in metres on a plane that touches the globe at the first of them.
struct Sorted {
    plane: Plane,
    axis: (f64, f64),
    /// Along the axis, and the place in the list.
    order: Vec<(f64, usize)>,
    /// From where to where they lie along the axis and across it.
    along: (f64, f64),
    across: (f64, f64),
    /// From where to where they lie from south to north.
    lat: (i32, i32),
}

impl Sorted {
    fn of(spots: &[Spot]) -> Option<Self> {
        let plane = spots.first()?.plane();
        let points: Vec<(f64, f64)> = spots.iter().map(|s| plane.metres(*s)).collect();
        let mut sorted = Self {
            plane,
            axis: axis_of(&points),
            order: Vec::with_capacity(points.len()),
            along: (0.0, 0.0),
            across: (f64::INFINITY, f64::NEG_INFINITY),
            lat: lat_of(spots),
        };
        for (i, point) in points.iter().enumerate() {
            let (along, across) = turned(*point, sorted.axis);
            sorted.order.push((along, i));
            sorted.across = (sorted.across.0.min(across), sorted.across.1.max(across));
        }
        sorted.order.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
        sorted.along = (sorted.order.first()?.0, sorted.order.last()?.0);
        Some(sorted)
    }

    fn place(&self, at: Spot) -> (f64, f64) {
        turned(self.plane.metres(at), self.axis)
    }

    /// By how much distances on this plane may be longer than on the planes around other points.
    fn rounding(&self, others: &[Spot]) -> f64 {
        let (low, high) = lat_of(others);
        let shrink = |lat: i32| Spot { lat, lon: 0 }.plane().shrink();
        let least = [low, high, self.lat.0, self.lat.1].into_iter().map(shrink).fold(1.0, f64::min);
        1.000_001 * (self.plane.shrink() / least).max(1.0)
    }
}

fn turned((x, y): (f64, f64), (c, s): (f64, f64)) -> (f64, f64) {
    (x * c + y * s, y * c - x * s)
}

/// From where to where points lie from south to north.
fn lat_of(spots: &[Spot]) -> (i32, i32) {
    spots.iter().fold((i32::MAX, i32::MIN), |(low, high), s| (low.min(s.lat), high.max(s.lat)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Random;

    /// Points of a street from `from`, one every `step`, each a little off its line.
    fn street(from: (i32, i32), step: (i32, i32), n: i32, random: &mut Random) -> Vec<Spot> {
        let mut off = || (random.unit() * 2_000.0) as i32;
        (0..n).map(|i| Spot { lat: from.0 + i * step.0 + off(), lon: from.1 + i * step.1 + off() }).collect()
    }

    #[test]
    fn the_nearest_two_are_those_that_looking_at_all_pairs_finds() {
        let mut random = Random::seeded(7);
        for way in 0..60 {
            let (from, turn) = (400_000_000 - way * 9_000_000, f64::from(way) * 0.3);
            let step = |turn: f64| ((turn.sin() * 10_000.0) as i32, (turn.cos() * 13_000.0) as i32);
            let a = street((from, -800_000_000), step(turn), 40, &mut random);
            let b = street((from + 300_000, -799_800_000), step(turn * f64::from(way % 3)), 30, &mut random);
            let all = a.iter().flat_map(|p| b.iter().map(|q| p.distance_m(*q)));
            let least = all.fold(f64::INFINITY, f64::min);
            let (p, q, d) = nearest(&a, &b).unwrap();
            assert_eq!((d, p.distance_m(q)), (least, least), "{way}");
        }
        assert_eq!(nearest(&[], &[]), None);
    }

    #[test]
    fn of_pairs_equally_far_apart_the_first_is_taken() {
        let at = |lon: i32| Spot { lat: 0, lon };
        let (a, b) = ([at(0), at(10_000)], [at(5_000), at(15_000), at(-5_000)]);
        assert_eq!(nearest(&a, &b).map(|(p, q, _)| (p, q)), Some((at(0), at(5_000))));
    }
}
