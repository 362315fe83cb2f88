//! Where two streets meet, of which only some points are known.
//!
//! The points of each, sorted along their main axis, make a line. Where the lines cross is the answer; else where they
//! would when prolonged; else the middle between the two nearest points.

use super::{
    index::rows::Spot,
    infer::{FARTHEST_M, Inferred, Kind, LONGEST_GAP_M},
};

/// Lines that meet under a smaller angle (its sine) do not tell where.
const LEAST_ANGLE: f64 = 0.35;

/// Where two sets of points, each of one street, come together.
pub(super) fn meet(a: &[Spot], b: &[Spot]) -> Option<Inferred> {
    let (near_a, near_b, gap) = nearest(a, b)?;
    if gap > FARTHEST_M {
        return None;
    }
    let origin = near_a;
    let plane = |spots: &[Spot]| -> Vec<(f64, f64)> { spots.iter().map(|s| s.metres_from(origin)).collect() };
    let (a, b) = (along_axis(plane(a)), along_axis(plane(b)));
    if let Some((x, scale_m)) = crossed(&a, &b) {
        return Some(Inferred { at: origin.moved(x.0, x.1), kind: Kind::Crossed, scale_m });
    }
    let (p, q) = ((0.0, 0.0), near_b.metres_from(origin));
    if let Some(x) = prolonged(&a, &b, p, q, gap) {
        return Some(Inferred { at: origin.moved(x.0, x.1), kind: Kind::Prolonged, scale_m: gap });
    }
    Some(Inferred { at: origin.moved(q.0 / 2.0, q.1 / 2.0), kind: Kind::Nearest, scale_m: gap })
}

/// The nearest two points, one of each; both lists are sorted from south to north.
fn nearest(a: &[Spot], b: &[Spot]) -> Option<(Spot, Spot, f64)> {
    let mut best: Option<(Spot, Spot, f64)> = None;
    for p in a {
        let plane = p.plane();
        let beside = b.partition_point(|q| q.lat < p.lat);
        let mut least = best.map_or(f64::INFINITY, |(.., d)| d);
        // Of points equally far away the first of the list is taken.
        let mut found: Option<usize> = None;
        let mut look = |i: usize| {
            let (east, north) = plane.metres(b[i]);
            let d = (east * east + north * north).sqrt();
            if d < least || (d == least && found.is_some_and(|f| i < f)) {
                (least, found) = (d, Some(i));
            }
            // What lies farther north or south than the nearest is away is not looked at.
            north.abs() <= least
        };
        let _ = (0..beside).rev().all(&mut look);
        let _ = (beside..b.len()).all(&mut look);
        if let Some(i) = found {
            best = Some((*p, b[i], least));
        }
    }
    best
}

/// Points in the order of their projection on the axis of their greatest spread.
fn along_axis(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in &points {
        xx += (x - mx) * (x - mx);
        xy += (x - mx) * (y - my);
        yy += (y - my) * (y - my);
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let (c, s) = (angle.cos(), angle.sin());
    points.sort_by(|p, q| (p.0 * c + p.1 * s).total_cmp(&(q.0 * c + q.1 * s)));
    points
}

/// A straight piece between two neighbours of a street's points.
struct Piece {
    from: (f64, f64),
    to: (f64, f64),
    length: f64,
}

impl Piece {
    fn of(points: &[(f64, f64)]) -> Vec<Self> {
        let piece = |w: &[(f64, f64)]| Self { from: w[0], to: w[1], length: (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1) };
        points.windows(2).map(piece).filter(|p| p.length <= LONGEST_GAP_M).collect()
    }

    /// Whether the boxes around two pieces touch; only then can they cross.
    fn may_cross(&self, other: &Piece) -> bool {
        // A millimetre for the rounding of what is computed from them.
        let apart = |a: f64, b: f64, c: f64, d: f64| a.max(b) + 1e-3 < c.min(d) || c.max(d) + 1e-3 < a.min(b);
        !apart(self.from.0, self.to.0, other.from.0, other.to.0)
            && !apart(self.from.1, self.to.1, other.from.1, other.to.1)
    }
}

/// The crossing of two lines between known points, and how far it lies from the nearest of them.
fn crossed(a: &[(f64, f64)], b: &[(f64, f64)]) -> Option<((f64, f64), f64)> {
    let mut best: Option<((f64, f64), f64)> = None;
    let others = Piece::of(b);
    for p in Piece::of(a) {
        for q in others.iter().filter(|q| p.may_cross(q)) {
            let Some((x, s, t)) = lines_meet(p.from, p.to, q.from, q.to) else { continue };
            if !(0.0..=1.0).contains(&s) || !(0.0..=1.0).contains(&t) {
                continue;
            }
            let scale = (s.min(1.0 - s) * p.length).max(t.min(1.0 - t) * q.length);
            if best.is_none_or(|(_, least)| scale < least) {
                best = Some((x, scale));
            }
        }
    }
    best
}

/// Where the lines through each street's points next to `p` and `q` meet, when that is near both.
fn prolonged(a: &[(f64, f64)], b: &[(f64, f64)], p: (f64, f64), q: (f64, f64), gap: f64) -> Option<(f64, f64)> {
    let (p2, q2) = (neighbour(a, p)?, neighbour(b, q)?);
    let (x, ..) = lines_meet(p, p2, q, q2)?;
    let away = |o: (f64, f64)| (x.0 - o.0).hypot(x.1 - o.1);
    (away(p) <= 1.5 * gap && away(q) <= 1.5 * gap).then_some(x)
}

/// The nearest other point that is far enough away to show a direction.
fn neighbour(points: &[(f64, f64)], of: (f64, f64)) -> Option<(f64, f64)> {
    let away = |p: &(f64, f64)| (p.0 - of.0).hypot(p.1 - of.1);
    points
        .iter()
        .copied()
        .filter(|p| (40.0..=LONGEST_GAP_M).contains(&away(p)))
        .min_by(|p, q| away(p).total_cmp(&away(q)))
}

/// Meeting point of two lines given by two points each, with its place on them (0 at the first, 1 at the second).
fn lines_meet(a: (f64, f64), b: (f64, f64), c: (f64, f64), d: (f64, f64)) -> Option<((f64, f64), f64, f64)> {
    let (r, s) = ((b.0 - a.0, b.1 - a.1), (d.0 - c.0, d.1 - c.1));
    let cross = r.0 * s.1 - r.1 * s.0;
    let sine = cross.abs() / (r.0.hypot(r.1) * s.0.hypot(s.1)).max(1e-9);
    if sine < LEAST_ANGLE {
        return None;
    }
    let w = (c.0 - a.0, c.1 - a.1);
    let (t, u) = ((w.0 * s.1 - w.1 * s.0) / cross, (w.0 * r.1 - w.1 * r.0) / cross);
    Some(((a.0 + t * r.0, a.1 + t * r.1), t, u))
}
