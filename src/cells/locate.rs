//! A candidate position and the texts beside it → a [`Location`] with flags.

use super::AreaIndex;
use crate::domain::{
    area::{Area, AreaKind},
    event::{Flag, Location, PlaceText, PlacedBy},
    place::{Point, Precision},
    place_name::PlaceName,
};

/// Where something may be, before it is set among areas and cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub point: Option<Point>,
    pub precision: Precision,
    pub placed_by: PlacedBy,
    /// Radius in metres, where the source or gazetteer states one.
    pub uncertainty_m: Option<f64>,
    /// The point stands for many different addresses.
    pub fallback: bool,
}

/// Set a candidate among the areas.
///
/// - The cell is the finest its precision allows; a location known to the jurisdiction only has none.
/// - The area is the finest whose outline holds the point. Where the point itself says little (a
///   fall-back, or nothing finer than the jurisdiction), a town that the text names comes first.
/// - `PlaceDisagrees` when the text names a known area (or says it is a county) that is not the one the
///   point lies in; a village or neighbourhood that no outline is named after disagrees with nothing.
/// - `OutsideAreas` when there are areas and the point lies in none. A point far outside all of them gets
///   no cell: it is a slip of the sender, and a cell on another coast helps nobody.
pub fn locate(candidate: &Candidate, text: &PlaceText, areas: &AreaIndex) -> (Location, Vec<Flag>) {
    let mut flags = Vec::new();
    let precision = if candidate.fallback { candidate.precision.max(Precision::Place) } else { candidate.precision };
    if candidate.fallback {
        flags.push(Flag::FallbackPoint);
    }
    let holders = candidate.point.map(|p| areas.all_at(p)).unwrap_or_default();
    let named = named_area(text, areas);
    let told = candidate.placed_by == PlacedBy::Coordinates || candidate.placed_by.is_remote();
    if candidate.point.is_some() && !areas.is_empty() && told {
        if holders.is_empty() {
            flags.push(Flag::OutsideAreas);
        }
        if let Some(town) = text.town.as_deref().filter(|t| !t.trim().is_empty())
            && disagrees(town, &holders, areas)
        {
            flags.push(Flag::PlaceDisagrees);
        }
    }
    let vague = candidate.fallback || precision.finest_resolution().is_none();
    let by_point = holders.first().copied();
    let area = if vague {
        named.or_else(|| if candidate.fallback { by_point } else { coarse(&holders) })
    } else {
        by_point.or(named)
    };
    let location = Location {
        point: candidate.point,
        precision,
        uncertainty_m: candidate.uncertainty_m.filter(|_| !candidate.fallback).or(precision.typical_radius_m()),
        cell: candidate.point.filter(|p| !areas.is_far(*p)).zip(precision.finest_resolution()).map(|(p, r)| p.cell(r)),
        area: area.map(|a| a.id.clone()),
        placed_by: candidate.placed_by,
        address: text.address.clone(),
        town: text.town.clone(),
        zip: text.zip.clone(),
    };
    (location, flags)
}

/// The one area that the texts name: town, else ZIP, else county.
fn named_area<'a>(text: &PlaceText, areas: &'a AreaIndex) -> Option<&'a Area> {
    let one = |text: &Option<String>, kind| text.as_deref().and_then(|t| areas.one_named(t, kind));
    one(&text.town, AreaKind::Town)
        .or_else(|| one(&text.zip, AreaKind::Zip))
        .or_else(|| one(&text.county, AreaKind::County))
        .or_else(|| one(&text.town, AreaKind::County))
}

/// What a location known to the jurisdiction only may count in: its coarsest area, if that is a state.
fn coarse<'a>(holders: &[&'a Area]) -> Option<&'a Area> {
    holders.iter().rev().find(|a| a.kind == AreaKind::State).copied()
}

/// Whether a town that is known, or a county, is named and the point lies in another.
pub fn contradicts(town: &str, point: Point, areas: &AreaIndex) -> bool {
    disagrees(town, &areas.all_at(point), areas)
}

/// Whether the point lies in the area that a text names.
pub fn lies_in(town: &str, point: Point, areas: &AreaIndex) -> bool {
    let name = PlaceName::parse(town);
    areas.all_at(point).into_iter().any(|a| name.agrees(&PlaceName::parse(&a.name)))
}

fn disagrees(town: &str, holders: &[&Area], areas: &AreaIndex) -> bool {
    let name = PlaceName::parse(town);
    if holders.iter().any(|a| name.agrees(&PlaceName::parse(&a.name))) {
        return false;
    }
    let says_county = name.class == Some("COUNTY");
    let is_known = !areas.named(town, None).is_empty();
    // "Chester County" beside a point in a town of this county is a contradiction even where no
    // county outline is loaded; a point outside every outline contradicts nothing by being there.
    is_known || (says_county && !holders.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{super::area_index::tests::little_state, *};

    fn at(lat: f64, lon: f64, precision: Precision) -> Candidate {
        Candidate {
            point: Some(Point::new(lat, lon).unwrap()),
            precision,
            placed_by: PlacedBy::Coordinates,
            uncertainty_m: None,
            fallback: false,
        }
    }

    fn town(name: &str) -> PlaceText {
        PlaceText { town: Some(name.into()), ..PlaceText::default() }
    }

    #[test]
    fn the_polygon_decides_and_a_text_that_contradicts_it_is_flagged() {
        let areas = little_state();
        let here = at(41.45, -71.45, Precision::Intersection);
        let (location, flags) = locate(&here, &town("HATFIELD"), &areas);
        assert_eq!((location.area.unwrap().as_str(), flags), ("hat-boro", vec![]));
        assert_eq!(location.cell.unwrap().resolution(), h3o::Resolution::Ten);
        let (location, flags) = locate(&here, &town("HATFIELD TOWNSHIP"), &areas);
        assert_eq!((location.area.unwrap().as_str(), flags), ("hat-boro", vec![Flag::PlaceDisagrees]));
        assert_eq!(locate(&here, &town("Riverside"), &areas).1, vec![]);
        assert_eq!(locate(&here, &town("OTHER COUNTY"), &areas).1, vec![Flag::PlaceDisagrees]);
        assert_eq!(locate(&here, &town("North County"), &areas).1, vec![]);
    }

    #[test]
    fn a_fallback_point_is_coarse_and_the_town_in_the_text_counts() {
        let areas = little_state();
        let candidate = Candidate { fallback: true, ..at(41.45, -71.45, Precision::Intersection) };
        let (location, flags) = locate(&candidate, &town("HATFIELD TWP"), &areas);
        assert_eq!(location.precision, Precision::Place);
        assert_eq!(location.area.unwrap().as_str(), "hat-twp");
        assert_eq!(flags, vec![Flag::FallbackPoint, Flag::PlaceDisagrees]);
        assert_eq!(location.cell.unwrap().resolution(), h3o::Resolution::Five);
    }

    #[test]
    fn outside_every_area_is_said_and_no_areas_at_all_is_not() {
        let far = at(50.0, -71.0, Precision::Rooftop);
        let (location, flags) = locate(&far, &PlaceText::default(), &little_state());
        assert_eq!((location.cell, flags), (None, vec![Flag::OutsideAreas]));
        let near = at(42.1, -71.0, Precision::Rooftop);
        let (location, flags) = locate(&near, &PlaceText::default(), &little_state());
        assert!(location.cell.is_some() && flags == [Flag::OutsideAreas]);
        assert_eq!(locate(&far, &PlaceText::default(), &AreaIndex::new(vec![])).1, vec![]);
    }

    #[test]
    fn the_jurisdiction_alone_gives_no_cell_and_no_town() {
        let (location, _) = locate(&at(41.45, -71.45, Precision::Jurisdiction), &PlaceText::default(), &little_state());
        assert_eq!(location.cell, None);
        assert_eq!(location.area.unwrap().as_str(), "st");
        assert_eq!(location.uncertainty_m, None);
    }
}
