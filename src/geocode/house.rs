//! Answers to house numbers: known houses, stretches of streets, and what lies between two known houses.
//!
//! Interpolation along a stretch follows TIGER's address ranges: the number's share of the range is its share of the
//! line, set off to its side. Ranges are potential numbers, so real houses crowd at the low end of a block: the radius
//! grows with the length of the stretch. Where houses are known, how far such answers are off is measured on them when
//! the index is built ([`measure`](super::measure)), and the radius follows from that.

use super::{
    index::{
        Index,
        rows::{Entry, Range, Spot},
    },
    infer::Kind,
    number::HouseNumber,
    question::{Fit, Judged, Where, judge, medoid, spread_m},
};

/// A house or a block that was found.
pub(super) enum House {
    Known(Judged),
    Between {
        at: Spot,
        radius_m: f64,
    },
    /// Stretches of this number in several places.
    Several {
        spots: Vec<Spot>,
    },
    Nothing,
}

/// Houses stand so far from the middle of the street.
const SETBACK_M: f64 = 12.0;
/// Numbers of one block.
const BLOCK: u32 = 100;
/// Houses of one block lie within this.
const WIDEST_BLOCK_M: f64 = 600.0;
/// Known houses that stand farther apart do not say where one between them is; in the country, numbers count the feet
/// along a road, and neighbours may stand a mile apart.
const WIDEST_M: f64 = 2_500.0;
/// How far beyond the last known house the pace of the numbers is believed.
const FARTHEST_AHEAD_M: f64 = 200.0;
/// No house is placed more exactly than the known ones around it.
const NARROWEST_M: f64 = 20.0;

/// A house of a street by its number.
pub(super) fn find(index: &Index, street: u32, number: &HouseNumber, around: &Where, asked: &str) -> House {
    let found = in_any_town(index, street, number, around, asked);
    let House::Between { at, .. } = found else { return found };
    if around.is_known() {
        return found;
    }
    // No list has this house, and no town is given: a street of this name elsewhere may have it as well.
    let mut spots = elsewhere(index, street, number.value, at);
    if spots.is_empty() {
        return found;
    }
    spots.insert(0, at);
    House::Several { spots }
}

/// Where else, far from a place, houses of a street of this name stand whose numbers reach the one that is asked for.
fn elsewhere(index: &Index, street: u32, number: u32, at: Spot) -> Vec<Spot> {
    const FAR_M: f64 = 5_000.0;
    let places = index.places();
    let mut spots: Vec<Spot> = places
        .of_street(street)
        .filter_map(|place| {
            let houses = places.houses(&place);
            let (mut below, mut above) = houses.around(number);
            let beyond = above.next()?.1;
            Some(below.next().map_or(beyond, |(_, e)| e).at)
        })
        .filter(|other| other.distance_m(at) > FAR_M)
        .collect();
    spots.sort_unstable();
    spots
}

fn in_any_town(index: &Index, street: u32, number: &HouseNumber, around: &Where, asked: &str) -> House {
    let entries = index.entries();
    // A number with a hyphen is joined of its parts; it is none where numbers have no hyphens.
    let fits = |row: &usize| !number.has_hyphen() || HouseNumber::is_hyphen_code(entries.get(*row).rest);
    let rows = entries.houses(street, number.value, number.value).filter(fits);
    let exact = rows.clone().filter(|row| entries.get(*row).rest == number.rest_code());
    for judged in [judge(index, exact, around, asked), judge(index, rows, around, asked)] {
        if !matches!(judged, Judged::Nothing) {
            return House::Known(judged);
        }
    }
    let stretch = on_stretch(index, street, number, around);
    if !matches!(stretch, House::Nothing) {
        return stretch;
    }
    between(index, street, number, around, None).map_or(House::Nothing, |found| found.house(index))
}

/// The middle of a block: of its houses, else of its stretch.
pub(super) fn block(index: &Index, street: u32, number: u32, around: &Where) -> House {
    let entries = index.entries();
    let low = number / BLOCK * BLOCK;
    let spots: Vec<Spot> = entries
        .houses(street, low.max(1), low + BLOCK - 1)
        .map(|row| entries.get(row))
        .filter(|e| around.rate(e.town, e.zip, e.at).is_some_and(|r| r > 0 || !around.is_known()))
        .map(|e| e.at)
        .collect();
    if spots.len() > 1 && spread_m(&spots) <= WIDEST_BLOCK_M {
        return House::Between { at: spots[medoid(&spots)], radius_m: (spread_m(&spots) / 2.0).max(60.0) };
    }
    let at = |value: u32| on_stretch(index, street, &HouseNumber { value, ..HouseNumber::default() }, around);
    match at(low + BLOCK / 2) {
        House::Nothing => match at(low.max(1)) {
            House::Nothing => match at(low + 1) {
                House::Between { at, radius_m } => House::Between { at, radius_m: radius_m.max(120.0) },
                other => other,
            },
            House::Between { at, radius_m } => House::Between { at, radius_m: radius_m.max(120.0) },
            other => other,
        },
        House::Between { at, radius_m } => House::Between { at, radius_m: radius_m.max(80.0) },
        other => other,
    }
}

/// The places of a number on the stretches that hold it and fit best, and how long those are.
pub(super) fn stretches(index: &Index, street: u32, number: &HouseNumber, around: &Where) -> Vec<(Spot, f64)> {
    let ranges = index.ranges();
    let mut best: Vec<(Spot, f64)> = Vec::new();
    let mut rating = i32::MIN;
    for range in ranges.holding(street, number.value).filter(|r| r.hyphen || !number.has_hyphen()) {
        let Some(rate) = around.rate(range.town, range.zip, ranges.ends(&range).0) else { continue };
        if rate > rating {
            rating = rate;
            best.clear();
        }
        if rate == rating {
            best.push(along(&range, ranges.line(&range), number.value));
        }
    }
    best
}

fn on_stretch(index: &Index, street: u32, number: &HouseNumber, around: &Where) -> House {
    let best = stretches(index, street, number, around);
    let spots: Vec<Spot> = best.iter().map(|(at, _)| *at).collect();
    match best.as_slice() {
        [] => House::Nothing,
        _ if spread_m(&spots) > WIDEST_BLOCK_M => House::Several { spots },
        all => {
            let (at, length_m) = all[medoid(&spots)];
            let measured = index.error_of(Kind::Stretch.class(), length_m);
            let radius_m = measured.unwrap_or_else(|| (length_m / 3.0).clamp(40.0, 400.0)).max(NARROWEST_M);
            House::Between { at, radius_m: radius_m.max(spread_m(&spots)) }
        }
    }
}

/// The number's place on its stretch, and the stretch's length.
fn along(range: &Range, line: impl Iterator<Item = Spot> + Clone, number: u32) -> (Spot, f64) {
    let span = (range.high - range.low).max(1);
    // The ends of a range are the corners of the block: a house stands a little inside.
    let share = (f64::from(number - range.low) / f64::from(span)).clamp(0.03, 0.97);
    let share = if range.backwards { 1.0 - share } else { share };
    let Some(origin) = line.clone().next() else { return (Spot { lat: 0, lon: 0 }, f64::INFINITY) };
    let plane = origin.plane();
    let pieces = || line.clone().zip(line.clone().skip(1)).map(|(from, to)| [plane.metres(from), plane.metres(to)]);
    let step = |w: &[(f64, f64); 2]| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1);
    let length: f64 = pieces().map(|w| step(&w)).sum();
    let mut left = share * length;
    let mut place = ((0.0, 0.0), (0.0, 0.0));
    for w in pieces() {
        let d = step(&w);
        let t = if d > 0.0 { (left / d).min(1.0) } else { 0.0 };
        let way = if d > 0.0 { ((w[1].0 - w[0].0) / d, (w[1].1 - w[0].1) / d) } else { place.1 };
        place = ((w[0].0 + t * (w[1].0 - w[0].0), w[0].1 + t * (w[1].1 - w[0].1)), way);
        if left <= d {
            break;
        }
        left -= d;
    }
    let ((x, y), (east, north)) = place;
    // Left of the way is the way turned by a quarter against the clock.
    let (dx, dy) = match range.side {
        0 => (-north * SETBACK_M, east * SETBACK_M),
        1 => (north * SETBACK_M, -east * SETBACK_M),
        _ => (0.0, 0.0),
    };
    (origin.moved(x + dx, y + dy), length)
}

/// A house number and where it stands.
type Numbered = (u32, Spot);

/// What lies between two known houses, or a little beyond the last two.
pub(super) struct Between {
    pub at: Spot,
    pub kind: Kind,
    /// What the error grows with: how far the two lie apart.
    pub scale_m: f64,
    /// The radius where errors were not measured.
    radius_m: f64,
}

impl Between {
    fn house(self, index: &Index) -> House {
        let measured = index.error_of(self.kind.class(), self.scale_m);
        House::Between { at: self.at, radius_m: measured.unwrap_or(self.radius_m).max(NARROWEST_M) }
    }
}

/// Between the nearest known numbers below and above, on the same side where that is known, or a little beyond the last
/// two of a side; as if the known point `skip` were not known.
pub(super) fn between(
    index: &Index,
    street: u32,
    number: &HouseNumber,
    around: &Where,
    skip: Option<usize>,
) -> Option<Between> {
    let (mut below, mut above) = neighbours(index, street, number, around, skip);
    below.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
    above.sort_unstable();
    let number = number.value;
    let side = |of: &[Numbered]| -> Vec<Numbered> { of.iter().filter(|(n, _)| n % 2 == number % 2).copied().collect() };
    let (below_here, above_here) = (side(&below), side(&above));
    inside(number, &below_here, &above_here, Kind::HouseInside)
        .or_else(|| inside(number, &below, &above, Kind::HouseAcross))
        .or_else(|| beyond(number, &below_here))
        .or_else(|| beyond(number, &above_here))
}

/// Known houses of a street in the town that is asked for, whose numbers are next below and above.
fn neighbours(
    index: &Index,
    street: u32,
    number: &HouseNumber,
    around: &Where,
    skip: Option<usize>,
) -> (Vec<Numbered>, Vec<Numbered>) {
    /// More houses than these are not looked at.
    const MOST: usize = 32;
    let places = index.places();
    let (mut below, mut above) = (Vec::new(), Vec::new());
    for (place, fit) in around.places(index, street) {
        let within = match fit {
            Fit::Away => continue,
            Fit::Here => None,
            Fit::Within { centre, metres } if places.is_beyond(&place, centre, metres) => continue,
            Fit::Within { centre, metres } => Some((centre.plane(), metres)),
        };
        let fits = |(row, e): &(usize, Entry)| {
            Some(*row) != skip
                && (!number.has_hyphen() || HouseNumber::is_hyphen_code(e.rest))
                && within.is_none_or(|(plane, metres)| plane.distance_m(e.at) <= metres)
        };
        let houses = places.houses(&place);
        let (down, up) = houses.around(number.value);
        gather(down.take(MOST).filter(fits), number.value, &mut below);
        gather(up.take(MOST).filter(fits), number.value, &mut above);
    }
    (below, above)
}

/// Houses in the order that they come in, until there are enough of the side of a number.
fn gather(houses: impl Iterator<Item = (usize, Entry)>, number: u32, found: &mut Vec<Numbered>) {
    const ENOUGH: usize = 2;
    let mut on_side = 0;
    for (_, e) in houses {
        found.push((e.number, e.at));
        on_side += usize::from(e.number % 2 == number % 2);
        if on_side == ENOUGH {
            break;
        }
    }
}

fn inside(number: u32, below: &[Numbered], above: &[Numbered], kind: Kind) -> Option<Between> {
    let ((low, from), (high, to)) = (*below.first()?, *above.first()?);
    let apart_m = from.distance_m(to);
    if apart_m > WIDEST_M {
        return None;
    }
    let share = f64::from(number - low) / f64::from(high - low);
    let (x, y) = to.metres_from(from);
    let least_m = if kind == Kind::HouseInside { 30.0 } else { 60.0 };
    Some(Between {
        at: from.moved(x * share, y * share),
        kind,
        scale_m: apart_m,
        radius_m: (apart_m / 2.0).max(least_m),
    })
}

/// Beyond the last known house of a side, at the pace of the last two; `known` begins with the nearest.
fn beyond(number: u32, known: &[Numbered]) -> Option<Between> {
    let ((near, at), (next, before)) = (*known.first()?, *known.get(1)?);
    let (gap, pace) = (f64::from(number.abs_diff(near)), f64::from(near.abs_diff(next)));
    let apart_m = at.distance_m(before);
    let ahead_m = if pace > 0.0 { apart_m * gap / pace } else { return None };
    if apart_m > WIDEST_M || ahead_m > FARTHEST_AHEAD_M {
        return None;
    }
    let (x, y) = at.metres_from(before);
    let share = gap / pace;
    Some(Between {
        at: at.moved(x * share, y * share),
        kind: Kind::HouseBeyond,
        scale_m: ahead_m,
        radius_m: (ahead_m + 30.0).max(60.0),
    })
}

#[cfg(test)]
#[path = "house_tests.rs"]
mod tests;
