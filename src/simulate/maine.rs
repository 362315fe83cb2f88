//! Maine as the demonstration knows it: real outlines, real place names, and nothing about anybody.
//!
//! The files of `data/maine/` (see `data/README.md` for where they come from, their years and
//! licences) are part of the binary, so a demonstration needs no network. To show another state,
//! build the same three files for it and write a module like this one.

use geo::{BoundingRect, Centroid, Contains, InteriorPoint};
use geojson::GeoJson;

use crate::domain::{
    area::{Area, AreaKind, AreaShape, Jurisdiction, NamedPlace},
    ids::{AreaId, JurisdictionId},
    place::Point,
    time::Zone,
};

const COUNTIES: &str = include_str!("../../data/maine/counties.geojson");
const STATE: &str = include_str!("../../data/maine/state.geojson");
const PLACES: &str = include_str!("../../data/maine/places.csv");
const ZIPS: &str = include_str!("../../data/maine/zips.csv");

/// Postal codes of the larger towns, where the nearest ZIP area's internal point is not that of the
/// town's own code (a town's code can reach far into the country around it).
const TOWN_ZIPS: [(&str, &str); 28] = [
    ("Auburn", "04210"),
    ("Augusta", "04330"),
    ("Bangor", "04401"),
    ("Bath", "04530"),
    ("Belfast", "04915"),
    ("Biddeford", "04005"),
    ("Brewer", "04412"),
    ("Brunswick", "04011"),
    ("Calais", "04619"),
    ("Caribou", "04736"),
    ("Ellsworth", "04605"),
    ("Gorham", "04038"),
    ("Houlton", "04730"),
    ("Lewiston", "04240"),
    ("Old Orchard Beach", "04064"),
    ("Old Town", "04468"),
    ("Orono", "04473"),
    ("Portland", "04101"),
    ("Presque Isle", "04769"),
    ("Rockland", "04841"),
    ("Saco", "04072"),
    ("Sanford", "04073"),
    ("Skowhegan", "04976"),
    ("South Portland", "04106"),
    ("Topsham", "04086"),
    ("Waterville", "04901"),
    ("West Scarborough", "04074"),
    ("Westbrook", "04092"),
];

/// A populated place and the county that holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Town {
    pub name: String,
    pub county: AreaId,
    pub point: Point,
    pub population: u64,
}

/// The internal point of a ZIP code area.
#[derive(Debug, Clone, PartialEq)]
pub struct ZipPoint {
    pub zip: String,
    pub point: Point,
}

pub fn jurisdiction() -> Jurisdiction {
    Jurisdiction {
        id: JurisdictionId::new("me").expect("a valid id"),
        name: "Maine".into(),
        zone: Zone(chrono_tz::America::New_York),
    }
}

/// The state, then its 16 counties by id.
pub fn areas() -> Vec<AreaShape> {
    let mut shapes = features(STATE);
    shapes.extend(features(COUNTIES));
    shapes
}

/// Populated places, largest first.
pub fn towns() -> Vec<Town> {
    rows(PLACES)
        .map(|row| Town {
            name: row[0].to_owned(),
            county: AreaId::new(row[1]).expect("county ids of the embedded file are valid"),
            point: point(row[2], row[3]),
            population: row[4].parse().expect("populations of the embedded file are numbers"),
        })
        .collect()
}

/// What texts are matched against: town centres, nothing finer. Largest first.
pub fn gazetteer() -> Vec<NamedPlace> {
    towns().into_iter().map(|t| NamedPlace { name: t.name, point: t.point, population: Some(t.population) }).collect()
}

/// ZIP code areas by code.
pub fn zips() -> Vec<ZipPoint> {
    rows(ZIPS).map(|row| ZipPoint { zip: row[0].to_owned(), point: point(row[1], row[2]) }).collect()
}

/// The ZIP code under which a town's residents get their mail: its own where it is one of the larger
/// ones, else that of the nearest ZIP area.
pub fn zip_of(town: &Town, zips: &[ZipPoint]) -> Option<String> {
    if let Some((_, zip)) = TOWN_ZIPS.iter().find(|(name, _)| *name == town.name) {
        return Some((*zip).to_owned());
    }
    let distance = |z: &&ZipPoint| z.point.distance_km(town.point);
    zips.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|z| z.zip.clone())
}

/// The embedded ZIP file as it is, for a geocoder that reads `zip,latitude,longitude`.
pub fn zips_csv() -> &'static str {
    ZIPS
}

// The embedded files hold no quotes and no commas within fields; a test holds them to it.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

fn point(lat: &str, lon: &str) -> Point {
    let number = |text: &str| text.parse::<f64>().expect("coordinates of the embedded files are numbers");
    Point::new(number(lat), number(lon)).expect("coordinates of the embedded files are on the globe")
}

fn features(text: &str) -> Vec<AreaShape> {
    let parsed: GeoJson = text.parse().expect("the embedded outlines are GeoJSON");
    let GeoJson::FeatureCollection(collection) = parsed else {
        unreachable!("the embedded outlines are a FeatureCollection");
    };
    collection.features.into_iter().map(shape).collect()
}

fn shape(feature: geojson::Feature) -> AreaShape {
    let text = |key: &str| feature.property(key).and_then(|v| v.as_str()).map(str::to_owned);
    let number = |key: &str| feature.property(key).and_then(serde_json::Value::as_u64);
    let id = |key: &str| text(key).map(|t| AreaId::new(&t).expect("area ids of the embedded outlines are valid"));
    let geometry = feature.geometry.as_ref().expect("every embedded feature has an outline");
    let outline: geo::MultiPolygon<f64> = match geo::Geometry::<f64>::try_from(geometry.clone()) {
        Ok(geo::Geometry::MultiPolygon(many)) => many,
        Ok(geo::Geometry::Polygon(one)) => one.into(),
        other => unreachable!("the embedded outlines are polygons, not {other:?}"),
    };
    let bounds = outline.bounding_rect().expect("an embedded outline is not empty");
    AreaShape {
        area: Area {
            id: id("id").expect("every embedded feature has an id"),
            parent: id("parent"),
            kind: if text("kind").as_deref() == Some("state") { AreaKind::State } else { AreaKind::County },
            name: text("name").expect("every embedded feature has a name"),
            centre: label_point(&outline),
            bbox: [bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y],
            population: number("population"),
            population_year: number("population_year").map(|y| y as i32),
        },
        outline,
    }
}

/// The centroid where it lies inside the outline, else a point that does.
fn label_point(outline: &geo::MultiPolygon<f64>) -> Point {
    let inside = outline
        .centroid()
        .filter(|c| outline.contains(c))
        .or_else(|| outline.interior_point())
        .expect("an embedded outline is not empty");
    Point::new(inside.y(), inside.x()).expect("a point inside an outline is on the globe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_holds_sixteen_counties_whose_people_add_up() {
        let areas = areas();
        let (state, counties) = (&areas[0].area, &areas[1..]);
        assert_eq!((state.id.as_str(), state.kind, state.parent.as_ref()), ("me", AreaKind::State, None));
        assert_eq!(counties.len(), 16);
        assert!(counties.iter().all(|c| c.area.parent.as_ref() == Some(&state.id) && c.area.kind == AreaKind::County));
        assert_eq!(counties.iter().filter_map(|c| c.area.population).sum::<u64>(), 1_362_359);
        assert_eq!(state.population, Some(1_362_359));
        assert!(counties.is_sorted_by(|a, b| a.area.id < b.area.id));
    }

    #[test]
    fn every_area_holds_its_label() {
        for a in areas() {
            let label = geo::Point::new(a.area.centre.lon(), a.area.centre.lat());
            assert!(a.outline.contains(&label), "{}", a.area.name);
        }
    }

    #[test]
    fn large_towns_lie_in_their_county_but_for_one_on_the_beach() {
        let areas = areas();
        let outside: Vec<String> = towns()
            .into_iter()
            .filter(|t| t.population > 10_000)
            .filter(|t| {
                let county = areas.iter().find(|a| a.area.id == t.county).unwrap();
                !county.outline.contains(&geo::Point::new(t.point.lon(), t.point.lat()))
            })
            .map(|t| t.name)
            .collect();
        // The shore is generalised.
        assert_eq!(outside, ["York Beach"]);
    }

    #[test]
    fn the_embedded_tables_are_plain_and_complete() {
        let towns = towns();
        assert!(towns.len() > 300 && towns.is_sorted_by(|a, b| a.population >= b.population));
        assert_eq!(towns[0].name, "Portland");
        let zips = zips();
        assert!(zips.len() > 400 && zips.is_sorted_by(|a, b| a.zip < b.zip));
        assert!(
            TOWN_ZIPS
                .iter()
                .all(|(name, zip)| { towns.iter().any(|t| t.name == *name) && zips.iter().any(|z| z.zip == *zip) })
        );
        for (text, columns) in [(PLACES, 6), (ZIPS, 3)] {
            assert!(!text.contains('"') && text.lines().all(|l| l.split(',').count() == columns));
        }
    }
}
