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
