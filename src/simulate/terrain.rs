//! Where things happen in a simulated state: towns of very unequal weight, in them a few street
//! corners that come back year after year, around them a scatter.
//!
//! The shape follows what real counts look like (a long baseline that is far more uneven than the
//! population; one corner holding a fortieth of a county's calls). All positions are invented: a town
//! centre plus a random offset. None is, or stands for, the place of a real event.

use geo::{BoundingRect, Contains};

use super::{
    draw::{Draw, mix, running_sums},
    maine::{self, Town},
};
use crate::domain::{area::AreaShape, ids::AreaId, place::Point};

/// Kilometres in a degree of latitude.
const KM_PER_DEGREE: f64 = 111.195;
/// Spacing of the invented street grid in degrees: about 145 m both ways at 44.5° north.
const GRID: (f64, f64) = (0.0013, 0.0018);

/// How much more (or less) than its share of people a county sees. Invented, within the range that
/// county figures of a state show; nothing is claimed about these counties.
const COUNTY_LEVEL: [(&str, f64); 6] = [
    ("me-androscoggin", 1.2),
    ("me-kennebec", 1.15),
    ("me-lincoln", 0.8),
    ("me-penobscot", 1.25),
    ("me-washington", 1.3),
    ("me-york", 0.85),
];

/// A place that gets its share of the state's events.
#[derive(Debug, Clone)]
struct Settlement {
    /// Position in `Terrain::towns`; `None` is the open country of a county.
    town: Option<usize>,
    county: usize,
    /// Typical distance of an event from the centre, km.
    spread_km: f64,
    corners: Vec<Point>,
    corner_sums: Vec<f64>,
}

/// The fixed part of a world: equal seeds give equal terrain, whatever the number of days.
#[derive(Debug, Clone)]
pub(super) struct Terrain {
    pub counties: Vec<AreaShape>,
    pub towns: Vec<Town>,
    settlements: Vec<Settlement>,
    sums: Vec<f64>,
    towns_of: Vec<Vec<usize>>,
}

/// Where one incident is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub point: Point,
    /// Position in `Terrain::towns` of the town it would be reported under.
    pub town: usize,
    /// Position in `Terrain::counties`.
    pub county: usize,
}

impl Terrain {
    pub fn maine(seed: u64) -> Self {
        let counties: Vec<AreaShape> = maine::areas().into_iter().filter(|a| a.area.parent.is_some()).collect();
        let towns = maine::towns();
        let county_of = |id: &AreaId| counties.iter().position(|c| &c.area.id == id).unwrap_or(0);
        let mut towns_of = vec![Vec::new(); counties.len()];
        for (i, town) in towns.iter().enumerate() {
            towns_of[county_of(&town.county)].push(i);
        }
        let mut draw = Draw::stream(seed, "terrain");
        let mut settlements = Vec::new();
        let mut weights = Vec::new();
        for (i, town) in towns.iter().enumerate() {
            let county = county_of(&town.county);
            let luck = (0.45 * draw.normal()).exp();
            // Towns see somewhat more than their share: an exponent a little above one.
            weights.push((town.population as f64).powf(1.12) * luck * level(&counties[county].area.id));
            settlements.push(settlement(&mut draw, i, county, town, &counties[county]));
        }
        for (county, shape) in counties.iter().enumerate() {
            let people = shape.area.population.unwrap_or(0) as f64;
            let in_towns: f64 = towns_of[county].iter().map(|t| towns[*t].population as f64).sum();
            let scattered = (people - in_towns).max(0.08 * people);
            weights.push(1.2 * scattered * level(&shape.area.id));
            settlements.push(Settlement {
                town: None,
                county,
                spread_km: 0.0,
                corners: Vec::new(),
                corner_sums: Vec::new(),
            });
        }
        Self { counties, towns, settlements, sums: running_sums(weights), towns_of }
    }

    pub fn settlements(&self) -> usize {
        self.settlements.len()
    }

    pub fn draw_settlement(&self, draw: &mut Draw) -> usize {
        draw.pick(&self.sums)
    }

    /// A place in a settlement: six in ten at one of its corners, the rest around.
    pub fn draw_spot(&self, draw: &mut Draw, settlement: usize) -> Spot {
        let s = &self.settlements[settlement];
        let shape = &self.counties[s.county];
        let Some(town) = s.town else {
            let point = self.anywhere_in(draw, s.county);
            return Spot { point, town: self.nearest_town(point, s.county), county: s.county };
        };
        let point = if draw.chance(0.6) {
            let corner = s.corners[draw.pick(&s.corner_sums)];
            near_within(draw, corner, 0.06, shape)
        } else {
            near_within(draw, self.towns[town].point, 1.2 * s.spread_km, shape)
        };
        Spot { point, town, county: s.county }
    }

    /// A place around a centre that need not be a settlement's, for outbreaks. `None` when the centre
    /// lies in no county.
    pub fn draw_near(&self, draw: &mut Draw, centre: Point, spread_km: f64) -> Option<Spot> {
        let county = self.county_at(centre)?;
        let point = near_within(draw, centre, spread_km, &self.counties[county]);
        let town = self.nearest_town(point, county);
        Some(Spot { point, town, county })
    }

    pub fn town_named(&self, name: &str) -> Option<&Town> {
        self.towns.iter().find(|t| t.name == name)
    }

    pub fn county_at(&self, point: Point) -> Option<usize> {
        self.counties.iter().position(|c| holds(c, point))
    }

    fn nearest_town(&self, point: Point, county: usize) -> usize {
        let of_county = &self.towns_of[county];
        let distance = |t: &usize| self.towns[*t].point.distance_km(point);
        of_county.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }

    fn anywhere_in(&self, draw: &mut Draw, county: usize) -> Point {
        let shape = &self.counties[county];
        let Some(bounds) = shape.outline.bounding_rect() else { return shape.area.centre };
        for _ in 0..60 {
            let lon = draw.between(bounds.min().x, bounds.max().x);
            let lat = draw.between(bounds.min().y, bounds.max().y);
            // People live near people: a draw far from every town is mostly thrown back.
            if let Ok(point) = Point::new(lat, lon)
                && holds(shape, point)
            {
                let town = self.towns[self.nearest_town(point, county)].point;
                if draw.chance((-town.distance_km(point) / 12.0).exp()) {
                    return point;
                }
            }
        }
        shape.area.centre
    }
}

/// The corner of the invented street grid nearest to a point, and what the streets there are called.
pub(super) fn corner_at(point: Point) -> (Point, String) {
    let (row, column) = ((point.lat() / GRID.0).floor(), (point.lon() / GRID.1).floor());
    let noise = mix(row as i64 as u64, column as i64 as u64);
    let wobble = |bits: u64| ((bits & 0xffff) as f64 / 65_536.0 - 0.5) * 0.7;
    let lat = (row + 0.5 + wobble(noise)) * GRID.0;
    let lon = (column + 0.5 + wobble(noise >> 16)) * GRID.1;
    let name = format!("{} & {}", street(row as i64, "ST"), street(column as i64 * 7 + 3, "AVE"));
    (Point::new(round5(lat), round5(lon)).unwrap_or(point), name)
}

/// The name of the street that passes a point, without the cross street.
pub(super) fn street_at(point: Point) -> String {
    street((point.lat() / GRID.0).floor() as i64, "ST")
}

/// Five decimals, about a metre.
pub(super) fn round5(degrees: f64) -> f64 {
    (degrees * 1e5).round() / 1e5
}

/// A point at a normal offset, both ways independent with the given standard deviation.
pub(super) fn offset(draw: &mut Draw, from: Point, sd_km: f64) -> Point {
    let north = draw.normal() * sd_km;
    let east = draw.normal() * sd_km;
    let lat = from.lat() + north / KM_PER_DEGREE;
    let lon = from.lon() + east / (KM_PER_DEGREE * from.lat().to_radians().cos());
    Point::new(round5(lat), round5(lon)).unwrap_or(from)
}

/// The corners of a town and how its events fall on them: weights are log-normal with a wide spread,
/// so that a few corners hold a large part.
fn settlement(draw: &mut Draw, town: usize, county: usize, place: &Town, shape: &AreaShape) -> Settlement {
    let spread_km = 0.3 + 1.7 * (place.population as f64 / 66_000.0).sqrt();
    let n = (1 + place.population / 1_000).min(45) as usize;
    let corners = (0..n).map(|_| near_within(draw, place.point, 0.75 * spread_km, shape)).collect();
    let corner_sums = running_sums((0..n).map(|_| (1.1 * draw.normal()).exp()));
    Settlement { town: Some(town), county, spread_km, corners, corner_sums }
}

/// An offset point inside the outline, or the centre itself when twenty draws fell outside.
fn near_within(draw: &mut Draw, centre: Point, sd_km: f64, shape: &AreaShape) -> Point {
    (0..20).map(|_| offset(draw, centre, sd_km)).find(|p| holds(shape, *p)).unwrap_or(centre)
}

fn holds(shape: &AreaShape, point: Point) -> bool {
    let [west, south, east, north] = shape.area.bbox;
    (south..=north).contains(&point.lat())
        && (west..=east).contains(&point.lon())
        && shape.outline.contains(&geo::Point::new(point.lon(), point.lat()))
}

fn level(county: &AreaId) -> f64 {
    COUNTY_LEVEL.iter().find(|(id, _)| *id == county.as_str()).map_or(1.0, |(_, x)| *x)
}

fn street(index: i64, kind: &str) -> String {
    const NAMES: [&str; 40] = [
        "ALDER", "ASH", "BAY", "BEACON", "BEECH", "BIRCH", "BRIDGE", "CEDAR", "CENTRAL", "CHERRY", "CHURCH", "CLIFF",
        "COURT", "CROSS", "DEPOT", "ELM", "FERRY", "FOREST", "FRANKLIN", "GARDEN", "GROVE", "HARBOR", "HIGH", "HILL",
        "LAUREL", "LINCOLN", "MAIN", "MAPLE", "MARKET", "MILL", "OAK", "PARK", "PEARL", "PINE", "PLEASANT", "SCHOOL",
        "SPRING", "STATE", "UNION", "WATER",
    ];
    format!("{} {kind}", NAMES[index.rem_euclid(NAMES.len() as i64) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spots_lie_in_the_county_they_are_said_to_be_in() {
        let terrain = Terrain::maine(1);
        let mut draw = Draw::new(2);
        let strays = (0..2000)
            .filter(|_| {
                let s = terrain.draw_settlement(&mut draw);
                let spot = terrain.draw_spot(&mut draw, s);
                !holds(&terrain.counties[spot.county], spot.point)
            })
            .count();
        // Towns whose own centre stands off the generalised shore are the exception.
        assert!(strays < 40, "{strays} of 2000");
    }

    #[test]
    fn a_corner_is_the_same_for_all_points_around_it() {
        let p = Point::new(44.8001, -68.7701).unwrap();
        let (a, name) = corner_at(p);
        let (b, same) = corner_at(Point::new(p.lat() + 0.00002, p.lon()).unwrap());
        assert_eq!((a, &name), (b, &same));
        assert!(a.distance_km(p) < 0.25);
    }

    #[test]
    fn few_places_hold_much_of_the_state() {
        let terrain = Terrain::maine(3);
        let mut draw = Draw::new(4);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..5000 {
            let s = terrain.draw_settlement(&mut draw);
            *seen.entry(corner_at(terrain.draw_spot(&mut draw, s).point).1 + &s.to_string()).or_insert(0u32) += 1;
        }
        let mut counts: Vec<u32> = seen.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let top: u32 = counts.iter().take(counts.len() / 20).sum();
        assert!(top > 5000 / 6, "the top twentieth of corners holds {top} of 5000");
    }
}
