//! The answer as JSON, CSV or GeoJSON.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::ScanArgs;
use crate::{
    cells::outline,
    detect::scan::{Location, METHOD_VERSION, ScanCluster, ScanInput, ScanOptions, ScanResult, ZoneShape},
    domain::place::{Cell, Point},
};

pub(super) fn document(
    args: &ScanArgs,
    options: &ScanOptions,
    input: &ScanInput,
    result: &ScanResult,
    elapsed_ms: u64,
) -> Value {
    let mut settings = serde_json::to_value(options).unwrap_or(Value::Null);
    if let Value::Object(map) = &mut settings {
        map.insert("from".into(), json!(input.days.from));
        map.insert("to".into(), json!(input.days.to));
        if options.zones == ZoneShape::Connected {
            map.insert("max_cells".into(), json!(options.max_cells));
        }
    }
    json!({
        "model": args.model.as_str(),
        "analysis": args.analysis.as_str(),
        "settings": settings,
        "cases": result.cases,
        "places": input.places.len(),
        "clusters": result.clusters.iter().map(|c| cluster(input, options, c)).collect::<Vec<_>>(),
        "replications": result.maxima.len(),
        "seed": options.seed,
        "method_version": METHOD_VERSION,
        "elapsed_ms": elapsed_ms,
    })
}

fn cluster(input: &ScanInput, options: &ScanOptions, c: &ScanCluster) -> Value {
    let centre = c.centre.map(|p| &input.places[p]);
    let position = centre.map(|p| p.location);
    let (mut latitude, mut longitude) = (None, None);
    match position {
        Some(Location::Geographic(p)) => (latitude, longitude) = (Some(p.lat()), Some(p.lon())),
        // A plane's y runs as latitude does.
        Some(Location::Plane { x, y }) => (latitude, longitude) = (Some(y), Some(x)),
        None => {}
    }
    let mut document = json!({
        "rank": c.rank,
        "centre": centre.map_or("All", |p| p.id.as_str()),
        "latitude": latitude,
        "longitude": longitude,
        "radius_km": c.radius_km,
        "places": c.places.iter().map(|&p| input.places[p].id.as_str()).collect::<Vec<_>>(),
        "from": c.window.from,
        "to": c.window.to,
        "observed": c.observed,
        "expected": c.expected,
        "observed_over_expected": f64::from(c.observed) / c.expected,
        "relative_risk": c.relative_risk,
        "llr": c.llr,
        "p_value": c.p_value,
        "recurrence_interval_days": c.recurrence_interval_days,
        "silent_days": c.silent_days,
    });
    if let (1.., Value::Object(map)) = (options.coarser, &mut document) {
        map.insert("coarser".into(), json!(c.coarser));
    }
    document
}

pub(super) fn as_csv(input: &ScanInput, options: &ScanOptions, result: &ScanResult) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut columns = vec![
        "rank",
        "centre",
        "latitude",
        "longitude",
        "radius_km",
        "places",
        "from",
        "to",
        "observed",
        "expected",
        "observed_over_expected",
        "relative_risk",
        "llr",
        "p_value",
        "recurrence_interval_days",
    ];
    if options.coarser > 0 {
        columns.push("coarser");
    }
    writer.write_record(&columns)?;
    for c in &result.clusters {
        let row = cluster(input, options, c);
        writer.write_record(columns.iter().map(|column| match &row[*column] {
            Value::Null => String::new(),
            Value::String(s) => s.clone(),
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Every cluster with the figures as properties: as its circle (a polygon of 64 sides; a point for a single place), or,
/// where zones follow hexagons, as the outline of its cells, inner borders dissolved.
pub(super) fn as_geojson(input: &ScanInput, options: &ScanOptions, result: &ScanResult) -> Result<String> {
    if input.places.iter().any(|p| matches!(p.location, Location::Plane { .. })) {
        bail!("--format geojson needs places with latitude,longitude; these have x,y");
    }
    let features: Vec<Value> = result
        .clusters
        .iter()
        .map(|c| {
            let mut properties: BTreeMap<String, Value> = BTreeMap::new();
            if let Value::Object(map) = cluster(input, options, c) {
                properties.extend(map);
            }
            let hexagonal = !options.zones.is_circles() || options.coarser > 0;
            let cells = if hexagonal { cells_of(input, c) } else { None };
            let geometry = match (cells, c.centre.map(|p| input.places[p].location)) {
                (Some(cells), Some(_)) => multi_polygon(&cells),
                // Places with neighbours of the caller's have no shape that is known here.
                (None, Some(_)) if hexagonal => points(input, c),
                (None, Some(Location::Geographic(centre))) => circle(centre, c.radius_km.unwrap_or(0.0)),
                _ => Value::Null,
            };
            json!({ "type": "Feature", "id": c.rank, "geometry": geometry, "properties": properties })
        })
        .collect();
    Ok(format!("{}\n", json!({ "type": "FeatureCollection", "features": features })))
}

/// The cells of a cluster, as coarse as its zone; `None` where its places are no cells.
fn cells_of(input: &ScanInput, c: &ScanCluster) -> Option<Vec<Cell>> {
    let coarse = |cell: Cell| {
        let resolution = (0..c.coarser).try_fold(cell.resolution(), |r, _| r.pred())?;
        cell.parent(resolution)
    };
    let mut cells: Vec<Cell> =
        c.places.iter().map(|&p| coarse(input.places[p].id.parse().ok()?)).collect::<Option<_>>()?;
    cells.sort_unstable();
    cells.dedup();
    Some(cells)
}

fn multi_polygon(cells: &[Cell]) -> Value {
    let ring = |ring: &geo::LineString<f64>| ring.coords().map(|c| json!([c.x, c.y])).collect::<Vec<_>>();
    let polygon =
        |p: &geo::Polygon<f64>| std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect::<Vec<_>>();
    let polygons: Vec<_> = outline(cells).iter().map(polygon).collect();
    json!({ "type": "MultiPolygon", "coordinates": polygons })
}

fn points(input: &ScanInput, c: &ScanCluster) -> Value {
    let points = c.places.iter().filter_map(|&p| match input.places[p].location {
        Location::Geographic(p) => Some(json!([p.lon(), p.lat()])),
        Location::Plane { .. } => None,
    });
    json!({ "type": "MultiPoint", "coordinates": points.collect::<Vec<_>>() })
}

fn circle(centre: Point, radius_km: f64) -> Value {
    if radius_km <= 0.0 {
        return json!({ "type": "Point", "coordinates": [centre.lon(), centre.lat()] });
    }
    let arc = radius_km / 6367.0;
    let (lat, lon) = (centre.lat().to_radians(), centre.lon().to_radians());
    let corner = |i: u32| {
        // Anticlockwise, as the standard wants the outer ring.
        let bearing = -f64::from(i) * std::f64::consts::TAU / 64.0;
        let to_lat = (lat.sin() * arc.cos() + lat.cos() * arc.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
        let to_lon = lon + (bearing.sin() * arc.sin() * lat.cos()).atan2(arc.cos() - lat.sin() * to_lat.sin());
        json!([to_lon.to_degrees(), to_lat.to_degrees()])
    };
    let ring: Vec<Value> = (0..64).chain([0]).map(corner).collect();
    json!({ "type": "Polygon", "coordinates": [ring] })
}
