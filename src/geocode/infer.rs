//! Where a crossing must lie whose streets are known, though it is not.
//!
//! The other known points of each street show its course: sorted along their main axis they make a line. Where the two
//! lines cross, or would when prolonged, is the answer; where they only come near, the middle of the nearest points.
//! How much that is worth is not assumed but measured, see `measure`.

use super::{
    index::{
        Index,
        places::Row,
        rows::{METRES_PER_UNIT, NONE, Spot, Worth},
    },
    meeting::meet,
    question::{Fit, Where, medoid, spread_m},
    scattered,
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
    /// A house between two known ones of its side …
    HouseInside,
    /// … or of either side, …
    HouseAcross,
    /// … or beyond the last of its side.
    HouseBeyond,
    /// A house on a stretch, by its number.
    Stretch,
    /// A street of which houses are known …
    OfHouses,
    /// … and one that is asked for with a number that lies not between theirs.
    Outside,
}

impl Kind {
    /// The class of errors where a ZIP makes no difference.
    pub fn class(self) -> u32 {
        self as u32 * 2
    }
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
pub(super) const MOST_SPOTS: usize = 160;
/// Known points of one street farther apart are not joined by a straight line.
pub(super) const LONGEST_GAP_M: f64 = 2_500.0;
/// Streets whose nearest known points are farther apart do not cross here.
pub(super) const FARTHEST_M: f64 = 2_500.0;

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
    // Of a street that comes in many towns every so-manieth point would make a line through all of them.
    let (wide_a, wide_b) = (scattered::is_wide(index, &first, around), scattered::is_wide(index, &second, around));
    let here = |family: &[u32], wide: bool| if wide { Vec::new() } else { here(index, family, around, skip) };
    let (here_a, here_b) = (here(&first, wide_a), here(&second, wide_b));
    if let Some(found) = elsewhere(index, (a, b), (&here_a, &here_b), around, skip) {
        return Some(found);
    }
    let (a, b) = match (here_a.is_empty(), here_b.is_empty()) {
        (false, false) => (here_a, here_b),
        (false, true) => {
            let near = near(index, &second, around, skip, &here_a, wide_b);
            (here_a, near)
        }
        (true, false) => {
            let near = near(index, &first, around, skip, &here_b, wide_a);
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

/// What dispatchers write for the end or the structure of a street, and the exits and miles of a road without the road:
/// no street, and everywhere.
fn is_generic(name: &str) -> bool {
    let things = [
        "DEAD", "END", "DEADEND", "RR", "RAILROAD", "TRACKS", "XING", "UPAS", "OPAS", "ACCESS", "GATE", "CUL", "DE",
        "SAC", "BRG", "RAMP",
    ];
    let is_marker = |w: &str| {
        let number = w.strip_prefix("EXIT").or(w.strip_prefix("MM"));
        number.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
    };
    name.split(' ').all(|w| things.contains(&w) || is_marker(w))
}

/// A street by its known points.
pub(super) fn street(index: &Index, name: &str, around: &Where, skip: Option<usize>) -> Option<Inferred> {
    let family = index.streets().family(name);
    let kind = if has_only_houses(index, &family, around) { Kind::OfHouses } else { Kind::Whole };
    whole(&here(index, &family, around, skip), kind)
}

/// The street of a house whose number is not known, nor between two that are.
pub(super) fn street_of_house(index: &Index, name: &str, around: &Where, skip: Option<usize>) -> Option<Inferred> {
    let found = street(index, name, around, skip)?;
    let kind = if found.kind == Kind::OfHouses { Kind::Outside } else { found.kind };
    Some(Inferred { kind, ..found })
}

/// Whether houses are all that is known of the points of these streets in the town.
fn has_only_houses(index: &Index, family: &[u32], around: &Where) -> bool {
    let places = index.places();
    let mut here = family.iter().flat_map(|street| around.places(index, *street)).peekable();
    here.peek().is_some() && here.all(|(place, _)| places.houses(&place).are_all())
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
    let mut found = Vec::with_capacity(2 * MOST_SPOTS);
    for (place, fit) in family.iter().flat_map(|street| around.places(index, *street)) {
        match fit {
            Fit::Away => {}
            // Where one stretch ends another begins.
            Fit::Here => places.spots(&place, skip, |at| {
                if found.last() != Some(&at) {
                    found.push(at);
                }
            }),
            Fit::Within { centre, metres } => {
                if !places.is_beyond(&place, centre, metres) {
                    let plane = centre.plane();
                    places.spots(&place, skip, |at| {
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

/// Known points of a street's family in other towns, or in `any`, that lie near points of this one.
fn near(index: &Index, family: &[u32], around: &Where, skip: Option<usize>, to: &[Spot], any: bool) -> Vec<Spot> {
    let (places, mut found) = (index.places(), Vec::new());
    for place in family.iter().flat_map(|street| places.of_street(*street)) {
        let here = match around.fit(place.town, place.zip) {
            Fit::Here if !any => continue,
            Fit::Within { centre, metres } if !any => Some((centre.plane(), metres)),
            _ => None,
        };
        // Distances from one point and from the other differ by a little.
        let beside = |(at, reach_m)| is_near(at, to, 1.1 * (FARTHEST_M + reach_m));
        if !places.extent(&place).is_some_and(beside) {
            continue;
        }
        places.spots(&place, skip, |at| {
            let is_here = here.is_some_and(|(plane, metres)| plane.distance_m(at) <= metres);
            if !is_here && is_near(at, to, FARTHEST_M) {
                found.push(at);
            }
        });
    }
    thinned(found)
}

/// Whether a point lies so near one of several, which are sorted from south to north.
fn is_near(at: Spot, to: &[Spot], metres: f64) -> bool {
    // A little more, for the rounding of distances.
    let units = (1.01 * metres / METRES_PER_UNIT) as i32;
    let (south, north) = (at.lat.saturating_sub(units), at.lat.saturating_add(units));
    let from = to.partition_point(|t| t.lat < south);
    to[from..].iter().take_while(|t| t.lat <= north).any(|t| t.distance_m(at) <= metres)
}

fn thinned(mut spots: Vec<Spot>) -> Vec<Spot> {
    sort_distinct(&mut spots);
    if spots.len() > MOST_SPOTS {
        let step = spots.len().div_ceil(MOST_SPOTS);
        spots = spots.into_iter().step_by(step).collect();
    }
    spots
}

/// Sorted from south to north, each once.
pub(super) fn sort_distinct(spots: &mut Vec<Spot>) {
    // As one number a spot is compared at once.
    let key = |s: &Spot| u64::from(s.lat.cast_unsigned() ^ 1 << 31) << 32 | u64::from(s.lon.cast_unsigned() ^ 1 << 31);
    spots.sort_unstable_by_key(key);
    spots.dedup();
}

/// Errors are kept apart by the kind of answer, and by whether a ZIP is known: what a list cannot place well it often
/// leaves without one.
pub(super) fn class(found: &Inferred, around: &Where) -> u32 {
    found.kind.class() + u32::from(around.has_zip() && !matches!(found.kind, Kind::OfHouses | Kind::Outside))
}
