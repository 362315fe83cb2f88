//! Streets whose name comes in many towns, where nothing says which of them is meant.
//!
//! "Main St" without a town is ten thousand points of a state. That they lie too far apart for an answer is told from
//! a few of them.

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

/// The places of streets that are surely in the town that is asked for.
fn in_town<'a>(index: &'a Index, family: &'a [u32], around: &'a Where) -> impl Iterator<Item = Place> + 'a {
    let places = index.places();
    family
        .iter()
        .flat_map(move |street| places.of_street(*street))
        .filter(|place| around.fit(place.town, place.zip) == Fit::Here)
}
