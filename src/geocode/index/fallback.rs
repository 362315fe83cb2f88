//! What a list's points are really worth.
//!
//! Who makes a list puts what he cannot place somewhere: the middle of the town, the dispatch centre, or, for a crossing
//! of which he knows one street only, the middle of that street. Such points betray themselves: a crossing has two
//! streets (under a few names each), so a point that stands for many streets that have nothing in common is no crossing.

use std::collections::HashMap;

use super::rows::{Area, AreaClass, Entry, NONE, Origin, Spot, Worth};
use crate::geocode::parts::Parts;

/// So many different texts that two streets do not explain make a fall-back of the place.
const PLACE_TEXTS: usize = 5;
/// So many other streets with which one street is said to cross at one point make a fall-back of that street.
const STREET_PARTNERS: usize = 4;

/// Set the worth of the texts' points. `streets` are the names by number.
pub(super) fn mark(entries: &mut [Entry], streets: &[String]) {
    let mut rows: Vec<usize> =
        (0..entries.len()).filter(|i| matches!(entries[*i].origin, Origin::Text | Origin::Landmark)).collect();
    let key = |e: &Entry| ((e.at.lat + 50).div_euclid(100), (e.at.lon + 50).div_euclid(100));
    rows.sort_by_key(|i| (key(&entries[*i]), *i));
    let mut worths: Vec<(usize, Worth)> = Vec::new();
    for group in rows.chunk_by(|x, y| key(&entries[*x]) == key(&entries[*y])) {
        if group.len() < STREET_PARTNERS {
            continue;
        }
        let core = |id: u32| if id == NONE { "" } else { Parts::of(&streets[id as usize]).core };
        let pairs: Vec<(&str, &str)> = group.iter().map(|i| (core(entries[*i].a), core(entries[*i].b))).collect();
        let place = is_place(&pairs);
        for (row, pair) in group.iter().zip(&pairs) {
            if place {
                worths.push((*row, Worth::PlaceFallback));
            } else if is_street(&pairs, pair) {
                worths.push((*row, Worth::StreetFallback));
            }
        }
    }
    for (row, worth) in worths {
        entries[row].worth = worth;
    }
}

/// Two streets explain less than three in five of the texts.
fn is_place(pairs: &[(&str, &str)]) -> bool {
    let mut distinct = pairs.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let all = distinct.len();
    if all < PLACE_TEXTS {
        return false;
    }
    for _ in 0..2 {
        let Some(top) = commonest(&distinct) else { break };
        distinct.retain(|(a, b)| *a != top && *b != top);
    }
    distinct.len() * 5 > all * 2
}

fn commonest<'a>(pairs: &[(&'a str, &'a str)]) -> Option<&'a str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (a, b) in pairs {
        for name in [*a, *b] {
            if !name.is_empty() {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    counts.into_iter().max_by_key(|(name, n)| (*n, std::cmp::Reverse(*name))).map(|(name, _)| name)
}

/// One street of the pair has here too many others across it.
fn is_street(pairs: &[(&str, &str)], pair: &(&str, &str)) -> bool {
    [pair.0, pair.1].iter().filter(|s| !s.is_empty()).any(|street| {
        let mut others: Vec<&str> = pairs
            .iter()
            .filter_map(|(a, b)| {
                if a == street {
                    Some(*b)
                } else if b == street {
                    Some(*a)
                } else {
                    None
                }
            })
            .filter(|o| !o.is_empty() && o != street)
            .collect();
        others.sort_unstable();
        others.dedup();
        others.len() >= STREET_PARTNERS
    })
}

/// Towns and ZIP areas reach as far as nineteen in twenty of their known points, where there are enough of them.
pub(super) fn measure_areas(areas: &mut [Area], entries: &[Entry]) {
    const ENOUGH: usize = 20;
    let mut of_town: HashMap<u32, Vec<Spot>> = HashMap::new();
    let mut of_zip: HashMap<u32, Vec<Spot>> = HashMap::new();
    for e in entries.iter().filter(|e| e.worth == Worth::Own) {
        if e.town != NONE {
            of_town.entry(e.town).or_default().push(e.at);
        }
        if e.zip != 0 {
            of_zip.entry(e.zip).or_default().push(e.at);
        }
    }
    for area in areas {
        let known = match area.class {
            AreaClass::Town => of_town.get(&area.key),
            AreaClass::Zip => of_zip.get(&area.key),
            AreaClass::County => None,
        };
        if let Some(known) = known.filter(|k| k.len() >= ENOUGH) {
            let mut away: Vec<f64> = known.iter().map(|s| s.distance_m(area.at)).collect();
            away.sort_by(f64::total_cmp);
            area.radius_m = away[(away.len() * 19 / 20).min(away.len() - 1)].ceil() as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_many_streets_is_a_place_and_one_of_many_partners_a_street() {
        let crossing = [("MAIN", "OAK"), ("MAIN", "RT1"), ("OAK", "RT1"), ("MAIN", ""), ("OAK", "")];
        assert!(!is_place(&crossing) && !is_street(&crossing, &crossing[0]));
        let dispatch = [("A", "B"), ("C", "D"), ("E", ""), ("F", "G"), ("H", ""), ("I", "J")];
        assert!(is_place(&dispatch));
        let middle = [("CHURCH", "A"), ("CHURCH", "B"), ("C", "CHURCH"), ("CHURCH", "D"), ("CHURCH", "")];
        assert!(!is_place(&middle) && middle.iter().all(|p| is_street(&middle, p)));
    }
}
