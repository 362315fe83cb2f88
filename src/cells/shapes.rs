//! GeoJSON polygons → areas.
//!
//! Publishers call the same thing by many names, so the properties that hold the id and the name may be
//! found by themselves; where more than one would do, the caller has to say.

use geo::{Area as _, BoundingRect, Coord, InteriorPoint, LineString, MultiPolygon, Polygon};
use geojson::{Feature, FeatureCollection, GeoJson, GeometryValue, Position};
use serde_json::Value;
use thiserror::Error;

use crate::domain::{
    area::{Area, AreaKind, AreaShape},
    ids::{AreaId, BadSlug},
    place::Point,
};

/// Properties that usually hold an id or a name, best first; compared without regard to case.
const IDS: [&str; 9] = ["geoid", "geoid20", "geoid10", "zcta5ce20", "zcta5ce10", "fips", "code", "id", "objectid"];
const NAMES: [&str; 9] = ["name", "namelsad", "town", "municipality", "city", "zcta5ce20", "zcta5ce10", "zip", "label"];
const POPULATION: [&str; 3] = ["population", "pop", "pop2020"];

#[derive(Debug, Error)]
pub enum ShapeError {
    #[error("not GeoJSON: {0}")]
    NotGeoJson(String),
    #[error("the file holds no polygon")]
    Empty,
    #[error("no feature has the property \"{property}\"; the first has {has}")]
    Property { property: String, has: String },
    #[error("which property holds the {what}? The first feature has {has}")]
    Guess { what: &'static str, has: String },
    #[error("feature {number}: {message}")]
    Feature { number: usize, message: String },
    #[error("features {first} and {second} have the same id \"{id}\"")]
    Twice { first: usize, second: usize, id: String },
    #[error(transparent)]
    Id(#[from] BadSlug),
}

/// How features become areas.
#[derive(Debug, Clone)]
pub struct ShapeOptions<'a> {
    pub kind: AreaKind,
    pub id_property: Option<&'a str>,
    pub name_property: Option<&'a str>,
    /// Stands before every id, so that ids of different files never meet: `ct` + `0900104720`.
    pub prefix: &'a str,
    pub parent: Option<AreaId>,
}

/// Areas of a GeoJSON text, by id. Features without a polygon are left out.
///
/// # Errors
/// For anything that would leave an area without an id, a name or a valid outline.
pub fn read_shapes(text: &str, options: &ShapeOptions) -> Result<Vec<AreaShape>, ShapeError> {
    let parsed: GeoJson = text.parse().map_err(|e: geojson::Error| ShapeError::NotGeoJson(e.to_string()))?;
    let features = match parsed {
        GeoJson::FeatureCollection(FeatureCollection { features, .. }) => features,
        GeoJson::Feature(feature) => vec![feature],
        GeoJson::Geometry(geometry) => vec![Feature { geometry: Some(geometry), ..Feature::default() }],
    };
    let Some(first) = features.first() else { return Err(ShapeError::Empty) };
    let id_property = chosen(&features, first, options.id_property, &IDS, "id")?;
    let name_property = chosen(&features, first, options.name_property, &NAMES, "name")?;
    let mut shapes: Vec<(usize, AreaShape)> = Vec::new();
    for (i, feature) in features.iter().enumerate() {
        let number = i + 1;
        let fault = |message: String| ShapeError::Feature { number, message };
        let Some(outline) = outline(feature).map_err(fault)? else { continue };
        let raw_id = text_of(feature, &id_property);
        let name = text_of(feature, &name_property).or_else(|| raw_id.clone());
        let raw_id = raw_id.or_else(|| name.clone()).ok_or_else(|| fault(format!("\"{id_property}\" is empty")))?;
        let name = name.unwrap_or_else(|| raw_id.clone());
        let id = AreaId::slugify(&format!("{} {raw_id}", options.prefix))
            .ok_or_else(|| fault(format!("\"{raw_id}\" makes no id")))?;
        let area = area(feature, id, name, &outline, options).map_err(fault)?;
        shapes.push((number, AreaShape { area, outline }));
    }
    shapes.sort_by(|a, b| a.1.area.id.cmp(&b.1.area.id));
    if let Some(pair) = shapes.windows(2).find(|w| w[0].1.area.id == w[1].1.area.id) {
        let id = pair[0].1.area.id.to_string();
        return Err(ShapeError::Twice { first: pair[0].0, second: pair[1].0, id });
    }
    if shapes.is_empty() { Err(ShapeError::Empty) } else { Ok(shapes.into_iter().map(|(_, s)| s).collect()) }
}

/// Give areas without a parent the finest coarser area that holds their centre.
pub fn find_parents(shapes: &mut [AreaShape], known: &super::AreaIndex) {
    for shape in shapes.iter_mut().filter(|s| s.area.parent.is_none()) {
        let coarser = |kind: AreaKind| rank(kind) < rank(shape.area.kind);
        let holder = known.all_at(shape.area.centre).into_iter().find(|a| coarser(a.kind) && a.id != shape.area.id);
        shape.area.parent = holder.map(|a| a.id.clone());
    }
}

fn rank(kind: AreaKind) -> u8 {
    match kind {
        AreaKind::State => 0,
        AreaKind::County => 1,
        AreaKind::Town | AreaKind::Zip => 2,
        AreaKind::Other => 3,
    }
}

fn area(
    feature: &Feature,
    id: AreaId,
    name: String,
    outline: &MultiPolygon<f64>,
    options: &ShapeOptions,
) -> Result<Area, String> {
    let bounds = outline.bounding_rect().ok_or("the outline is empty")?;
    let inside = outline.interior_point().ok_or("the outline has no inside")?;
    let centre = Point::new(inside.y(), inside.x())
        .map_err(|e| format!("{e}; expected longitude and latitude in degrees (WGS 84)"))?;
    let population = POPULATION.iter().find_map(|p| {
        let value = property(feature, p)?;
        value.as_u64().or_else(|| value.as_f64().filter(|x| *x >= 0.0).map(|x| x as u64))
    });
    Ok(Area {
        id,
        parent: options.parent.clone(),
        kind: options.kind,
        name,
        centre,
        bbox: [bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y],
        population,
        population_year: None,
    })
}

/// The polygons of a geometry; none of points and lines. Converted here, because the library that reads the text takes
/// a position of one number for one of two.
///
/// # Errors
/// A position without two finite numbers.
pub fn polygons(value: &GeometryValue) -> Result<Vec<Polygon<f64>>, String> {
    Ok(match value {
        GeometryValue::Polygon { coordinates } => vec![polygon(coordinates)?],
        GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().map(|rings| polygon(rings)).collect::<Result<_, _>>()?
        }
        GeometryValue::GeometryCollection { geometries } => {
            geometries.iter().map(|g| polygons(&g.value)).collect::<Result<Vec<_>, _>>()?.concat()
        }
        _ => Vec::new(),
    })
}

fn polygon(rings: &[Vec<Position>]) -> Result<Polygon<f64>, String> {
    let corner = |p: &Position| match p.as_slice() {
        [x, y, ..] if x.is_finite() && y.is_finite() => Ok(Coord { x: *x, y: *y }),
        other => Err(format!("{other:?} is no position; expected longitude and latitude")),
    };
    let ring = |ring: &Vec<Position>| ring.iter().map(corner).collect::<Result<LineString<f64>, String>>();
    let mut rings = rings.iter().map(ring).collect::<Result<Vec<_>, _>>()?.into_iter();
    let outer = rings.next().ok_or("a polygon without a ring")?;
    Ok(Polygon::new(outer, rings.collect()))
}

/// `None` for a feature that is no polygon.
fn outline(feature: &Feature) -> Result<Option<MultiPolygon<f64>>, String> {
    let Some(geometry) = &feature.geometry else { return Ok(None) };
    if !matches!(geometry.value, GeometryValue::Polygon { .. } | GeometryValue::MultiPolygon { .. }) {
        return Ok(None);
    }
    let outline = MultiPolygon::new(polygons(&geometry.value)?);
    if outline.unsigned_area() > 0.0 { Ok(Some(outline)) } else { Err("the outline has no area".into()) }
}

/// The property that was named, or the best-known one that the first feature has.
fn chosen(
    features: &[Feature],
    first: &Feature,
    named: Option<&str>,
    usual: &[&str],
    what: &'static str,
) -> Result<String, ShapeError> {
    let keys: Vec<&String> = first.properties.iter().flat_map(|p| p.keys()).collect();
    let has = || keys.iter().map(|k| format!("\"{k}\"")).collect::<Vec<_>>().join(", ");
    if let Some(named) = named {
        let known = features.iter().any(|f| property(f, named).is_some());
        return if known {
            Ok(named.to_owned())
        } else {
            Err(ShapeError::Property { property: named.into(), has: has() })
        };
    }
    let found = usual.iter().find_map(|u| keys.iter().find(|k| k.eq_ignore_ascii_case(u)));
    found.map(|k| (*k).clone()).ok_or_else(|| ShapeError::Guess { what, has: has() })
}

fn property<'f>(feature: &'f Feature, name: &str) -> Option<&'f Value> {
    let properties = feature.properties.as_ref()?;
    properties.get(name).or_else(|| properties.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

fn text_of(feature: &Feature, name: &str) -> Option<String> {
    match property(feature, name)? {
        Value::String(s) if !s.trim().is_empty() => Some(s.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::area_index::tests::little_state, *};

    const SQUARE: &str = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"GEOID":"0901","Name":"Orono"},"geometry":{"type":"Polygon","coordinates":[[[-71.9,41.1],[-71.8,41.1],[-71.8,41.2],[-71.9,41.2],[-71.9,41.1]]]}},
        {"type":"Feature","properties":{"GEOID":"0902","Name":null},"geometry":{"type":"Point","coordinates":[0,1]}}]}"#;

    fn options(id: Option<&'static str>) -> ShapeOptions<'static> {
        ShapeOptions { kind: AreaKind::Town, id_property: id, name_property: None, prefix: "ct", parent: None }
    }

    #[test]
    fn obvious_properties_are_found_and_points_are_left_out() {
        let mut shapes = read_shapes(SQUARE, &options(None)).unwrap();
        assert_eq!(shapes.len(), 1);
        find_parents(&mut shapes, &little_state());
        let area = &shapes[0].area;
        assert_eq!((area.id.as_str(), area.name.as_str()), ("ct-0901", "Orono"));
        assert_eq!(area.parent.as_ref().map(AreaId::as_str), Some("north"));
        assert!(little_state().covers(area.centre));
    }

    #[test]
    fn what_cannot_be_an_area_is_told_with_what_the_file_has() {
        let error = |text: &str, id| read_shapes(text, &options(id)).unwrap_err().to_string();
        assert_eq!(error(SQUARE, Some("FIPS")), r#"no feature has the property "FIPS"; the first has "GEOID", "Name""#);
        assert!(error("{}", None).starts_with("not GeoJSON"));
        let nameless = SQUARE.replace("Name", "x");
        assert_eq!(error(&nameless, None), r#"which property holds the name? The first feature has "GEOID", "x""#);
        let twice = SQUARE
            .replace(
                r#"{"type":"Point","coordinates":[0,1]}"#,
                r#"{"type":"Polygon","coordinates":[[[0,1],[1,1],[1,2],[0,1]]]}"#,
            )
            .replace("0902", "0901");
        assert_eq!(error(&twice, None), r#"features 1 and 2 have the same id "ct-0901""#);
        let projected = SQUARE.replace("-71.9,41", "500000,4600000").replace("-71.8,41", "500100,4600100");
        assert!(error(&projected, None).contains("degrees"), "{}", error(&projected, None));
    }
}
