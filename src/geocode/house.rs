//! Answers to house numbers: known houses, stretches of streets, and what lies between two known houses.
//!
//! Interpolation along a stretch follows TIGER's address ranges: the number's share of the range is its share of the
//! line, set off to its side. Ranges are potential numbers, so real houses crowd at the low end of a block: the radius
//! grows with the length of the stretch.

use super::{
    index::{
        Index,
        rows::{NONE, Range, Spot},
    },
    number::HouseNumber,
    question::{Judged, Where, judge, medoid, spread_m},
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
/// Known houses whose numbers lie farther apart do not say where the one between them is.
const WIDEST_NUMBERS: u32 = 60;
const WIDEST_M: f64 = 600.0;

/// A house of a street by its number.
pub(super) fn find(index: &Index, street: u32, number: &HouseNumber, around: &Where, asked: &str) -> House {
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
    between(index, street, number, around)
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
    if spots.len() > 1 && spread_m(&spots) <= WIDEST_M {
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

fn on_stretch(index: &Index, street: u32, number: &HouseNumber, around: &Where) -> House {
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
            best.push(along(&range, &ranges.line(&range), number.value));
        }
    }
    let spots: Vec<Spot> = best.iter().map(|(at, _)| *at).collect();
    match best.as_slice() {
        [] => House::Nothing,
        _ if spread_m(&spots) > WIDEST_M => House::Several { spots },
        all => {
            let (at, radius) = all[medoid(&spots)];
            House::Between { at, radius_m: radius.max(spread_m(&spots)) }
        }
    }
}

/// The number's place on its stretch, and the radius.
fn along(range: &Range, line: &[Spot], number: u32) -> (Spot, f64) {
    let span = (range.high - range.low).max(1);
    // The ends of a range are the corners of the block: a house stands a little inside.
    let share = (f64::from(number - range.low) / f64::from(span)).clamp(0.03, 0.97);
    let share = if range.backwards { 1.0 - share } else { share };
    let Some(origin) = line.first().copied() else { return (Spot { lat: 0, lon: 0 }, f64::INFINITY) };
    let plane = origin.plane();
    let pieces = || line.windows(2).map(|w| [plane.metres(w[0]), plane.metres(w[1])]);
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
    (origin.moved(x + dx, y + dy), (length / 3.0).clamp(40.0, 400.0))
}

/// Between the nearest known numbers below and above, on the same side where that is known, or a little beyond the last
/// two of a side.
fn between(index: &Index, street: u32, number: &HouseNumber, around: &Where) -> House {
    let (entries, hyphen, number) = (index.entries(), number.has_hyphen(), number.value);
    let known: Vec<(u32, Spot)> = entries
        .houses(street, number.saturating_sub(WIDEST_NUMBERS).max(1), number + WIDEST_NUMBERS)
        .map(|row| entries.get(row))
        .filter(|e| !hyphen || HouseNumber::is_hyphen_code(e.rest))
        .filter(|e| e.b == NONE && around.rate(e.town, e.zip, e.at).is_some_and(|r| r > 0 || !around.is_known()))
        .map(|e| (e.number, e.at))
        .collect();
    let sides = |same_side: bool| {
        let fits = move |n: u32| !same_side || n % 2 == number % 2;
        let below: Vec<(u32, Spot)> = known.iter().rev().filter(|(n, _)| *n < number && fits(*n)).copied().collect();
        let above: Vec<(u32, Spot)> = known.iter().filter(|(n, _)| *n > number && fits(*n)).copied().collect();
        (below, above)
    };
    let (below, above) = sides(true);
    if let Some(found) = inside(number, &below, &above, 30.0) {
        return found;
    }
    let (low, high) = sides(false);
    inside(number, &low, &high, 60.0)
        .or_else(|| beyond(number, &below).or_else(|| beyond(number, &above)))
        .unwrap_or(House::Nothing)
}

fn inside(number: u32, below: &[(u32, Spot)], above: &[(u32, Spot)], least_m: f64) -> Option<House> {
    let ((low, from), (high, to)) = (*below.first()?, *above.first()?);
    let apart_m = from.distance_m(to);
    if apart_m > WIDEST_M {
        return None;
    }
    let share = f64::from(number - low) / f64::from(high - low);
    let (x, y) = to.metres_from(from);
    Some(House::Between { at: from.moved(x * share, y * share), radius_m: (apart_m / 2.0).max(least_m) })
}

/// Beyond the last known house of a side, at the pace of the last two; `known` begins with the nearest.
fn beyond(number: u32, known: &[(u32, Spot)]) -> Option<House> {
    let ((near, at), (next, before)) = (*known.first()?, *known.get(1)?);
    let (gap, pace) = (f64::from(number.abs_diff(near)), f64::from(near.abs_diff(next)));
    let apart_m = at.distance_m(before);
    let ahead_m = if pace > 0.0 { apart_m * gap / pace } else { return None };
    if apart_m > WIDEST_M || ahead_m > WIDEST_M / 3.0 {
        return None;
    }
    let (x, y) = at.metres_from(before);
    let share = gap / pace;
    Some(House::Between { at: at.moved(x * share, y * share), radius_m: (ahead_m + 30.0).max(60.0) })
}
