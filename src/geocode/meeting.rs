//! Where two streets meet, of which only some points are known.
//!
//! The points of each, sorted along their main axis, make a line. Where the lines cross is the answer; else where they
//! would when prolonged; else the middle between the two nearest points.
//!
//! Two streets of a grid have some thousands of pairs of pieces: only those are looked at that lie beside each other
//! along an axis.

use super::{
    index::rows::Spot,
    infer::{FARTHEST_M, Inferred, Kind, LONGEST_GAP_M},
    nearest::{axis_of, nearest},
};

/// Lines that meet under a smaller angle (its sine) do not tell where.
const LEAST_ANGLE: f64 = 0.35;
/// A neighbour nearer than this does not show which way a street leads.
const LEAST_STEP_M: f64 = 40.0;

/// Where two sets of points, each of one street, come together.
pub(super) fn meet(a: &[Spot], b: &[Spot]) -> Option<Inferred> {
    let (near_a, near_b, gap) = nearest(a, b)?;
    if gap > FARTHEST_M {
        return None;
    }
    let origin = near_a;
    let plane = origin.plane();
    let (a, b) = (Line::of(a.iter().map(|s| plane.metres(*s))), Line::of(b.iter().map(|s| plane.metres(*s))));
    if let Some((x, scale_m)) = crossed(&a, &b) {
        return Some(Inferred { at: origin.moved(x.0, x.1), kind: Kind::Crossed, scale_m });
    }
    let (p, q) = ((0.0, 0.0), plane.metres(near_b));
    if let Some(x) = prolonged(&a, &b, p, q, gap) {
        return Some(Inferred { at: origin.moved(x.0, x.1), kind: Kind::Prolonged, scale_m: gap });
    }
    Some(Inferred { at: origin.moved(q.0 / 2.0, q.1 / 2.0), kind: Kind::Nearest, scale_m: gap })
}

/// The points of a street in the order of their projection on the axis of their greatest spread.
struct Line {
    /// Each behind its place along the axis.
    points: Vec<(f64, Metres)>,
    pieces: Vec<Piece>,
    /// The axis: its cosine and sine.
    axis: (f64, f64),
}

/// Metres east and north of an origin.
type Metres = (f64, f64);

impl Line {
    fn of(points: impl Iterator<Item = Metres>) -> Self {
        let points: Vec<Metres> = points.collect();
        let axis = axis_of(&points);
        let mut points: Vec<(f64, Metres)> = points.into_iter().map(|p| (projected(p, axis), p)).collect();
        points.sort_by(|p, q| p.0.total_cmp(&q.0));
        let pieces = points.windows(2).filter_map(|w| Piece::of(w[0], w[1])).collect();
        Self { points, pieces, axis }
    }

    /// The pieces beside another line's piece, along this line's axis: no others can cross it.
    fn beside(&self, piece: &Piece) -> &[Piece] {
        // A centimetre for the rounding of what is computed from them.
        const ROUNDING_M: f64 = 0.01;
        let (from, to) = (projected(piece.from, self.axis), projected(piece.to, self.axis));
        let (from, to) = (from.min(to) - ROUNDING_M, from.max(to) + ROUNDING_M);
        match (self.pieces.first(), self.pieces.last()) {
            (Some(first), Some(last)) if first.begins <= to && last.ends >= from => {}
            _ => return &[],
        }
        let first = self.pieces.partition_point(|q| q.ends < from);
        let count = self.pieces[first..].iter().take_while(|q| q.begins <= to).count();
        &self.pieces[first..first + count]
    }
}

fn projected(point: Metres, (c, s): (f64, f64)) -> f64 {
    point.0 * c + point.1 * s
}

/// A straight piece between two neighbours of a street's points.
struct Piece {
    from: Metres,
    to: Metres,
    /// Where it begins and ends along the axis of its line.
    begins: f64,
    ends: f64,
}

impl Piece {
    /// `None` where two known points are too far apart for a straight line.
    fn of((begins, from): (f64, Metres), (ends, to): (f64, Metres)) -> Option<Self> {
        let piece = Self { from, to, begins, ends };
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        let surely = x * x + y * y < 0.999 * LONGEST_GAP_M * LONGEST_GAP_M;
        (surely || piece.length() <= LONGEST_GAP_M).then_some(piece)
    }

    fn length(&self) -> f64 {
        (self.to.0 - self.from.0).hypot(self.to.1 - self.from.1)
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
fn crossed(a: &Line, b: &Line) -> Option<(Metres, f64)> {
    let mut best: Option<(Metres, f64)> = None;
    for p in &a.pieces {
        for q in b.beside(p).iter().filter(|q| p.may_cross(q)) {
            let Some((x, s, t)) = lines_meet(p.from, p.to, q.from, q.to) else { continue };
            if !(0.0..=1.0).contains(&s) || !(0.0..=1.0).contains(&t) {
                continue;
            }
            let scale = (s.min(1.0 - s) * p.length()).max(t.min(1.0 - t) * q.length());
            if best.is_none_or(|(_, least)| scale < least) {
                best = Some((x, scale));
            }
        }
    }
    best
}

/// Where the lines through each street's points next to `p` and `q` meet, when that is near both.
fn prolonged(a: &Line, b: &Line, p: Metres, q: Metres, gap: f64) -> Option<Metres> {
    let (p2, q2) = (neighbour(a, p)?, neighbour(b, q)?);
    let (x, ..) = lines_meet(p, p2, q, q2)?;
    let away = |o: Metres| (x.0 - o.0).hypot(x.1 - o.1);
    (away(p) <= 1.5 * gap && away(q) <= 1.5 * gap).then_some(x)
}

/// The nearest other point that is far enough away to show a direction; of several the first.
fn neighbour(line: &Line, of: Metres) -> Option<Metres> {
    let mut best: Option<(f64, Metres)> = None;
    for (_, p) in line.points.iter().copied() {
        let (x, y) = (p.0 - of.0, p.1 - of.1);
        // Most are surely farther away than the nearest so far.
        if best.is_some_and(|(least, _)| x * x + y * y > least * least * 1.000_001) {
            continue;
        }
        let away = x.hypot(y);
        if (LEAST_STEP_M..=LONGEST_GAP_M).contains(&away) && best.is_none_or(|(least, _)| away < least) {
            best = Some((away, p));
        }
    }
    best.map(|(_, p)| p)
}

/// Meeting point of two lines given by two points each, with its place on them (0 at the first, 1 at the second).
fn lines_meet(a: Metres, b: Metres, c: Metres, d: Metres) -> Option<(Metres, f64, f64)> {
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
