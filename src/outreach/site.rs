//! What lies where: the catchment, and whether a fact, a contact or a forecast belongs to a place.

use std::collections::HashSet;

use super::TEXTS;
use crate::domain::{
    area::{Area, AreaTree, NamedPlace},
    ids::AreaId,
    language::Language,
    place::{Cell, Point},
};

/// The areas a liaison serves, with everything below them.
pub(super) struct Catchment<'a> {
    /// `None` is the whole jurisdiction.
    areas: Option<HashSet<&'a AreaId>>,
    pub name: String,
}

impl<'a> Catchment<'a> {
    pub fn new(served: &[AreaId], areas: &'a [Area], tree: &AreaTree, language: Language) -> Self {
        let names: Vec<&str> = if served.is_empty() {
            areas.iter().filter(|a| a.parent.is_none()).map(|a| a.name.as_str()).collect()
        } else {
            served.iter().map(|id| tree.get(id).map_or(id.as_str(), |a| a.name.as_str())).collect()
        };
        let name = match names.as_slice() {
            [] => TEXTS.say(language, "whole", &[]),
            [one] => (*one).to_owned(),
            [_, _, ..] if served.is_empty() => TEXTS.say(language, "whole", &[]),
            [first @ .., last] => format!("{}{}{last}", first.join(", "), TEXTS.say(language, "and", &[])),
        };
        let within = |a: &&Area| served.iter().any(|s| tree.contains(s, &a.id));
        let areas = (!served.is_empty()).then(|| areas.iter().filter(within).map(|a| &a.id).collect());
        Self { areas, name }
    }

    pub fn holds(&self, area: Option<&AreaId>) -> bool {
        match &self.areas {
            None => true,
            Some(areas) => area.is_some_and(|a| areas.contains(a)),
        }
    }
}

/// Where a place of the brief is: some cells, or a whole area.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Site {
    /// Sorted, no finer than what is shared.
    pub cells: Vec<Cell>,
    /// The whole area, where there are no cells.
    pub area: Option<AreaId>,
}

impl Site {
    pub fn of_cells(cells: &[Cell]) -> Self {
        let mut cells: Vec<Cell> = cells.iter().map(|c| c.shared()).collect();
        cells.sort_unstable();
        cells.dedup();
        Self { cells, area: None }
    }

    /// Whether something in a cell (or, for an area, in an area) lies here. A cell coarser than the
    /// site's own does not: nobody knows that it was here.
    pub fn holds(&self, cell: Option<Cell>, area: Option<&AreaId>, tree: &AreaTree) -> bool {
        if self.cells.is_empty() {
            return matches!((&self.area, area), (Some(here), Some(there)) if tree.contains(here, there));
        }
        let Some(cell) = cell else { return false };
        self.cells.binary_search(&cell).is_ok() || self.cells.iter().any(|c| cell.parent(c.resolution()) == Some(*c))
    }

    /// Whether two sets of cells share ground, at the coarser resolution of each pair.
    pub fn shares_ground(&self, other: &Site) -> bool {
        self.cells.iter().any(|a| {
            other.cells.iter().any(|b| a.parent(b.resolution()) == Some(*b) || b.parent(a.resolution()) == Some(*a))
        })
    }
}

/// What people would call a point: the nearest named place, with how far and where from it.
pub(super) fn name_of(
    point: Point,
    area: Option<&Area>,
    places: &[NamedPlace],
    fallback: &str,
    language: Language,
) -> String {
    const MILE_KM: f64 = 1.609_344;
    const NEAR_MILES: f64 = 10.0;
    let nearest = places
        .iter()
        .map(|p| (p.point.distance_km(point) / MILE_KM, p))
        .min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.name.cmp(&b.1.name)));
    match nearest {
        Some((miles, place)) if miles < 0.75 => place.name.clone(),
        Some((miles, place)) if miles <= NEAR_MILES => {
            let direction = TEXTS.say(language, DIRECTIONS[bearing(place.point, point)], &[]);
            let miles = format!("{miles:.0}");
            let values = [("miles", miles.as_str()), ("direction", &direction), ("place", &place.name)];
            TEXTS.say_n(language, "beside", &miles, &values)
        }
        _ => area.map_or_else(|| fallback.to_owned(), |a| a.name.clone()),
    }
}

const DIRECTIONS: [&str; 8] = ["dir_0", "dir_1", "dir_2", "dir_3", "dir_4", "dir_5", "dir_6", "dir_7"];

/// The eighth of the compass, clockwise from north, on a flat map around `from`.
fn bearing(from: Point, to: Point) -> usize {
    let east = (to.lon() - from.lon()) * from.lat().to_radians().cos();
    let north = to.lat() - from.lat();
    let turns = east.atan2(north) / std::f64::consts::TAU;
    ((turns * 8.0).round().rem_euclid(8.0)) as usize % 8
}
