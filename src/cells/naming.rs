//! What people would call a place: "Bangor", "near Orono", "6 miles north of Lincoln".
//!
//! A name claims no more than is known. Inside a town's outline it is that town. Elsewhere the nearest
//! named place gives its name up to its own size, "near" up to twice that plus 3 km, and a distance
//! with a direction beyond; with nothing in reach the finest area's name stands in.

use rstar::{AABB, PointDistance, RTree, RTreeObject};

use super::AreaIndex;
use crate::domain::{
    area::{AreaKind, NamedPlace},
    place::{Cell, Point},
};

/// Farther away than this a named place says nothing about where something is.
const REACH_KM: f64 = 40.0;
const KM_PER_MILE: f64 = 1.609_344;

pub struct PlaceNamer<'a> {
    areas: &'a AreaIndex,
    places: Vec<NamedPlace>,
    tree: RTree<Located>,
}

/// Position on the unit sphere, so that "nearest" is right at any latitude and across 180°.
struct Located {
    xyz: [f64; 3],
    place: usize,
}

impl RTreeObject for Located {
    type Envelope = AABB<[f64; 3]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_point(self.xyz)
    }
}

impl PointDistance for Located {
    fn distance_2(&self, other: &[f64; 3]) -> f64 {
        self.xyz.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum()
    }
}

impl<'a> PlaceNamer<'a> {
    pub fn new(areas: &'a AreaIndex, places: &[NamedPlace]) -> Self {
        // A ZIP centroid is a named place too, but no name that people use.
        let mut places: Vec<NamedPlace> =
            places.iter().filter(|p| p.name.chars().any(char::is_alphabetic)).cloned().collect();
        // Of two at one point the larger gives the name.
        places.sort_by(|a, b| b.population.cmp(&a.population).then_with(|| a.name.cmp(&b.name)));
        let tree = places.iter().enumerate().map(|(i, p)| Located { xyz: unit_vector(p.point), place: i }).collect();
        Self { areas, places, tree: RTree::bulk_load(tree) }
    }

    pub fn name(&self, point: Point) -> String {
        let area = self.areas.finest_at(point);
        if let Some(town) = area.filter(|a| matches!(a.kind, AreaKind::Town | AreaKind::Other)) {
            return town.name.clone();
        }
        let fallback = || area.map_or_else(|| "Unnamed place".to_owned(), |a| a.name.clone());
        let Some((place, km)) = self.nearest(point) else { return fallback() };
        let own = radius_km(place.population);
        if km <= own {
            place.name.clone()
        } else if km <= 2.0 * own + 3.0 {
            format!("near {}", place.name)
        } else if km <= REACH_KM {
            // The states that use this speak of miles, and so does the shift brief.
            let miles = (km / KM_PER_MILE).round().max(1.0);
            let unit = if miles < 2.0 { "mile" } else { "miles" };
            format!("{miles:.0} {unit} {} of {}", direction(place.point, point), place.name)
        } else {
            fallback()
        }
    }

    pub fn cell_name(&self, cell: Cell) -> String {
        self.name(cell.centre())
    }

    /// The name of a set of cells: that of the cell nearest their middle.
    pub fn cells_name(&self, cells: &[Cell]) -> Option<String> {
        let n = cells.len() as f64;
        let sum = cells
            .iter()
            .map(|c| unit_vector(c.centre()))
            .fold([0.0; 3], |s, v| [s[0] + v[0], s[1] + v[1], s[2] + v[2]]);
        let middle = sum.map(|x| x / n);
        let far = |c: &Cell| {
            let v = unit_vector(c.centre());
            v.iter().zip(&middle).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
        };
        let best = cells.iter().min_by(|a, b| far(a).total_cmp(&far(b)).then(a.cmp(b)))?;
        Some(self.cell_name(*best))
    }

    /// The nearest named place and how far it is, in km.
    pub fn nearest(&self, point: Point) -> Option<(&NamedPlace, f64)> {
        let at = unit_vector(point);
        let mut near = self.tree.nearest_neighbor_iter_with_distance_2(&at);
        let (first, distance) = near.next()?;
        let best = near.take_while(|(_, d)| *d <= distance).map(|(l, _)| l.place).fold(first.place, usize::min);
        let place = &self.places[best];
        Some((place, place.point.distance_km(point)))
    }
}

/// A settlement's rough radius: 1.2 km for a village, 2.7 km for 30,000 people, 9 km for a million.
fn radius_km(population: Option<u64>) -> f64 {
    let people = population.unwrap_or(0) as f64;
    (people.sqrt() * 0.009 + 1.2).min(12.0)
}

/// One of eight directions as seen from a place.
fn direction(from: Point, to: Point) -> &'static str {
    const NAMES: [&str; 8] = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
    let east = (to.lon() - from.lon()) * from.lat().to_radians().cos();
    let bearing = east.atan2(to.lat() - from.lat()).to_degrees().rem_euclid(360.0);
    NAMES[((bearing + 22.5) / 45.0) as usize % 8]
}

fn unit_vector(p: Point) -> [f64; 3] {
    let (lat, lon) = (p.lat().to_radians(), p.lon().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

#[cfg(test)]
mod tests {
    use super::{super::area_index::tests::little_state, *};

    #[test]
    fn a_name_claims_no_more_than_is_known() {
        let areas = little_state();
        let p = |lat, lon| Point::new(lat, lon).unwrap();
        let place = |name: &str, lat, lon, population| NamedPlace { name: name.into(), point: p(lat, lon), population };
        let places = [place("Bangor", 40.5, -71.0, Some(32_000)), place("Hamlet", 40.9, -70.2, None)];
        let namer = PlaceNamer::new(&areas, &places);
        assert_eq!(namer.name(p(40.51, -71.0)), "Bangor");
        assert_eq!(namer.name(p(40.55, -71.0)), "near Bangor");
        assert_eq!(namer.name(p(40.7, -71.0)), "14 miles north of Bangor");
        assert_eq!(namer.name(p(40.901, -70.2)), "Hamlet");
        // Inside a town's outline the town gives the name, whatever lies nearer.
        assert_eq!(namer.name(p(41.45, -71.45)), "Hatfield Boro");
        assert_eq!(namer.name(p(40.01, -71.99)), "State");
        assert_eq!(PlaceNamer::new(&areas, &[]).name(p(10.0, 10.0)), "Unnamed place");
    }
}
