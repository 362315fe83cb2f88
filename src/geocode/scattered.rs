//! Streets whose name comes in many towns, where nothing says which of them is meant.
//!
//! "Main St" without a town is ten thousand points of a state. That they lie too far apart for an answer is told from
//! a few of them, and where such a street meets another one only what lies near that one is looked at.

use super::{
    index::{
        Index,
        places::Place,
        rows::{METRES_PER_UNIT, Spot},
    },
    infer::{MOST_SPOTS, sort_distinct},
    question::{Fit, Where},
};

/// The southernmost of the first points of so many places is far enough south.
const PLACES_FOR_SOUTH: usize = 64;

/// Whether the points by which a street is known in the town (every so-manieth of them, sorted from the south) surely
/// lie farther apart than this; `false` where a few of them do not show it.
///
/// The first point of the south is always among those that are taken, and one of every so many that follow each other:
/// so many points that lie that far north of any one show it.
pub(super) fn spread_exceeds(index: &Index, family: &[u32], around: &Where, metres: f64) -> bool {
    let places = index.places();
    let rows: usize = family.iter().map(|street| places.rows_of_street(*street)).sum();
    let needed = (2 * rows).div_ceil(MOST_SPOTS);
    let here = || in_town(index, family, around);
    let south = here().take(PLACES_FOR_SOUTH).filter_map(|place| places.first_own(&place)).map(|at| at.lat).min();
    let Some(south) = south else { return false };
    let north = f64::from(south) + metres / METRES_PER_UNIT;
    let mut found: Vec<Spot> = Vec::new();
    for place in here() {
        let before = found.len();
        places.spots(&place, None, |at| {
            if f64::from(at.lat) > north {
                found.push(at);
            }
        });
        if found.len() > before && found.len() >= needed {
            sort_distinct(&mut found);
            if found.len() >= needed {
                return true;
            }
        }
    }
    false
}

/// Whether so much is known of a street, in towns so far apart, that its points in the order of their places are no
/// line: nothing said which town is meant.
pub(super) fn is_wide(index: &Index, family: &[u32], around: &Where) -> bool {
    /// Fewer are looked at one by one.
    const MANY: usize = 500;
    const FAR_M: f64 = 20_000.0;
    let places = index.places();
    let (mut rows, mut far, mut first) = (0, false, None);
    for place in in_town(index, family, around) {
        rows += places.size(&place);
        let Some((at, _)) = places.extent(&place) else { continue };
        far |= first.get_or_insert(at).distance_m(at) > FAR_M;
        if far && rows > MANY {
            return true;
        }
    }
    false
}

/// The places of streets that are surely in the town that is asked for.
fn in_town<'a>(index: &'a Index, family: &'a [u32], around: &'a Where) -> impl Iterator<Item = Place> + 'a {
    let here = family.iter().flat_map(move |street| around.places(index, *street));
    here.filter(|(_, fit)| *fit == Fit::Here).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::place::Point,
        geocode::{Answer, Builder, Index, Query, Stretch, Why, question::Fit, question::Where},
    };

    /// Twelve towns a third of a degree apart, each with two long parallel streets; in one of them a street that comes
    /// from the north and ends 200 m before the first.
    fn towns(named: bool) -> Index {
        let mut builder = Builder::default();
        let point = |lat: f64, lon: f64| Point::new(lat, lon).unwrap();
        for t in 0..12 {
            let (lat, zip, town) = (40.0 + f64::from(t) / 3.0, format!("{}", 15_000 + t), format!("Town{t}"));
            let mut add = |street: &str, line: [Point; 2], first: u32| {
                builder.add_stretch(&Stretch {
                    street,
                    line: &line,
                    left: Some((first + 1, first + 99)),
                    zip_left: Some(&zip),
                    town: named.then_some(town.as_str()),
                    ..Stretch::default()
                });
            };
            for b in 0..60 {
                let lon = -80.0 + f64::from(b) * 0.0015;
                for (street, lat) in [("1st St", lat), ("2nd St", lat - 0.03)] {
                    add(street, [point(lat, lon), point(lat, lon + 0.0015)], 100 * (b + 1));
                }
            }
            if t == 7 {
                for b in 0..4 {
                    let lat = lat + 0.0018 + f64::from(b) * 0.0015;
                    add("Tannery Ln", [point(lat, -79.97), point(lat + 0.0015, -79.97)], 100 * (b + 1));
                }
            }
        }
        builder.build()
    }

    fn ask(index: &Index, text: &str) -> Answer {
        index.answer(&Query { text: Some(text), ..Query::default() })
    }

    #[test]
    fn two_streets_of_many_towns_lead_nowhere_without_a_town() {
        let index = towns(false);
        for text in ["1st St & 2nd St", "1st St", "2nd St", "99900 1st St"] {
            assert_eq!(ask(&index, text), Answer::NotFound(Why::UnknownCrossing), "{text}");
        }
    }

    #[test]
    fn a_street_of_one_town_tells_where_one_of_many_towns_is_meant() {
        let Answer::Found(found) = ask(&towns(false), "1st St & Tannery Ln") else { panic!("not found") };
        let truth = Point::new(40.0 + 7.0 / 3.0, -79.97).unwrap();
        assert!(found.point.distance_km(truth) * 1000.0 <= found.radius_m, "{found:?}");
    }

    #[test]
    fn looking_only_at_places_of_a_town_and_a_zip_leaves_out_none_that_fits() {
        for index in [towns(true), towns(false)] {
            let street = index.streets().find("1ST ST").unwrap();
            for (town, zip) in [
                (None, None),
                (Some("Town3"), None),
                (Some("Town3"), Some("15003")),
                (Some("Town3"), Some("15004")),
                (Some("Elsewhere"), None),
                (None, Some("15011")),
                (None, Some("99999")),
            ] {
                let around = Where::of(&index, town, zip);
                let all = index.places().of_street(street).map(|place| {
                    let fit = around.fit(place.town, place.zip);
                    (place, fit)
                });
                let fitting: Vec<_> = all.filter(|(_, fit)| *fit != Fit::Away).collect();
                assert_eq!(around.places(&index, street).collect::<Vec<_>>(), fitting, "{town:?} {zip:?}");
            }
        }
    }
}
