//! Where a crossing must lie whose streets are known, though it is not.
//!
//! The other known points of each street show its course: sorted along their main axis they make a line. Where the two
//! lines cross, or would when prolonged, is the answer; where they only come near, the middle of the nearest points.
//! How much that is worth is not assumed but measured: when the index is built, known points are asked for as if they
//! were not known, and the distance from the truth that held nine in ten is kept by the kind of answer and its scale
//! (split conformal prediction; Vovk 2005). So a list full of fall-back points gets wide radii by itself.

use super::{
    index::{
        Index,
        places::{Place, Row},
        rows::{Entry, NONE, Origin, Spot, Worth},
    },
    question::{Fit, Where, medoid, spread_m},
};

/// How an inferred point was come by; each kind has its own measured errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    /// A crossing of the same streets but for directions or suffixes ("N Main St" for "Main St").
    Relative = 1,
    /// The same crossing under another town.
    Elsewhere,
    /// The lines cross between known points.
    Crossed,
    /// The lines cross when prolonged.
    Prolonged,
    /// The nearest known points of both.
    Nearest,
    /// One street is known, by several points …
    OneStreet,
    /// … or by one.
    OnePoint,
    /// A street without a crossing.
    Whole,
    /// Between two known mileposts of a road.
    Milepost,
}

/// An inferred point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Inferred {
    pub at: Spot,
    pub kind: Kind,
    /// What its error grows with, in metres.
    pub scale_m: f64,
}

/// Nothing is inferred from more points of a street than this.
const MOST_SPOTS: usize = 160;
/// Known points of one street farther apart are not joined by a straight line.
const LONGEST_GAP_M: f64 = 2_500.0;
/// Streets whose nearest known points are farther apart do not cross here.
const FARTHEST_M: f64 = 2_500.0;
/// Lines that meet under a smaller angle (its sine) do not tell where.
const LEAST_ANGLE: f64 = 0.35;

/// The crossing of two streets by name, without the known point `skip`.
pub(super) fn crossing(index: &Index, a: &str, b: &str, around: &Where, skip: Option<usize>) -> Option<Inferred> {
    let family = |name: &str| if is_generic(name) { Vec::new() } else { index.streets().family(name) };
    let (first, second) = (family(a), family(b));
    if let Some(found) = relative(index, &first, &second, around, skip) {
        return Some(found);
    }
    let posted = match (mile(a), mile(b)) {
        (None, Some(at)) => Some((&first, at)),
        (Some(at), None) => Some((&second, at)),
        _ => None,
    };
    if let Some((road, at)) = posted {
        return milepost(index, road, at, skip);
    }
    let here_a = here(index, &first, around, skip);
    let here_b = here(index, &second, around, skip);
    if let Some(found) = elsewhere(index, (a, b), (&here_a, &here_b), around, skip) {
        return Some(found);
    }
    let (a, b) = match (here_a.is_empty(), here_b.is_empty()) {
        (false, false) => (here_a, here_b),
        (false, true) => {
            let near = away(index, &second, around, skip, &here_a);
            (here_a, near)
        }
        (true, false) => {
            let near = away(index, &first, around, skip, &here_b);
            (near, here_b)
        }
        (true, true) => return None,
    };
    match (a.is_empty(), b.is_empty()) {
        (false, false) => meet(&a, &b),
        (false, true) => whole(&a, Kind::OneStreet),
        (true, false) => whole(&b, Kind::OneStreet),
        (true, true) => None,
    }
}

fn mile(name: &str) -> Option<f64> {
    name.strip_prefix("MM").and_then(|n| n.parse().ok()).filter(|n: &f64| n.is_finite())
}

/// Between the nearest known mileposts of a road; towns do not matter, because the miles run through them.
fn milepost(index: &Index, road: &[u32], at: f64, skip: Option<usize>) -> Option<Inferred> {
    const WIDEST_MILES: f64 = 10.0;
    let (entries, names, places) = (index.entries(), index.streets(), index.places());
    let mut posts: Vec<(f64, Spot)> = Vec::new();
    for street in road {
        for row in places.of_street(*street).flat_map(|place| places.rows(&place)) {
            let Row::Entry(row) = row else { continue };
            let e = entries.get(row);
            let other = if e.a == *street { e.b } else { e.a };
            if other != NONE
                && e.worth == Worth::Own
                && Some(row) != skip
                && let Some(mile) = mile(names.get(other))
            {
                posts.push((mile, e.at));
            }
        }
    }
    let below = posts.iter().filter(|(m, _)| *m <= at).max_by(|x, y| x.0.total_cmp(&y.0))?;
    let above = posts.iter().filter(|(m, _)| *m >= at).min_by(|x, y| x.0.total_cmp(&y.0))?;
    let apart_m = below.1.distance_m(above.1);
    // Two roads of one number count their miles each for itself: posts too far apart for their miles are not one road's.
    if above.0 - below.0 > WIDEST_MILES || apart_m > (above.0 - below.0) * 1_700.0 + 500.0 {
        return None;
    }
    let share = if above.0 > below.0 { (at - below.0) / (above.0 - below.0) } else { 0.0 };
    let (x, y) = above.1.metres_from(below.1);
    Some(Inferred { at: below.1.moved(x * share, y * share), kind: Kind::Milepost, scale_m: apart_m })
}

/// What dispatchers write for the end or the structure of a street: no street, and everywhere.
fn is_generic(name: &str) -> bool {
    let things = [
        "DEAD", "END", "DEADEND", "RR", "RAILROAD", "TRACKS", "XING", "UPAS", "OPAS", "ACCESS", "GATE", "CUL", "DE",
        "SAC", "BRG", "RAMP",
    ];
    name.split(' ').all(|w| things.contains(&w))
}

/// A street by its known points.
pub(super) fn street(index: &Index, name: &str, around: &Where, skip: Option<usize>) -> Option<Inferred> {
    whole(&here(index, &index.streets().family(name), around, skip), Kind::Whole)
}

/// How far nine in ten of a street's known points in the town lie from a point of it; `None` where few are known.
pub(super) fn reach(index: &Index, name: &str, around: &Where, at: Spot) -> Option<f64> {
    const FEW: usize = 4;
    let here = here(index, &index.streets().family(name), around, None);
    let mut away: Vec<f64> = here.iter().map(|s| s.distance_m(at)).collect();
    away.sort_by(f64::total_cmp);
    (away.len() >= FEW).then(|| away[away.len() * 9 / 10].max(150.0))
}

fn whole(spots: &[Spot], kind: Kind) -> Option<Inferred> {
    let kind = if kind == Kind::OneStreet && spots.len() == 1 { Kind::OnePoint } else { kind };
    (!spots.is_empty()).then(|| Inferred { at: spots[medoid(spots)], kind, scale_m: spread_m(spots) })
}

fn relative(index: &Index, a: &[u32], b: &[u32], around: &Where, skip: Option<usize>) -> Option<Inferred> {
    let entries = index.entries();
    let mut known: Vec<Spot> = Vec::new();
    for x in a {
        for y in b.iter().filter(|y| *y != x) {
            for row in entries.crossing(*x, *y).filter(|row| Some(*row) != skip) {
                let e = entries.get(row);
                if e.worth == Worth::Own
                    && around.rate(e.town, e.zip, e.at).is_some_and(|r| r > 0 || !around.is_known())
                {
                    known.push(e.at);
                }
            }
        }
    }
    whole(&known, Kind::Relative).filter(|found| found.scale_m <= FARTHEST_M)
}

/// The same two names cross under the name of another town: on the border they are one crossing. Its scale is how far
/// from the streets' points in this town that lies.
fn elsewhere(
    index: &Index,
    (a, b): (&str, &str),
    (here_a, here_b): (&[Spot], &[Spot]),
    around: &Where,
    skip: Option<usize>,
) -> Option<Inferred> {
    let names = index.streets();
    if is_generic(a) || is_generic(b) {
        return None;
    }
    let (a, b) = names.find(a).zip(names.find(b))?;
    let entries = index.entries();
    let away = |at: Spot| here_a.iter().chain(here_b).map(|s| s.distance_m(at)).fold(f64::INFINITY, f64::min);
    entries
        .crossing(a, b)
        .filter(|row| Some(*row) != skip)
        .map(|row| entries.get(row))
        .filter(|e| e.worth == Worth::Own && around.rate(e.town, e.zip, e.at).is_none_or(|r| r <= 0))
        .map(|e| Inferred { at: e.at, kind: Kind::Elsewhere, scale_m: away(e.at) })
        .filter(|found| found.scale_m <= FARTHEST_M)
        .min_by(|x, y| x.scale_m.total_cmp(&y.scale_m).then(x.at.cmp(&y.at)))
}

/// Known points of a street's family in the town.
fn here(index: &Index, family: &[u32], around: &Where, skip: Option<usize>) -> Vec<Spot> {
    let places = index.places();
    let mut found = Vec::new();
    for place in family.iter().flat_map(|street| places.of_street(*street)) {
        match around.fit(place.town, place.zip) {
            Fit::Away => {}
            Fit::Here => spots(index, &place, skip, |at| found.push(at)),
            Fit::Within { centre, metres } => {
                if !places.is_beyond(&place, centre, metres) {
                    let plane = centre.plane();
                    spots(index, &place, skip, |at| {
                        if plane.distance_m(at) <= metres {
                            found.push(at);
                        }
                    });
                }
            }
        }
    }
    thinned(found)
}

/// Known points of a street's family in other towns that lie near points of this one.
fn away(index: &Index, family: &[u32], around: &Where, skip: Option<usize>, to: &[Spot]) -> Vec<Spot> {
    let places = index.places();
    let (Some(first), mut found) = (to.first(), Vec::new()) else { return Vec::new() };
    let reach_m = to.iter().map(|at| first.distance_m(*at)).fold(0.0, f64::max);
    for place in family.iter().flat_map(|street| places.of_street(*street)) {
        let here = match around.fit(place.town, place.zip) {
            Fit::Here => continue,
            Fit::Within { centre, metres } => Some((centre.plane(), metres)),
            Fit::Away => None,
        };
        if places.is_beyond(&place, *first, 3.0 * (reach_m + FARTHEST_M)) {
            continue;
        }
        spots(index, &place, skip, |at| {
            let is_here = here.is_some_and(|(plane, metres)| plane.distance_m(at) <= metres);
            if !is_here && to.iter().any(|t| t.distance_m(at) <= FARTHEST_M) {
                found.push(at);
            }
        });
    }
    thinned(found)
}

/// The points of one place that are points of their own, and both ends of its stretches.
fn spots(index: &Index, place: &Place, skip: Option<usize>, mut take: impl FnMut(Spot)) {
    let (entries, ranges) = (index.entries(), index.ranges());
    for row in index.places().rows(place) {
        match row {
            Row::Entry(row) => {
                let e = entries.get(row);
                if e.worth == Worth::Own && Some(row) != skip {
                    take(e.at);
                }
            }
            Row::Stretch(range) => {
                let (from, to) = ranges.ends(&range);
                take(from);
                take(to);
            }
        }
    }
}

fn thinned(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_unstable();
    spots.dedup();
    if spots.len() > MOST_SPOTS {
        let step = spots.len().div_ceil(MOST_SPOTS);
        spots = spots.into_iter().step_by(step).collect();
    }
    spots
}

/// Where two sets of points, each of one street, come together.
fn meet(a: &[Spot], b: &[Spot]) -> Option<Inferred> {
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

/// Errors are kept apart by the kind of answer, and by whether a ZIP is known: what a list cannot place well it often
/// leaves without one.
pub(super) fn class(found: &Inferred, around: &Where) -> u32 {
    found.kind as u32 * 2 + u32::from(around.has_zip())
}

/// Known points asked for as if they were not known; more would only take longer.
const MOST_QUESTIONS: usize = 6_000;
/// Errors are kept for groups of at least so many questions of like scale.
const GROUP: usize = 60;

/// By kind and scale, the radius that held nine in ten: (kind, largest scale, radius, questions), sorted.
pub(super) fn measure(index: &Index) -> Vec<(u32, u32, u32, u32)> {
    let entries = index.entries();
    let asked = |e: &Entry| e.origin == Origin::Text && e.number == 0;
    let step = entries.len().div_ceil(MOST_QUESTIONS).max(1);
    let mut errors: Vec<(u32, f64, f64)> = Vec::new();
    // A step that shares no factor with the order of the rows would be better still; the rows are sorted by name.
    for row in (0..entries.len()).step_by(step) {
        let e = entries.get(row);
        if !asked(&e) {
            continue;
        }
        let (around, names) = (Where::at(&e), index.streets());
        let found = if e.b == NONE {
            street(index, names.get(e.a), &around, Some(row))
        } else {
            crossing(index, names.get(e.a), names.get(e.b), &around, Some(row))
        };
        if let Some(found) = found {
            errors.push((class(&found, &around), found.scale_m, found.at.distance_m(e.at)));
        }
    }
    errors.sort_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.total_cmp(&y.2)));
    let mut out = Vec::new();
    for kind in errors.chunk_by(|x, y| x.0 == y.0) {
        let groups = (kind.len() / GROUP).clamp(1, 12);
        let size = kind.len().div_ceil(groups);
        let mut rest = kind;
        while !rest.is_empty() {
            // A group ends between two scales, and the last takes what is left.
            let mut end = if rest.len() < 2 * size { rest.len() } else { size };
            while end < rest.len() && rest[end].1.ceil() <= rest[end - 1].1.ceil() {
                end += 1;
            }
            let (group, others) = rest.split_at(end);
            rest = others;
            let mut away: Vec<f64> = group.iter().map(|(.., d)| *d).collect();
            away.sort_by(f64::total_cmp);
            let rank = ((away.len() + 1) * 9).div_ceil(10).min(away.len());
            let largest = group.last().map_or(0.0, |(_, s, _)| s.ceil());
            out.push((kind[0].0, largest as u32, away[rank - 1].ceil() as u32, away.len() as u32));
        }
    }
    out
}
